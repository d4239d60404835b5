"""Orders over HTTP."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

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
