"""Orders over HTTP."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from orders.models import Parcel, ParcelEvent
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/orders/"


def client(*codenames: str) -> APIClient:
    user = User.objects.create_user(f"marta{User.objects.count()}")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    api = APIClient()
    api.force_authenticate(user)
    return api


def test_an_order_reads_in_euros() -> None:
    order = make_order(is_cod=True, total_cents=6490)

    answer = client("view_order").get(f"{ADDRESS}{order.pk}/").data

    assert (answer["total"], answer["amount_due"], answer["cod_status"]) == (
        "64.90",
        "64.90",
        "to_ask",
    )


def test_orders_are_found_by_cod_status_and_by_phone() -> None:
    asked = make_order(is_cod=True, cod_status="asked")
    paid = make_order()
    api = client("view_order")

    by_status = api.get(ADDRESS, {"cod_status": "asked"}).data["results"]
    by_phone = api.get(ADDRESS, {"phone": paid.phone}).data["results"]

    assert [row["id"] for row in by_status] == [asked.pk]
    assert [row["id"] for row in by_phone] == [paid.pk]


def test_reading_orders_asks_for_permission() -> None:
    assert client().get(ADDRESS).status_code == 403


def test_a_parcel_tells_where_it_is_and_what_the_courier_said() -> None:
    order = make_order()
    parcel = Parcel.objects.create(
        order=order,
        name="#1001.1",
        status="success",
        shipment="out_for_delivery",
        courier="BRT",
        tracking_number="BRT55",
        tracking_url="https://vas.brt.it/55",
        shipped_at=NOW,
    )
    ParcelEvent.objects.create(parcel=parcel, status="out_for_delivery", happened_at=NOW)

    (told,) = client("view_order").get(f"{ADDRESS}{order.pk}/").data["parcels"]

    assert told["tracking_url"] == "https://vas.brt.it/55"
    assert (told["status"], told["shipment"], told["courier"]) == (
        "success",
        "out_for_delivery",
        "BRT",
    )
    assert [event["status"] for event in told["events"]] == ["out_for_delivery"]


def test_an_order_without_a_phone_is_found_by_that_of_its_person() -> None:
    person = make_contact(phone="+393471112223")
    order = make_order(contact=person, phone="")
    make_order()

    rows = client("view_order").get(ADDRESS, {"phone": "347 111 2223"}).data["results"]

    assert [row["id"] for row in rows] == [order.pk]


def test_what_is_no_phone_and_no_state_finds_nothing_or_says_so() -> None:
    make_order()
    api = client("view_order")

    assert api.get(ADDRESS, {"phone": "boh"}).data["results"] == []
    refused = api.get(ADDRESS, {"cod_status": "boh"})
    assert (refused.status_code, list(refused.data)) == (400, ["cod_status"])


def test_what_is_due_is_told_in_the_currency_the_buyer_saw() -> None:
    order = make_order(is_cod=True, amount_due_cents=1050, due_currency="CHF")

    answer = client("view_order").get(f"{ADDRESS}{order.pk}/").data

    assert (answer["amount_due"], answer["due_currency"], answer["currency"]) == (
        "10.50",
        "CHF",
        "EUR",
    )


def test_a_list_of_orders_asks_as_many_questions_as_one(django_assert_max_num_queries) -> None:
    for _ in range(5):
        Parcel.objects.create(order=make_order())

    api = client("view_order")

    with django_assert_max_num_queries(7):
        assert len(api.get(ADDRESS).data["results"]) == 5
