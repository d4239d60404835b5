"""People whom WhatsApp shows without a phone: found again, given their number later, never written to before."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audiences.aliases import AliasRefused, attach_phone, find_by_alias, identify, learn_alias
from audiences.consent import withdraw_consent
from audiences.identity import Phone, whatsapp_phone
from audiences.models import Contact, ContactAlias, PhoneChange
from audiences.selection import Selection, count_selection
from tests.audiences.merging_steps import aside
from tests.conftest import NOW
from tests.factories.audiences import make_contact, rules_of

pytestmark = pytest.mark.django_db

BSUID = "IT.13491208655302741918"
PHONE = "+393471111111"
LATER = NOW + timedelta(hours=1)


def meet(phone: str | None = None, *, bsuid: str = BSUID, **changes: Any) -> Contact:
    known: Phone | None = whatsapp_phone(phone) if phone else None
    return identify(bsuid=bsuid, phone=known, **{"now": NOW} | changes)


def test_whoever_shows_no_phone_becomes_a_contact_without_consent() -> None:
    contact = meet()

    assert (contact.phone, contact.country, contact.marketing_consent) == (None, "IT", "unknown")
    assert find_by_alias("bsuid", BSUID) == contact


def test_the_same_user_id_again_is_the_same_contact() -> None:
    first = meet()

    assert meet(now=LATER) == first

    assert Contact.objects.count() == 1
    alias = ContactAlias.objects.get()
    assert (alias.first_seen_at, alias.last_seen_at) == (NOW, LATER)


def test_a_user_id_shown_with_a_phone_is_learned_for_whoever_has_it() -> None:
    known = make_contact(phone=PHONE)

    assert meet(PHONE) == known
    assert meet() == known


def test_a_user_id_and_a_phone_that_nobody_knows_make_one_contact() -> None:
    contact = meet(PHONE)

    assert (contact.phone, Contact.objects.count()) == (PHONE, 1)
    assert find_by_alias("bsuid", BSUID) == contact


def test_a_phone_told_later_is_attached() -> None:
    unknown = meet()

    contact = meet(PHONE, now=LATER)

    assert (contact, contact.phone, contact.can_receive_whatsapp) == (unknown, PHONE, True)
    assert (PhoneChange.objects.get().old_phone, PhoneChange.objects.get().new_phone) == ("", PHONE)


def test_a_phone_told_later_that_is_somebodys_merges_the_two() -> None:
    unknown, known = meet(), make_contact(phone=PHONE)

    assert meet(PHONE, now=LATER) == known

    assert Contact.objects.get(pk=unknown.pk).merged_into == known
    assert find_by_alias("bsuid", BSUID) == known


def test_stop_said_without_a_phone_holds_for_the_phone_once_it_is_known() -> None:
    known, unknown = make_contact(phone=PHONE), meet()
    withdraw_consent(contact=unknown, source="STOP", at=LATER, now=LATER)

    meet(PHONE, now=LATER)

    known.refresh_from_db()
    assert known.marketing_consent == "withdrawn"


def test_where_user_id_and_phone_are_two_people_the_phone_decides() -> None:
    former = meet("+393473333333")
    owner = make_contact(phone=PHONE)

    assert meet(PHONE, now=LATER) == owner

    assert find_by_alias("bsuid", BSUID) == owner
    assert Contact.objects.get(pk=former.pk).merged_into is None


@pytest.mark.parametrize(
    "text", ["", "13491208655302741918", "it.1", "IT.", "IT.12-3", "IT." + "1" * 129]
)
def test_what_is_no_user_id_is_refused(text: str) -> None:
    with pytest.raises(AliasRefused):
        meet(bsuid=text)

    assert Contact.objects.count() == 0


def test_an_identifier_leads_to_one_contact_only() -> None:
    first, second = make_contact(), make_contact()
    learn_alias(contact=first, kind="bsuid", value=BSUID, now=NOW)

    assert learn_alias(contact=second, kind="bsuid", value=BSUID, now=LATER) == first


def test_a_phone_is_attached_by_hand_too() -> None:
    contact = make_contact(phone=None, marketing_consent="given")

    done = attach_phone(contact=contact, phone=whatsapp_phone(PHONE), why="modulo", now=LATER)

    assert (done.phone, done.marketing_consent) == (PHONE, "given")


def test_whoever_has_no_phone_is_left_out_and_the_count_says_so() -> None:
    meet()

    found = count_selection(Selection(rules=rules_of(["contact.language", "is", "it"])), now=NOW)

    assert (found.will_receive, found.excluded) == (0, {"no_phone": 1})


@pytest.mark.django_db(transaction=True)
def test_two_messages_of_a_stranger_at_once_make_one_contact() -> None:
    found: list[int] = []

    def run() -> None:
        found.append(meet().pk)

    threads = [aside(run) for _ in range(3)]
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert Contact.objects.count() == 1
    connection.close()
