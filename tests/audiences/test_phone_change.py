"""Another number: the old one is history, a consent does not travel by itself, a number of another contact offers a merge."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from audiences.consent import record_consent
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import normalise_phone, whatsapp_phone
from audiences.merging import merge_contacts
from audiences.models import ConsentRecord, Contact, ContactAlias, PhoneChange
from audiences.phone_change import (
    PhoneChangeBusy,
    PhoneChangeRefused,
    PhoneTaken,
    SaidAgain,
    change_phone,
)
from tests.audiences.merging_steps import aside
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

OLD, NEW = "+393471111111", "+393472222222"
LATER = NOW + timedelta(hours=1)


def change(contact: Contact, phone: str = NEW, **changes: Any) -> PhoneChange | None:
    fields: dict[str, Any] = {"why": "ha chiamato", "by": None, "now": LATER}
    return change_phone(contact=contact, phone=whatsapp_phone(phone), **fields | changes)


def fresh(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def test_the_old_number_is_kept_with_who_changed_it_when_and_why() -> None:
    contact = make_contact(phone=OLD)
    marta = User.objects.create_user("marta")

    log = change(contact, by=marta)

    assert log is not None
    assert (log.old_phone, log.new_phone, log.by, log.at, log.why) == (
        OLD,
        NEW,
        marta,
        LATER,
        "ha chiamato",
    )
    assert fresh(contact).phone == NEW


def test_a_consent_does_not_travel_to_the_new_number() -> None:
    contact = make_contact(phone=OLD, orders_consent="given")

    change(contact)

    changed = fresh(contact)
    assert (changed.marketing_consent, changed.marketing_consent_at) == ("unknown", None)
    assert changed.orders_consent == "unknown"
    assert ConsentRecord.objects.filter(contact=contact, state="given").count() == 2


def test_a_withdrawal_stays_with_the_person() -> None:
    contact = make_contact(phone=OLD, marketing_consent="withdrawn")

    change(contact)

    assert fresh(contact).marketing_consent == "withdrawn"


def test_a_consent_said_again_counts_for_the_new_number_with_its_evidence() -> None:
    contact = make_contact(phone=OLD, orders_consent="given")

    change(contact, again=SaidAgain(purposes=["whatsapp_marketing"], evidence="chiamata 12"))

    changed = fresh(contact)
    assert (changed.marketing_consent, changed.orders_consent) == ("given", "unknown")
    record = ConsentRecord.objects.get(phone=NEW)
    assert (record.source, record.evidence, record.at) == ("phone change", "chiamata 12", LATER)


def test_a_typing_mistake_put_right_gives_back_what_was_given_for_the_number() -> None:
    contact = make_contact(phone=OLD)
    change(contact)

    change(contact, OLD, now=LATER + timedelta(minutes=1))

    assert fresh(contact).marketing_consent == "given"


def test_a_consent_recorded_from_a_page_that_shows_the_old_number_gives_nothing() -> None:
    contact = make_contact(phone=OLD, marketing_consent="unknown")
    stale = fresh(contact)
    change(contact)

    state = record_consent(
        contact=stale,
        purpose="whatsapp_marketing",
        state="given",
        source="telefonata",
        evidence="detto a voce",
        at=LATER,
        now=LATER,
    )

    assert state == "unknown"


def test_the_same_number_again_changes_nothing() -> None:
    contact = make_contact(phone=OLD)
    change(contact)
    before = Contact.objects.values().get()

    assert change(contact, now=LATER + timedelta(days=1)) is None

    assert Contact.objects.values().get() == before
    assert PhoneChange.objects.count() == 1


def test_zone_and_country_follow_the_prefix_only_where_they_were_the_old_numbers() -> None:
    travels = make_contact(phone=OLD)
    lives_in_lisbon = make_contact(phone="+393473333333", timezone="Europe/Lisbon", country="PT")

    change(travels, "+447400123456")
    change(lives_in_lisbon, "+447400123457")

    moved, stays = fresh(travels), fresh(lives_in_lisbon)
    assert (moved.timezone, moved.country) == ("Europe/London", "GB")
    assert (stays.timezone, stays.country) == ("Europe/Lisbon", "PT")


def test_a_number_that_was_not_on_whatsapp_says_nothing_of_the_new_one() -> None:
    contact = make_contact(phone=OLD, has_invalid_phone=True, spoki_contact_id=7)

    change(contact)

    assert (fresh(contact).has_invalid_phone, fresh(contact).spoki_contact_id) == (False, None)


def test_the_number_of_another_contact_is_refused_and_named() -> None:
    contact, owner = make_contact(phone=OLD), make_contact(phone=NEW, first_name="Ugo")

    with pytest.raises(PhoneTaken, match="Ugo") as taken:
        change(contact)

    assert taken.value.owner == owner
    assert (fresh(contact).phone, PhoneChange.objects.count()) == (OLD, 0)


def test_the_number_of_a_contact_that_was_merged_is_its_persons() -> None:
    contact, owner, double = make_contact(phone=OLD), make_contact(), make_contact(phone=NEW)
    merge_contacts(survivor=owner, merged=double, by=None, now=NOW)

    with pytest.raises(PhoneTaken) as taken:
        change(contact)

    assert taken.value.owner == owner


def test_a_person_may_go_back_to_the_number_of_her_double() -> None:
    owner, double = make_contact(phone=OLD), make_contact(phone=NEW)
    merge_contacts(survivor=owner, merged=double, by=None, now=NOW)

    change(owner)

    assert fresh(owner).phone == NEW
    assert not ContactAlias.objects.filter(value=NEW).exists()


@pytest.mark.parametrize(
    ("phone", "changes"),
    [
        ("02 1234 5678", {}),
        ("12", {}),
        (NEW, {"why": "  "}),
        (NEW, {"again": SaidAgain(purposes=["whatsapp_marketing"], evidence=" ")}),
        (NEW, {"again": SaidAgain(purposes=["profiling"], evidence="modulo")}),
    ],
)
def test_a_change_without_number_reason_or_evidence_is_refused(
    phone: str, changes: dict[str, Any]
) -> None:
    contact = make_contact(phone=OLD)
    fields: dict[str, Any] = {"why": "ha chiamato", "by": None, "now": LATER}

    with pytest.raises(PhoneChangeRefused):
        change_phone(contact=contact, phone=normalise_phone(phone), **fields | changes)

    assert (fresh(contact).phone, fresh(contact).marketing_consent) == (OLD, "given")
    assert PhoneChange.objects.count() == 0


def test_the_number_of_a_merged_contact_is_not_changed() -> None:
    owner, double = make_contact(phone=OLD), make_contact(phone=NEW)
    merge_contacts(survivor=owner, merged=double, by=None, now=NOW)

    with pytest.raises(PhoneChangeRefused):
        change(double, "+393473333333")

    assert fresh(double).phone is None


def test_whoever_gets_a_number_that_was_given_up_is_a_new_person() -> None:
    former = make_contact(phone=OLD, first_name="Ada")
    change(former)

    done = upsert_contact(
        data=ContactData(phone=whatsapp_phone(OLD), fields={"first_name": "Ugo"}),
        by=None,
        now=LATER,
    )

    assert done.outcome == "created"
    assert (fresh(former).first_name, fresh(former).phone) == ("Ada", NEW)
    assert Contact.objects.get(phone=OLD).marketing_consent == "unknown"


def take(contact: Contact) -> str:
    while True:
        try:
            change(contact)
        except PhoneChangeBusy:
            continue
        except PhoneTaken:
            return "taken"
        return "changed"


def write() -> str:
    data = ContactData(phone=whatsapp_phone(NEW), fields={"first_name": "Ugo"})
    return str(upsert_contact(data=data, by=None, now=LATER).outcome)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("is_change_first", "outcomes", "number"),
    [(True, ["changed", "updated"], NEW), (False, ["created", "taken"], OLD)],
)
def test_a_number_taken_by_a_change_and_by_the_crm_at_once_has_one_owner(
    is_change_first: bool, outcomes: list[str], number: str
) -> None:
    contact = make_contact(phone=OLD)
    works = [lambda: take(contact), write]
    first, second = works if is_change_first else works[::-1]
    found: list[str] = []
    is_written, may_commit = threading.Event(), threading.Event()

    def first_slowly() -> None:
        with transaction.atomic():
            found.append(first())
            is_written.set()
            assert may_commit.wait(20)

    thread = aside(first_slowly)
    assert is_written.wait(20)
    other = aside(lambda: found.append(second()))
    may_commit.set()
    thread.join()
    other.join()

    assert found == outcomes
    assert (fresh(contact).phone, Contact.objects.filter(phone=NEW).count()) == (number, 1)
