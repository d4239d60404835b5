"""How orders and checkouts follow a person who was merged into another contact."""

from django.utils.translation import gettext_lazy as _

from audiences import movers
from audiences.movers import Figures, Follow, Mover
from orders.models import Checkout, Order, ShopCall, ShopifyCustomer


def follow_person(step: Follow) -> Figures:
    """Hand over what the merged contact bought; each order keeps the phone it was placed with."""
    if not step.is_merge:
        return {}
    ShopCall.objects.filter(contact=step.merged_id).update(contact=step.contact_id)
    return {
        "orders": Order.objects.filter(contact=step.merged_id).update(contact=step.contact_id),
        "checkouts": Checkout.objects.filter(contact=step.merged_id).update(
            contact=step.contact_id
        ),
        "accounts": ShopifyCustomer.objects.filter(contact=step.merged_id).update(
            contact=step.contact_id
        ),
    }


def count_orders(contact_id: int) -> Figures:
    """Return how many orders and checkouts a contact has."""
    return {
        "orders": Order.objects.filter(contact=contact_id).count(),
        "checkouts": Checkout.objects.filter(contact=contact_id).count(),
        "accounts": ShopifyCustomer.objects.filter(contact=contact_id).count(),
    }


def register_mover() -> None:
    """Have orders follow their person; called when the application starts."""
    words = {
        "orders": _("orders"),
        "checkouts": _("abandoned checkouts"),
        "accounts": _("customer accounts of the shop"),
    }
    movers.register("orders", Mover(follow=follow_person, count=count_orders, words=words))
