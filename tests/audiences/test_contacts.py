"""Writing contacts by phone, one or a thousand at a time."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audiences.contacts import ContactData, Declaration, Outcome, upsert_contact, upsert_contacts
from audiences.identity import whatsapp_phone
from audiences.models import ConsentRecord, Contact
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

PHONE = "+393471234567"


def row(phone: str = PHONE, **changes: Any) -> ContactData:
    return ContactData(phone=whatsapp_phone(phone), **changes)


def upsert(*rows: ContactData) -> list[str]:
    return [str(done.outcome) for done in upsert_contacts(rows=rows, by=None, now=NOW)]


def declared(state: str = "given", **changes: Any) -> Declaration:
    fields: dict[str, Any] = {
        "purpose": "whatsapp_marketing",
        "source": "crm",
        "evidence": "modulo 12",
        "at": NOW,
    }
    return Declaration(state=state, **fields | changes)


def state_of(phone: str = PHONE) -> Mapping[str, Any]:
    return Contact.objects.values().get(phone=phone)


def test_a_new_phone_makes_a_contact_with_country_and_zone() -> None:
    done = upsert_contact(data=row("+447400123456", fields={"first_name": "Ann"}), by=None, now=NOW)

    contact = Contact.objects.get()
    assert (done.contact_id, done.outcome) == (contact.pk, Outcome.CREATED)
    assert (contact.country, contact.timezone, contact.can_receive_whatsapp) == (
        "GB",
        "Europe/London",
        True,
    )
    assert (contact.first_name, contact.marketing_consent) == ("Ann", "unknown")


def test_the_same_row_again_changes_nothing() -> None:
    data = row(
        fields={"first_name": "Ada"},
        attributes={"pet": "Argo"},
        tags=["vip"],
        declarations=[declared()],
    )
    assert upsert(data) == ["created"]
    before = state_of()

    assert upsert(data) == ["unchanged"]

    assert state_of() == before
    assert ConsentRecord.objects.count() == 1


def test_what_a_row_does_not_name_keeps_its_value() -> None:
    make_contact(phone=PHONE, first_name="Ada", attributes={"pet": "Argo", "age": 3}, tags=["vip"])

    upsert(row(fields={"last_name": "Neri"}, attributes={"pet": "Birba", "age": None}))

    contact = Contact.objects.get()
    assert (contact.first_name, contact.last_name) == ("Ada", "Neri")
    assert (contact.attributes, contact.tags) == ({"pet": "Birba"}, ["vip"])


def test_tags_replace_and_added_tags_add() -> None:
    make_contact(phone=PHONE, tags=["vecchio"])

    upsert(row(added_tags=["nuovo", "vecchio"]))
    assert Contact.objects.get().tags == ["vecchio", "nuovo"]

    upsert(row(tags=["solo"]))
    assert Contact.objects.get().tags == ["solo"]


def test_a_phone_twice_in_one_batch_is_written_by_both_rows() -> None:
    answers = upsert(
        row(fields={"first_name": "Ada", "last_name": "Neri"}),
        row(fields={"first_name": "Eva"}),
        row("+393331112223"),
    )

    assert answers == ["created", "updated", "created"]
    contact = Contact.objects.get(phone=PHONE)
    assert (contact.first_name, contact.last_name) == ("Eva", "Neri")


def test_a_new_consent_alone_is_an_update() -> None:
    make_contact(phone=PHONE, marketing_consent="unknown")

    assert upsert(row(declarations=[declared()])) == ["updated"]

    assert state_of()["marketing_consent"] == "given"


def test_an_old_consent_does_not_beat_a_withdrawal() -> None:
    make_contact(phone=PHONE, marketing_consent="withdrawn")

    upsert(row(declarations=[declared(at=NOW - timedelta(days=9))]))

    assert state_of()["marketing_consent"] == "withdrawn"


def test_an_undated_withdrawal_is_recorded_once() -> None:
    make_contact(phone=PHONE)
    later = declared("withdrawn", at=NOW + timedelta(minutes=1), only_if_new=True)
    upsert(row(declarations=[later]))

    again = declared("withdrawn", at=NOW + timedelta(minutes=2), only_if_new=True)

    assert upsert(row(declarations=[again])) == ["unchanged"]


def test_a_thousand_rows_take_as_many_statements_as_ten(django_assert_max_num_queries: Any) -> None:
    rows = [
        row(
            f"+3934700{number:05d}",
            fields={"first_name": f"N{number}"},
            declarations=[declared()],
        )
        for number in range(1000)
    ]

    with django_assert_max_num_queries(10):
        answers = upsert(*rows)

    assert answers == ["created"] * 1000
    assert Contact.objects.filter(marketing_consent="given").count() == 1000


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_make_each_contact_once() -> None:
    rows = [row(f"+393470000{number:03d}", fields={"first_name": "Ada"}) for number in range(200)]
    barrier = threading.Barrier(2)
    answers: list[list[str]] = []

    def write(batch: list[ContactData]) -> None:
        barrier.wait(timeout=10)
        answers.append(upsert(*batch))
        connection.close()

    threads = [threading.Thread(target=write, args=[batch]) for batch in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Contact.objects.count() == 200
    assert sorted(answer for batch in answers for answer in batch).count("created") == 200
