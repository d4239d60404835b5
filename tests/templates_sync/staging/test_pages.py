"""The pages of drafts: who may open and press what, and what they show."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from config import roles
from templates_sync.models import TemplateDraft
from tests.conftest import NOW
from tests.factories.drafts import make_draft
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
LIST = "/admin/templates_sync/templatedraft/"
PANEL, START, COMPARE = f"{LIST}panel/", f"{LIST}start/", f"{LIST}compare/"


def address(draft, page="change"):
    return f"{LIST}{draft.pk}/{page}/"


def log_in(client, role):
    user = make_member(role)
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


@pytest.fixture
def queued(monkeypatch):
    """The submissions handed to the broker, instead of a broker."""
    calls = []
    monkeypatch.setattr(
        "templates_sync.tasks.advance_submission.delay", lambda **kwargs: calls.append(kwargs)
    )
    return calls


def typed(**changes):
    return {
        "name": "promo_umido",
        "language": "it",
        "category": "marketing",
        "header_format": "",
        "header_text": "",
        "header_media": "",
        "body": "Ciao %%FIRST_NAME%%, oggi sconto su tutto.",
        "footer": "Rispondi STOP",
        "button_type-0": "quick_reply",
        "button_text-0": "Mi interessa",
        "button_target-0": "",
        "example-FIRST_NAME": "Ada",
    } | changes


ROLES = (roles.MARKETER, roles.APPROVER, roles.AGENT, roles.ADMIN)
MAY = {
    "list": (200, 200, 403, 200),
    "add": (200, 403, 403, 200),
    "page": (200, 200, 403, 200),
    "compare": (200, 200, 403, 200),
    "approve": (403, 200, 403, 200),
    "send-back": (403, 200, 403, 200),
    "submit": (200, 403, 403, 200),
    "to-review": (200, 403, 403, 200),
    "back-to-draft": (200, 403, 403, 200),
    "stop": (200, 403, 403, 200),
    "take-back": (200, 403, 403, 200),
}
STATE = {
    "submit": "approved",
    "to-review": "draft",
    "stop": "submitting",
    "take-back": "submitted",
}


@pytest.mark.parametrize("page", MAY)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_other(client, role, page):
    log_in(client, role)
    draft = make_draft(status=STATE.get(page, "in_review"), step="fields")
    addresses = {
        "list": LIST,
        "add": f"{LIST}add/",
        "page": address(draft),
        "compare": f"{COMPARE}?left=d{draft.pk}&right=d{draft.pk}",
    }

    answer = client.get(addresses.get(page, address(draft, page)))

    assert answer.status_code == MAY[page][ROLES.index(role)]


@pytest.mark.parametrize(
    "page", ["approve", "send-back", "submit", "to-review", "stop", "take-back"]
)
def test_looking_changes_nothing(client, page):
    log_in(client, roles.ADMIN)
    draft = make_draft(status=STATE.get(page, "in_review"), step="fields")

    client.get(address(draft, page))

    before, draft.status = draft.status, ""
    draft.refresh_from_db()
    assert (draft.status, draft.events.count()) == (before, 0)


def test_a_stranger_is_asked_to_log_in(client):
    assert client.get(LIST).status_code == 302
    assert client.post(PANEL, typed()).status_code == 302


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
    draft = make_draft(
        status="submitting", step="fields", fields_made=["A"], fields_missing=["B", "C"]
    )

    page = client.get(address(draft)).content.decode()
    part = client.get(address(draft, "progress")).content.decode()

    assert f'hx-get="{address(draft, "progress")}"' in page
    assert "1 of 3 made" in part


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


@pytest.mark.parametrize(
    ("status", "role", "words"),
    [
        ("draft", roles.APPROVER, "still writing"),
        ("in_review", roles.APPROVER, "It is your turn"),
        ("in_review", roles.MARKETER, "a colleague who may approve reads it"),
        ("approved", roles.MARKETER, "One step is left: submit it to Meta"),
        ("approved", roles.APPROVER, "Now who writes the campaigns submits it"),
    ],
)
def test_the_page_says_whose_turn_it_is(client, status, role, words):
    log_in(client, role)

    page = client.get(address(make_draft(status=status)))

    assert words in page.content.decode()


def test_an_author_is_told_that_nobody_approves_their_own_text(client):
    user = log_in(client, roles.ADMIN)

    page = client.get(address(make_draft(status="in_review", author=user)))

    assert "Nobody approves their own text" in page.content.decode()


def test_while_meta_has_it_spoki_can_be_asked_from_the_page_and_leads_back_to_it(
    client, monkeypatch
):
    log_in(client, roles.MARKETER)
    asked = []
    monkeypatch.setattr(
        "templates_sync.tasks.sync_templates.delay", lambda **kwargs: asked.append(kwargs)
    )
    draft = make_draft(status="submitted")
    page = client.get(address(draft)).content.decode()

    answer = client.post("/admin/templates_sync/template/sync/", {"draft": draft.pk})

    assert "Ask Spoki now" in page
    assert (answer.url, len(asked)) == (address(draft), 1)


@pytest.mark.parametrize("draft", ["", "0", "x", "9" * 30])
def test_asking_from_a_draft_that_is_not_there_leads_to_the_list(client, monkeypatch, draft):
    log_in(client, roles.MARKETER)
    monkeypatch.setattr("templates_sync.tasks.sync_templates.delay", lambda **_: None)

    answer = client.post("/admin/templates_sync/template/sync/", {"draft": draft})

    assert answer.url == "/admin/templates_sync/template/"


def test_an_accepted_text_leads_on_to_a_campaign(client):
    log_in(client, roles.MARKETER)
    version = make_version(last_seen_at=timezone.now())
    draft = make_draft(status="accepted", result=version)

    page = client.get(address(draft)).content.decode()

    assert f"/admin/campaigns/campaign/add/?template_version={version.pk}" in page
