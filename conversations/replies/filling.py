"""What is known for the variables of a template when an agent chooses it: from the person, the pet, the last order.

A flow or a campaign that sends the template has already said what stands where; else the name of the variable says it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F

from audiences import parameters
from audiences.models import Contact
from audiences.parameters import UnknownParameter, sanitise
from campaigns.flows import triggers
from campaigns.models import Campaign, Flow
from orders.models import Order, Parcel
from orders.order_words import order_values
from orders.triggers import parcels
from templates_sync.models import TemplateVersion

Source = Mapping[str, str]
# What variables are usually called. The first parameter that is known counts.
_BY_NAME: Final[Mapping[str, str]] = {
    "FIRST_NAME": "contact.first_name",
    "NAME": "contact.first_name",
    "NOME": "contact.first_name",
    "LAST_NAME": "contact.last_name",
    "COGNOME": "contact.last_name",
    "EMAIL": "contact.email",
    "PROVINCE": "contact.province",
    "PET_NAME": "contact.attributes.pet_name",
    "PET": "contact.attributes.pet_name",
    "ORDER_NAME": "order.name",
    "ORDER_NUMBER": "order.name",
    "ORDER": "order.name",
    "AMOUNT_DUE": "order.amount_due",
    "ORDER_AMOUNT": "orders.last_order_amount",
    "ORDER_DATE": "orders.last_order_date",
    "ORDER_SUMMARY": "order.summary",
    "SHIPPING_ADDRESS": "order.shipping_address",
    "COURIER": "parcel.courier",
    "TRACKING_CODE": "parcel.tracking_number",
    "TRACKING_NUMBER": "parcel.tracking_number",
    "TRACKING_URL": "parcel.tracking_url",
    "PRODUCT": "orders.last_order_product",
    "CART_AMOUNT": "checkout.amount",
    "CART_URL": "checkout.recovery_url",
}
_OF_AN_ORDER: Final = ("order.", "parcel.")


@dataclass(frozen=True, slots=True)
class Filled:
    """Variable → text, "" where nothing is known; variable → what stands there, in the reader's words."""

    values: dict[str, str]
    labels: dict[str, str]


def fill_in(contact: Contact, versions: Collection[TemplateVersion]) -> dict[int, Filled]:
    """Return version id → what is known for it; a handful of queries for all of them.

    What a campaign wrote by hand (a code of last Christmas) is not taken over.
    """
    written = _written_down(versions)
    sources = {version.pk: _sources(version, written) for version in versions}
    wanted = {one.get("parameter", "") for of in sources.values() for one in of.values()} - {""}
    known = _known(contact, wanted)
    return {
        pk: Filled(
            {name: _text(contact, name, source, known) for name, source in of.items()},
            {name: _label(name, source) for name, source in of.items()},
        )
        for pk, of in sources.items()
    }


def _label(name: str, source: Source) -> str:
    """Return what the parameter behind the variable is called, else the variable's own name as words."""
    key = source.get("parameter", "")
    step = triggers.find(parcels.SHIPPED.key)
    own = step.parameters.get(key) if step is not None else None
    if own is None and _is_offered(key):
        own = parameters.find(key).label
    return str(own or name).replace("_", " ").capitalize()


def _text(contact: Contact, name: str, source: Source, known: Mapping[str, str]) -> str:
    text = known.get(source.get("parameter", "")) or source.get("value") or source.get("fallback")
    attribute = contact.attributes.get(name.lower())
    if not text and isinstance(attribute, str | int | float):
        text = str(attribute)
    return sanitise(str(text or ""))


def _sources(version: TemplateVersion, written: Mapping[int, Any]) -> dict[str, Source]:
    """Return variable → where its text comes from, {} where nobody knows."""
    said = written.get(version.template_id) or {}
    found: dict[str, Source] = {}
    for name in version.variables:
        source = said.get(name)
        by_name = {"parameter": _BY_NAME[name]} if name in _BY_NAME else {}
        found[name] = source if isinstance(source, Mapping) and source else by_name
    return found


def _written_down(versions: Collection[TemplateVersion]) -> dict[int, dict[str, Source]]:
    """Return template id → the variables as its latest campaign, or better its latest flow, fills them."""
    templates = {version.template_id for version in versions}
    found = _latest(Campaign.objects.filter(template_version__template__in=templates))
    campaigns = {
        pk: {name: source for name, source in said.items() if "value" not in source}
        for pk, said in found.items()
    }
    return campaigns | _latest(Flow.objects.filter(template_version__template__in=templates))


def _latest(rows: Any) -> dict[int, dict[str, Source]]:
    told = rows.annotate(template=F("template_version__template")).order_by(
        "template", "-updated_at", "-pk"
    )
    return dict(told.distinct("template").values_list("template", "variables"))


def _known(contact: Contact, wanted: Collection[str]) -> dict[str, str]:
    """Return parameter → text of those that somebody offers."""
    own = [key for key in wanted if key.startswith(_OF_AN_ORDER)]
    offered = {key: {"parameter": key} for key in wanted if key not in own and _is_offered(key)}
    found = parameters.values_for(contact, offered) if offered else {}
    return found | (_last_order(contact) if own else {})


def _is_offered(key: str) -> bool:
    try:
        parameters.find(key)
    except UnknownParameter:
        return False
    return True


def _last_order(contact: Contact) -> dict[str, str]:
    """Return what messages say of the last order, and of its last parcel; nothing of what there is none."""
    placed = Order.objects.placed().filter(contact=contact).order_by("-placed_at", "-pk")
    order = placed.first()
    if order is None:
        return {}
    parcel = _last_parcel(order)
    if parcel is not None:
        values = dict(parcels.values_of(f"{parcels.KIND}:{parcel.pk}"))
    else:
        values = order_values(order, language=contact.language)
    if not order.amount_due_cents:
        # Paid already: an agent who chooses such a template must see that nothing is due.
        values["order.amount_due"] = ""
    return values


def _last_parcel(order: Order) -> Parcel | None:
    gone: Sequence[str] = (Parcel.Status.CANCELLED, Parcel.Status.FAILED)
    return order.parcels.exclude(status__in=gone).order_by("-pk").first()
