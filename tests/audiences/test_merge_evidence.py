"""What a merge leaves as evidence, and what follows the person."""

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, transaction

from audiences.merging import values_of
from audiences.models import ConsentRecord, ContactAlias, ContactMerge, PhoneChange
from audiences.segments import members
from tests.audiences.merging_steps import EARLIER, GONE, KEPT, fresh, merge, pair, said
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_snapshot, rules_of

pytestmark = pytest.mark.django_db


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
