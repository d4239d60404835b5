"""The card of custom fields on the page of a draft: what it lists, who may press what."""

import pytest
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from config import roles
from templates_sync.models import CustomField, FieldDesk
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_field
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
LIST = "/admin/templates_sync/templatedraft/"
BODY = "Ciao %%FIRST_NAME%%, oggi %%PET_NAME%% ha uno sconto e la %%BREED%% anche, evviva!"


def address(draft, page="change"):
    return f"{LIST}{draft.pk}/{page}/"


@pytest.fixture
def marketer(client):
    user = make_member(roles.MARKETER)
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


@pytest.fixture
def queued(monkeypatch):
    """How often the task was handed to the broker, instead of a broker."""
    calls = []
    monkeypatch.setattr("templates_sync.tasks.make_fields.delay", lambda **_: calls.append(1))
    return calls


@pytest.fixture
def draft():
    """It lacks PET_NAME; Spoki has BREED."""
    FieldDesk.objects.create(pk=1, read_at=timezone.now())
    make_field("BREED", seen_at=NOW)
    return make_draft(body=BODY, status="approved")


def shown(client, draft, page="change"):
    return client.get(address(draft, page)).content.decode()


@pytest.mark.parametrize("status", ["draft", "in_review", "approved", "refused"])
def test_the_page_lists_each_field_with_its_state_and_offers_to_create_them(
    client, marketer, draft, status
):
    drafted = make_draft(body=f"{BODY} Bis.", status=status)

    page = shown(client, drafted)

    assert "missing on Spoki" in page
    assert "on Spoki" in page
    assert address(drafted, "fields") in page


@pytest.mark.parametrize("status", ["submitted", "accepted", "rejected"])
def test_a_text_that_has_left_shows_no_fields(client, marketer, draft, status):
    left = make_draft(body=f"{BODY} Bis.", status=status)

    assert 'id="td-custom"' not in shown(client, left)


def test_a_text_without_own_variables_shows_no_fields(client, marketer):
    assert 'id="td-custom"' not in shown(client, make_draft(status="approved"))


def test_before_the_list_was_read_the_page_waits_for_it(client, marketer):
    page = shown(client, make_draft(body=BODY, status="approved"))

    assert "Looking which custom fields Spoki has" in page
    assert 'hx-trigger="every 3s"' in page


def test_the_question_lists_what_would_be_made_and_changes_nothing(client, marketer, draft):
    page = shown(client, draft, "fields")

    assert "<code>PET_NAME</code>" in page
    assert "<code>BREED</code>" not in page
    assert CustomField.objects.filter(asked_at__isnull=False).count() == 0


def test_creating_asks_for_the_missing_fields_and_wakes_a_worker(client, marketer, draft, queued):
    page = client.post(address(draft, "fields"), follow=True).content.decode()

    row = CustomField.objects.get(code="PET_NAME")
    assert (row.asked_by, row.asked_for, queued) == (marketer, draft, [1])
    assert "1 of 2 are there; the others follow in about 13 seconds" in page
    assert f'hx-get="{address(draft, "fields/state")}"' in page


def test_a_second_click_asks_for_nothing_and_says_so(client, marketer, draft, queued):
    client.post(address(draft, "fields"))
    second = client.post(address(draft, "fields"), follow=True)

    assert "There is nothing to make" in second.content.decode()
    assert (queued, draft.events.filter(verb="fields_asked").count()) == ([1], 1)


def test_without_workers_the_wish_is_kept(client, marketer, draft, monkeypatch):
    def away(**_):
        raise OperationalError

    monkeypatch.setattr("templates_sync.tasks.make_fields.delay", away)
    page = client.post(address(draft, "fields"), follow=True).content.decode()

    assert "it goes on as they return" in page
    assert CustomField.objects.get(code="PET_NAME").asked_at is not None


@pytest.mark.parametrize("role", [roles.APPROVER, roles.AGENT])
def test_who_submits_nothing_creates_no_fields(client, draft, queued, role):
    client.force_login(make_member(role))

    assert client.get(address(draft, "fields")).status_code == 403
    assert client.post(address(draft, "fields")).status_code == 403
    assert client.post(address(draft, "fields/state")).status_code == 403
    assert (queued, CustomField.objects.filter(asked_at__isnull=False).count()) == ([], 0)


def test_an_approver_sees_the_fields_without_the_button(client, draft):
    client.force_login(make_member(roles.APPROVER))

    page = shown(client, draft)

    assert 'id="td-custom"' in page
    assert address(draft, "fields") + '"' not in page


def test_the_editor_polls_until_all_are_there_and_never_loads_again(client, marketer, draft):
    written = make_draft(body=f"{BODY} Bis.")
    make_field("PET_NAME", asked_at=NOW)
    assert 'hx-trigger="every 3s"' in shown(client, written, "fields/state")

    CustomField.objects.update(seen_at=NOW, asked_at=None)
    part = shown(client, written, "fields/state")

    assert "Spoki has every custom field that the text needs" in part
    assert "hx-trigger" not in part


def test_the_page_loads_again_when_all_are_there_and_offers_to_submit(client, marketer, draft):
    make_field("PET_NAME", asked_at=NOW)
    assert 'hx-trigger="every 3s"' in shown(client, draft, "fields/state")
    assert address(draft, "submit") not in shown(client, draft)

    CustomField.objects.update(seen_at=NOW, asked_at=None)
    answer = client.get(address(draft, "fields/state"))

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (286, "true")
    assert address(draft, "submit") in shown(client, draft)


def test_a_refusal_is_shown_with_the_words_of_spoki_and_can_be_tried_again(client, marketer, draft):
    make_field("PET_NAME", error="refused", error_detail="label taken")

    page = shown(client, draft)

    assert "refused by Spoki" in page
    assert "label taken" in page
    assert address(draft, "fields") in page


def test_a_spoki_in_trouble_is_told_on_the_card(client, marketer, draft):
    make_field("PET_NAME", asked_at=NOW)
    FieldDesk.objects.update(error="throttled")

    assert "Spoki asks to slow down" in shown(client, draft)


def test_looking_again_reads_the_list_and_the_card_waits_for_it(client, marketer, draft, queued):
    part = client.post(address(draft, "fields/state")).content.decode()

    assert FieldDesk.the().wanted_at is not None
    assert queued == [1]
    assert 'id="td-custom"' in part
    FieldDesk.objects.update(wanted_at=NOW, read_at=None)
    assert 'hx-trigger="every 3s"' in shown(client, draft, "fields/state")


def test_submitting_while_a_field_is_missing_is_refused_with_its_name(client, marketer, draft):
    answer = client.post(address(draft, "submit"))

    assert answer.status_code == 422
    assert "PET_NAME" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.status == "approved"


def test_the_editor_shows_the_fields_of_what_is_saved(client, marketer, draft):
    written = make_draft(body=f"{BODY} Bis.", author=marketer, last_editor=marketer)

    assert "missing on Spoki" in shown(client, written)
