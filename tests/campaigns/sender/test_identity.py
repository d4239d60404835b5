"""Messages of a person who was merged, or has another number: forwarded once, dropped where there are two, never lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audiences.consent import withdraw_consent
from audiences.identity import whatsapp_phone
from audiences.merging import MergeBusy, merge_contacts
from audiences.models import Contact, ContactMerge
from audiences.phone_change import SaidAgain, change_phone
from campaigns import outbox
from campaigns.counters import tally_of
from campaigns.models import Campaign, ConversationWindow, OutboundMessage
from tests.campaigns.sender.steps import (
    aside,
    claim_and_start,
    claim_now,
    open_window,
    order_message,
    reply,
    start_now,
)
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import ensure_number, make_campaign, make_message

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=90)
KEPT, GONE = "+393471111111", "+393472222222"


@pytest.fixture
def two() -> tuple[Contact, Contact]:
    return (
        make_contact(phone=KEPT, marketing_consent_at=LONG_AGO),
        make_contact(phone=GONE, marketing_consent_at=LONG_AGO),
    )


def merge(survivor: Contact, merged: Contact, **changes: Any) -> ContactMerge:
    return merge_contacts(
        survivor=survivor, merged=merged, **{"by": None, "now": timezone.now()} | changes
    )


def renumber(contact: Contact, phone: str = "+393479999999", **changes: Any) -> None:
    fields: dict[str, Any] = {"why": "ha chiamato", "by": None, "now": timezone.now()}
    change_phone(contact=contact, phone=whatsapp_phone(phone), **fields | changes)


def seen(message: OutboundMessage) -> tuple[int, str, str, str]:
    message.refresh_from_db()
    return message.contact_id, message.phone, message.status, message.reason


def at_work(*contacts: Contact) -> Campaign:
    return make_campaign(status=Campaign.Status.SENDING, contacts=list(contacts))


def test_a_waiting_message_goes_to_the_number_that_is_kept(two: tuple[Contact, Contact]) -> None:
    survivor, merged = two
    waiting = make_message(contact=merged, campaign=at_work(merged))

    log = merge(survivor, merged)

    assert seen(waiting) == (survivor.pk, KEPT, "queued", "")
    assert log.figures["forwarded"] == 1


def test_a_campaign_that_has_both_writes_once(two: tuple[Contact, Contact]) -> None:
    survivor, merged = two
    campaign = at_work(survivor, merged)
    stays = make_message(contact=survivor, campaign=campaign)
    goes = make_message(contact=merged, campaign=campaign)

    log = merge(survivor, merged)

    assert seen(stays) == (survivor.pk, KEPT, "queued", "")
    assert seen(goes) == (merged.pk, GONE, "skipped", "merged_twin")
    assert log.figures["dropped"] == 1
    counters = tally_of(campaign, since=NOW, now=timezone.now()).counters
    assert (counters.total, counters.queued, counters.skipped) == (2, 1, 1)


@pytest.mark.parametrize("left", ["sending", "accepted", "sent", "delivered", "read", "unknown"])
def test_whoever_got_it_at_the_other_number_does_not_get_it_again(
    two: tuple[Contact, Contact], left: str
) -> None:
    survivor, merged = two
    campaign = at_work(survivor, merged)
    waits = make_message(contact=survivor, campaign=campaign)
    make_message(contact=merged, campaign=campaign, status=left)

    merge(survivor, merged)

    assert seen(waits) == (survivor.pk, KEPT, "skipped", "merged_twin")


@pytest.mark.parametrize("left", ["failed", "skipped", "expired"])
def test_whoever_did_not_get_it_at_the_other_number_gets_it(
    two: tuple[Contact, Contact], left: str
) -> None:
    survivor, merged = two
    campaign = at_work(survivor, merged)
    waits = make_message(contact=survivor, campaign=campaign)
    make_message(contact=merged, campaign=campaign, status=left)

    merge(survivor, merged)

    assert seen(waits) == (survivor.pk, KEPT, "queued", "")


def test_the_kept_contacts_own_messages_follow_the_number_that_was_chosen(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    waiting = make_message(contact=survivor, campaign=at_work(survivor))

    merge(survivor, merged, taken=["phone"])

    assert seen(waiting) == (survivor.pk, GONE, "queued", "")


def test_what_left_belongs_to_the_person_and_keeps_the_number_it_went_to(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    old = make_message(contact=merged, campaign=at_work(merged), status="delivered")

    merge(survivor, merged)

    assert seen(old) == (survivor.pk, GONE, "delivered", "")


def test_without_any_number_what_waits_is_dropped() -> None:
    survivor, merged = make_contact(phone=None), make_contact(phone=None)
    waiting = make_message(contact=merged, phone="", campaign=at_work(merged))

    merge(survivor, merged)

    assert seen(waiting)[2:] == ("skipped", "no_phone")


def test_a_window_with_the_number_that_was_given_up_opens_nothing(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    open_window(reply(contact=merged))

    merge(survivor, merged)

    assert ConversationWindow.objects.count() == 0


def test_a_window_with_the_number_that_is_kept_stays_open(two: tuple[Contact, Contact]) -> None:
    survivor, merged = two
    open_window(reply(contact=merged))

    merge(survivor, merged, taken=["phone"])

    assert ConversationWindow.objects.get().contact == survivor


def test_a_window_of_somebody_known_without_number_is_the_persons() -> None:
    survivor, unknown = make_contact(phone=KEPT), make_contact(phone=None)
    open_window(reply(contact=unknown, phone=""))

    merge(survivor, unknown)

    assert ConversationWindow.objects.get().contact == survivor


def test_a_message_reserved_before_a_merge_leaves_once_and_to_the_kept_number(
    calm: Any, running: Any, two: tuple[Contact, Contact]
) -> None:
    survivor, merged = two
    running([merged])
    reserved = claim_now(calm).rows
    assert [row.phone for row in reserved] == [GONE]

    merge(survivor, merged)

    assert start_now(reserved, calm) == []
    assert [row.phone for row in claim_and_start(calm)] == [KEPT]
    assert OutboundMessage.objects.get().status == "sending"


def test_a_withdrawal_of_either_holds_after_a_merge_and_nothing_leaves(
    calm: Any, running: Any, two: tuple[Contact, Contact]
) -> None:
    survivor, merged = two
    running([survivor])
    now = timezone.now()
    withdraw_consent(contact=merged, source="STOP", at=now, now=now)

    merge(survivor, merged)

    assert claim_and_start(calm) == []
    assert OutboundMessage.objects.get().reason == "consent_withdrawn"


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_nobody_who_is_starting_one_of_the_messages(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    waiting = make_message(contact=merged, campaign=at_work(merged))

    with transaction.atomic():
        OutboundMessage.objects.select_for_update().get(pk=waiting.pk)
        outcome = aside(lambda: merge(survivor, merged))
        assert isinstance(outcome.exception(timeout=20), MergeBusy)

    assert seen(waiting) == (merged.pk, GONE, "queued", "")
    assert merge(survivor, merged).figures["forwarded"] == 1


def test_after_a_change_of_number_marketing_waits_for_a_consent_of_the_new_one(
    calm: Any, running: Any
) -> None:
    contact = make_contact()
    running([contact])

    renumber(contact)

    assert claim_and_start(calm) == []
    message = OutboundMessage.objects.get()
    assert (message.phone, message.reason) == ("+393479999999", "no_consent")


def test_after_a_change_of_number_with_a_new_consent_marketing_leaves_to_the_new_number(
    calm: Any, running: Any
) -> None:
    contact = make_contact()
    running([contact])

    renumber(contact, again=SaidAgain(purposes=["whatsapp_marketing"], evidence="telefonata"))

    assert [row.phone for row in claim_and_start(calm)] == ["+393479999999"]


def test_an_order_message_reserved_before_a_change_of_number_goes_to_the_new_one(
    calm: Any,
) -> None:
    message = order_message()
    reserved = claim_now(calm).rows
    assert [row.phone for row in reserved] == [message.phone]

    renumber(message.contact)

    assert start_now(reserved, calm) == []
    assert [row.phone for row in claim_and_start(calm)] == ["+393479999999"]


def test_a_change_of_number_closes_the_window_with_the_old_one() -> None:
    answer = reply()
    open_window(answer)

    renumber(answer.contact)

    assert ConversationWindow.objects.count() == 0


def test_whoever_writes_from_the_number_that_was_given_up_is_known_and_opens_no_window(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    number = ensure_number()
    merge(survivor, merged)

    found = outbox.record_inbound(
        contact_phone=GONE, business_phone=number.phone, at=NOW, now=NOW + timedelta(seconds=1)
    )

    assert found == survivor
    assert ConversationWindow.objects.count() == 0
