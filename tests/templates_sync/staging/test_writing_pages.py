"""The form of a draft and the panel beside it."""

import pytest
from django.urls import reverse

from config import roles
from templates_sync.models import TemplateDraft
from tests.factories.drafts import make_draft
from tests.templates_sync.staging.pages import LIST, PANEL, address, log_in, typed

pytestmark = pytest.mark.django_db


def test_a_new_draft_is_kept_with_its_buttons_and_examples(client):
    user = log_in(client, roles.MARKETER)

    client.post(f"{LIST}add/", typed())

    draft = TemplateDraft.objects.get()
    assert (draft.author, draft.name, draft.examples) == (
        user,
        "promo_umido",
        {"FIRST_NAME": "Ada"},
    )
    assert draft.buttons == [
        {"order": 0, "type": "quick_reply", "text": "Mi interessa", "url": "", "phone": ""}
    ]


def test_a_draft_full_of_errors_is_kept_all_the_same(client):
    log_in(client, roles.MARKETER)

    client.post(f"{LIST}add/", typed(body="%%FIRST_NAME%%", name="No Good"))

    assert TemplateDraft.objects.get().body == "%%FIRST_NAME%%"


def test_a_change_is_written_by_the_service(client):
    user = log_in(client, roles.MARKETER)
    draft = make_draft()

    client.post(address(draft), typed(name=draft.name, body="Altro testo"))

    draft.refresh_from_db()
    assert (draft.body, draft.last_editor) == ("Altro testo", user)
    assert [event.verb for event in draft.events.all()] == ["edited"]


def test_a_button_without_type_is_taken_out(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(
        buttons=[{"order": 0, "type": "quick_reply", "text": "Sì, certo", "url": "", "phone": ""}]
    )

    client.post(address(draft), typed(**{"button_type-0": ""}))

    draft.refresh_from_db()
    assert draft.buttons == []


def test_a_draft_in_review_cannot_be_posted_to(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(status="in_review")

    answer = client.post(address(draft), typed(body="x"), follow=True)

    draft.refresh_from_db()
    assert draft.body != "x"
    assert "It can no longer be changed" in answer.content.decode()


def test_the_panel_shows_the_message_and_the_problem_beside_its_field(client):
    log_in(client, roles.MARKETER)

    page = client.post(PANEL, typed(body="%%FIRST_NAME%%, ciao *forte*!")).content.decode()

    slot = page[page.index('id="td-lint-body"') :]
    assert "Meta&#x27;s rule: a text may not begin with a variable" in slot[:900]
    assert "<strong>forte</strong>" in page
    assert ">Ada</mark>" in page
    assert TemplateDraft.objects.count() == 0


def test_an_empty_page_is_not_full_of_reproaches_and_a_kept_draft_says_what_is_missing(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(name="promo")
    nothing = typed(name="", body="", category="", **{"button_type-0": ""})

    fresh = client.post(PANEL, nothing).content.decode()
    kept = client.post(PANEL, nothing | {"draft": draft.pk}).content.decode()

    assert "td-problem--error" not in fresh
    assert "a template needs a text" in kept


def test_the_panel_offers_a_row_for_a_new_variable_and_a_new_button(client):
    log_in(client, roles.MARKETER)

    page = client.post(PANEL, typed(variables="")).content.decode()
    settled = client.post(
        PANEL, typed(**{"variables": "FIRST_NAME", "button_type-1": "", "button_text-1": ""})
    ).content.decode()

    assert 'name="example-FIRST_NAME"' in page
    assert 'name="button_type-1"' in page
    assert 'name="example-FIRST_NAME"' not in settled
    assert 'name="button_type-' not in settled


def test_the_panel_names_a_problem_beside_the_row_of_its_button(client):
    log_in(client, roles.MARKETER)

    page = client.post(
        PANEL,
        typed(
            **{
                "button_type-0": "",
                "button_type-1": "url",
                "button_text-1": "Vai",
                "button_target-1": "vai",
            }
        ),
    ).content.decode()

    slot = page[page.index('id="td-lint-buttons-1"') :]
    assert "an address begins with https://" in slot[:700]


def test_the_panel_is_not_for_who_only_reads(client):
    log_in(client, roles.APPROVER)

    assert client.post(PANEL, typed()).status_code == 403


def test_save_and_send_to_review_asks_first(client):
    log_in(client, roles.MARKETER)
    draft = make_draft()

    answer = client.post(address(draft), typed(_review="1"))

    draft.refresh_from_db()
    assert answer.headers["Location"] == reverse(
        "admin:templates_sync_templatedraft_to_review", args=[draft.pk]
    )
    assert draft.status == "draft"


def test_a_draft_with_errors_stays_and_the_page_names_each(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(body="%%FIRST_NAME%%, ciao")

    answer = client.post(address(draft, "to-review"))

    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (422, "draft")
    assert "a text may not begin with a variable" in answer.content.decode()
