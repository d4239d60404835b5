"""Why an automation route is not used, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why an automation route is not used.
ROUTE: Final[Mapping[str, Promise]] = {
    "route_carousel": _("An automation cannot be given the cards of a carousel."),
    "route_header_media": _("An automation cannot be given the picture, video or document."),
    "route_secret_unreadable": _("The secret can no longer be read: write it again."),
    "route_secret_refused": _(
        "Spoki refuses the secret (401 or 403): copy it again from the automation's API trigger."
    ),
    "route_refused": _(
        "Spoki refused a whole call of it: what waits goes one by one. Test it again before use."
    ),
    "route_not_found": _(
        "Spoki knows no automation with this trigger (404): is the id right, and is it switched on?"
    ),
    "route_wrong_template": _(
        "The automation sent another template: choose the right one on Spoki, then test again."
    ),
    "route_no_webhook": _(
        "No webhook came back. Is the automation active, does its only step send this template, "
        "and do Spoki's webhooks reach us?"
    ),
    "route_metadata_lost": _(
        "The message came back without our reference, so nobody could tell whose it is: this "
        "account cannot send by automation."
    ),
    "route_changed": _("The automation was changed meanwhile: test it again."),
    "route_exists": _("This template already has an automation: change that one."),
    "route_superseded": _("Its text was changed on Spoki: choose the newer version."),
    "route_is_on": _("It is on: switch it off before you change it."),
    "route_being_tested": _("A test is under way: wait for its end."),
    "route_secret_missing": _("Another trigger has another secret: write it too."),
    "route_not_proven": _("It has not passed a test of this version: test it first."),
    "route_was_off": _("It was off already."),
    "route_cannot_be_tested": _("It is on, or a test is under way: nothing was sent."),
    "route_secret_not_listed": _(
        "Spoki does not show the secret of this trigger: write it by hand."
    ),
    "route_other_number": _("An automation sends from the default number only."),
    "route_switched_off": _("It is not switched on."),
    "route_broken": _("The automation “{name}” is out of service. {detail}"),
    "way_send": _("By Spoki's send endpoint."),
    "way_automation": _(
        "By the automation “{name}”, up to 500 people per call. No identifier comes back: whoever "
        "no webhook tells of within {minutes} minutes becomes “unknown”, and is never written "
        "to twice."
    ),
    "way_not_automation": _("By Spoki's send endpoint; the automation is not used. {detail}"),
    "route_no_room": _("The account may not send anything right now: try again in a minute."),
}
