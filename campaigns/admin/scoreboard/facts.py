"""Two versions or two campaigns side by side: everything that may explain why one does better."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.segments import describe
from campaigns.admin.page import values_in_words
from campaigns.admin.scoreboard.shown import NOT_SENT, differing, verdict_lines
from campaigns.figures import number
from campaigns.missed import Group
from campaigns.models import Campaign, OutboundMessage
from campaigns.scoreboard.board import (
    Amounts,
    Patience,
    Use,
    added_to,
    judged,
    missed_of,
    uses_of,
)
from campaigns.scoreboard.columns import Column
from campaigns.scoreboard.figures import RATES, total
from campaigns.scoreboard.proportions import Share
from campaigns.scoreboard.words import (
    LABELS,
    Text,
    cell,
    failure_words,
    listed,
    name_of,
    percent,
    segment_name,
    span,
    use_name,
)
from templates_sync.models import TemplateVersion

Status = OutboundMessage.Status
_NOWHERE = Q(pk__in=[])
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Side:
    """One version with all its uses, or one campaign; `key` is "v12" or "c4".

    `names_template`: the other side is of another template, so the label must tell.
    """

    key: str
    version: TemplateVersion
    uses: Sequence[Use]
    names_template: bool = False

    @property
    def campaigns(self) -> list[Campaign]:
        return [use.campaign for use in self.uses if use.campaign is not None]

    @property
    def is_campaign(self) -> bool:
        return self.key.startswith("c")

    @property
    def label(self) -> str:
        version = str(self.version) if self.names_template else f"v{self.version.number}"
        return f"{use_name(self.uses[0])} · {version}" if self.is_campaign else version


def sides_of(left: str, right: str) -> list[Side]:
    """Return what both keys name; the left one alone while `right` is empty.

    :raises Http404: as `side_of`.
    """
    sides = [side_of(key) for key in (left, right) if key or key == left]
    is_one = len({side.version.template_id for side in sides}) == 1
    return sides if is_one else [replace(side, names_template=True) for side in sides]


def side_of(key: str) -> Side:
    """Return what `key` names. :raises Http404: nothing, or a campaign that was never launched."""
    kind, pk = key[:1], key[1:]
    if not pk.isdecimal() or not pk.isascii() or len(pk) > 9:
        raise Http404
    if kind == "v":
        version = TemplateVersion.objects.select_related("template").filter(pk=int(pk)).first()
        if version is not None:
            mine = Q(template_version=version)
            return Side(key, version, uses_of(mine, Q(version=version)))
    if kind == "c":
        uses = uses_of(Q(pk=int(pk)), _NOWHERE)
        if uses and uses[0].campaign and uses[0].campaign.template_version:
            return Side(key, uses[0].campaign.template_version, uses)
    raise Http404


def text_rows(left: Side, right: Side) -> list[Any]:
    """Return the parts of both texts with what differs; empty for one and the same version."""
    same = left.version.pk == right.version.pk
    return [] if same else differing(left.version, right.version)


def fact_rows(left: Side, right: Side) -> list[dict[str, Any]]:
    """Return what differs around the text, then what is the same."""
    told = [(label, tell(left), tell(right)) for label, tell in _FACTS.items()]
    rows = [
        {"label": label, "left": one, "right": other, "is_changed": one != other}
        for label, one, other in told
    ]
    return sorted(rows, key=lambda row: not row["is_changed"])


def figure_rows(left: Side, right: Side, patience: Patience) -> list[dict[str, Any]]:
    """Return each rate on both sides, and whether they differ beyond chance, seen from the left."""
    verdicts = verdict_lines(left.uses, right.uses, patience)
    return [
        {
            "label": LABELS[rate.key],
            "pair": [
                {"side": side.label, "cell": cell(rate, judged(side.uses, rate, patience).share)}
                for side in (left, right)
            ],
            "verdict": verdicts[rate.key],
        }
        for rate in RATES
    ]


def added_rows(left: Side, right: Side) -> list[dict[str, Any]]:
    """Return what higher floors know of both sides, such as revenue: in all, and for every 100 sent.

    A column that knows nothing of either side is left out.
    """
    rows = []
    for column, amounts in added_to([*left.uses, *right.uses]):
        pair = [{"side": side.label, **_amount_of(side, column, amounts)} for side in (left, right)]
        if any(cell["is_known"] for cell in pair):
            rows.append({"label": column.label, "pair": pair})
    return rows


def _amount_of(side: Side, column: Column, amounts: Amounts) -> dict[str, Any]:
    found = [amounts[use.key] for use in side.uses if use.key is not None and use.key in amounts]
    if not found:
        return {"is_known": False, "amount": "—", "each": ""}
    amount, sent = sum(found, Decimal(0)), total(use.figures for use in side.uses).sent
    each = column.shown((amount * 100 / sent).quantize(_HUNDREDTH)) if sent else ""
    return {"is_known": True, "amount": column.shown(amount), "each": each}


def failure_rows(left: Side, right: Side) -> list[dict[str, Any]]:
    """Return why messages failed on either side, with the share of those sent there."""
    first, second = (missed_of(side.uses, Status.FAILED) for side in (left, right))
    keys = dict.fromkeys((one.reason, one.code) for one in [*first, *second])
    return [
        {
            "words": failure_words(Group(Status.FAILED, reason, code, 0)),
            "left": _failed(left, first, (reason, code)),
            "right": _failed(right, second, (reason, code)),
        }
        for reason, code in keys
    ]


def _failed(side: Side, groups: Sequence[Group], key: tuple[str, str]) -> str:
    people = sum(one.people for one in groups if (one.reason, one.code) == key)
    sent = total(use.figures for use in side.uses).sent
    return f"{percent(Share(people, sent).value)} ({number(people)})" if sent else "—"


def _version(side: Side) -> str:
    return f"v{side.version.number} · {side.version.get_status_display()}"


def _file(side: Side) -> str:
    """Return the name of the header's picture, video or document."""
    media = side.version.header_media or {}
    address = str(media.get("url") or "")
    return str(media.get("filename") or address.rpartition("/")[2] or "—")


def _segments(side: Side) -> str:
    return listed([_segment(campaign) for campaign in side.campaigns])


def _segment(campaign: Campaign) -> str:
    version = campaign.segment_version
    told = describe(version.rules) if version else ""
    return f"{segment_name(campaign)} – {told}" if told else segment_name(campaign)


def _left_out(side: Side) -> str:
    names = [
        ", ".join(sorted(segment.name for segment in campaign.exclude_segments.all()))
        for campaign in side.campaigns
    ]
    return listed([name or "—" for name in names])


def _recipients(side: Side) -> str:
    return number(total(use.figures for use in side.uses).recipients)


def _not_sent(side: Side) -> str:
    groups = missed_of(side.uses, *NOT_SENT)
    return listed([f"{number(one.people)} × {failure_words(one)}" for one in groups])


def _holdout(side: Side) -> str:
    return listed([_share(campaign.holdout_share) for campaign in side.campaigns])


def _canary(side: Side) -> str:
    return listed([_share(campaign.canary_share) for campaign in side.campaigns])


def _share(share: Any) -> str:
    return f"{localize((share * 100).normalize() + 0)}%"


def _pace(side: Side) -> str:
    return listed([_hours(campaign) for campaign in side.campaigns])


def _hours(campaign: Campaign) -> str:
    if not campaign.spread_hours:
        return _("as fast as the limits allow")
    hours = localize(campaign.spread_hours.normalize() + 0)
    return _("spread over %(hours)s hours") % {"hours": hours}


def _number(side: Side) -> str:
    return listed([str(campaign.number or _("The default number")) for campaign in side.campaigns])


def _values(side: Side) -> str:
    return listed([_values_of(campaign) for campaign in side.campaigns])


def _values_of(campaign: Campaign) -> str:
    return ", ".join(
        f"{value['name']}: “{value['fixed']}”"
        if value["fixed"]
        else f"{value['name']}: {value['source']}"
        for value in values_in_words(campaign)
    )


def _when(side: Side) -> str:
    return listed([span(use) for use in side.uses])


def _weekday(side: Side) -> str:
    starts = [timezone.localtime(use.first_left_at) for use in side.uses if use.first_left_at]
    return listed([date_format(start, "l") for start in starts])


def _hour(side: Side) -> str:
    starts = [timezone.localtime(use.first_left_at) for use in side.uses if use.first_left_at]
    return listed([date_format(start, "H:i") for start in starts])


def _launched_by(side: Side) -> str:
    return listed([name_of(campaign.launched_by) for campaign in side.campaigns])


_FACTS: dict[Text, Callable[[Side], str]] = {
    gettext_lazy("Version"): _version,
    gettext_lazy("File of the header"): _file,
    gettext_lazy("Values of the variables"): _values,
    gettext_lazy("Segment"): _segments,
    gettext_lazy("Segments left out"): _left_out,
    gettext_lazy("Recipients"): _recipients,
    gettext_lazy("Not sent to"): _not_sent,
    gettext_lazy("When it left"): _when,
    gettext_lazy("Day of the week"): _weekday,
    gettext_lazy("Hour of the start"): _hour,
    gettext_lazy("Pace"): _pace,
    gettext_lazy("First share"): _canary,
    gettext_lazy("Control group"): _holdout,
    gettext_lazy("From number"): _number,
    gettext_lazy("Launched by"): _launched_by,
}
