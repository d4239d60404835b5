"""What people are told of the templates: reads that fail, odd words, other prices."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEMPLATE_ALERT: Final[Mapping[str, Promise]] = {
    "templates_unread": _(
        "No read of the templates has succeeded since {at}: what is paused, rejected or dearer on Spoki "
        "is not known here. {why}"
    ),
    "template_unknown_status": _(
        "Spoki gives the status “{word}”, which we do not know, to templates ({count}): they are not "
        "sent. Look at them on Spoki, and tell the people who look after this application."
    ),
    "template_unreadable": _(
        "Templates of Spoki cannot be read ({count}): they are not sent. Look at them on Spoki, and "
        "tell the people who look after this application."
    ),
    "template_now_marketing": _(
        "Meta counts “{name}” as marketing now, which has another price: accept it on the page of the "
        "template, or it is not sent."
    ),
    "template_now_utility": _(
        "Meta counts “{name}” as utility now, which has another price: accept it on the page of the "
        "template, or it is not sent."
    ),
    "template_now_authentication": _(
        "Meta counts “{name}” as authentication now, which has another price: accept it on the page of "
        "the template, or it is not sent."
    ),
    "template_now_unknown": _(
        "Spoki gives “{name}” a category that we do not know, so its price is not known: it is not "
        "sent. Look at it on Spoki."
    ),
}

# Why the templates cannot be read from Spoki, by the codes of its runs, and what to do.
SYNC: Final[Mapping[str, Promise]] = {
    "sync_idle": _("Nobody has tried for an hour: are the background workers running?"),
    "sync_key_missing": _("SPOKI_API_KEY is not set: the key is on Spoki, under Integrations."),
    "sync_key_refused": _(
        "Spoki refuses the API key: check SPOKI_API_KEY; the key is on Spoki, under Integrations."
    ),
    "sync_unreachable": _("Spoki does not answer: look whether Spoki works for others."),
    "sync_throttled": _("Spoki asks to slow down: does another program use the same key?"),
    "sync_unreadable": _(
        "Spoki's answer could not be read: tell the people who look after this application."
    ),
    "sync_refused": _(
        "Spoki refused the request: tell the people who look after this application."
    ),
    "sync_empty": _("Spoki lists no template at all: is the API key that of another account?"),
    "sync_interrupted": _("The reads were cut off: do the background workers die or start anew?"),
}
