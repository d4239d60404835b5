"""A frozen audience: who is in, who is not and why, and what each will read."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from audiences import exclusions
from audiences.models import Contact, Snapshot
from audiences.parameters import UnknownParameter
from audiences.segments import BrokenSegment
from audiences.snapshots import count_audience, digest_of, is_intact, take_snapshot
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment, rules_of

pytestmark = pytest.mark.django_db

NAME = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}


def freeze(**changes: Any) -> Snapshot:
    version = changes.pop("segment_version", None) or make_segment()
    return take_snapshot(segment_version=version, by=None, now=NOW, **changes)


def test_a_member_is_frozen_with_what_is_needed_to_write_to_her() -> None:
    contact = make_contact(first_name="Anna\nMaria", timezone="Europe/London")

    snapshot = freeze(variables=NAME)

    member = snapshot.members.get()
    assert (member.contact_id, member.phone, member.language, member.zone) == (
        contact.pk,
        contact.phone,
        "it",
        "Europe/London",
    )
    assert (member.params, member.is_holdout) == ({"FIRST_NAME": "Anna Maria"}, False)


def test_the_snapshot_says_who_asked_for_what_and_when() -> None:
    marketer = User.objects.create_user("giulia")
    version = make_segment(name="Italiani")
    outsiders = make_segment(name="Fuori")
    make_contact(language="en")

    snapshot = take_snapshot(
        segment_version=version, exclude=[outsiders], variables=NAME, by=marketer, now=NOW
    )

    assert (snapshot.made_by, snapshot.made_at, snapshot.variables) == (marketer, NOW, NAME)
    assert snapshot.excluded_versions == [outsiders.pk]
    assert snapshot.definition["segment"] == {
        "name": "Italiani",
        "version": 1,
        "rules": version.rules,
    }


def test_a_later_change_of_the_contact_does_not_reach_the_snapshot() -> None:
    make_contact(first_name="Anna")
    snapshot = freeze(variables=NAME)

    Contact.objects.update(first_name="Altro", phone="+393330000000")

    assert snapshot.members.get().params == {"FIRST_NAME": "Anna"}
    assert is_intact(snapshot)


LEFT_OUT = [
    ("no_phone", {"phone": None}),
    ("landline", {"can_receive_whatsapp": False}),
    ("invalid_phone", {"has_invalid_phone": True}),
    ("blocked", {"is_blocked": True}),
    ("withdrawn", {"marketing_consent": "withdrawn"}),
    ("no_consent", {"marketing_consent": "unknown"}),
    ("excluded_segment", {"tags": ["reso frequente"]}),
    ("missing_value", {"attributes": {}}),
    ("missing_value", {"attributes": {"pet": " \n "}}),
    ("value_too_long", {"attributes": {"pet": "x" * 513}}),
]


@pytest.mark.parametrize(("reason", "changes"), LEFT_OUT)
def test_whoever_cannot_be_written_to_is_left_out_for_a_reason(
    reason: str, changes: dict[str, Any]
) -> None:
    make_contact(attributes={"pet": "Argo"})
    make_contact(language="en", tags=["reso frequente"])
    make_contact(**{"attributes": {"pet": "Birba"}} | changes)
    returners = make_segment(rules=rules_of(["contact.tag", "has", "reso frequente"]))

    snapshot = freeze(
        exclude=[returners], variables={"PET": {"parameter": "contact.attributes.pet"}}
    )

    assert (snapshot.counts, snapshot.total) == ({reason: 1}, 1)
    assert [member.params for member in snapshot.members.all()] == [{"PET": "Argo"}]


def test_a_person_with_many_reasons_is_counted_once_by_the_first() -> None:
    make_contact(is_blocked=True, marketing_consent="withdrawn", first_name="")

    counted = count_audience(
        segment_version=make_segment(),
        variables={"N": {"parameter": "contact.first_name"}},
        now=NOW,
    )

    assert (counted.in_segment, counted.excluded) == (1, {"blocked": 1})


def test_order_updates_ask_for_their_own_consent() -> None:
    make_contact(marketing_consent="unknown", orders_consent="given")
    make_contact()

    snapshot = freeze(purpose="order_updates")

    assert (snapshot.total, snapshot.counts) == (1, {"no_consent": 1})


def test_values_that_do_not_fit_together_leave_the_person_out() -> None:
    make_contact(first_name="Anna", last_name="Li")
    make_contact(first_name="Massimiliano", last_name="Castiglioni")
    both = {
        "A": {"parameter": "contact.first_name"},
        "B": {"parameter": "contact.last_name"},
    }

    snapshot = freeze(variables=both, room=10)

    assert (snapshot.total, snapshot.counts) == (1, {"value_too_long": 1})


def test_a_reason_of_a_higher_floor_is_counted_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exclusions, "_REGISTERED", {})
    exclusions.register(exclusions.Exclusion("capped", "troppi", lambda now: Q(first_name="Eva")))
    make_contact(first_name="Eva")
    make_contact()

    counted = count_audience(segment_version=make_segment(), now=NOW)

    assert (counted.lines, counted.will_receive) == ([("troppi", 1)], 1)


def test_the_count_foretells_the_snapshot() -> None:
    version = make_segment()
    people: list[dict[str, Any]] = [
        {},
        {},
        {"is_blocked": True},
        {"language": "en"},
        {"phone": None},
    ]
    for changes in people:
        make_contact(**changes)

    counted = count_audience(segment_version=version, now=NOW)
    snapshot = freeze(segment_version=version)

    assert (counted.in_segment, counted.will_receive) == (4, 2)
    assert (counted.excluded, counted.will_receive) == (snapshot.counts, snapshot.total)


def test_the_control_group_is_drawn_after_everything_else_and_never_in_the_total() -> None:
    version = make_segment()
    for number in range(60):
        make_contact(is_blocked=number % 3 == 0)
    draw: dict[str, Any] = {"holdout_share": 0.25, "holdout_key": "campaign-1"}

    counted = count_audience(segment_version=version, now=NOW, **draw)
    snapshot = freeze(segment_version=version, **draw)

    assert snapshot.total + snapshot.holdout_count == 40
    assert 0 < snapshot.holdout_count < 20
    assert snapshot.members.filter(is_holdout=True).count() == snapshot.holdout_count
    assert (counted.will_receive, counted.holdout) == (snapshot.total, snapshot.holdout_count)
    assert counted.in_segment == counted.will_receive + counted.holdout + 20


def test_another_key_holds_other_people_out() -> None:
    version = make_segment()
    for _person in range(40):
        make_contact()

    held = [
        set(
            freeze(segment_version=version, holdout_share=0.5, holdout_key=key)
            .members.filter(is_holdout=True)
            .values_list("contact", flat=True)
        )
        for key in ("campaign-1", "campaign-2", "campaign-1")
    ]

    assert held[0] == held[2] != held[1]


@pytest.mark.parametrize(("share", "held"), [(0, 0), (1, 6)])
def test_nobody_or_everybody_can_be_held_out(share: float, held: int) -> None:
    for _person in range(6):
        make_contact()

    assert freeze(holdout_share=share).holdout_count == held


def test_the_digest_depends_on_members_and_values_alone() -> None:
    version = make_segment()
    make_contact(first_name="Anna")
    first = freeze(segment_version=version, variables=NAME)
    again = freeze(segment_version=version, variables=NAME)

    Contact.objects.update(first_name="Bea")
    other = freeze(segment_version=version, variables=NAME)

    assert first.digest == again.digest == digest_of(snapshot_id=first.pk)
    assert other.digest != first.digest


def test_no_two_members_read_alike_in_the_digest() -> None:
    one = make_contact(language="it\tx", timezone="y")
    as_frozen = freeze(
        segment_version=make_segment(rules=rules_of(["contact.language", "is_not", "en"]))
    )
    Contact.objects.filter(pk=one.pk).update(language="it", timezone="x\ty")
    other = freeze(segment_version=as_frozen.segment_version)

    assert (as_frozen.total, other.total) == (1, 1)
    assert as_frozen.digest != other.digest


def test_a_snapshot_whose_digest_has_the_first_form_is_still_known_to_be_intact() -> None:
    make_contact()
    new = freeze(segment_version=make_segment())
    # As the first snapshots were written: the definition says nothing of the form.
    old = Snapshot(
        pk=new.pk, digest=digest_of(snapshot_id=new.pk, form=1), definition={"segment": {}}
    )

    assert old.digest != new.digest
    assert (is_intact(old), is_intact(new)) == (True, True)


def test_an_empty_segment_freezes_nobody() -> None:
    make_contact()

    snapshot = freeze(segment_version=make_segment(rules={"v": 1, "groups": []}))

    assert (snapshot.total, snapshot.counts, len(snapshot.digest)) == (0, {}, 64)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"segment_version": "gone"}, BrokenSegment),
        ({"exclude": "gone"}, BrokenSegment),
        ({"variables": {"X": {"parameter": "contact.gone"}}}, UnknownParameter),
    ],
)
def test_a_broken_definition_freezes_nothing(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    make_contact()
    gone = make_segment(rules=rules_of(["contact.gone", "is_not", 1]))
    if "segment_version" in changes:
        changes = {"segment_version": gone}
    if "exclude" in changes:
        changes = {"exclude": [gone]}

    with pytest.raises(error):
        freeze(**changes)

    assert Snapshot.objects.count() == 0


def test_members_and_counts_take_one_statement(django_assert_max_num_queries: Any) -> None:
    make_contact()
    version = make_segment()

    with django_assert_max_num_queries(13) as queries:
        freeze(segment_version=version, variables=NAME)

    inserts = [q["sql"] for q in queries if "INTO audiences_snapshotmember" in q["sql"]]
    assert len(inserts) == 1
    assert "count(*)" in inserts[0]
