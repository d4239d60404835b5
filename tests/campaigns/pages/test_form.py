"""The form of a draft: what a marketer writes, and what it refuses."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from campaigns.models import Campaign
from templates_sync.sendable import reasons_not_sendable
from tests.campaigns.pages.steps import Status, client_of, page, typed
from tests.conftest import NOW
from tests.factories.campaigns import make_campaign, make_number
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
LIST = reverse("admin:campaigns_campaign_changelist")
ADD = reverse("admin:campaigns_campaign_add")


def test_a_marketer_writes_a_draft_in_the_form(marketer):
    make_number()

    answer = client_of(marketer).post(ADD, typed(holdout_percent="10", spread_hours="6"))

    campaign = Campaign.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert campaign.variables == {
        "FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}
    }
    assert (str(campaign.holdout_share), str(campaign.spread_hours)) == ("0.100", "6.00")
    assert (campaign.author, campaign.last_editor) == (marketer, marketer)


def test_saving_to_review_leads_to_the_page_that_asks(marketer):
    answer = client_of(marketer).post(ADD, typed(_review="1"))

    assert answer.headers["Location"] == page(Campaign.objects.get(), "submit")
    assert Campaign.objects.get().status == Status.DRAFT


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"template_version": "999999"}, "template_version"),
        ({"send_before": "2026-11-01T10:00"}, "send_before"),
        ({"send_after": "2026-12-02T10:00", "send_before": "2026-12-01T10:00"}, "send_before"),
        ({"spread_hours": "-1"}, "spread_hours"),
        ({"holdout_percent": "80"}, "holdout_percent"),
        ({"variable-FIRST_NAME-from": ""}, "__all__"),
        ({"variable-FIRST_NAME-from": "value", "variable-FIRST_NAME-text": ""}, "__all__"),
        ({"variable-FIRST_NAME-from": "contact.shoe_size"}, "__all__"),
    ],
    ids=str,
)
def test_a_wrong_value_is_shown_on_its_field_and_nothing_is_saved(marketer, change, field):
    answer = client_of(marketer).post(ADD, typed(**change))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("status", ["pending", "rejected", "paused", "unknown"])
def test_the_form_refuses_a_template_that_may_not_be_sent(marketer, status):
    answer = client_of(marketer).post(ADD, typed(template_version=make_version(status=status).pk))

    assert list(answer.context["adminform"].form.errors) == ["template_version"]
    assert not Campaign.objects.exists()


def test_the_picker_offers_sendable_templates_and_says_why_others_are_not(marketer):
    sendable, paused = make_version(), make_version(status="paused")

    html = client_of(marketer).get(ADD).content.decode()

    assert f'value="{sendable.pk}" id="id_template_version_0">' in html
    assert f'value="{paused.pk}" id="id_template_version_1" disabled>' in html
    (reason,) = reasons_not_sendable(paused, now=NOW)
    assert html.count("cp-template-reason") == 1
    assert str(escape(reason.text)) in html


def test_the_picker_tells_templates_that_share_a_name_apart(marketer):
    for spoki_id in (1071, 1072):
        make_version(template=make_template(name="doppio", spoki_id=spoki_id))
    make_version(template=make_template(name="solo", spoki_id=1073))

    shown = client_of(marketer).get(ADD).content.decode()

    assert "doppio</strong> · Spoki 1071" in shown
    assert "doppio</strong> · Spoki 1072" in shown
    assert "Spoki 1073" not in shown


def test_a_draft_is_edited_in_the_form(marketer):
    campaign = make_campaign()
    version = campaign.template_version

    answer = client_of(marketer).post(
        page(campaign), typed(name="Altro nome", template_version=version.pk if version else "")
    )

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.name, campaign.last_editor) == (
        302,
        "Altro nome",
        marketer,
    )


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.APPROVED, Status.SENDING])
def test_what_is_not_a_draft_has_no_form_and_takes_no_edit(marketer, status):
    campaign = make_campaign(status=status)
    client = client_of(marketer)

    shown = client.get(page(campaign))
    posted = client.post(page(campaign), typed(name="Altro"))

    campaign.refresh_from_db()
    assert "adminform" not in shown.context
    assert (posted.status_code, campaign.status, campaign.name == "Altro") == (302, status, False)
