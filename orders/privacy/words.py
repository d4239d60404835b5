"""What an erasure did, and what stands against one, in words: rows store codes and figures."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_ERRORS: Final[Mapping[str, Promise]] = {
    "still_connected": _(
        "The app is still installed in the shop: its data are erased once it is removed there. "
        "If it is to stay, close the request and say why."
    ),
    "busy": _("Somebody was just at work on the contact: it is tried again."),
}
_FIGURES: Final[Mapping[str, Promise]] = {
    "contacts": _("contacts"),
    "contact": _("contacts"),
    "consents": _("declarations of consent"),
    "identifiers": _("other identifiers"),
    "phones": _("changes of phone"),
    "messages": _("messages to the person"),
    "messages_to_her": _("messages to the person"),
    "conversation": _("messages of the conversation"),
    "notes": _("notes"),
    "notes_about_her": _("notes"),
    "attachments": _("attachments of messages"),
    "spoki_deliveries": _("deliveries of Spoki"),
    "accounts": _("customer accounts of the shop"),
    "orders": _("orders"),
    "order_lines": _("order lines"),
    "parcels": _("parcels"),
    "confirmations": _("steps of confirmations"),
    "changes_of_address": _("changes of address"),
    "checkouts": _("checkouts"),
    "deliveries": _("deliveries of Shopify"),
}


def error_in_words(code: str) -> str:
    """Return the sentence of a code; a fault of ours by its name, and that it is tried again."""
    if not code or " " in code:
        return code
    known = _ERRORS.get(code)
    return (
        str(known)
        if known
        else str(_("A fault of ours (%(name)s): it is tried again.") % {"name": code})
    )


def figures_in_words(figures: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the figures by their names for a person, those that are zero left out."""
    return [(str(_FIGURES.get(name, name)), count) for name, count in figures.items() if count]
