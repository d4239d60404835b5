"""The timeline: everything once, in an order that stays."""

from datetime import UTC, datetime, timedelta

import pytest

from audiences.merging import merge_contacts
from campaigns.models import OutboundMessage
from conversations.models import Message
from conversations.timeline import START, count_messages, timeline_page
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, after, inbound, outbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message, make_number
from tests.factories.conversations import make_by_others, make_inbound, make_reply, make_sent
from tests.factories.crowds import multiply

pytestmark = pytest.mark.django_db


@pytest.fixture
def giulia():
    return make_contact(phone=PHONE)


def texts(contact, **asked):
    return [entry.text for entry in timeline_page(contact=contact, now=NOW, **asked).entries]


def keys(contact, **asked):
    return [entry.key for entry in timeline_page(contact=contact, now=NOW, **asked).entries]


def test_ours_and_those_of_others_stand_in_one_order(giulia):
    make_reply(contact=giulia, text="Parte oggi", at=after(minutes=2))
    make_inbound(contact=giulia, text="Quando?", at=after(minutes=1))
    make_by_others(contact=giulia, text="Le scrivo io", at=after(minutes=3))
    make_sent(contact=giulia, at=after(minutes=0))

    assert texts(giulia) == [
        "Ciao Giulia, oggi *sconto 20%* su tutto l'umido.",
        "Quando?",
        "Parte oggi",
        "Le scrivo io",
    ]


def test_an_empty_conversation_has_a_cursor_that_finds_what_comes(giulia):
    page = timeline_page(contact=giulia, now=NOW)
    make_inbound(contact=giulia, text="Ciao")

    assert (page.entries, page.older) == ((), None)
    assert texts(giulia, after=page.newest) == ["Ciao"]


def test_the_latest_come_first_and_older_ones_on_demand(giulia):
    for minute in range(7):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))

    page = timeline_page(contact=giulia, limit=3, now=NOW)
    before = timeline_page(contact=giulia, limit=3, before=page.older, now=NOW)
    first = timeline_page(contact=giulia, limit=3, before=before.older, now=NOW)

    assert [e.text for e in page.entries] == ["4", "5", "6"]
    assert [e.text for e in before.entries] == ["1", "2", "3"]
    assert [e.text for e in first.entries] == ["0"]
    assert first.older is None


def test_a_page_that_is_just_full_leads_nowhere(giulia):
    make_inbound(contact=giulia)
    make_inbound(contact=giulia)

    assert timeline_page(contact=giulia, limit=2, now=NOW).older is None


def test_equal_moments_keep_their_order_over_the_edges_of_pages(giulia):
    for _ in range(3):
        make_inbound(contact=giulia)
        make_sent(contact=giulia)
    whole = keys(giulia)

    seen: list[str] = []
    cursor = None
    for _ in range(6):
        page = timeline_page(contact=giulia, limit=1, before=cursor, now=NOW)
        seen, cursor = [*[entry.key for entry in page.entries], *seen], page.older

    assert seen == whole
    assert [key[0] for key in whole] == ["m", "m", "m", "o", "o", "o"]


def test_older_pages_stay_the_same_while_messages_arrive(giulia):
    for minute in range(4):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))
    page = timeline_page(contact=giulia, limit=2, now=NOW)
    make_inbound(contact=giulia, text="nuovo", at=after(minutes=9))

    assert texts(giulia, limit=2, before=page.older) == ["0", "1"]


def test_newer_ones_are_told_from_the_oldest_on(giulia):
    make_inbound(contact=giulia, text="0")
    page = timeline_page(contact=giulia, now=NOW)
    for minute in range(1, 4):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))

    newer = timeline_page(contact=giulia, after=page.newest, limit=2, now=NOW)

    assert [e.text for e in newer.entries] == ["1", "2"]
    assert newer.has_newer
    assert texts(giulia, after=newer.newest) == ["3"]


def test_nothing_new_keeps_the_cursor(giulia):
    make_inbound(contact=giulia)
    page = timeline_page(contact=giulia, now=NOW)

    assert timeline_page(contact=giulia, after=page.newest, now=NOW).newest == page.newest


def test_a_status_that_comes_late_moves_nothing(giulia):
    make_number(phone=f"+{BUSINESS}")
    sent = make_sent(contact=giulia, status="sent", at=after(minutes=1), provider_uuid="e" * 32)
    make_inbound(contact=giulia, text="Grazie", at=after(minutes=2))
    order = keys(giulia)

    receive(outbound("Read", uuid="e" * 32, at=after(hours=5)), now=after(hours=5))

    assert keys(giulia) == order
    sent.refresh_from_db()
    assert sent.status == "read"


def test_our_message_delivered_as_one_of_others_is_told_once(giulia):
    sent = make_sent(contact=giulia, provider_uuid="e" * 32)
    make_by_others(contact=giulia, uuid="e" * 32, text="Ciao Giulia")

    assert keys(giulia) == [f"o{sent.pk}"]
    assert count_messages(contact_id=giulia.pk) == 1


def test_a_first_try_that_failed_and_its_second_are_one_message(giulia):
    sent = make_sent(contact=giulia, provider_uuid="e" * 32, earlier_uuids=["d" * 32])
    make_by_others(contact=giulia, uuid="d" * 32, status=Message.Status.FAILED)
    make_by_others(contact=giulia, uuid="e" * 32)

    assert keys(giulia) == [f"o{sent.pk}"]


def test_an_answer_stands_where_it_was_written_however_late_it_left(giulia):
    reply = make_reply(contact=giulia, text="Parte oggi", at=after(minutes=1))
    OutboundMessage.objects.update(sending_at=after(minutes=9))
    make_inbound(contact=giulia, text="Grazie", at=after(minutes=2))

    assert texts(giulia) == ["Parte oggi", "Grazie"]
    assert keys(giulia)[0] == f"o{reply.message_id}"


def test_a_campaigns_message_stands_where_it_left_not_where_it_was_queued(giulia):
    make_sent(contact=giulia, created_at=after(hours=-9), at=after(minutes=5))
    make_inbound(contact=giulia, text="Prima", at=after(minutes=1))

    assert texts(giulia)[0] == "Prima"


def test_a_message_to_a_number_nobody_had_belongs_to_whoever_has_it_now():
    make_by_others(contact=None, phone=PHONE, text="Benvenuta")

    assert texts(make_contact(phone=PHONE)) == ["Benvenuta"]
    assert texts(make_contact()) == []


def test_whoever_has_no_phone_inherits_nobodys_messages():
    make_by_others(contact=None, phone="", text="A nessuno")

    assert texts(make_contact(phone=None)) == []


def test_the_conversation_of_a_merged_contact_is_whom_it_became(giulia):
    double = make_contact()
    make_inbound(contact=giulia, text="Uno", at=after(minutes=1))
    make_inbound(contact=double, text="Due", at=after(minutes=2))

    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    double.refresh_from_db()
    assert texts(giulia) == texts(double) == ["Uno", "Due"]


def test_what_one_campaign_sent_to_both_contacts_is_on_the_one_card(giulia):
    double, campaign = make_contact(), make_campaign(status="done")
    for contact in (giulia, double):
        make_sent(contact=contact, campaign=campaign)

    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    assert len(keys(giulia)) == 2


def test_a_message_of_a_number_that_was_given_up_in_a_merge_is_there(giulia):
    double = make_contact(phone="+393479999999")
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)
    make_by_others(contact=None, phone="+393479999999", text="Al vecchio numero")

    assert texts(giulia) == ["Al vecchio numero"]


def test_other_peoples_messages_are_not_there(giulia):
    make_inbound()
    make_sent()
    make_reply()

    assert keys(giulia) == []


def test_a_page_of_a_thousand_messages_takes_a_handful_of_queries(
    giulia, django_assert_max_num_queries
):
    campaign = make_campaign(status="done")
    asked = make_inbound(contact=giulia, content_type="image", media=[{"url": "https://x.it/a"}])
    sent = make_sent(contact=giulia, campaign=None)
    minute = "interval '1 minute'"
    multiply(asked, 500, uuid="'u' || n", at=f"source.at - n * {minute}")
    multiply(
        sent,
        499,
        key="gen_random_uuid()",
        provider_uuid="'p' || n",
        sending_at=f"source.sending_at - n * {minute}",
    )
    OutboundMessage.objects.filter(pk=sent.pk).update(campaign=campaign)
    Message.objects.filter(pk=asked.pk).update(reply_to=sent.provider_uuid)

    with django_assert_max_num_queries(6):
        page = timeline_page(contact=giulia, now=NOW)

    assert len(page.entries) == 50
    assert count_messages(contact_id=giulia.pk) == 1001


def test_days_are_the_readers_and_named(giulia):
    make_inbound(contact=giulia, at=datetime(2025, 11, 20, 12, tzinfo=UTC))
    # Just after midnight in Rome, still the day before in UTC.
    make_inbound(contact=giulia, at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    make_inbound(contact=giulia, at=NOW)

    days = timeline_page(contact=giulia, now=NOW).days

    assert [day.date.day for day in days] == [20, 22, 23]
    assert [day.label for day in days] == ["giovedì 20 novembre 2025", "ieri", "oggi"]
    assert all(day.is_new for day in days)


def test_newer_ones_of_the_day_shown_bring_no_second_heading(giulia):
    make_inbound(contact=giulia)
    page = timeline_page(contact=giulia, now=NOW)
    make_inbound(contact=giulia, at=after(minutes=1))
    make_inbound(contact=giulia, at=after(days=1))

    days = timeline_page(contact=giulia, after=page.newest, now=after(days=1)).days

    assert [day.is_new for day in days] == [False, True]


def test_the_mark_changes_with_a_tick_and_with_a_message_that_comes_late(giulia):
    sent = make_sent(contact=giulia)
    marks = [timeline_page(contact=giulia, now=NOW).mark for _ in range(2)]

    OutboundMessage.objects.filter(pk=sent.pk).update(status="read")
    marks.append(timeline_page(contact=giulia, now=NOW).mark)
    make_inbound(contact=giulia, at=NOW - timedelta(days=1))
    marks.append(timeline_page(contact=giulia, now=NOW).mark)

    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_what_waits_to_leave_is_shown_as_queued(giulia):
    make_message(contact=giulia)

    (entry,) = timeline_page(contact=giulia, now=NOW).entries

    assert (entry.status, entry.problem) == ("queued", "")


def test_a_message_of_the_customer_that_is_told_twice_is_there_once(giulia):
    make_number(phone=f"+{BUSINESS}")
    receive(inbound("Ciao", at=NOW))
    receive(inbound("Ciao", at=after(seconds=1)))

    assert texts(giulia) == ["Ciao"]


def test_the_start_is_before_everything(giulia):
    make_inbound(contact=giulia, text="Ciao")

    assert texts(giulia, after=str(START)) == ["Ciao"]
