"""Two snapshots of one segment: who entered, who stayed, who left."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from audiences.comparison import NotComparable, compare, others_of
from audiences.models import Contact, SegmentVersion, Snapshot
from audiences.snapshots import take_snapshot
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment

pytestmark = pytest.mark.django_db


def freeze(version: SegmentVersion, *, days: int = 0, share: float = 0) -> Snapshot:
    return take_snapshot(
        segment_version=version, holdout_share=share, by=None, now=NOW + timedelta(days=days)
    )


@pytest.fixture
def pair() -> tuple[Snapshot, Snapshot]:
    """Anna and Bea, then Bea, Carla and Dora; Anna unsubscribed."""
    version = make_segment(name="Italiani")
    anna = make_contact(first_name="Anna")
    make_contact(first_name="Bea")
    older = freeze(version)
    Contact.objects.filter(pk=anna.pk).update(marketing_consent="withdrawn")
    for name in ("Carla", "Dora"):
        make_contact(first_name=name)
    return older, freeze(version, days=7)


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"marta{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


def address(one: Snapshot, other: Snapshot) -> str:
    return f"/admin/audiences/snapshot/{one.pk}/compare/{other.pk}/"


def test_everybody_entered_stayed_or_left(pair: tuple[Snapshot, Snapshot]) -> None:
    found = compare(*pair)

    assert (found.entered, found.stayed, found.left) == (2, 1, 1)
    assert {m.contact.first_name for m in found.who_entered()} == {"Carla", "Dora"}
    assert [m.contact.first_name for m in found.who_left()] == ["Anna"]
    assert found.reasons() == [("withdrawn", 0, 1)]


def test_the_order_asked_for_changes_nothing(pair: tuple[Snapshot, Snapshot]) -> None:
    older, newer = pair

    assert compare(newer, older) == compare(older, newer)


def test_the_control_group_belongs_to_the_audience() -> None:
    version = make_segment()
    make_contact()
    older, newer = freeze(version), freeze(version, share=1)

    found = compare(older, newer)

    assert newer.holdout_count == 1
    assert (found.entered, found.stayed, found.left) == (0, 1, 0)


def test_snapshots_of_two_segments_are_not_compared(pair: tuple[Snapshot, Snapshot]) -> None:
    stranger = freeze(make_segment())

    with pytest.raises(NotComparable):
        compare(pair[0], stranger)
    with pytest.raises(NotComparable):
        compare(pair[0], pair[0])
    assert list(others_of(pair[0])) == [pair[1]]


def test_the_page_tells_who_came_and_went(pair: tuple[Snapshot, Snapshot]) -> None:
    client = browser("view_snapshot", "view_snapshotmember")

    page = client.get(address(*pair)).content.decode()

    assert ("Anna Rossi" in page, "Carla Rossi" in page, "Bea Rossi" in page) == (True, True, False)
    assert (
        address(*pair)
        in client.get(f"/admin/audiences/snapshot/{pair[0].pk}/change/").content.decode()
    )


def test_the_page_names_nobody_to_who_may_not_see_members(pair: tuple[Snapshot, Snapshot]) -> None:
    page = browser("view_snapshot").get(address(*pair)).content.decode()

    assert ("Anna" in page, "Carla" in page) == (False, False)


def test_the_page_asks_for_its_permission(pair: tuple[Snapshot, Snapshot]) -> None:
    assert browser("view_contact").get(address(*pair)).status_code == 403
    assert browser("view_snapshot").get(address(pair[0], pair[0])).status_code == 404


def test_a_marketer_exports_members_without_phones_and_it_is_logged(
    pair: tuple[Snapshot, Snapshot],
) -> None:
    older, _newer = pair
    anna = Contact.objects.get(first_name="Anna")

    answer = browser("export_members").get(f"/admin/audiences/snapshot/{older.pk}/export/")

    text = answer.getvalue().decode()
    assert text.splitlines()[0].startswith("\ufeffcontatto;lingua;")
    assert text.splitlines()[1].startswith(f"{anna.pk};it;Europe/Rome;no;")
    assert "+39" not in text
    assert LogEntry.objects.get().change_message == "Membri esportati senza telefoni"
