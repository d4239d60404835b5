"""What the world reports about our messages: a message only ever moves forward."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import ConsentState
from campaigns.models import Campaign, ConversationWindow, OutboundMessage
from campaigns.outbox import WINDOW, WINDOW_MARGIN, record_inbound, record_status, skip_rest
from campaigns.progress import progress_of
from spoki import MessageStatus
from templates_sync.models import TemplateVersion
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message, make_number

pytestmark = pytest.mark.django_db

Status = OutboundMessage.Status
UUID = "0123456789abcdef0123456789abcdef"
REPORTED = (
    MessageStatus.PENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)
# What the customer really saw counts most, a failure more than what came before it.
RANK = {
    MessageStatus.PENDING: (1, Status.ACCEPTED),
    MessageStatus.SENT: (2, Status.SENT),
    MessageStatus.FAILED: (3, Status.FAILED),
    MessageStatus.DELIVERED: (4, Status.DELIVERED),
    MessageStatus.READ: (5, Status.READ),
}
# Each report has its own moment, whenever it arrives.
AT = {status: NOW + timedelta(seconds=place) for place, status in enumerate(REPORTED, start=1)}
FACTS = (
    "status",
    "reason",
    "error_code",
    "accepted_at",
    "sent_at",
    "delivered_at",
    "read_at",
    "ended_at",
)


def report(message: OutboundMessage, status: MessageStatus, **changes) -> bool:
    code = "whatsapp::131026" if status == MessageStatus.FAILED else ""
    news = {"uuid": None, "key": message.key.hex, "at": AT.get(status, NOW), "error_code": code}
    return record_status(status=status, now=NOW, **news | changes)


def facts_after(start: str, reports) -> dict[str, object]:
    message = make_message(status=start)
    for status in reports:
        report(message, status)
    message.refresh_from_db()
    return {name: getattr(message, name) for name in FACTS}


def now_of(message: OutboundMessage) -> str:
    message.refresh_from_db()
    return message.status


@pytest.mark.parametrize("start", ["sending", "accepted", "unknown"])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(reports=st.lists(st.sampled_from(REPORTED), min_size=1, max_size=6), data=st.data())
def test_the_end_is_the_same_whatever_the_order_and_the_repetition(start, reports, data):
    shuffled = data.draw(st.permutations(reports + reports[:2]))

    once_in_order = facts_after(start, sorted(set(reports), key=REPORTED.index))

    assert facts_after(start, shuffled) == once_in_order
    assert once_in_order["status"] == max(RANK[status] for status in reports)[1]


@pytest.mark.parametrize("order", list(permutations(REPORTED[1:4])), ids="-".join)
def test_a_report_that_was_overtaken_still_tells_its_time(order):
    facts = facts_after("accepted", order)

    assert facts["status"] == Status.READ
    assert [facts[f"{name}_at"] for name in ("sent", "delivered", "read")] == [
        AT[status] for status in REPORTED[1:4]
    ]


@pytest.mark.parametrize("late_first", [True, False])
@pytest.mark.parametrize(
    ("status", "column"), [(MessageStatus.READ, "read_at"), (MessageStatus.FAILED, "ended_at")]
)
def test_of_two_times_for_one_report_the_earliest_counts(status, column, late_first):
    message = make_message(status="accepted")
    moments = [NOW + timedelta(minutes=5), NOW]
    for at in moments if late_first else reversed(moments):
        report(message, status, at=at)

    message.refresh_from_db()
    assert getattr(message, column) == NOW


def test_a_delivery_after_a_failure_leaves_no_trace_of_the_failure():
    facts = facts_after("accepted", [MessageStatus.FAILED, MessageStatus.DELIVERED])

    assert (facts["status"], facts["error_code"], facts["reason"]) == (Status.DELIVERED, "", "")
    assert facts["ended_at"] is None


@pytest.mark.parametrize("status", REPORTED)
@pytest.mark.parametrize("end", ["skipped", "expired", "queued"])
def test_what_never_began_to_leave_is_moved_by_no_report(end, status):
    message = make_message(status=end)

    assert report(message, status)

    message.refresh_from_db()
    assert (message.status, message.accepted_at, message.sent_at) == (end, None, None)


def test_what_went_back_to_the_queue_and_is_reported_as_sent_never_goes_again():
    message = make_message(status="queued", sending_at=NOW, lease_until=NOW)

    report(message, MessageStatus.SENT)

    assert now_of(message) == Status.SENT
    assert message.lease_until is None


def test_a_word_that_we_do_not_know_moves_nothing():
    message = make_message(status="accepted")

    assert report(message, MessageStatus.UNKNOWN)

    assert now_of(message) == Status.ACCEPTED


def test_our_key_is_trusted_before_an_identifier():
    ours, other = make_message(status="sending"), make_message(status="sending", provider_uuid=UUID)

    report(ours, MessageStatus.SENT, uuid=UUID)

    assert (now_of(ours), now_of(other)) == (Status.SENT, Status.SENDING)
    assert ours.provider_uuid is None


def test_a_report_by_key_teaches_the_identifier_that_the_answer_lost():
    message = make_message(status="unknown")

    report(message, MessageStatus.SENT, uuid="01234567-89AB-CDEF-0123-456789ABCDEF")

    assert now_of(message) == Status.SENT
    assert message.provider_uuid == UUID


@pytest.mark.parametrize(
    ("known", "told"),
    [(UUID, "01234567-89ab-cdef-0123-456789abcdef"), ("wamid.HBgLQ", "wamid.HBgLQ")],
    ids=["with_dashes", "whose_case_counts"],
)
def test_a_report_finds_its_message_by_the_identifier(known, told):
    message = make_message(status="accepted", provider_uuid=known)

    assert report(message, MessageStatus.DELIVERED, key=None, uuid=told)

    assert now_of(message) == Status.DELIVERED


@pytest.mark.parametrize("key", [None, "", "not a key", "z" * 32, "0" * 32])
def test_a_report_about_somebody_elses_message_is_not_ours(key):
    message = make_message(status="accepted")

    assert not report(message, MessageStatus.READ, key=key, uuid="ff" * 16)

    assert now_of(message) == Status.ACCEPTED


def test_a_failure_reported_later_stops_the_campaign_as_the_answer_would_have():
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    message = make_message(campaign=campaign, status="accepted")

    report(message, MessageStatus.FAILED, error_code="whatsapp::132015")

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "template_paused")
    assert TemplateVersion.objects.get(pk=message.template_version_id or 0).held_at == NOW


def test_a_failure_reported_later_stops_the_account_as_the_answer_would_have():
    message = make_message(status="accepted")

    report(message, MessageStatus.FAILED, error_code="whatsapp::131048")

    message.account.refresh_from_db()
    assert message.account.pause_code == "spam_limit"


def test_a_failure_reported_later_withdraws_whoever_stopped_marketing():
    contact = make_contact(marketing_consent_at=NOW - timedelta(days=900))
    message = make_message(contact=contact, status="accepted")

    report(message, MessageStatus.FAILED, error_code="whatsapp::131050")

    contact.refresh_from_db()
    assert contact.marketing_consent == ConsentState.WITHDRAWN


def test_a_repeated_failure_acts_once():
    message = make_message(status="accepted")
    report(message, MessageStatus.FAILED, error_code="whatsapp::131048")
    type(message.account).objects.update(paused_at=None, pause_code="")

    report(message, MessageStatus.FAILED, error_code="whatsapp::131048")

    message.account.refresh_from_db()
    assert message.account.pause_code == ""


def test_a_failure_reported_later_promises_no_other_try():
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    message = make_message(campaign=campaign, status="accepted")

    report(message, MessageStatus.FAILED, error_code="whatsapp::131049")

    with translation.override("en"):
        (line,) = progress_of(campaign, now=NOW).errors
        assert "again" not in line.meaning
    assert (line.status, line.count) == (Status.FAILED, 1)


def test_only_what_has_not_begun_to_leave_is_skipped_with_the_rest():
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    waiting = make_message(campaign=campaign, lease_until=NOW)
    leaving = make_message(campaign=campaign, status="sending")

    assert skip_rest(campaign=campaign, reason="campaign_cancelled", now=NOW) == 1

    assert (now_of(waiting), waiting.lease_until) == (Status.SKIPPED, None)
    assert now_of(leaving) == Status.SENDING


def inbound(contact, *, at: datetime = NOW, business_phone: str | None = None, reply_to=None):
    return record_inbound(
        contact_phone=contact.phone,
        business_phone=business_phone,
        at=at,
        reply_to=reply_to,
        now=NOW,
    )


def test_a_message_from_a_person_opens_the_window_for_almost_a_day():
    number, contact = make_number(), make_contact()

    assert inbound(contact) == contact

    window = ConversationWindow.objects.get()
    assert (window.number, window.contact, window.last_inbound_at) == (number, contact, NOW)
    assert window.closes_at == NOW + WINDOW - WINDOW_MARGIN
    assert timedelta(hours=23, minutes=50) == WINDOW - WINDOW_MARGIN


@pytest.mark.parametrize("hours", [(0, 5), (5, 0)], ids=["in_order", "late"])
def test_the_latest_message_says_when_the_window_closes(hours):
    make_number()
    contact = make_contact()

    for hour in hours:
        inbound(contact, at=NOW + timedelta(hours=hour))

    window = ConversationWindow.objects.get()
    assert window.last_inbound_at == NOW + timedelta(hours=5)
    assert window.closes_at == NOW + timedelta(hours=5) + WINDOW - WINDOW_MARGIN


@pytest.mark.parametrize("written", ["+390212345678", "390212345678"])
def test_the_window_is_with_the_number_that_was_written_to(written):
    make_number()
    second = make_number(phone="+390212345678")

    inbound(make_contact(), business_phone=written)

    assert ConversationWindow.objects.get().number == second


@pytest.mark.parametrize("written", [None, "+390299999999"])
def test_the_window_is_with_the_default_number_where_spoki_names_none_of_ours(written):
    default = make_number()
    make_number(phone="+390212345678")

    inbound(make_contact(), business_phone=written)

    assert ConversationWindow.objects.get().number == default


def test_a_stranger_opens_no_window():
    make_number()

    found = record_inbound(
        contact_phone="+393330000000", business_phone=None, at=NOW, reply_to=None, now=NOW
    )

    assert found is None
    assert not ConversationWindow.objects.exists()


def test_the_message_that_is_quoted_was_answered():
    contact = make_contact()
    quoted = make_message(contact=contact, status="read", provider_uuid=UUID)
    latest = make_message(contact=contact, status="read")

    inbound(contact, reply_to=UUID.upper())

    quoted.refresh_from_db()
    latest.refresh_from_db()
    assert (quoted.replied_at, latest.replied_at) == (NOW, None)


def test_without_a_quote_the_latest_message_before_the_answer_was_answered():
    contact = make_contact()
    before, latest, after = (
        make_message(contact=contact, status="read", sending_at=NOW + timedelta(minutes=minutes))
        for minutes in (-20, -10, 10)
    )

    inbound(contact)

    for message in (before, latest, after):
        message.refresh_from_db()
    assert [m.replied_at for m in (before, latest, after)] == [None, NOW, None]


def test_a_message_of_more_than_a_week_ago_was_not_answered():
    contact = make_contact()
    old = make_message(contact=contact, status="read", sending_at=NOW - timedelta(days=7))

    inbound(contact)

    old.refresh_from_db()
    assert old.replied_at is None


def test_the_first_answer_counts():
    contact = make_contact()
    message = make_message(contact=contact, status="read")
    inbound(contact)

    inbound(contact, at=NOW + timedelta(hours=1))

    message.refresh_from_db()
    assert message.replied_at == NOW
