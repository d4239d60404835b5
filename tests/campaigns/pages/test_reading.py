"""Who reads campaigns and their messages, and that GET never changes anything."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import OutboundMessage
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.campaigns.pages.steps import Status, client_of, page
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["change", "progress", "progress_live", "missed", "submit"])
def test_nobody_reads_a_campaign_without_a_login(name):
    answer = Client().get(page(make_campaign(), name))

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("name", ["change", "progress", "progress_live", "missed"])
def test_agents_do_not_read_campaigns(name):
    assert client_of(make_member(AGENT)).get(page(make_campaign(), name)).status_code == 403


def test_the_progress_fragment_adds_up(marketer):
    campaign = make_campaign(status=Status.SENDING)
    for status in OutboundMessage.Status.values:
        make_message(campaign=campaign, status=status)

    context = client_of(marketer).get(page(campaign, "progress_live")).context

    shown = sum(tile["count"] for tile in context["tiles"] if tile["key"] != "replied")
    assert shown == context["progress"].counters.total == 10


@pytest.mark.parametrize(
    ("status", "message", "answer"),
    [
        (Status.SENDING, "queued", 200),
        (Status.DONE, "sent", 200),
        (Status.DONE, "read", 286),
        (Status.CANCELLED, "skipped", 286),
    ],
)
def test_the_page_asks_again_until_nothing_moves(marketer, status, message, answer):
    campaign = make_campaign(status=status, ended_at=NOW)
    make_message(campaign=campaign, status=message)

    assert client_of(marketer).get(page(campaign, "progress_live")).status_code == answer


def test_an_end_long_past_is_not_asked_about_for_ever(marketer):
    campaign = make_campaign(status=Status.DONE, ended_at=NOW - timedelta(days=3))
    make_message(campaign=campaign, status="sent")

    assert client_of(marketer).get(page(campaign, "progress_live")).status_code == 286


@pytest.mark.parametrize(("role", "sees"), [(MARKETER, False), (APPROVER, False)])
def test_the_file_of_missed_people_has_no_phones_for_marketers(role, sees):
    campaign = make_campaign(status=Status.SENDING)
    message = make_message(
        campaign=campaign, status="failed", reason="undeliverable", error_code="131026"
    )
    make_message(campaign=campaign, status="read")

    answer = client_of(make_member(role)).get(page(campaign, "missed"))

    text = b"".join(answer.streaming_content).decode()
    assert len(text.strip().splitlines()) == 2
    assert "131026" in text
    assert (message.phone in text) == sees


@pytest.mark.parametrize("model", ["outboundmessage", "campaignevent"])
def test_messages_and_events_are_read_only_even_for_a_superuser(model):
    campaign = make_campaign(status=Status.SENDING)
    message = make_message(campaign=campaign)
    event = campaign.events.create(at=NOW, verb="launched")
    row = message if model == "outboundmessage" else event
    client = client_of(make_member(ADMIN, is_superuser=True))

    shown = client.get(reverse(f"admin:campaigns_{model}_change", args=[row.pk]))
    codes = [
        client.post(reverse(f"admin:campaigns_{model}_change", args=[row.pk]), {}).status_code,
        client.post(reverse(f"admin:campaigns_{model}_delete", args=[row.pk]), {}).status_code,
        client.get(reverse(f"admin:campaigns_{model}_add")).status_code,
    ]

    assert (shown.status_code, codes) == (200, [403, 403, 403])


@pytest.mark.parametrize("search", ["+39347999", "0039 347 999", "+39 347-999"])
def test_messages_are_found_by_a_phone_as_people_write_it(marketer, search):
    wanted = make_message(contact=make_contact(phone="+393479991234"))
    make_message(contact=make_contact(phone="+393470001234"))

    answer = client_of(marketer).get(
        reverse("admin:campaigns_outboundmessage_changelist"), {"q": search}
    )

    assert list(answer.context["cl"].result_list) == [wanted]


@pytest.mark.parametrize("role", [MARKETER, APPROVER])
def test_an_event_names_who_did_it_without_a_link_that_would_be_refused(role):
    ada = make_member(ADMIN, username="ada.rossi")
    event = make_campaign().events.create(at=NOW, verb="launched", by=ada)
    client = client_of(make_member(role))

    for view in ("changelist", "change"):
        args = [event.pk] if view == "change" else []
        text = client.get(
            reverse(f"admin:campaigns_campaignevent_{view}", args=args)
        ).content.decode()
        assert "ada.rossi" in text
        assert f"/auth/user/{ada.pk}/" not in text
