"""The page of messages without a clear outcome: who sees it, who decides, and only by POST."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, OutboundMessage, Settlement
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
LIST = reverse("admin:campaigns_outboundmessage_unknown")
DECIDE = reverse("admin:campaigns_outboundmessage_decide")


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        yield


@pytest.fixture
def campaign():
    return make_campaign(
        status=Campaign.Status.SENDING, contacts=[make_contact()], name="Crocchette"
    )


@pytest.fixture
def unknown(campaign):
    person = make_contact(first_name="Francesca", last_name="Neri")
    return make_message(campaign=campaign, contact=person, status="unknown", reason="crashed")


def client_of(role: str) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_member(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, decision: str, *messages: OutboundMessage) -> dict[str, str]:
    """What the page that asks would post, with a reason typed."""
    ids = "&".join(f"id={message.pk}" for message in messages)
    form = client.get(f"{DECIDE}?decision={decision}&{ids}").context["form"]
    return {**form.initial, "decision": decision, "why": "Guardato su Spoki"}


@pytest.mark.parametrize(
    ("role", "sees", "decides"),
    [(MARKETER, 200, False), (APPROVER, 200, True), (ADMIN, 200, True), (AGENT, 403, False)],
)
def test_marketers_see_the_page_and_approvers_and_admins_decide(unknown, role, sees, decides):
    client = client_of(role)

    page = client.get(LIST)
    answer = client.get(f"{DECIDE}?decision=released&id={unknown.pk}")

    assert page.status_code == sees
    assert (answer.status_code == 200) is decides
    if sees == 200:
        assert ('name="decision"' in page.content.decode()) is decides


def test_the_page_tells_who_when_why_and_what_is_known(unknown):
    make_message(contact=unknown.contact, status="read", sending_at=NOW + timedelta(minutes=5))
    OutboundMessage.objects.filter(pk=unknown.pk).update(error_code="http::502")

    text = client_of(APPROVER).get(LIST).content.decode()

    assert "Francesca Neri" in text
    assert "Crocchette" in text
    assert "The sender stopped while this one was leaving" in text
    assert "http::502" in text
    assert "Another message of ours to the same phone" in text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2), ("reason=crashed", 1), ("reason=no_answer", 1), ("age=10m", 1), ("age=24h", 0),
        ("reason=nonsense", 2), ("campaign=999999", 2),
    ],
)  # fmt: skip
def test_the_page_filters_by_age_and_reason_and_ignores_nonsense(unknown, query, count):
    make_message(status="unknown", reason="no_answer", sending_at=NOW + timedelta(minutes=25))

    page = client_of(MARKETER).get(f"{LIST}?{query}")

    assert len(page.context["rows"]) == count


def test_the_page_filters_by_campaign(campaign, unknown):
    make_message(status="unknown", reason="no_answer")

    page = client_of(MARKETER).get(f"{LIST}?campaign={campaign.pk}")

    assert [row["message"] for row in page.context["rows"]] == [unknown]


@pytest.mark.parametrize("decision", ["assumed_sent", "released"])
def test_looking_at_the_question_decides_nothing(unknown, decision):
    client_of(APPROVER).get(f"{DECIDE}?decision={decision}&id={unknown.pk}")

    unknown.refresh_from_db()
    assert (unknown.status, Settlement.objects.count()) == ("unknown", 0)


@pytest.mark.parametrize(("decision", "status"), [("assumed_sent", "sent"), ("released", "queued")])
def test_an_approver_decides_with_a_reason(unknown, decision, status):
    client = client_of(APPROVER)

    answer = client.post(DECIDE, asked(client, decision, unknown))

    unknown.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert (unknown.status, Settlement.objects.get().why) == (status, "Guardato su Spoki")


def test_a_whole_campaign_is_decided_at_once(campaign, unknown):
    make_message(campaign=campaign, status="unknown", reason="no_answer")
    elsewhere = make_message(status="unknown", reason="no_answer")
    client = client_of(ADMIN)
    form = client.get(f"{DECIDE}?decision=assumed_sent&campaign={campaign.pk}").context["form"]

    client.post(DECIDE, {**form.initial, "decision": "assumed_sent", "why": "Tutti arrivati"})

    elsewhere.refresh_from_db()
    assert Settlement.objects.count() == 2
    assert elsewhere.status == "unknown"


def test_a_marketer_cannot_decide_by_posting(unknown):
    client = client_of(ADMIN)
    posted = asked(client, "released", unknown)

    answer = client_of(MARKETER).post(DECIDE, posted)

    unknown.refresh_from_db()
    assert (answer.status_code, unknown.status) == (403, "unknown")


def test_a_missing_reason_is_asked_for_and_nothing_is_decided(unknown):
    client = client_of(APPROVER)

    answer = client.post(DECIDE, asked(client, "released", unknown) | {"why": ""})

    unknown.refresh_from_db()
    assert (answer.status_code, unknown.status) == (422, "unknown")


def test_who_was_too_late_is_brought_back_with_a_sentence(unknown):
    client = client_of(APPROVER)
    posted = asked(client, "released", unknown)
    OutboundMessage.objects.update(status="delivered", reason="")

    answer = client.post(DECIDE, posted, follow=True)

    unknown.refresh_from_db()
    assert unknown.status == "delivered"
    assert "settled meanwhile" in answer.content.decode()


def test_something_new_since_the_look_asks_to_look_again(unknown):
    client = client_of(APPROVER)
    posted = asked(client, "released", unknown)
    make_message(contact=unknown.contact, status="read", sending_at=NOW + timedelta(minutes=5))

    answer = client.post(DECIDE, posted)
    again = client.post(DECIDE, {**answer.context["form"].data, "decision": "released"})

    unknown.refresh_from_db()
    assert answer.status_code == 422
    assert "look again" in answer.content.decode()
    assert (again.status_code, unknown.status) == (302, "queued")


def test_releasing_marketing_warns_of_the_harm(unknown):
    page = client_of(APPROVER).get(f"{DECIDE}?decision=released&id={unknown.pk}")

    assert "block and report us" in page.content.decode()


def test_the_page_says_which_finished_campaign_opens_again(unknown):
    Campaign.objects.update(status="done", ended_at=NOW, name="Cuccioli")

    page = client_of(APPROVER).get(f"{DECIDE}?decision=released&id={unknown.pk}")

    assert "The campaign Cuccioli has ended: it opens again" in page.content.decode()


def test_the_page_says_that_what_was_stopped_for_good_cannot_go_again(unknown):
    Campaign.objects.update(status="cancelled", ended_at=NOW)

    page = client_of(APPROVER).get(f"{DECIDE}?decision=released&id={unknown.pk}").content.decode()

    assert "1: Its campaign was stopped for good: it cannot be sent again." in page
    assert "opens again" not in page


@pytest.mark.parametrize("query", ["", "decision=released", "decision=nonsense&id=1", "id=abc"])
def test_a_question_about_nothing_leads_back_to_the_list(query):
    answer = client_of(APPROVER).get(f"{DECIDE}?{query}")

    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)


def test_the_progress_page_counts_the_unknown_and_leads_to_them(campaign, unknown):
    address = reverse("admin:campaigns_campaign_progress", args=[campaign.pk])

    text = client_of(MARKETER).get(address).content.decode()

    assert f'href="{LIST}?campaign={campaign.pk}"' in text
    assert "1 message has no clear answer" in text


def test_the_recipients_of_the_api_show_the_unknown_with_its_reason(campaign, unknown):
    answer = client_of(MARKETER).get(f"/api/v1/campaigns/{campaign.pk}/recipients/?state=unknown")

    (row,) = answer.json()["results"]
    assert (row["id"], row["state"], row["reason"]) == (unknown.pk, "unknown", "crashed")
    assert row["reason_text"]
