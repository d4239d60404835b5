"""The codes of a confirmation, in words for people: made where they are shown, in the reader's language."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    """What a `CodEvent` tells."""

    SEEN = "seen", _("Order placed, cash on delivery")
    NOT_ELIGIBLE = "not_eligible", _("Cannot be asked")
    HELD_OUT = "held_out", _("In the control group: not asked")
    CAN_BE_ASKED = "can_be_asked", _("Can be asked now")
    ASKED = "asked", _("Question sent")
    ASK_AGAIN = "ask_again", _("To ask again: the order changed")
    REMINDED = "reminded", _("Reminder prepared")
    UNANSWERED = "unanswered", _("No answer: to call")
    CONFIRMED = "confirmed", _("Confirmed")
    CHANGE_REQUESTED = "change_requested", _("Wants to change the address")
    TYPED = "typed", _("New address written")
    APPLYING = "applying", _("New address handed to Shopify")
    CHANGED = "changed", _("New address applied")
    NOT_APPLIED = "not_applied", _("Shopify did not take the new address")
    REFUSED = "refused", _("New address not applied")
    CANCEL_REQUESTED = "cancel_requested", _("Wants to cancel")
    CANCELLING = "cancelling", _("Cancellation handed to Shopify")
    NOT_CANCELLED = "not_cancelled", _("Shopify did not cancel")
    CANCELLED = "cancelled", _("Cancelled")
    KEPT = "kept", _("Kept: not cancelled")
    CLOSED = "closed", _("Nothing left to ask")
    OLD = "old", _("Agreed to the amount of before")
    OVERTAKEN = "overtaken", _("An earlier answer, arrived late")
    REPEATED = "repeated", _("Said it again")
    LATE = "late", _("Too late for the order to follow")
    QUESTION = "question", _("Wrote something for a person")
    QUESTION_DONE = "question_done", _("Seen to")
    NOBODY = "nobody", _("Called: nobody answered")
    CAME_BACK = "came_back", _("Parcel marked as refused")
    TAKEN_AFTER_ALL = "taken_after_all", _("Parcel no longer marked as refused")


# Why an order is not asked about. What concerns the person has its words in `campaigns.reasons`.
WHY_NOT: Final[Mapping[str, Promise]] = {
    "imported": _("The order was imported: nobody is asked about the past."),
    "order_test": _("It is a test order."),
    "order_without_shipping": _("There is nothing to ship."),
    "order_cancelled": _("The order was cancelled."),
    "order_shipped": _("The order has left already."),
    "order_paid": _("Nothing is left to pay."),
    "order_answered": _("The customer has answered."),
    "order_changed": _("The order changed: another message says what holds now."),
    "order_gone": _("The order is not there any more."),
    "no_orders_consent": _("The customer did not agree to order messages on WhatsApp."),
    "cod_holdout": _("The order is in the control group, to measure the effect."),
    "order_unanswered": _("It stayed unanswered: somebody calls."),
    "question_lost": _("The question did not reach the customer."),
}
