"""The outcomes of deliveries as sentences; handlers store the words."""

from django.utils.translation import gettext_lazy as _

_WORDS = {
    "order": _("an order"),
    "order_deleted": _("an order was deleted"),
    "to_read": _("the order is read again from Shopify"),
    "parcel": _("a parcel"),
    "courier_news": _("news of a courier"),
    "refund": _("a refund"),
    "return": _("a return"),
    "checkout": _("a cart"),
    "checkout_deleted": _("a cart was deleted"),
    "product": _("a product"),
    "product_deleted": _("a product was deleted"),
    "customer": _("a customer"),
    "our_own": _("what we wrote ourselves"),
    "customer_gone": _("about a customer who is gone"),
    "not_merged": _("two customers were not merged"),
    "email_only": _("a consent to e-mail only"),
    "no_state": _("a consent that says nothing"),
    "data_request": _("a customer asks for her data"),
    "redact": _("a customer must be forgotten"),
    "shop_redact": _("the shop must be forgotten"),
    "uninstalled": _("the app was removed"),
    "scopes": _("what the app may do"),
    "stale": _("older than what is known"),
    "no_order": _("its order is not here yet"),
    "no_parcel": _("its parcel is not here yet"),
    "not_used": _("it is not used"),
    "unknown_topic": _("a topic that is not used"),
    "unknown_shop": _("it came for another shop"),
    "unreadable": _("it cannot be read"),
    "fault": _("a fault of this application"),
    "worker_died": _("the worker ended in the middle"),
    "erased": _("erased: the customer must be forgotten"),
}


def outcome_in_words(word: str) -> str:
    """Return what became of a delivery for a person; a word without a sentence as it is."""
    return str(_WORDS.get(word, word.replace("_", " ") or "–"))
