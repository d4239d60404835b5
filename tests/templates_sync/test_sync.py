"""Reading the templates: what is new, what changed, what is gone."""

from datetime import timedelta

import pytest

from templates_sync.models import SyncRun, Template, TemplateVersion
from templates_sync.sync import request_sync, sync_templates
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version
from tests.templates_sync.gateway import Listing, localization, template

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


def sync(*listed, at=NOW, error=None):
    return sync_templates(gateway=Listing(*listed, error=error), now=at, clock=lambda: at)


def counts(run):
    return (run.new, run.changed, run.unchanged, run.gone)


def body(text):
    return {"body_template_component": {"format": None, "text": text}}


def test_a_template_seen_for_the_first_time_becomes_version_one():
    run = sync(template())

    version = TemplateVersion.objects.get()
    assert counts(run) == (1, 0, 0, 0)
    assert run.is_complete
    assert str(version) == "promo_umido (it) v1"
    assert version.template.spoki_id == 1001
    assert (version.status, version.category) == ("approved", "marketing")
    assert version.requested_category == "marketing"
    assert version.body == "Ciao %%FIRST_NAME%%, sconto 20%."
    assert version.footer == "Rispondi STOP"
    assert version.variables == ["FIRST_NAME"]
    assert version.examples == {"FIRST_NAME": "Ada"}
    assert version.raw["id"] == 11
    assert version.last_seen_at == NOW


def test_header_and_buttons_are_kept_with_their_variables():
    sync(
        template(
            localization(
                header_template_component={"format": "TEXT", "text": "Per %%PET_NAME%%"},
                templatebuttoncomponent_set=[
                    {"order": 1, "button_type": "quick_reply", "text": "Stop"},
                    {"order": 0, "button_type": "url", "text": "Vai", "url": "https://x/%%CODE%%"},
                ],
            )
        )
    )

    version = TemplateVersion.objects.get()
    assert version.header == {"format": "text", "text": "Per %%PET_NAME%%"}
    assert [button["text"] for button in version.buttons] == ["Vai", "Stop"]
    assert version.variables == ["PET_NAME", "FIRST_NAME", "CODE"]


def test_the_same_content_read_again_adds_no_row():
    sync(template())

    run = sync(template(), at=LATER)

    version = TemplateVersion.objects.get()
    assert counts(run) == (0, 0, 1, 0)
    assert (version.first_seen_at, version.last_seen_at) == (NOW, LATER)


def test_changed_content_becomes_a_new_version_and_the_old_one_is_kept():
    sync(template())

    run = sync(template(localization(**body("Nuovo testo"))), at=LATER)

    old, new = TemplateVersion.objects.order_by("number")
    assert counts(run) == (0, 1, 0, 0)
    assert (old.body, old.superseded_at) == ("Ciao %%FIRST_NAME%%, sconto 20%.", LATER)
    assert (new.number, new.body, new.superseded_at) == (2, "Nuovo testo", None)


def test_content_that_goes_back_to_an_earlier_text_is_a_new_version_again():
    sync(template())
    sync(template(localization(**body("Nuovo testo"))), at=LATER)

    sync(template(), at=LATER + timedelta(minutes=10))

    numbers = TemplateVersion.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]
    assert TemplateVersion.objects.current().get().number == 3


def test_each_language_is_a_template_of_its_own():
    sync(template(localization(), localization(id=12, language="EN", **body("Hi"))))

    assert sorted(Template.objects.values_list("spoki_id", "language")) == [
        (1001, "en"),
        (1001, "it"),
    ]


def test_a_change_of_status_is_noted_on_the_same_version():
    sync(template(localization(status="PENDING"), is_approved=False))

    sync(template(localization(status="REJECTED", rejection_reason="SCAM")), at=LATER)

    version = TemplateVersion.objects.get()
    assert (version.status, version.rejection_reason) == ("rejected", "SCAM")
    assert version.status_changed_at == LATER


def test_a_template_missing_from_a_complete_read_is_gone_and_kept():
    sync(template(), template(id=1002, name="altro"))

    run = sync(template(), at=LATER)

    gone = Template.objects.get(spoki_id=1002)
    assert counts(run) == (0, 0, 1, 1)
    assert gone.gone_at == LATER
    assert gone.versions.count() == 1
    assert Template.objects.get(spoki_id=1001).gone_at is None


def test_a_language_missing_from_a_complete_read_is_gone():
    sync(template(localization(), localization(id=12, language="en")))

    sync(template(localization()), at=LATER)

    assert Template.objects.get(language="en").gone_at == LATER
    assert Template.objects.get(language="it").gone_at is None


def test_a_template_that_comes_back_is_no_longer_gone():
    sync(template(), template(id=1002, name="altro"))
    sync(template(), at=LATER)

    run = sync(template(), template(id=1002, name="altro"), at=LATER + timedelta(minutes=10))

    assert counts(run) == (0, 0, 2, 0)
    assert Template.objects.get(spoki_id=1002).gone_at is None


def test_a_template_prepared_here_is_never_gone():
    draft = make_version(template=make_template(spoki_id=None), last_seen_at=NOW)

    sync(template(), at=LATER)

    draft.template.refresh_from_db()
    assert draft.template.gone_at is None


def test_a_name_changed_on_spoki_is_followed():
    sync(template())

    sync(template(name="promo_umido_v2"), at=LATER)

    assert Template.objects.get().name == "promo_umido_v2"


def test_a_read_older_than_what_is_stored_changes_nothing():
    sync(template(), at=LATER)

    run = sync(template(localization(**body("Vecchio testo"))), at=NOW)

    assert counts(run) == (0, 0, 1, 0)
    assert TemplateVersion.objects.get().body == "Ciao %%FIRST_NAME%%, sconto 20%."


def test_a_read_is_asked_for_once_at_a_time():
    request_sync(now=NOW)

    assert request_sync(now=NOW + timedelta(minutes=4)) is None
    assert request_sync(now=NOW + timedelta(minutes=6)) is not None
    assert SyncRun.objects.filter(finished_at=None).count() == 2
