"""The buttons of a draft, and what its page shows afterwards."""

from datetime import timedelta

import pytest

from config import roles
from templates_sync.models import FieldDesk, TemplateDraft
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_field
from tests.factories.templates import make_template, make_version
from tests.templates_sync.staging.pages import COMPARE, START, address, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(monkeypatch):
    """The submissions handed to the broker, instead of a broker."""
    calls = []
    monkeypatch.setattr(
        "templates_sync.tasks.advance_submission.delay", lambda **kwargs: calls.append(kwargs)
    )
    return calls


def test_the_reviewer_approves_with_a_comment(client):
    user = log_in(client, roles.APPROVER)
    draft = make_draft(status="in_review")

    client.post(
        address(draft, "approve"), {"comment": "Bello", "seen": draft.updated_at.isoformat()}
    )

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by, draft.comment) == ("approved", user, "Bello")


def test_what_changed_since_the_reviewer_opened_the_page_is_not_approved(client):
    log_in(client, roles.APPROVER)
    draft = make_draft(status="in_review")
    page = client.get(address(draft, "approve")).content.decode()
    assert draft.updated_at.isoformat() in page
    seen = draft.updated_at.isoformat()
    TemplateDraft.objects.filter(pk=draft.pk).update(updated_at=NOW + timedelta(minutes=1))

    answer = client.post(address(draft, "approve"), {"seen": seen})

    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (422, "in_review")
    assert "It has changed since you opened the page" in answer.content.decode()


def test_the_author_sees_no_button_to_approve_and_is_refused(client):
    boss = log_in(client, roles.ADMIN)
    draft = make_draft(status="in_review", author=boss)

    assert address(draft, "approve") not in client.get(address(draft)).content.decode()
    answer = client.post(address(draft, "approve"))

    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (422, "in_review")


def test_giving_back_needs_a_comment(client):
    log_in(client, roles.APPROVER)
    draft = make_draft(status="in_review")

    answer = client.post(address(draft, "send-back"), {"comment": ""})

    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (422, "in_review")


def test_submitting_queues_it_once_and_a_second_click_is_told(client, queued):
    log_in(client, roles.MARKETER)
    draft = make_draft(status="approved")

    client.post(address(draft, "submit"))
    second = client.post(address(draft, "submit"), follow=True)

    draft.refresh_from_db()
    assert (draft.status, queued) == ("submitting", [{"draft_id": draft.pk}])
    assert "this is no longer possible" in second.content.decode()


def test_the_page_of_a_submission_says_how_many_fields_are_made_and_asks_again(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(status="submitting", step="fields", body="Ciao %%A%%, %%B%% e %%C%% per te.")
    FieldDesk.objects.create(pk=1, read_at=NOW)
    make_field("A", seen_at=NOW)
    make_field("B", asked_at=NOW)

    page = client.get(address(draft)).content.decode()
    part = client.get(address(draft, "progress")).content.decode()

    assert f'hx-get="{address(draft, "progress")}"' in page
    assert "1 of 3 are there" in part


def test_the_page_loads_again_when_the_answer_is_there(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(status="accepted")

    answer = client.get(address(draft, "progress"))

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (286, "true")


def test_a_rejection_shows_metas_reason_and_leads_to_a_new_draft(client):
    log_in(client, roles.MARKETER)
    version = make_version(status="rejected")
    rejected = make_draft(
        status="rejected", comment="INVALID_FORMAT", result=version, name=version.template.name
    )

    page = client.get(address(rejected)).content.decode()
    client.post(START, {"draft": rejected.pk})

    fresh = TemplateDraft.objects.latest("pk")
    assert "Reason given: INVALID_FORMAT." in page
    assert (fresh.status, fresh.body, fresh.template) == (
        "draft", rejected.body, version.template,
    )  # fmt: skip


def test_a_draft_begins_from_a_version(client):
    log_in(client, roles.MARKETER)
    version = make_version(template=make_template(name="promo"))

    page = client.get(f"/admin/templates_sync/template/{version.template_id}/change/")
    client.post(START, {"version": version.pk})

    draft = TemplateDraft.objects.get()
    assert START in page.content.decode()
    assert (draft.name, draft.source) == ("promo_v2", version)


def test_who_does_not_write_begins_nothing(client):
    log_in(client, roles.APPROVER)
    version = make_version()

    page = client.get(f"/admin/templates_sync/template/{version.template_id}/change/")
    answer = client.post(START, {"version": version.pk})

    assert START not in page.content.decode()
    assert (answer.status_code, TemplateDraft.objects.count()) == (403, 0)


def test_the_comparison_marks_what_differs(client):
    log_in(client, roles.APPROVER)
    version = make_version(body="Ciao %%FIRST_NAME%%, sconto 20%.")
    draft = make_draft(body="Ciao %%FIRST_NAME%%, sconto 30%.", source=version)

    page = client.get(f"{COMPARE}?left=v{version.pk}&right=d{draft.pk}").content.decode()

    assert "<del>20</del>" in page
    assert "<ins>30</ins>" in page


@pytest.mark.parametrize(
    "keys", ["", "?left=v0&right=d0", "?left=x&right=v", "?left=v1e9&right=d1"]
)
def test_a_comparison_of_nothing_is_not_found(client, keys):
    log_in(client, roles.APPROVER)

    assert client.get(f"{COMPARE}{keys}").status_code == 404


def test_what_is_typed_is_shown_as_text(client):
    log_in(client, roles.MARKETER)
    draft = make_draft(name="x", body="Ciao <script>alert(1)</script> a tutti", comment="<b>no</b>")

    for page in (address(draft), f"{COMPARE}?left=d{draft.pk}&right=d{draft.pk}"):
        shown = client.get(page).content.decode()
        assert "<script>alert" not in shown
        assert "<b>no</b>" not in shown


def test_deleting_leaves_nothing_and_only_a_draft_can_be_deleted(client):
    log_in(client, roles.MARKETER)
    draft, reviewed = make_draft(), make_draft(status="in_review")

    client.post(address(draft, "delete"), {"post": "yes"})
    refused = client.post(address(reviewed, "delete"), {"post": "yes"})

    assert (list(TemplateDraft.objects.all()), refused.status_code) == ([reviewed], 403)


def test_a_draft_deleted_by_another_is_said(client):
    log_in(client, roles.MARKETER)
    draft = make_draft()
    page = address(draft, "to-review")
    draft.delete()

    assert client.get(page).status_code == 404
