"""The figures of a template as a file that an Italian spreadsheet opens as it is."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audiences.export import harmless, written
from audiences.segments import describe
from campaigns.models import Campaign, OutboundMessage
from campaigns.scoreboard.board import Board, Line, Use, missed_of
from campaigns.scoreboard.figures import NAMES, RATES
from campaigns.scoreboard.proportions import Share
from campaigns.scoreboard.words import (
    LABELS,
    failures_in_one,
    name_of,
    segment_name,
    use_name,
)

Status = OutboundMessage.Status
_NOT_SENT = (Status.SKIPPED, Status.EXPIRED, Status.UNKNOWN)


def figure_lines(board: Board) -> Iterator[str]:
    """Yield the lines of the file, the heading first: one per campaign, the newest version first.

    Shares are in percent with a decimal comma, as Italian spreadsheets read them; nobody's phone or
    name but those of the staff is in it.
    """
    return written(_rows(board))


def _rows(board: Board) -> Iterator[list[str]]:
    yield [harmless(text) for text in _heading(board)]
    for line in board.lines:
        for use in line.uses:
            numbers = [*_counts(use), *_shares(use), *_added(board, use)]
            yield [*map(harmless, _who(line, use)), *numbers, *map(harmless, _why(use))]


def _heading(board: Board) -> list[str]:
    percent = [
        _("%(figure)s, %% of %(of)s")
        % {"figure": LABELS[rate.key], "of": str(LABELS[rate.of]).lower()}
        for rate in RATES
    ]
    return [
        _("Template"), _("Language"), _("Version"), _("Category"), _("Campaign or flow"), _("Status"),
        _("Segment"), _("Conditions"), _("Launched by"), _("Approved by"), _("Launched"),
        _("First left"), _("Last left"), str(LABELS["recipients"]),
        *(str(LABELS[name]) for name in NAMES), *percent,
        *(str(column.label) for column, _amounts in board.added),
        _("Why failed"), _("Why not sent"), _("Counted at"),
    ]  # fmt: skip


def _who(line: Line, use: Use) -> list[str]:
    version, campaign = line.version, use.campaign
    return [
        version.template.name,
        version.template.language,
        str(version.number),
        str(version.get_category_display()),
        use_name(use),
        *(_of_campaign(campaign) if campaign else _of_flow(use)),
        _moment(use.first_left_at),
        _moment(use.last_left_at),
    ]


def _of_campaign(campaign: Campaign) -> list[str]:
    wording = campaign.segment_version
    return [
        str(campaign.get_status_display()),
        segment_name(campaign),
        describe(wording.rules) if wording else "",
        name_of(campaign.launched_by),
        name_of(campaign.approved_by),
        _moment(campaign.launched_at),
    ]


def _of_flow(use: Use) -> list[str]:
    """Return what a flow has of the columns of a campaign: its status."""
    return [str(use.flow.get_status_display()) if use.flow else "", *[""] * 5]


def _counts(use: Use) -> list[str]:
    if use.counted_at is None:
        return [""] * (1 + len(NAMES))
    return [str(use.figures.recipients), *(str(getattr(use.figures, name)) for name in NAMES)]


def _shares(use: Use) -> list[str]:
    return [_percent(use.share(rate)) for rate in RATES]


def _percent(share: Share) -> str:
    return "" if share.value is None else f"{100 * share.value:.2f}".replace(".", ",")


def _added(board: Board, use: Use) -> list[str]:
    key = use.key
    return [_amount(amounts.get(key) if key else None) for _column, amounts in board.added]


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount).replace(".", ",")


def _why(use: Use) -> list[str]:
    return [
        failures_in_one(missed_of([use], Status.FAILED)),
        failures_in_one(missed_of([use], *_NOT_SENT)),
        _moment(use.counted_at),
    ]


def _moment(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""
