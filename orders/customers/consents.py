"""From what Shopify says of a consent to what the ledger keeps. Pure.

What carries the moment at which the person said it competes by that moment; what only shows a state, or a tag that
anybody may set, never brings back who has unsubscribed. No answer is no yes, and an e-mail box is about e-mail.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audiences.contacts import Declaration
from audiences.models import ConsentPurpose, ConsentRecord
from orders.customers.sources import ConsentSource, Kind, first_of, named_in, of_kind
from orders.shopify.payloads.customer import ConsentPayload

GIVEN, WITHDRAWN = ConsentRecord.State.GIVEN.value, ConsentRecord.State.WITHDRAWN.value
WHATSAPP, SMS = "whatsapp", "sms"
_KINDS = {WHATSAPP: Kind.NATIVE, SMS: Kind.SMS}
_WORDS = {WHATSAPP: "shopify: whatsapp", SMS: "shopify: sms"}
_ATTRIBUTE, _ORDER_TAG = "shopify: order attribute", "shopify: order tag"
_TAG, _METAFIELD = "shopify: customer tag", "shopify: customer metafield"
# The states of Shopify that end a consent (Admin API, marketing states).
ENDED = frozenset({"unsubscribed", "redacted", "invalid"})
_SUBSCRIBED, _NOT_SUBSCRIBED = "subscribed", "not_subscribed"
_EVIDENCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSaid:
    """What an order holds that may be a consent; `at` is when it was placed."""

    reference: str
    attributes: Mapping[str, str]
    tags: Collection[str]
    language: str
    at: datetime


def newer(
    kept: Mapping[str, Any], heard: ConsentPayload, *, seen_at: datetime
) -> dict[str, Any] | None:
    """Return what to keep of a channel after hearing `heard`, None if it is no news.

    News without a moment of its own counts from when Shopify sent it. No state is not known, and changes nothing.
    A person who is no longer subscribed, however Shopify calls it now, has ended the consent.
    """
    if not heard.state:
        return None
    at = heard.at or seen_at
    is_same = bool(kept) and heard.at is None and kept["state"] == heard.state
    if is_same or (kept and datetime.fromisoformat(kept["at"]) > at):
        return None
    was_in = bool(kept) and (kept["state"] == _SUBSCRIBED or bool(kept.get("has_ended")))
    return {
        "state": heard.state,
        "level": heard.level,
        "from": heard.collected_from,
        "at": at.isoformat(),
        "is_dated": heard.at is not None,
        "phone": heard.phone,
        "has_ended": heard.state == _NOT_SUBSCRIBED and was_in,
    }


def of_account(
    sources: Sequence[ConsentSource],
    consents: Mapping[str, Mapping[str, Any]],
    *,
    account: int,
    phone: str,
    own_phone: str,
    now: datetime,
) -> list[Declaration]:
    """Return what the consents kept for an account say of the person at `phone` (E.164).

    A consent belongs to the number it was given for: the one named with it, else the account's `own_phone`.
    A withdrawal belongs to the person.
    """
    said: list[Declaration] = []
    for channel, kept in consents.items():
        source = first_of(sources, _KINDS[channel]) if channel in _KINDS else None
        if source is None:
            continue
        if (ours := kept.get("ours")) and (ours == phone or kept["state"] == _SUBSCRIBED):
            # We wrote it there of her: the ledger has it from herself, and for no other number.
            continue
        is_about = (kept.get("phone") or own_phone) == phone
        said += _of_channel(channel, source, kept, account=account, is_about=is_about, now=now)
    return said


def of_order(
    sources: Sequence[ConsentSource], order: OrderSaid, *, now: datetime
) -> list[Declaration]:
    """Return the consents that an order carries: what the person ticked, and tags that stand for it."""
    said: list[Declaration] = []
    for source in of_kind(sources, Kind.ATTRIBUTE):
        name = next(
            (
                name
                for name, value in order.attributes.items()
                if source.is_named(name) and source.says_yes(value)
            ),
            "",
        )
        if name:
            text = f"{order.reference}: “{name}” = “{order.attributes[name]}”{_locale(order)}"
            said += _given(source, _ATTRIBUTE, text, at=min(order.at, now))
    for source in of_kind(sources, Kind.TAG):
        if tag := named_in(source, order.tags):
            text = f"{order.reference}: tag “{tag}”{_locale(order)}"
            said += _given(source, _ORDER_TAG, text, at=min(order.at, now), is_own=False)
    return said


def of_tags(
    sources: Sequence[ConsentSource],
    *,
    account: int,
    added: Collection[str],
    removed: Collection[str],
    at: datetime,
    now: datetime,
) -> list[Declaration]:
    """Return what tags that came or went say: anybody may set one, so it never undoes a withdrawal."""
    said: list[Declaration] = []
    for source in of_kind(sources, Kind.TAG):
        if tag := named_in(source, added):
            text = f"customer {account}: tag “{tag}” added"
            said += _given(source, _TAG, text, at=min(at, now), is_own=False)
        elif tag := named_in(source, removed):
            text = f"customer {account}: tag “{tag}” removed"
            said += _withdrawn(source.purposes, _TAG, text, at=min(at, now))
    return said


def of_metafields(
    sources: Sequence[ConsentSource],
    metafields: Mapping[str, str],
    *,
    account: int,
    at: datetime,
    now: datetime,
) -> list[Declaration]:
    """Return the consents that metafields show; they show a state, not when the person said so."""
    said: list[Declaration] = []
    for source in of_kind(sources, Kind.METAFIELD):
        name = named_in(source, metafields)
        if name and source.says_yes(metafields[name]):
            text = f"customer {account}: metafield {name} = “{metafields[name]}”"
            said += _given(source, _METAFIELD, text, at=min(at, now), is_own=False)
    return said


def _of_channel(
    channel: str,
    source: ConsentSource,
    kept: Mapping[str, Any],
    *,
    account: int,
    is_about: bool,
    now: datetime,
) -> list[Declaration]:
    """A marketing consent that ends leaves messages about an order alone: they are a service."""
    at = min(datetime.fromisoformat(kept["at"]), now)
    level, origin = kept.get("level") or "-", kept.get("from") or "-"
    text = f"customer {account}: {kept['state']}, {level}, {origin}, {kept['at']}"
    if kept["state"] in ENDED or kept.get("has_ended"):
        marketing = [p for p in source.purposes if p == ConsentPurpose.WHATSAPP_MARKETING]
        return _withdrawn(marketing, _WORDS[channel], text, at=at)
    if kept["state"] == _SUBSCRIBED and is_about:
        return _given(source, _WORDS[channel], text, at=at, is_own=bool(kept.get("is_dated")))
    return []


def _given(
    source: ConsentSource, word: str, text: str, *, at: datetime, is_own: bool = True
) -> list[Declaration]:
    return [
        Declaration(
            purpose=purpose.value,
            state=GIVEN,
            source=word,
            evidence=text[:_EVIDENCE],
            at=at,
            only_if_new=not is_own,
            unless_withdrawn=not is_own,
        )
        for purpose in source.purposes
    ]


def _withdrawn(
    purposes: Collection[ConsentPurpose], word: str, text: str, *, at: datetime
) -> list[Declaration]:
    return [
        Declaration(
            purpose=purpose.value, state=WITHDRAWN, source=word, evidence=text[:_EVIDENCE], at=at
        )
        for purpose in purposes
    ]


def _locale(order: OrderSaid) -> str:
    return f" ({order.language})" if order.language else ""
