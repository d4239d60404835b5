"""Orders in the admin: to look up, not to change."""

import pytest
from django.test import Client

from orders.models import Order
from tests.factories.orders import make_checkout, make_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["order", "product", "checkout"])
def test_each_list_and_page_opens(admin_client: Client, model: str) -> None:
    order = make_order(total_cents=106490)
    keys = {
        "order": order.pk,
        "product": order.lines.get().product_id,
        "checkout": make_checkout().pk,
    }

    assert admin_client.get(f"/admin/orders/{model}/").status_code == 200
    assert admin_client.get(f"/admin/orders/{model}/{keys[model]}/change/").status_code == 200


def test_amounts_read_in_euros(admin_client: Client) -> None:
    make_order(total_cents=106490)

    assert "1.064,90 €" in admin_client.get("/admin/orders/order/").content.decode()


def test_not_even_a_superuser_changes_an_order(admin_client: Client) -> None:
    order = make_order()

    answer = admin_client.post(f"/admin/orders/order/{order.pk}/change/", {"name": "#9"})

    assert answer.status_code == 403
    assert Order.objects.get().name == order.name


def test_an_order_paid_online_is_named_in_words(admin_client: Client) -> None:
    order = make_order(is_cod=False, cod_status="not_cod")

    pages = [
        admin_client.get("/admin/orders/order/").content.decode(),
        admin_client.get(f"/admin/orders/order/{order.pk}/change/").content.decode(),
    ]

    assert [("Pagato online" in page, "not_cod&#x27;" in page) for page in pages] == [
        (True, False)
    ] * 2
