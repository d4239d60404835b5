"""What people are told wherever they are, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What people are told wherever they are: events, and conditions that hold for a while.
ALERT: Final[Mapping[str, Promise]] = {
    "campaign_stopped": _("“{campaign}” was stopped. {why}"),
    "launch_refused": _("“{campaign}” was not launched. {why}"),
    "campaign_watched": _("Look at “{campaign}”. {why}"),
    "account_stopped": _("Sending is stopped for the whole account. {why}"),
    "country_closed": _(
        "Meta does not let this business write to phones with {country} (130497): marketing to them "
        "is skipped, and tried again with one message a day."
    ),
    "unknown_code": _(
        "Spoki answered with a code that we do not know ({error}): that message is not tried "
        "again. Ask Spoki what it means."
    ),
    "alert_quality_yellow": _(
        "The quality of {number} fell to medium: marketing goes at half speed. Write to fewer, more "
        "interested people."
    ),
    "alert_quality_red": _(
        "The quality of {number} is low: marketing is stopped until it recovers. Look at who gets "
        "your messages, and how often."
    ),
    "alert_quality_unreadable": _(
        "Spoki gives a quality for {number} that we do not know: marketing waits until somebody "
        "says under “Account and limits” what it means."
    ),
    "alert_phone_status": _(
        "The number {number} is not ready on WhatsApp: look at it on Spoki before you send more."
    ),
    "limit_unreadable": _(
        "Spoki gives a limit of people in 24 hours that we do not know ({word}): {limit} count until "
        "somebody sets one by hand under “Account and limits”."
    ),
    "sync_too_old": _(
        "The templates' states were last read at {at}: what needs a fresh one waits. Are the "
        "background workers running, does Spoki answer?"
    ),
    "contact_push_old": _(
        "No contact reached Spoki for an hour: what is corrected here is not known there. Look at "
        "System → Contact syncs for the reason."
    ),
    "contact_sweep_old": _(
        "Contacts were not read from Spoki for more than a day and a half: who unsubscribed there may "
        "not be known here. Look at System → Contact syncs for the reason."
    ),
    "account_too_old": _(
        "The account was last read from Spoki at {at}: limits and quality may have changed since. "
        "Are the background workers running, does Spoki answer?"
    ),
    "sender_silent": _("Messages wait and the sender has not reported since {at}: start it again."),
    "undecided": _(
        "Nobody knows whether {count} messages left (the oldest is from {at}): decide on them, or "
        "wait for news from Spoki."
    ),
}
