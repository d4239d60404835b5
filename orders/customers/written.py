"""What we write onto an account on Shopify, kept beside what we hear of it, so that our own echo is no news. Pure.

`ShopifyCustomer.consents["written"]` holds by state ("subscribed", "unsubscribed") what was written last:
{"at": the moment of the consent, "sent_at": when we wrote it, "phone": the number of the person it was about}.
It is kept before Shopify is called: its webhook may be faster than its answer.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

WRITTEN = "written"
# Shopify's own clock, should it not keep the moment that we tell.
_BEFORE, _AFTER = timedelta(seconds=5), timedelta(minutes=1)
# What was ticked in Shopify's own checkout was never written by us.
_THEIRS = "shopify"


def mark(
    consents: Mapping[str, Any], *, state: str, at: datetime, phone: str, now: datetime
) -> dict[str, Any]:
    """Return the consents of an account with the note that we are about to write `state` (Shopify's word)."""
    note = {"at": at.isoformat(), "sent_at": now.isoformat(), "phone": phone}
    return {**consents, WRITTEN: {**consents.get(WRITTEN, {}), state: note}}


def whose_echo(consents: Mapping[str, Any], heard: Mapping[str, Any]) -> str:
    """Return the number of the person of whom we wrote what was just heard, "" where it is not from us.

    `heard` is of the shape in which `orders.customers.consents` keeps a channel.
    """
    written = consents.get(WRITTEN, {})
    note = written.get(heard["state"])
    if note is None or heard.get("from") == _THEIRS:
        return ""
    at, sent_at = datetime.fromisoformat(heard["at"]), datetime.fromisoformat(note["sent_at"])
    is_ours = _second(at) == _second(datetime.fromisoformat(note["at"]))
    # Once we wrote the contrary, what comes after that is somebody else's.
    others = [datetime.fromisoformat(one["sent_at"]) for one in written.values() if one != note]
    is_over = any(sent_at < other <= at for other in others)
    is_in_time = bool(-_BEFORE <= at - sent_at <= _AFTER) and not is_over
    return str(note["phone"]) if is_ours or is_in_time else ""


def _second(moment: datetime) -> int:
    """Shopify keeps whole seconds."""
    return int(moment.timestamp())
