"""The whole walk over HTTP: written here, reviewed, submitted to a local Spoki, approved, sendable."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config import roles
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync import edge, tasks
from templates_sync.models import FieldDesk, TemplateDraft
from templates_sync.sendable import reasons_not_sendable
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
LIST = "/admin/templates_sync/templatedraft/"
WORDS = {
    "name": "promo_pet",
    "language": "it",
    "category": "utility",
    "header_format": "text",
    "header_text": "Per %%PET_NICK%%",
    "header_media": "",
    "body": "Ciao %%FIRST_NAME%%, oggi su tutto l'umido c'è lo *sconto*.",
    "footer": "Rispondi STOP",
    "button_type-0": "url",
    "button_text-0": "Vai al negozio",
    "button_target-0": "https://zampa.example/?da=%%LINK_CODE%%",
    "example-FIRST_NAME": "Ada",
    "example-PET_NICK": "Argo",
    "example-LINK_CODE": "x1",
}


@pytest.fixture
def simulator():
    with SimulatorProcess() as running:
        running.control.config(review_seconds=3600)
        yield running


@pytest.fixture
def house(settings, simulator, monkeypatch):
    """A house that talks to the simulator; its queue is this test."""
    settings.SPOKI_BASE_URL, settings.SPOKI_API_KEY = simulator.url, simulator.api_key
    monkeypatch.setattr(tasks.advance_submission, "delay", lambda **_: None)
    return simulator


def press(client, draft, verb, **fields):
    answer = client.post(f"{LIST}{draft.pk}/{verb}/", fields, follow=True)
    assert answer.status_code == 200
    draft.refresh_from_db()


def carry_on(draft):
    """Do what the queue does, without waiting between the custom fields."""
    for _ in range(10):
        edge.advance_now(draft.pk)
        FieldDesk.objects.update(next_at=None)
        TemplateDraft.objects.filter(pk=draft.pk).update(next_at=None)
        draft.refresh_from_db()
        if draft.status != "submitting":
            return


def written_and_submitted(client):
    client.force_login(make_member(roles.MARKETER))
    client.post(f"{LIST}add/", WORDS)
    draft = TemplateDraft.objects.get()
    press(client, draft, "to-review")
    client.force_login(make_member(roles.APPROVER))
    press(client, draft, "approve")
    client.force_login(make_member(roles.MARKETER))
    press(client, draft, "submit")
    carry_on(draft)
    return draft


def test_a_template_walks_from_the_first_word_to_a_send(client, house):
    draft = written_and_submitted(client)
    assert (draft.status, draft.result.status) == ("submitted", "pending")
    made = draft.events.filter(verb="field_made").values_list("note", flat=True)
    assert sorted(made) == ["LINK_CODE", "PET_NICK"]

    house.control.post("template", id=draft.spoki_id, decide=True)
    edge.sync_now()

    draft.refresh_from_db()
    assert (draft.status, draft.result.status) == ("accepted", "approved")
    assert draft.result.content_hash == draft.wording.content_hash
    assert reasons_not_sendable(draft.result, now=timezone.now()) == []


def test_a_category_moved_by_meta_waits_for_a_person(client, house):
    draft = written_and_submitted(client)

    house.control.post("template", id=draft.spoki_id, review={"category": "MARKETING"})
    house.control.post("template", id=draft.spoki_id, decide=True)
    edge.sync_now()

    draft.refresh_from_db()
    reasons = reasons_not_sendable(draft.result, now=timezone.now())
    assert [reason.code for reason in reasons] == ["category_changed"]


def test_a_rejected_text_is_changed_and_approved_on_the_same_template(client, house):
    draft = written_and_submitted(client)
    house.control.post(
        "template", id=draft.spoki_id, review={"outcome": "REJECTED", "reason": "SCAM"}
    )
    house.control.post("template", id=draft.spoki_id, decide=True)
    edge.sync_now()
    draft.refresh_from_db()
    assert (draft.status, draft.comment) == ("rejected", "SCAM")

    client.post(f"{LIST}start/", {"draft": draft.pk})
    fresh = TemplateDraft.objects.latest("pk")
    client.post(f"{LIST}{fresh.pk}/change/", WORDS | {"footer": "", "header_format": "",
                "body": "Ciao %%FIRST_NAME%%, un testo nuovo per te."})  # fmt: skip
    press(client, fresh, "to-review")
    client.force_login(make_member(roles.APPROVER))
    press(client, fresh, "approve")
    client.force_login(make_member(roles.MARKETER))
    press(client, fresh, "submit")
    carry_on(fresh)

    assert (fresh.status, fresh.spoki_id) == ("submitted", draft.spoki_id)
    assert fresh.result is not None
    assert (fresh.result.number, fresh.result.header, fresh.result.footer) == (2, None, "")


def test_an_answer_cut_on_the_way_leaves_one_template_on_spoki(client, house):
    house.control.fault("reset_after", method="POST", path="/api/1/templates/", times=1)
    draft = written_and_submitted(client)
    TemplateDraft.objects.filter(pk=draft.pk, attempted_at__isnull=False).update(
        attempted_at=timezone.now() - timedelta(minutes=3)
    )
    carry_on(draft)

    with_name = SpokiClient(base_url=house.url, api_key=house.api_key)
    found = [row.id for row in with_name.templates(search="promo_pet")]
    with_name.close()
    creations = [
        row for row in house.control.log(method="POST") if row["path"] == "/api/1/templates/"
    ]
    assert (draft.status, found) == ("submitted", [draft.spoki_id])
    assert [row["fault"] for row in creations] == ["reset_after"]


@pytest.mark.parametrize("first", ["200", "429"])
def test_a_spoki_that_says_429_to_every_second_call_gets_the_text_once_and_gives_it_back(
    client, house, first
):
    if first == "429":
        house.control.fault("429:0", path="/api/1/templates/", times=1)
    house.control.fault("429:0", path="/api/1/templates/", times=None, every=2)

    draft = written_and_submitted(client)
    assert draft.status == "submitted"
    press(client, draft, "take-back")

    made = [
        row["status"]
        for row in house.control.log(method="POST")
        if row["path"] == "/api/1/templates/"
    ]
    assert (draft.status, made.count(201), 429 in made) == ("draft", 1, True)


def test_a_text_that_meta_has_is_taken_back_from_its_page_and_submitted_again(client, house):
    draft = written_and_submitted(client)

    press(client, draft, "take-back")
    assert (draft.status, draft.approved_by) == ("draft", None)
    client.post(f"{LIST}{draft.pk}/change/", WORDS | {"body": "Ciao %%FIRST_NAME%%, altre parole."})
    press(client, draft, "to-review")
    client.force_login(make_member(roles.APPROVER))
    press(client, draft, "approve")
    client.force_login(make_member(roles.MARKETER))
    press(client, draft, "submit")
    carry_on(draft)

    called = [row for row in house.control.log(method="POST") if "back_to_draft" in row["path"]]
    assert (draft.status, draft.result.number, len(called)) == ("submitted", 2, 1)
    assert draft.result.body == "Ciao %%FIRST_NAME%%, altre parole."
