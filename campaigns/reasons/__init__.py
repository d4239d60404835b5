"""Every code that the outbox, a paused campaign or the sender writes down, in words for people.

Rows and reports store codes and figures; the words are made where they are shown, in the reader's
language. A code that is not listed is shown as it is: better odd than lost.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from campaigns.reasons.alerts import ALERT
from campaigns.reasons.flows import FLOW, FLOW_ALERT, FLOW_STOP
from campaigns.reasons.launches import LAUNCH
from campaigns.reasons.messages import MESSAGE
from campaigns.reasons.pauses import PAUSE, STOP, TEMPLATE, WATCH
from campaigns.reasons.remedies import HELP
from campaigns.reasons.routes import ROUTE
from campaigns.reasons.shop import SHOP
from campaigns.reasons.templates import SYNC, TEMPLATE_ALERT
from campaigns.reasons.waits import COUNTED, WAIT

__all__ = [
    "CODES",
    "STOP_CODES",
    "in_words",
    "moment",
    "offer",
    "place_of",
    "sentence",
    "why_paused",
]

Text = str | Promise

_ALL: Final[Mapping[str, Promise]] = {
    **MESSAGE,
    **PAUSE,
    **STOP,
    **WATCH,
    **WAIT,
    **ROUTE,
    **ALERT,
    **TEMPLATE_ALERT,
    **SYNC,
    **HELP,
    **LAUNCH,
    **SHOP,
    **FLOW,
    **FLOW_STOP,
    **FLOW_ALERT,
}
# The words that higher floors bring for codes of their own.
_OFFERED: dict[str, Text] = {}
CODES: Final = frozenset(_ALL) | frozenset(COUNTED)
# What stopped a campaign with these, only an approver lets go on.
STOP_CODES: Final = frozenset(STOP)


def offer(words: Mapping[str, Text]) -> None:
    """Take the words of a higher floor for its own codes; what is known here stays as it is."""
    _OFFERED.update(words)


def sentence(code: str, **figures: object) -> str:
    """Return the sentence of `code` in the active language, with its figures filled in.

    The figure `why` is itself a code, whose own figures are the others: its sentence stands in the
    place of {why} and {detail}.
    """
    if not code:
        return ""
    figures = _unpacked(figures)
    if why := figures.pop("why", None):
        inner = sentence(str(why), **figures)
        figures |= {"why": inner, "detail": inner}
    if code == "template_not_sendable":
        detail = str(figures.get("detail"))
        figures["detail"] = str(TEMPLATE.get(detail, detail))
    counted = COUNTED.get(code)
    text = counted(_count(figures)) if counted else str(_ALL.get(code) or _OFFERED.get(code, code))
    try:
        return text.format_map({name: _shown(name, figure) for name, figure in figures.items()})
    except (KeyError, IndexError, ValueError):
        return gettext("%(code)s (details are missing)") % {"code": code}


def moment(at: datetime, *, now: datetime) -> str:
    """Return `at` in the reader's zone: the hour, with the day where it is not today.

    What is less than two minutes ahead has its seconds: "until 15:47" at 15:47 says nothing.
    """
    local = timezone.localtime(at)
    if timedelta() < at - now < timedelta(minutes=2):
        return date_format(local, "H:i:s")
    if local.date() == timezone.localtime(now).date():
        return date_format(local, "H:i")
    return date_format(local, "SHORT_DATETIME_FORMAT")


def in_words(code: str, figures: Mapping[str, object], *, now: datetime) -> str:
    """Return the sentence of `code` with stored `figures`, whose moments (ISO 8601) are told."""
    told = dict(figures)
    for name in ("until", "at"):
        at = parse_datetime(str(told.get(name) or ""))
        if at is not None:
            told[name] = moment(at, now=now)
    return sentence(code, **told)


def place_of(zone: str) -> str:
    """Return the city of a time zone as the reader calls it: Roma in Italian, Rome in English."""
    # Heavy to load, and a forecast in the terminal names no city.
    from babel import Locale, UnknownLocaleError
    from babel.dates import get_timezone_location

    try:
        locale = Locale.parse(get_language() or "en", sep="-")
        city = str(get_timezone_location(zone, locale=locale, return_city=True))
    except (LookupError, ValueError, UnknownLocaleError):
        city = zone.replace("_", " ")
    return city.rpartition("/")[2]


def _count(figures: Mapping[str, object]) -> int:
    count = figures.get("count")
    return count if isinstance(count, int) else 0


def why_paused(code: str, detail: str) -> str:
    """Return why a campaign is paused. `detail` is plain text, or an object of figures as JSON."""
    return sentence(code or "person", detail=detail)


def _unpacked(figures: dict[str, object]) -> dict[str, object]:
    """Return the figures with those that a column of text keeps as JSON in `detail`."""
    detail = figures.get("detail")
    if not isinstance(detail, str) or not detail.startswith("{"):
        return figures
    try:
        kept = dict(json.loads(detail))
    except ValueError:
        return figures
    kept.pop("code", None)
    return {**figures, **kept}


def _shown(name: str, figure: object) -> object:
    """Return a number as the reader writes it: 1.204 and 56,1 in Italian; a zone as a city."""
    if name == "zone":
        return place_of(str(figure))
    if isinstance(figure, float) and figure.is_integer():
        figure = int(figure)
    return localize(figure) if isinstance(figure, int | float) else figure
