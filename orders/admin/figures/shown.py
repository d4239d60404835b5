"""The figures of cash on delivery as people read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.figures import money, number
from campaigns.scoreboard.proportions import Share, Verdict
from campaigns.scoreboard.words import interval, percent
from orders.figures.effect import Effect, Group
from orders.figures.funnel import By, Funnel
from orders.figures.refusals import Refusals, Said

Text = str | Promise
STEPS: Final[dict[str, Text]] = {
    "orders": pgettext_lazy("funnel", "COD orders"),
    "asked": pgettext_lazy("funnel", "Asked"),
    "delivered": pgettext_lazy("funnel", "Question delivered"),
    "read": pgettext_lazy("funnel", "Question read"),
    "confirmed": pgettext_lazy("funnel", "Confirmed"),
    "changed": pgettext_lazy("funnel", "Change asked"),
    "cancelled": pgettext_lazy("funnel", "Cancelled"),
    "silent": pgettext_lazy("funnel", "Silent"),
    "shipped": pgettext_lazy("funnel", "Shipped"),
    "refused": pgettext_lazy("funnel", "Refused"),
}
_HEADS: Final[dict[By, Text]] = {
    By.DAY: pgettext_lazy("figures by", "Day"),
    By.PROVINCE: pgettext_lazy("figures by", "Province"),
    By.COURIER: pgettext_lazy("figures by", "Courier"),
}
_SAID: Final[dict[Said, Text]] = {
    Said.CONFIRMED: gettext_lazy("Confirmed on WhatsApp or by phone"),
    Said.CHANGED: gettext_lazy("Asked for a change"),
    Said.SILENT: gettext_lazy("Asked, without a yes"),
    Said.NOT_ASKED: gettext_lazy("Not asked"),
}
_VERDICTS: Final[dict[Verdict, Text]] = {
    Verdict.LOWER: gettext_lazy("Asking lowers the refusals: the difference is beyond chance."),
    Verdict.HIGHER: gettext_lazy(
        "With the question more parcels are refused: the difference is beyond chance. Look at the text."
    ),
    Verdict.UNCLEAR: gettext_lazy("No clear difference yet: it may well be chance."),
    Verdict.FEW: gettext_lazy("Too few parcels have ended in one of the groups to compare them."),
    Verdict.EARLY: gettext_lazy("It is too early to compare them."),
    Verdict.NONE: gettext_lazy("There is nothing to compare yet."),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the funnel; `width` is its percentage of all orders, 0 to 100, for the drawing."""

    label: Text
    count: str
    share: str
    width: float


def bars(total: Funnel) -> list[Bar]:
    """Return a bar per step; none without orders."""
    if not total.orders:
        return []
    return [_bar(label, getattr(total, name), total.orders) for name, label in STEPS.items()]


def _bar(label: Text, count: int, of: int) -> Bar:
    return Bar(label, number(count), percent(Share(count, of).value), round(100 * count / of, 1))


def table(rows: Sequence[Funnel], by: By) -> dict[str, Any]:
    """Return the table as its heading and its rows, the cells with the name of their column."""
    return {
        "head": _HEADS[by],
        "columns": list(STEPS.values()),
        "rows": [
            {
                "key": key_words(row.key, by),
                "cells": [(label, number(getattr(row, name))) for name, label in STEPS.items()],
            }
            for row in rows
        ],
    }


def key_words(key: str, by: By) -> str:
    if not key:
        return _("not known")
    return date_format(date.fromisoformat(key), "D d/m/Y") if by is By.DAY else key


def answer_rows(refusals: Refusals) -> list[dict[str, Any]]:
    """Return how parcels ended, by what their customer said."""
    return [
        {"label": _SAID[said], **group_words(group)} for said, group in refusals.by_answer.items()
    ]


def group_words(group: Group) -> dict[str, Any]:
    """Return a group's figures: how many, the rate with its bounds, what is still open."""
    rate = group.rate
    return {
        "shipped": number(group.shipped),
        "refused": number(group.refused),
        "delivered": number(group.delivered),
        "rate": percent(rate.value),
        "interval": interval(rate),
        "is_small": rate.is_small,
        "open": f"{number(group.open)} ({percent(group.open_share.value)})",
    }


def effect_words(refusals: Refusals) -> dict[str, Any]:
    """Return what the control group says, in sentences."""
    effect = refusals.effect
    return {
        "verdict": _VERDICTS[effect.verdict],
        "points": _points(effect),
        "saved": _saved(effect),
        "asked": group_words(refusals.asked) | {"orders": number(refusals.asked.orders)},
        "held_out": group_words(refusals.held_out) | {"orders": number(refusals.held_out.orders)},
        "parcel_cost": f"{money(refusals.parcel_cost)} €",
        "message_cost": f"{money(refusals.asked.spent)} €",
        "per_order": f"{localize(refusals.asked.spent_per_order.quantize(Decimal('0.001')))} €",
        "has_draw": bool(refusals.asked.orders or refusals.held_out.orders),
    }


def _points(effect: Effect) -> str:
    if effect.points is None or effect.low is None or effect.high is None:
        return ""
    return _("%(points)s points (between %(low)s and %(high)s in 95 of 100 cases)") % {
        "points": _signed(effect.points),
        "low": _signed(effect.low),
        "high": _signed(effect.high),
    }


def _saved(effect: Effect) -> str:
    if effect.saved is None:
        return ""
    return _("%(amount)s € (between %(low)s and %(high)s € in 95 of 100 cases)") % {
        "amount": money(effect.saved.amount),
        "low": money(effect.saved.low),
        "high": money(effect.saved.high),
    }


def _signed(share: float) -> str:
    """Return points with their sign: −3,2."""
    points = round(100 * share, 1)
    sign = "−" if points < 0 else "+" if points > 0 else ""
    return f"{sign}{localize(abs(points))}"


def csv_rows(rows: Sequence[Funnel], by: By) -> Iterator[list[object]]:
    """Yield the table for a file, the heading first."""
    yield [str(head) for head in (_HEADS[by], *STEPS.values(), _("Control group"))]
    for row in rows:
        key = date.fromisoformat(row.key).strftime("%d/%m/%Y") if by is By.DAY else row.key
        yield [key, *(getattr(row, name) for name in (*STEPS, "held_out"))]
