"""Two contacts that are one person: what is kept, what is refused, and a second click."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.merge_plan import Side, kept_fields
from audiences.merging import MergeRefused
from audiences.models import Contact, ContactMerge
from tests.audiences.merging_steps import GONE, KEPT, LATER, fresh, merge, pair
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


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
