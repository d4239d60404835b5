"""Where a consent was said, in the reader's words. What is stored stays as it is."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What the shop itself writes into the ledger, from whichever floor. What people write stays as they wrote it.
_WORDS: Final[Mapping[str, str | Promise]] = {
    "checkout": _("checkout of the shop"),
    "csv": _("imported file"),
    "customer card": _("customer card"),
    "double opt-in: button": _("confirmed by a button on WhatsApp"),
    "double opt-in: link": _("confirmed by a link"),
    "double opt-in: reply": _("confirmed by a reply on WhatsApp"),
    "phone change": _("change of number"),
    "shopify: customer metafield": _("Shopify: metafield of the customer"),
    "shopify: customer tag": _("Shopify: tag of the customer"),
    "shopify: order attribute": _("Shopify: box ticked in the order"),
    "shopify: order tag": _("Shopify: tag of the order"),
    "shopify: sms": _("Shopify: consent to SMS"),
    "shopify: whatsapp": _("Shopify: consent to WhatsApp"),
    "spoki": "Spoki",
    "whatsapp": "WhatsApp",
}
# The code of a refused message, as Meta gives it, stands behind it.
_REFUSED: Final = "whatsapp "


def source_in_words(source: str) -> str:
    """Return how the reader calls a source that the shop writes itself; any other as it is."""
    if source.startswith(_REFUSED) and source.removeprefix(_REFUSED).isdecimal():
        return f"WhatsApp ({source.removeprefix(_REFUSED)})"
    return str(_WORDS.get(source, source))
