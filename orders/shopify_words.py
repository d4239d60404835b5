"""What went wrong with Shopify, in words: rows store codes, the sentences are made where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Promise]] = {
    "not_connected": _(
        "The shop is not connected: set SHOPIFY_SHOP_DOMAIN and the keys of the app."
    ),
    "unreachable": _("Shopify did not answer. It is tried again."),
    "server_fault": _("Shopify has a fault of its own. It is tried again."),
    "throttled": _("Shopify asked to slow down. It is tried again."),
    "token_refused": _(
        "Shopify refuses our keys: look at SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, or at "
        "SHOPIFY_ADMIN_TOKEN, and whether the app is still installed."
    ),
    "access_denied": _(
        "The app lacks a permission on Shopify for this: add it to the app's scopes."
    ),
    "shop_closed": _("The shop is frozen or locked on Shopify: its owner must settle that first."),
    "not_found": _("Shopify does not know this (any more)."),
    "misspelt": _(
        "Shopify did not understand the question: is SHOPIFY_API_VERSION one that it still serves?"
    ),
    "too_costly": _("The question is too large for Shopify's limits."),
    "unreadable": _("Shopify's answer could not be read. It is tried again."),
    "file_gone": _("Shopify's file has expired. It is asked for again."),
    "refused": _("Shopify refused it."),
    "not_on_shopify": _("This order is not on Shopify."),
    "no_such_address": _(
        "Shopify has nothing at this address: look at SHOPIFY_SHOP_DOMAIN and SHOPIFY_API_VERSION, then try again."
    ),
    "order_gone": _("The order was deleted on Shopify."),
    "shipped": _("The order has been shipped: it can no longer be changed."),
    "cancelled": _("The order was cancelled on Shopify."),
    "paid": _("The order has been paid: cancel it on Shopify, where you decide about the refund."),
    "no_address": _("The new address is not complete: street, postcode and city are needed."),
    "note_too_long": _("The note of the order is full: shorten it on Shopify, then repeat."),
    "not_yet_cancelled": _("Shopify accepted the cancellation but has not carried it out."),
    "no_webhook_address": _(
        "Nobody says where Shopify is to send its webhooks: set SHOPIFY_WEBHOOK_URL to the public "
        "address of this application, ending in /webhooks/shopify/."
    ),
    "turned_off": _("Writing withdrawals to Shopify is switched off on the page of the shop."),
    "overtaken": _("The person has decided otherwise since: her newest word counts."),
    "newer_on_shopify": _("Shopify has a later word of this person: it counts."),
    "customer_gone": _("This customer is not on Shopify any more."),
    "no_account": _("This person is no customer of the shop: there is nothing to write it to."),
    "no_default_phone": _(
        "The customer has no phone on Shopify, where the consent belongs to the phone: add it there, then try again."
    ),
    "other_number": _(
        "The customer has another phone on Shopify than the one that the consent was given for: if it is wrong there, "
        "correct it, then try again."
    ),
    "not_ended_there": _("Shopify does not show a withdrawal: there is nothing to take back."),
    "not_ended_by_us": _(
        "The withdrawal on Shopify was not written by us: it stays. Ask the customer to subscribe again in the shop."
    ),
    "no_write_customers": _(
        "The app lacks the permission write_customers on Shopify: add it to the app's scopes, then try again."
    ),
    "version_without_consent": _(
        "Shopify keeps a consent to WhatsApp since version 2026-07 of its API: set SHOPIFY_API_VERSION to that or a "
        "later one."
    ),
    "fault": _("Something went wrong here: the error is in the log."),
    "bulk_failed": _("Shopify could not write the file. It is asked for again."),
    "bulk_busy": _("Shopify is busy with other exports: it goes on when they are done."),
}


def sentence(code: str, detail: str = "") -> str:
    """Return the sentence of `code` in the active language, with Shopify's own words behind it."""
    if not code:
        return ""
    text = str(SENTENCES.get(code, code))
    if not detail:
        return text
    said = gettext("Shopify says: “%(said)s”") % {"said": detail}
    return f"{text} {said}"
