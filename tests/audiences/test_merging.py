"""Two contacts that are one person: what is kept, what stays as evidence, who may be written to afterwards."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.consent import record_consent, withdraw_consent
from audiences.contacts import ContactData, Declaration, Outcome, upsert_contact
from audiences.identity import whatsapp_phone
from audiences.locking import impatient, lock_contacts
from audiences.merge_plan import Side, kept_fields, state_of
from audiences.merging import MergeBusy, MergeRefused, merge_contacts, values_of
from audiences.models import (
    ConsentRecord,
    ConsentState,
    Contact,
    ContactAlias,
    ContactMerge,
    PhoneChange,
)
from audiences.segments import members
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_snapshot, rules_of

pytestmark = pytest.mark.django_db

KEPT, GONE = "+393471111111", "+393472222222"
EARLIER = NOW - timedelta(days=3)
LATER = NOW + timedelta(hours=1)


def merge(survivor: Contact, merged: Contact, **changes: Any) -> ContactMerge:
    return merge_contacts(
        survivor=survivor,
        merged=merged,
        **{"why": "stessa persona", "by": None, "now": NOW} | changes,
    )


def pair(**of_merged: Any) -> tuple[Contact, Contact]:
    survivor = make_contact(phone=KEPT, marketing_consent="unknown")
    return survivor, make_contact(phone=GONE, **{"marketing_consent": "unknown"} | of_merged)


def fresh(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def said(contact: Contact, state: str, **changes: Any) -> ConsentState:
    fields: dict[str, Any] = {
        "purpose": "whatsapp_marketing",
        "source": "crm",
        "evidence": "modulo 12",
        "at": NOW,
        "now": NOW,
    }
    return record_consent(contact=contact, state=state, **fields | changes)


# What is kept


def test_the_kept_contact_keeps_its_values_and_is_filled_where_it_has_none() -> None:
    survivor = make_contact(phone=KEPT, first_name="Ada", email="", province="MI")
    merged = make_contact(phone=GONE, first_name="Adalgisa", email="ada@example.it", province="RM")

    merge(survivor, merged)

    kept = fresh(survivor)
    assert (kept.phone, kept.first_name, kept.email, kept.province) == (
        KEPT,
        "Ada",
        "ada@example.it",
        "MI",
    )


def test_a_field_that_was_chosen_comes_from_the_merged_contact() -> None:
    survivor = make_contact(phone=KEPT, first_name="Ada", last_name="Neri")
    merged = make_contact(phone=GONE, first_name="Adalgisa", last_name="Bruni")

    log = merge(survivor, merged, taken=["first_name"])

    kept = fresh(survivor)
    assert (kept.first_name, kept.last_name) == ("Adalgisa", "Neri")
    assert (log.kept["first_name"], log.kept["last_name"]) == ("merged", "survivor")


def test_attributes_and_tags_of_both_are_joined_and_the_kept_contacts_value_stays() -> None:
    survivor = make_contact(phone=KEPT, attributes={"pet": "Argo", "age": 3}, tags=["vip", "cane"])
    merged = make_contact(
        phone=GONE, attributes={"pet": "Birba", "city": "Roma"}, tags=["cane", "nuovo"]
    )

    merge(survivor, merged)

    kept = fresh(survivor)
    assert kept.attributes == {"pet": "Argo", "age": 3, "city": "Roma"}
    assert kept.tags == ["vip", "cane", "nuovo"]


def test_zone_and_country_go_with_the_number_that_is_kept() -> None:
    survivor = make_contact(phone=KEPT)
    merged = make_contact(phone="+447400123456", country="GB", timezone="Europe/London")

    merge(survivor, merged, taken=["phone"])

    kept = fresh(survivor)
    assert (kept.phone, kept.country, kept.timezone) == ("+447400123456", "GB", "Europe/London")


def test_what_is_known_of_a_number_goes_with_the_number() -> None:
    survivor = make_contact(phone=KEPT, spoki_contact_id=1)
    merged = make_contact(phone=GONE, has_invalid_phone=True, is_blocked=True, spoki_contact_id=2)

    merge(survivor, merged, taken=["phone"])

    kept = fresh(survivor)
    assert (kept.has_invalid_phone, kept.is_blocked, kept.spoki_contact_id) == (True, True, 2)


def test_flags_of_the_number_that_is_not_kept_do_not_stick() -> None:
    survivor, merged = pair(has_invalid_phone=True)

    merge(survivor, merged)

    assert fresh(survivor).has_invalid_phone is False


@given(
    ours=st.sampled_from(["", "Ada"]),
    theirs=st.sampled_from(["", "Eva"]),
    is_taken=st.booleans(),
)
def test_a_value_is_never_lost_to_an_empty_one(ours: str, theirs: str, is_taken: bool) -> None:
    bare = dict.fromkeys(
        [
            "phone",
            "first_name",
            "last_name",
            "email",
            "language",
            "timezone",
            "province",
            "country",
        ],
        "",
    )
    joined: dict[str, Any] = {"attributes": {}, "tags": []}
    taken = {"first_name"} if is_taken else set()

    kept = kept_fields(
        bare | joined | {"first_name": ours}, bare | joined | {"first_name": theirs}, taken=taken
    )["first_name"]

    assert bool(kept.value) == bool(ours or theirs)
    assert kept.value == (theirs if kept.side is Side.MERGED else ours)
    assert kept.is_choice == bool(ours and theirs)


# What stays as evidence


def test_the_merged_contact_stays_as_a_row_that_nobody_writes_to() -> None:
    survivor, merged = pair(first_name="Adalgisa", marketing_consent="given")

    merge(survivor, merged)

    gone = fresh(merged)
    assert (gone.merged_into_id, gone.phone, gone.can_receive_whatsapp) == (
        survivor.pk,
        None,
        False,
    )
    assert (gone.first_name, gone.marketing_consent) == ("Adalgisa", "unknown")


def test_the_log_says_who_merged_why_and_what_both_were_before() -> None:
    survivor, merged = pair(tags=["vip"])
    before = [values_of(survivor), values_of(merged)]
    marta = User.objects.create_user("marta")

    log = merge(survivor, merged, by=marta)

    log.refresh_from_db()
    assert (log.by, log.why, log.at) == (marta, "stessa persona", NOW)
    assert [log.before["survivor"], log.before["merged"]] == before
    assert log.kept["tags"] == "both"


def test_the_log_of_a_merge_cannot_be_changed_nor_deleted() -> None:
    log = merge(*pair())

    with pytest.raises(ProgrammingError), transaction.atomic():
        ContactMerge.objects.filter(pk=log.pk).update(why="altro")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audiences_contactmerge")

    assert ContactMerge.objects.get().why == "stessa persona"


def test_the_ledger_of_both_stays_as_it_was() -> None:
    survivor, merged = pair(marketing_consent="given")
    said(survivor, "withdrawn", at=EARLIER)
    before = list(ConsentRecord.objects.order_by("pk").values())

    merge(survivor, merged)

    assert list(ConsentRecord.objects.order_by("pk").values()) == before


def test_a_snapshot_still_names_both() -> None:
    survivor, merged = pair()
    snapshot = make_snapshot([survivor, merged])
    before = list(snapshot.members.order_by("pk").values())

    merge(survivor, merged)

    assert list(snapshot.members.order_by("pk").values()) == before


def test_the_number_that_was_given_up_is_in_the_list_of_numbers_and_leads_to_the_person() -> None:
    survivor, merged = pair()

    log = merge(survivor, merged)

    change = PhoneChange.objects.get()
    assert (change.contact, change.old_phone, change.new_phone) == (survivor, GONE, KEPT)
    assert change.merge == log
    assert ContactAlias.objects.get(kind="phone", value=GONE).contact == survivor


def test_identifiers_and_earlier_doubles_follow() -> None:
    survivor, merged = pair()
    ContactAlias.objects.create(
        contact=merged, kind="bsuid", value="IT.1", first_seen_at=NOW, last_seen_at=NOW
    )
    first = make_contact()
    merge(merged, first)

    merge(survivor, merged)

    assert ContactAlias.objects.get(kind="bsuid").contact == survivor
    assert fresh(first).merged_into_id == survivor.pk


def test_a_segment_counts_the_person_once() -> None:
    survivor, merged = pair(language="it")

    merge(survivor, merged)

    found = members(rules_of(["contact.language", "is", "it"]), now=NOW)
    assert list(found) == [fresh(survivor)]


# Consent


def test_a_later_withdrawal_of_either_wins() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent_at=EARLIER)
    merged = make_contact(phone=GONE, marketing_consent="withdrawn", marketing_consent_at=NOW)

    merge(survivor, merged)

    assert (fresh(survivor).marketing_consent, fresh(survivor).marketing_consent_at) == (
        "withdrawn",
        NOW,
    )


def test_a_consent_for_the_kept_number_that_is_newer_than_the_withdrawal_stands() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent_at=NOW)
    merged = make_contact(phone=GONE, marketing_consent="withdrawn", marketing_consent_at=EARLIER)

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "given"


def test_a_consent_given_for_the_number_that_is_not_kept_gives_nothing() -> None:
    survivor, merged = pair(marketing_consent="given")

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "unknown"


def test_a_consent_for_the_number_that_is_not_kept_does_not_undo_a_withdrawal() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent="withdrawn", marketing_consent_at=EARLIER)
    merged = make_contact(phone=GONE, marketing_consent_at=NOW)

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "withdrawn"


def test_a_consent_given_without_a_number_follows_the_person() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent="unknown")
    merged = make_contact(phone=None, marketing_consent="given")

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "given"


def test_each_purpose_is_judged_by_itself() -> None:
    survivor = make_contact(phone=KEPT, orders_consent="given")
    merged = make_contact(
        phone=GONE,
        marketing_consent="withdrawn",
        marketing_consent_at=LATER,
        orders_consent="given",
    )

    merge(survivor, merged, now=LATER)

    kept = fresh(survivor)
    assert (kept.marketing_consent, kept.orders_consent) == ("withdrawn", "given")


def test_what_is_said_of_a_merged_contact_is_said_of_the_kept_one() -> None:
    survivor = make_contact(phone=KEPT)
    merged = make_contact(phone=GONE, marketing_consent="unknown")
    merge(survivor, merged)

    state = withdraw_consent(contact=merged, source="STOP", at=LATER, now=LATER)

    assert (state, fresh(survivor).marketing_consent) == ("withdrawn", "withdrawn")
    assert fresh(merged).marketing_consent == "unknown"


def test_a_consent_said_of_the_merged_number_afterwards_gives_nothing() -> None:
    survivor, merged = pair()
    merge(survivor, merged)

    assert said(merged, "given", at=LATER, now=LATER) == "unknown"


moments = st.integers(min_value=0, max_value=3).map(lambda hours: NOW + timedelta(hours=hours))
declarations = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["given", "withdrawn"]), moments), max_size=6
)


@settings(deadline=None, max_examples=40)
@given(told=declarations)
def test_what_the_page_foresees_is_what_the_ledger_says(told: list[tuple[bool, str, Any]]) -> None:
    with transaction.atomic():
        survivor, merged = pair()
        for is_mine, state, at in told:
            said(survivor if is_mine else merged, state, at=at, now=LATER + timedelta(hours=9))
        records = list(ConsentRecord.objects.all())

        merge(survivor, merged)

        kept = fresh(survivor)
        foreseen = state_of(records, purpose="whatsapp_marketing", phone=KEPT)
        assert foreseen == (kept.marketing_consent, kept.marketing_consent_at)
        transaction.set_rollback(True)


# Refused, repeated, at the same moment


def test_the_same_merge_again_changes_nothing() -> None:
    survivor, merged = pair()
    log = merge(survivor, merged)
    before = list(Contact.objects.order_by("pk").values())

    assert merge(survivor, merged, now=LATER) == log

    assert list(Contact.objects.order_by("pk").values()) == before
    assert ContactMerge.objects.count() == 1


def test_a_contact_is_not_merged_with_itself() -> None:
    contact = make_contact()

    with pytest.raises(MergeRefused):
        merge(contact, contact)

    assert ContactMerge.objects.count() == 0


def test_a_contact_that_was_merged_elsewhere_is_refused() -> None:
    survivor, merged = pair()
    merge(survivor, merged)
    other = make_contact()
    before = list(Contact.objects.order_by("pk").values())

    for first, second in [(other, merged), (merged, other), (merged, survivor)]:
        with pytest.raises(MergeRefused):
            merge(first, second)

    assert list(Contact.objects.order_by("pk").values()) == before


def test_a_field_that_nobody_can_choose_is_refused() -> None:
    survivor, merged = pair()

    with pytest.raises(MergeRefused, match="marketing_consent"):
        merge(survivor, merged, taken=["marketing_consent"])

    assert fresh(merged).phone == GONE


def aside(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_two_merges_that_cross_leave_one_person() -> None:
    one, two = pair()
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run(survivor: Contact, merged: Contact) -> None:
        barrier.wait(timeout=10)
        try:
            merge(survivor, merged)
        except MergeRefused:
            outcomes.append("refused")
        else:
            outcomes.append("merged")

    threads = [aside(lambda: run(one, two)), aside(lambda: run(two, one))]
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["merged", "refused"]
    assert Contact.objects.filter(merged_into__isnull=True).count() == 1
    assert ContactMerge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_one_merge_make_one() -> None:
    survivor, merged = pair()
    barrier = threading.Barrier(2)
    logs: list[int] = []

    def run() -> None:
        barrier.wait(timeout=10)
        logs.append(merge(survivor, merged).pk)

    threads = [aside(run), aside(run)]
    for thread in threads:
        thread.join()

    assert len(logs) == 2
    assert set(logs) == {ContactMerge.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_during_a_merge_is_not_lost() -> None:
    survivor = make_contact(phone=KEPT)
    merged = make_contact(phone=GONE)
    waits = threading.Event()

    def stop() -> None:
        waits.set()
        withdraw_consent(contact=merged, source="STOP", at=LATER, now=LATER)

    with transaction.atomic():
        lock_contacts([survivor.pk, merged.pk])
        thread = aside(stop)
        assert waits.wait(10)
        merge(survivor, merged)
    thread.join()

    assert fresh(survivor).marketing_consent == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_a_merge_gives_way_to_whoever_is_at_work_on_one_of_the_two() -> None:
    survivor, merged = pair()
    has_it, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_contacts([merged.pk])
            has_it.set()
            assert is_over.wait(20)

    thread = aside(hold)
    assert has_it.wait(10)
    with pytest.raises(MergeBusy):
        merge(survivor, merged)
    is_over.set()
    thread.join()

    assert fresh(merged).phone == GONE
    assert merge(survivor, merged).merged == merged


def test_patience_ends_with_the_merge() -> None:
    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    before = patience()
    with impatient():
        assert patience() == "300ms"

    assert patience() == before


# Writing by the phone of a merged contact


def crm(phone: str, **changes: Any) -> Any:
    return upsert_contact(
        data=ContactData(phone=whatsapp_phone(phone), **changes), by=None, now=LATER
    )


def test_the_crm_that_still_knows_the_merged_number_writes_the_kept_contact() -> None:
    survivor, merged = pair()
    merge(survivor, merged)

    done = crm(GONE, fields={"last_name": "Neri"})

    assert (done.contact_id, done.outcome) == (survivor.pk, Outcome.UPDATED)
    assert (fresh(survivor).last_name, fresh(survivor).phone) == ("Neri", KEPT)
    assert Contact.objects.count() == 2


def test_what_the_crm_declares_for_the_merged_number_counts_only_as_a_withdrawal() -> None:
    survivor, merged = pair()
    merge(survivor, merged)
    yes = Declaration(
        purpose="whatsapp_marketing", state="given", source="crm", evidence="modulo", at=NOW
    )

    crm(GONE, declarations=[yes])
    assert fresh(survivor).marketing_consent == "unknown"

    crm(
        GONE,
        declarations=[
            Declaration(
                purpose="whatsapp_marketing", state="withdrawn", source="crm", evidence="", at=LATER
            )
        ],
    )
    assert fresh(survivor).marketing_consent == "withdrawn"
