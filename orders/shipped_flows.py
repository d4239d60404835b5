"""The flows of a shop, ready to be enabled: what sets each off, what it says, with which values.

They are written down in Italian, disabled, when somebody asks for them (`campaigns.flows.shipped`); from
then on they are flows like any other.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from campaigns.flows.shipped import ShippedFlow, register
from orders import shipped_texts as texts

Values = dict[str, dict[str, str]]
# Reads well where no name is known: “Ciao di nuovo, …”.
_NAME: Final = {"parameter": "contact.first_name", "fallback": "di nuovo"}
_VALUES: Final[Mapping[str, dict[str, str]]] = {
    "FIRST_NAME": _NAME,
    "ORDER_NAME": {"parameter": "order.name"},
    "AMOUNT_DUE": {"parameter": "order.amount_due"},
    "ORDER_SUMMARY": {"parameter": "order.summary"},
    "SHIPPING_ADDRESS": {"parameter": "order.shipping_address"},
    "COURIER": {"parameter": "parcel.courier", "fallback": "il corriere"},
    "TRACKING_URL": {"parameter": "parcel.tracking_url", "fallback": "chiedici in questa chat"},
    "PRODUCT": {"parameter": "refill.product"},
    "CART_AMOUNT": {"parameter": "checkout.amount"},
    "CART_URL": {"parameter": "checkout.recovery_url"},
}
_DAY: Final = 24 * 60
# A smaller cart is not worth a message: what it costs, and what it annoys.
_WORTH: Final[dict[str, Any]] = {
    "v": 1,
    "groups": [{"mode": "all", "rules": [["checkout.amount", "at_least", "40.00"]]}],
}


# On its way it is said where to, if that is known; asked about, an order must have an address.
_ON_ITS_WAY: Final = {
    "SHIPPING_ADDRESS": {"parameter": "order.shipping_address", "fallback": "quello dell'ordine"}
}


def _values(codes: list[str], more: Values | None = None) -> Values:
    known = {**_VALUES, **(more or {})}
    return {code: dict(known[code]) for code in codes}


def register_shipped_flows() -> None:
    for shipped in SHIPPED:
        register(shipped)


SHIPPED: Final = (
    ShippedFlow(
        key="cod_confirmation",
        name="Conferma degli ordini in contrassegno",
        about=_("Asks whether a cash-on-delivery order is meant: fewer refused parcels."),
        trigger="order.cod_placed",
        wording=texts.COD_CONFIRMATION,
        variables=_values(texts.COD_CONFIRMATION.variables),
        delay_minutes=5,
    ),
    ShippedFlow(
        key="cod_reminder",
        name="Promemoria a chi non ha confermato",
        about=_("Asks once more before somebody has to call."),
        trigger="order.cod_unanswered",
        wording=texts.COD_REMINDER,
        variables=_values(texts.COD_REMINDER.variables),
    ),
    ShippedFlow(
        key="shipped",
        name="Ordine partito, con il link per seguirlo",
        about=_("Answers “where is my order?” before it is asked."),
        trigger="parcel.shipped",
        wording=texts.SHIPPED,
        variables=_values(texts.SHIPPED.variables),
    ),
    ShippedFlow(
        key="out_for_delivery",
        name="In consegna oggi",
        about=_("Somebody is at home, with the amount at hand."),
        trigger="parcel.out_for_delivery",
        wording=texts.OUT_FOR_DELIVERY,
        variables=_values(texts.OUT_FOR_DELIVERY.variables, _ON_ITS_WAY),
    ),
    ShippedFlow(
        key="delivery_attempted",
        name="Consegna non riuscita",
        about=_("Saves the parcel before it goes back."),
        trigger="parcel.delivery_attempted",
        wording=texts.DELIVERY_ATTEMPTED,
        variables=_values(texts.DELIVERY_ATTEMPTED.variables, _ON_ITS_WAY),
    ),
    ShippedFlow(
        key="delivered",
        name="Una settimana dopo la consegna",
        about=_("Finds the unhappy ones while it can still be put right."),
        trigger="parcel.delivered",
        wording=texts.DELIVERED,
        variables=_values(texts.DELIVERED.variables),
        delay_minutes=7 * _DAY,
    ),
    ShippedFlow(
        key="refill_due",
        name="La scorta sta finendo",
        about=_("To who has agreed to marketing, when what they bought should be used up."),
        trigger="customer.refill_due",
        wording=texts.REFILL_DUE,
        variables=_values(texts.REFILL_DUE.variables),
    ),
    ShippedFlow(
        key="abandoned_checkout",
        name="Carrello lasciato a metà",
        about=_("To who has agreed to marketing, once, from 40 € on, and never after the order."),
        trigger="checkout.abandoned",
        wording=texts.ABANDONED_CHECKOUT,
        variables=_values(texts.ABANDONED_CHECKOUT.variables),
        delay_minutes=60,
        conditions=_WORTH,
    ),
    ShippedFlow(
        key="win_back",
        name="È passato un po' di tempo",
        about=_("To who has agreed to marketing and has not ordered for long."),
        trigger="customer.lapsed",
        wording=texts.WIN_BACK,
        variables=_values(texts.WIN_BACK.variables),
    ),
)
