"""What the page of a template shows of each version and of each campaign that used it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audiences.models import SegmentVersion
from audiences.segments import describe
from campaigns.addresses import campaign_url
from campaigns.figures import number
from campaigns.missed import Group
from campaigns.models import OutboundMessage
from campaigns.scoreboard.board import (
    Amounts,
    Board,
    Key,
    Line,
    Patience,
    Use,
    is_early,
    judged,
    missed_of,
    share_of,
    verdicts,
)
from campaigns.scoreboard.columns import Column
from campaigns.scoreboard.figures import RATES, Figures, total
from campaigns.scoreboard.proportions import Share, Verdict
from campaigns.scoreboard.words import (
    LABELS,
    Cell,
    cell,
    failure_words,
    name_of,
    percent,
    segment_name,
    span,
    use_name,
    used_by,
    verdict_words,
)
from templates_sync.admin.drafts.comparison import parts_of
from templates_sync.comparing import Part, compare
from templates_sync.models import TemplateVersion

# So many campaigns of a version are listed; the others count in its figures and stand in the file.
MOST_LISTED: Final = 50
Status = OutboundMessage.Status
NOT_SENT: Final = (Status.SKIPPED, Status.EXPIRED, Status.UNKNOWN)
_READ: Final = next(rate for rate in RATES if rate.key == "read")
Added = Sequence[tuple[Column, Amounts]]


def lines_of(board: Board, patience: Patience) -> list[dict[str, Any]]:
    """Return a dict per version, the newest first, each compared with the last one used before it."""
    sentences = _Sentences()
    shown = []
    for place, line in enumerate(board.lines):
        older = board.lines[place + 1 :]
        before = older[0].version if older else None
        used_before = next((one for one in older if one.figures.sent), None)
        shown.append(
            {
                "version": line.version,
                "key": f"v{line.version.pk}",
                "change": change_of(before, line.version),
                "campaigns": len(line.campaigns),
                "used_by": used_by(len(line.campaigns), len(line.flows)),
                "recipients": line.figures.recipients,
                "sent": line.figures.sent,
                "cells": [cell(rate, judged(line.uses, rate, patience).share) for rate in RATES],
                "left_out": judged(line.uses, _READ, patience).left_out,
                "added": _added(board.added, [use.key for use in line.uses]),
                "failures": failures(line.uses, line.figures),
                "versus": _versus(used_before, line, patience),
                "uses": [_use(use, board, sentences, patience) for use in line.uses[:MOST_LISTED]],
                "hidden": max(0, len(line.uses) - MOST_LISTED),
            }
        )
    return shown


def overview_lines(uses: Sequence[Use], patience: Patience, *, sort: str) -> list[dict[str, Any]]:
    """Return a dict per template with what all its versions come to together.

    The one sent most often comes first; with `sort`, the key of a rate, the highest share, and last
    what is too small to say anything.
    """
    known = TemplateVersion.objects.filter(pk__in={use.version_id for use in uses})
    versions = {version.pk: version for version in known.select_related("template")}
    by_template: dict[int, list[Use]] = {}
    for use in uses:
        by_template.setdefault(versions[use.version_id].template_id, []).append(use)
    lines = [_template_line(versions, mine, patience) for mine in by_template.values()]
    lines.sort(key=lambda line: (-line["sent"], str(line["template"])))
    if any(rate.key == sort for rate in RATES):
        lines.sort(key=lambda line: _rank(line["shares"][sort]))
    return lines


def _template_line(
    versions: Mapping[int, TemplateVersion], uses: Sequence[Use], patience: Patience
) -> dict[str, Any]:
    figures = total(use.figures for use in uses)
    campaigns = sum(use.campaign is not None for use in uses)
    shares = {rate.key: judged(uses, rate, patience).share for rate in RATES}
    return {
        "template": versions[uses[0].version_id].template,
        "versions": len({use.version_id for use in uses}),
        "campaigns": campaigns,
        "used_by": used_by(campaigns, len({use.flow.pk for use in uses if use.flow})),
        "sent": figures.sent,
        "shares": shares,
        "cells": [cell(rate, shares[rate.key]) for rate in RATES],
        "left_out": judged(uses, _READ, patience).left_out,
        "is_counted": all(use.counted_at for use in uses),
    }


def _rank(share: Share) -> tuple[bool, float]:
    is_mute = share.value is None or share.is_small
    return is_mute, -(share.value or 0.0)


def change_of(before: TemplateVersion | None, version: TemplateVersion) -> dict[str, Any]:
    """Return what `version` changed, as a sentence and as the parts that differ."""
    if before is None:
        return {"sentence": _("The first version that was read."), "parts": []}
    parts = [part for part in differing(before, version) if part.is_changed]
    names = ", ".join(part.name for part in parts) or _("nothing that a customer reads")
    words = {"number": before.number, "parts": names}
    return {"sentence": _("Changed since v%(number)d: %(parts)s") % words, "parts": parts}


def differing(left: TemplateVersion, right: TemplateVersion) -> list[Part]:
    return compare(parts_of(left), parts_of(right))


def cells(figures: Figures) -> list[Cell]:
    """Return the shares of one campaign as they are, whatever may still come in."""
    return [cell(rate, share_of(figures, rate)) for rate in RATES]


def failures(uses: Sequence[Use], figures: Figures) -> list[dict[str, Any]]:
    """Return why messages failed, the most frequent first, with the share of those sent."""
    return [
        {
            "words": failure_words(group),
            "people": group.people,
            "percent": percent(Share(group.people, figures.sent).value),
        }
        for group in missed_of(uses, Status.FAILED)
    ]


def compare_url(left: str, right: str = "") -> str:
    keys = {"left": left} | ({"right": right} if right else {})
    return f"{reverse('admin:campaigns_campaign_compare')}?{urlencode(keys)}"


def verdict_lines(
    first: Sequence[Use], second: Sequence[Use], patience: Patience
) -> dict[str, Any]:
    """Return, by the key of each rate, the verdict in words and the tone of its label."""
    return {
        key: {"words": verdict_words(found), "tone": _tone(key, found)}
        for key, found in verdicts(first, second, patience).items()
    }


def _tone(key: str, found: Verdict) -> str:
    if found not in {Verdict.HIGHER, Verdict.LOWER}:
        return "plain"
    is_bad = next(rate.is_bad for rate in RATES if rate.key == key)
    return "good" if (found is Verdict.HIGHER) is not is_bad else "bad"


def _versus(before: Line | None, line: Line, patience: Patience) -> dict[str, Any] | None:
    if before is None or not line.figures.sent:
        return None
    found = verdict_lines(before.uses, line.uses, patience)
    return {
        "number": before.version.number,
        "url": compare_url(f"v{before.version.pk}", f"v{line.version.pk}"),
        "lines": [{"label": LABELS[key], **words} for key, words in found.items()],
    }


class _Sentences:
    """What each segment says, put into words once however many campaigns used it."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, version: SegmentVersion | None) -> str:
        if version is None:
            return ""
        if version.pk not in self._known:
            self._known[version.pk] = describe(version.rules)
        return self._known[version.pk]


def _use(use: Use, board: Board, sentences: _Sentences, patience: Patience) -> dict[str, Any]:
    campaign = use.campaign
    shown: dict[str, Any] = {
        "campaign": campaign,
        "flow": use.flow,
        "name": use_name(use),
        "when": span(use),
        "figures": use.figures,
        "cells": cells(use.figures),
        "is_counted": use.counted_at is not None,
        "failures": failures([use], use.figures),
        "not_sent": [_not_sent(group) for group in missed_of([use], *NOT_SENT)],
        "notes": _notes(use, patience),
        "added": _added(board.added, [use.key]),
    }
    if campaign is None:
        return shown
    return shown | {
        "url": campaign_url(campaign, "progress"),
        "compare_url": compare_url(f"c{campaign.pk}"),
        "launched_by": name_of(campaign.launched_by),
        "approved_by": name_of(campaign.approved_by),
        "segment": segment_name(campaign),
        "sentence": sentences.of(campaign.segment_version),
    }


def _not_sent(group: Group) -> dict[str, Any]:
    label = Status(group.status).label
    return {"words": f"{label}: {failure_words(group)}", "people": group.people}


def _notes(use: Use, patience: Patience) -> list[str]:
    """Return what somebody must know before reading the figures."""
    notes = []
    if use.counted_at is not None and is_early([use], _READ, patience):
        notes.append(_("Still coming in: reads and answers take a day."))
    if unknown := use.figures.unknown:
        told = ngettext(
            "%(count)s message may have left or not: it counts nowhere else.",
            "%(count)s messages may have left or not: they count nowhere else.",
            unknown,
        )
        notes.append(told % {"count": number(unknown)})
    return notes


def _added(added: Added, keys: Sequence[Key | None]) -> list[dict[str, str]]:
    """Return the amount of each added column over the uses `keys`; a dash where none is known."""
    return [
        {"label": str(column.label), "value": _sum(column, amounts, keys)}
        for column, amounts in added
    ]


def _sum(column: Column, amounts: Amounts, keys: Sequence[Key | None]) -> str:
    known = [amounts[key] for key in keys if key is not None and key in amounts]
    return column.shown(sum(known, Decimal(0))) if known else "—"
