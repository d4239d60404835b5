"""Segments over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from audiences import segments
from audiences.models import Contact, Segment
from tests.factories.audiences import ITALIANS, make_contact, make_segment, rules_of

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/segments/"


def client(*codenames: str) -> APIClient:
    user = User.objects.create_user(f"giulia{User.objects.count()}")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    api = APIClient()
    api.force_authenticate(user)
    return api


@pytest.fixture
def api() -> APIClient:
    return client("view_segment", "add_segment", "view_contact")


def test_a_segment_is_created_with_its_first_version(api: APIClient) -> None:
    answer = api.post(ADDRESS, {"name": "Italiani", "rules": ITALIANS}, format="json")

    assert answer.status_code == 201
    assert (answer.data["name"], answer.data["version"]) == ("Italiani", 1)
    assert (answer.data["rules"], answer.data["problems"]) == (ITALIANS, [])
    assert Segment.objects.get().current.created_by == User.objects.get()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "X", "rules": rules_of(["contact.gone", "is", 1])}, "rules"),
        ({"name": "X", "rules": "tutti"}, "rules"),
        ({"name": "X", "rules": None}, "rules"),
        ({"name": "X", "rules": rules_of(["contact.tag", "has", "a\x00"])}, "rules"),
        ({"name": "X", "rules": rules_of(["contact.attribute", "has", "\x00"])}, "rules"),
        ({"name": "X"}, "rules"),
        ({"rules": ITALIANS}, "name"),
        ({"name": "Doppio", "rules": ITALIANS}, "name"),
        ({"name": "X", "rules": ITALIANS, "rule": []}, "rule"),
    ],
)
def test_a_wrong_segment_is_refused_by_field(
    api: APIClient, body: dict[str, Any], field: str
) -> None:
    make_segment(name="Doppio")

    answer = api.post(ADDRESS, body, format="json")

    assert (answer.status_code, list(answer.data)) == (400, [field])
    assert Segment.objects.count() == 1


def test_the_count_says_who_is_left_out_and_why(api: APIClient) -> None:
    version = make_segment()
    make_contact()
    make_contact(marketing_consent="unknown")
    make_contact(language="en")

    answer = api.get(f"{ADDRESS}{version.segment_id}/count/")

    assert answer.data == {
        "in_segment": 2,
        "excluded": {"no_consent": 1},
        "will_receive": 1,
        "is_exact": True,
    }


def test_the_sample_shows_people_of_the_segment(api: APIClient) -> None:
    version = make_segment()
    inside = make_contact()
    make_contact(language="en")

    answer = api.get(f"{ADDRESS}{version.segment_id}/sample/")

    assert [row["id"] for row in answer.data] == [inside.pk]


@pytest.mark.parametrize("call", ["count", "sample"])
def test_a_broken_segment_counts_nobody_and_says_why(api: APIClient, call: str) -> None:
    make_contact(tags=["vip"])
    version = segments.save_segment(
        name="Non VIP", rules=rules_of(["contact.tag", "has_not", "vip"]), by=None
    )
    Contact.objects.update(tags=[])

    answer = api.get(f"{ADDRESS}{version.segment_id}/{call}/")

    assert (answer.status_code, list(answer.data)) == (400, ["rules"])
    assert api.get(f"{ADDRESS}{version.segment_id}/").data["problems"] == answer.data["rules"]


def test_each_call_asks_for_its_permission() -> None:
    address = f"{ADDRESS}{make_segment().segment_id}/"
    viewer = client("view_segment")

    assert APIClient().get(ADDRESS).status_code == 401
    assert client().get(ADDRESS).status_code == 403
    assert viewer.get(address).status_code == 200
    assert viewer.get(f"{address}count/").status_code == 200
    assert viewer.get(f"{address}sample/").status_code == 403
    assert viewer.post(ADDRESS, {"name": "X", "rules": ITALIANS}, format="json").status_code == 403
    assert Segment.objects.count() == 1


def test_a_list_of_segments_takes_a_fixed_number_of_statements(
    api: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _segment in range(20):
        make_segment()

    with django_assert_max_num_queries(6):
        answer = api.get(ADDRESS)

    assert answer.data["count"] == 20


def test_rules_that_cannot_be_written_as_text_are_refused(api: APIClient) -> None:
    body = r'{"name": "X", "rules": {"v": 1, "groups": "\ud800"}}'

    answer = api.post(ADDRESS, body, content_type="application/json")

    assert (answer.status_code, Segment.objects.count()) == (400, 0)
