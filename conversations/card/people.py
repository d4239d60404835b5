"""Who a person is, for the top of the card: one query, whatever hangs on her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from audiences.consent_words import source_in_words
from audiences.identity import HOME_ZONE
from audiences.language_names import language_name
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    ConsentState,
    Contact,
    ContactAlias,
    ContactErasure,
)
from campaigns.reasons import place_of
from conversations.models import Conversation
from orders.models import Order
from orders.order_words import money

_TONES: Final[Mapping[str, str]] = {
    ConsentState.GIVEN: "good",
    ConsentState.WITHDRAWN: "bad",
    ConsentState.UNKNOWN: "",
}
# Between these hours nobody likes to be rung or written to.
_NIGHT_BEGINS, _NIGHT_ENDS = 22, 8
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the ledger says of one purpose, since when, and where it was said."""

    label: str
    state: str
    tone: str
    since: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the top of the card shows; texts are in the active language, `local_time` is hers ("09:56")."""

    contact: Contact
    conversation: Conversation | None
    name: str
    initial: str
    consents: tuple[Consent, ...]
    language: str
    place: str
    local_time: str
    is_night: bool
    pet: str
    details: tuple[tuple[str, str], ...]
    other_phones: tuple[str, ...]
    warnings: tuple[str, ...]
    order_count: int
    spent: str
    customer_since: datetime | None
    erased_at: datetime | None


def find_person(pk: int) -> Contact | None:
    """Return the contact with all that `header_of` needs, None where nobody has this id."""
    found = Contact.objects.select_related("conversation__assignee").annotate(**_noted_aside())
    return found.filter(pk=pk).first()


def header_of(contact: Contact, *, now: datetime, language: str) -> Header:
    """Return the top of the card of a contact that `find_person` read."""
    local = now.astimezone(_zone(contact.timezone))
    return Header(
        contact=contact,
        conversation=conversation_of(contact),
        name=contact.full_name
        or contact.phone
        or _("Customer %(number)s") % {"number": contact.pk},
        initial=(contact.full_name or "?")[:1].upper(),
        consents=_consents(contact),
        language=language_name(contact.language),
        place=place_of(contact.timezone) if contact.timezone != HOME_ZONE else "",
        local_time=f"{local:%H:%M}",
        is_night=not _NIGHT_ENDS <= local.hour < _NIGHT_BEGINS,
        pet=_pet(contact.attributes),
        details=_details(contact.attributes),
        other_phones=tuple(_aside(contact, "other_phones")),
        warnings=_warnings(contact),
        order_count=_aside(contact, "order_count") or 0,
        spent=money(
            _aside(contact, "spent_cents") or 0, _aside(contact, "currency") or "", language
        ),
        customer_since=_aside(contact, "first_order_at"),
        erased_at=_aside(contact, "erased_at"),
    )


def conversation_of(contact: Contact) -> Conversation | None:
    """Return where the conversation stands, None for who never wrote and was never answered."""
    found: Conversation | None = getattr(contact, "conversation", None)
    return found


def _noted_aside() -> dict[str, Any]:
    """What other tables know, each by one subquery; money is in cents."""
    mine: Any = {"contact": OuterRef("pk")}
    kept = Order.objects.kept().filter(**mine).order_by().values("contact")
    erased = ContactErasure.objects.filter(**mine).order_by("-at")
    phones = ContactAlias.objects.filter(**mine, kind=ContactAlias.Kind.PHONE).order_by("pk")
    return {
        "marketing_source": _source_of(ConsentPurpose.WHATSAPP_MARKETING),
        "orders_source": _source_of(ConsentPurpose.ORDER_UPDATES),
        "other_phones": ArraySubquery(phones.values("value")),
        "erased_at": Subquery(erased.values("at")[:1]),
        "order_count": Coalesce(Subquery(kept.annotate(n=Count("pk")).values("n")), 0),
        "spent_cents": Subquery(kept.annotate(n=Sum("total_cents")).values("n")),
        # Totals are in the currency of the shop's books, whatever the buyer saw: one for all orders.
        "currency": Subquery(kept.annotate(n=Max("currency")).values("n")),
        "first_order_at": Subquery(kept.annotate(n=Min("placed_at")).values("n")),
    }


def _source_of(purpose: str) -> Subquery:
    """Where the latest declaration was made, a consent asked in two steps left out until it is one."""
    said = ConsentRecord.objects.filter(
        contact=OuterRef("pk"), purpose=purpose, state__in=ConsentRecord.DECLARABLE
    )
    return Subquery(said.order_by("-at", "-state").values("source")[:1])


def _aside(contact: Contact, name: str) -> Any:
    return getattr(contact, name)


def _consents(contact: Contact) -> tuple[Consent, ...]:
    told = (
        (_("Marketing"), contact.marketing_consent, contact.marketing_consent_at, "marketing_source"),
        (_("Order updates"), contact.orders_consent, contact.orders_consent_at, "orders_source"),
    )  # fmt: skip
    return tuple(
        Consent(
            label=f"{label}: {ConsentState(state).label.lower()}",
            state=state,
            tone=_TONES[state],
            since=since,
            source=source_in_words(_aside(contact, source) or "") if since else "",
        )
        for label, state, since, source in told
    )


def _warnings(contact: Contact) -> tuple[str, ...]:
    """Why she cannot be written to at all, or only by other ways."""
    if not contact.phone:
        return (_("No phone"),)
    told = []
    if not contact.can_receive_whatsapp:
        told.append(_("Landline: no WhatsApp"))
    if contact.is_blocked:
        told.append(_("Blocked at Spoki"))
    if contact.has_invalid_phone:
        told.append(_("Number not on WhatsApp"))
    return tuple(told)


def _pet(attributes: Mapping[str, Any]) -> str:
    name, kind = (_text(attributes.get(key)) for key in ("pet_name", "pet_kind"))
    if name and kind:
        return f"{name} ({kind})"
    return name or kind


def _details(attributes: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Every other attribute that reads as one short value, by name."""
    shown = (
        (key.replace("_", " ").capitalize(), _text(value))
        for key, value in sorted(attributes.items())
        if key not in {"pet_name", "pet_kind"}
    )
    return tuple((name, text) for name, text in shown if text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str | int | float):
        return str(value).strip()[:_LONGEST_VALUE]
    if isinstance(value, Sequence):
        return ", ".join(filter(None, (_text(one) for one in value)))[:_LONGEST_VALUE]
    return ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(HOME_ZONE)
