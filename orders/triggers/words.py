"""Why a flow of ours does not write (any more), in words; what concerns the order has its words in `orders.cod`."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY_NOT: Final[Mapping[str, Promise]] = {
    "order_moved": _("The order turned out to be another person's."),
    "parcel_gone": _("The parcel is not there any more."),
    "parcel_cancelled": _("The parcel was cancelled before it left."),
    "parcel_moved_on": _("The parcel is further on its way by now."),
    "parcel_came_back": _("The parcel was refused or came back."),
    "checkout_gone": _("The cart is not there any more."),
    "ordered": _("The person has ordered meanwhile."),
    "newer_cart": _("The person has left a newer cart since."),
    "back_at_cart": _("The person came back to the cart."),
    "empty_cart": _("There is nothing in the cart, or no way back to it."),
    "refill_changed": _("By later orders it lasts until another day."),
}
