"""The figures of the scoreboard as people read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from campaigns.figures import number
from campaigns.missed import Group, meaning_of
from campaigns.models import Campaign
from campaigns.scoreboard.board import Use
from campaigns.scoreboard.figures import Rate
from campaigns.scoreboard.proportions import FEWEST, Share, Verdict

Text = str | Promise
LABELS: Final[dict[str, Text]] = {
    "recipients": pgettext_lazy("recipients", "Recipients"),
    "waiting": pgettext_lazy("recipients", "Waiting"),
    "skipped": pgettext_lazy("recipients", "Left out"),
    "expired": pgettext_lazy("recipients", "Expired"),
    "unknown": pgettext_lazy("recipients", "Unknown"),
    "sent": pgettext_lazy("recipients", "Sent"),
    "delivered": pgettext_lazy("recipients", "Delivered"),
    "read": pgettext_lazy("recipients", "Read"),
    "replied": pgettext_lazy("recipients", "Replied"),
    "opted_out": pgettext_lazy("recipients", "Unsubscribed"),
    "failed": pgettext_lazy("recipients", "Failed"),
}
_OF: Final[dict[str, Text]] = {
    "sent": gettext_lazy("{count} of {of} sent"),
    "delivered": gettext_lazy("{count} of {of} delivered"),
}
_VERDICTS: Final[dict[Verdict, Text]] = {
    Verdict.HIGHER: gettext_lazy("higher"),
    Verdict.LOWER: gettext_lazy("lower"),
    Verdict.UNCLEAR: gettext_lazy("no clear difference"),
    Verdict.FEW: gettext_lazy("too few to compare"),
    Verdict.EARLY: gettext_lazy("too early to compare"),
    Verdict.NONE: gettext_lazy("nothing to compare"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One share on a page: 62,4% · 624 of 1.000 delivered · 59–65%."""

    key: str
    label: Text
    percent: str
    counts: str
    interval: str
    is_small: bool


def cell(rate: Rate, share: Share) -> Cell:
    """Return `share` in words; a dash where there is nobody to count among."""
    counts = str(_OF[rate.of]).format(count=number(share.count), of=number(share.of))
    return Cell(
        rate.key,
        LABELS[rate.key],
        percent(share.value),
        counts if share.of else "",
        interval(share),
        share.is_small,
    )


def percent(value: float | None) -> str:
    return "—" if value is None else f"{localize(_rounded(value))}%"


def interval(share: Share) -> str:
    """Return the bounds of the true share: 59–65%."""
    if share.interval is None:
        return ""
    low, high = (localize(_rounded(bound)) for bound in share.interval)
    return f"{low}–{high}%"


def verdict_words(found: Verdict) -> str:
    return str(_VERDICTS[found])


def too_few() -> str:
    return _("fewer than %(fewest)d people: by chance alone it could be quite different") % {
        "fewest": FEWEST
    }


def failure_words(group: Group) -> str:
    """Return why in words, with Spoki's code where there is one."""
    meaning = meaning_of(group.status, group.reason, group.code)
    return f"{meaning} ({group.code})" if group.code and group.code not in meaning else meaning


def failures_in_one(groups: Iterable[Group]) -> str:
    """Return all of `groups` in one text: 37 × Not reachable on WhatsApp. (whatsapp::131026); …"""
    return "; ".join(f"{number(group.people)} × {failure_words(group)}" for group in groups)


def span(use: Use) -> str:
    """Return when it left: lun 23/11/2026, 10:05–18:40, with both days where there are two."""
    if use.first_left_at is None or use.last_left_at is None:
        return ""
    first, last = timezone.localtime(use.first_left_at), timezone.localtime(use.last_left_at)
    until = date_format(last, "H:i")
    if first.date() != last.date():
        until = f"{_day(last)}, {until}"
        return f"{_day(first)}, {date_format(first, 'H:i')} – {until}"
    return f"{_day(first)}, {date_format(first, 'H:i')}–{until}"


def name_of(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else "—"


def use_name(use: Use) -> str:
    if use.campaign:
        return use.campaign.name
    return use.flow.name if use.flow else _("Outside campaigns and flows")


def used_by(campaigns: int, flows: int) -> str:
    """Return “3 campaigns · 1 flow”; a dash where only single messages were sent."""
    told = []
    if campaigns:
        told.append(
            ngettext("%(count)s campaign", "%(count)s campaigns", campaigns)
            % {"count": number(campaigns)}
        )
    if flows:
        told.append(ngettext("%(count)s flow", "%(count)s flows", flows) % {"count": number(flows)})
    return " · ".join(told) or "—"


def segment_name(campaign: Campaign) -> str:
    return str(campaign.segment_version or campaign.segment or "—")


def listed(texts: Sequence[str], *, most: int = 4) -> str:
    """Return each text once, in order, at most `most` of them and how many more there are."""
    different = list(dict.fromkeys(text for text in texts if text))
    if not different:
        return "—"
    shown = " · ".join(different[:most])
    rest = len(different) - most
    return _("%(shown)s and %(rest)d more") % {"shown": shown, "rest": rest} if rest > 0 else shown


def _rounded(value: float) -> float | int:
    """Return percent with one decimal, and none where it would be a zero."""
    rounded = round(100 * value, 1)
    return int(rounded) if rounded.is_integer() else rounded


def _day(moment: datetime) -> str:
    return f"{date_format(moment, 'D')} {date_format(moment, 'SHORT_DATE_FORMAT')}"
