"""Products, orders and checkouts with valid defaults."""

from itertools import count
from typing import Any

from orders.models import Checkout, Order, OrderLine, Product
from tests.conftest import NOW
from tests.factories.audiences import make_contact

_number = count(1)


def make_product(**changes: Any) -> Product:
    fields: dict[str, Any] = {
        "title": "Umido manzo e carote 400 g",
        "product_type": "Umido cane",
        "tags": ["umido", "cane"],
        "price_cents": 349,
        "stock": 50,
    }
    return Product.objects.create(**fields | changes)


def make_order(**changes: Any) -> Order:
    """A card order of today with one line of `product` (a fresh one unless given, none if None)."""
    product = changes.pop("product") if "product" in changes else make_product()
    contact = changes.pop("contact") if "contact" in changes else make_contact()
    is_cod = changes.get("is_cod", False)
    fields: dict[str, Any] = {
        "name": f"#{1000 + next(_number)}",
        "contact": contact,
        "phone": (contact.phone or "") if contact else "",
        "placed_at": NOW,
        "total_cents": 6490,
        "cod_status": Order.CodStatus.TO_ASK if is_cod else Order.CodStatus.NOT_COD,
    } | changes
    fields.setdefault("amount_due_cents", fields["total_cents"] if is_cod else 0)
    order = Order.objects.create(**fields)
    if product is not None:
        make_line(order=order, product=product)
    return order


def make_line(*, order: Order, product: Product, **changes: Any) -> OrderLine:
    fields: dict[str, Any] = {
        "title": product.title,
        "quantity": 1,
        "price_cents": product.price_cents,
        "product_type": product.product_type,
        "tags": product.tags,
    }
    return OrderLine.objects.create(order=order, product=product, **fields | changes)


def make_checkout(**changes: Any) -> Checkout:
    """A cart of 52,00 € left at the fixed moment of the tests."""
    contact = changes.pop("contact") if "contact" in changes else make_contact()
    fields: dict[str, Any] = {"amount_cents": 5200, "abandoned_at": NOW}
    return Checkout.objects.create(contact=contact, **fields | changes)
