"""The figures of the panel as a template shows them: people, money, end, bars of the hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from campaigns.models import Campaign
from campaigns.outlook import Outlook
from campaigns.policies import policy_in_force
from campaigns.preview import Preview
from campaigns.routes import way_out

# As many hours as fit without becoming a grey stripe; a longer plan is shown by days.
MOST_BARS = 36
BAR_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day; `percent` of the tallest, `is_quiet` where nothing leaves."""

    label: str
    title: str
    count: int
    percent: int

    @property
    def is_quiet(self) -> bool:
        return self.count == 0

    @property
    def top(self) -> int:
        return BAR_PERCENT - self.percent


def bars_of(outlook: Outlook) -> list[Bar]:
    """Return the bars from the first hour to the last, quiet ones included."""
    if not outlook.hours:
        return []
    step = timedelta(hours=1)
    first, last = outlook.hours[0].at, outlook.hours[-1].at
    counts = {timezone.localtime(hour.at): hour.count for hour in outlook.hours}
    if (last - first) / step >= MOST_BARS:
        return _daily(counts)
    moments = [first + step * number for number in range(int((last - first) / step) + 1)]
    local = [timezone.localtime(moment) for moment in moments]
    return _bars(
        [(moment, counts.get(moment, 0)) for moment in local], "H", "SHORT_DATETIME_FORMAT"
    )


def _daily(counts: dict[datetime, int]) -> list[Bar]:
    days: dict[datetime, int] = {}
    for moment, count in counts.items():
        day = moment.replace(hour=0)
        days[day] = days.get(day, 0) + count
    return _bars(sorted(days.items())[:MOST_BARS], "j/n", "SHORT_DATE_FORMAT")


def _bars(counts: list[tuple[datetime, int]], label: str, title: str) -> list[Bar]:
    tallest = max(count for _moment, count in counts) or 1
    return [
        Bar(
            label=date_format(moment, label),
            title=date_format(moment, title),
            count=count,
            percent=-(-count * BAR_PERCENT // tallest),
        )
        for moment, count in counts
    ]


def plan_context(campaign: Campaign, preview: Preview) -> dict[str, object]:
    """Return what `parts/plan.html` shows."""
    outlook = preview.outlook
    return {
        "campaign": campaign,
        "preview": preview,
        "bars": bars_of(outlook) if outlook else [],
        "blockers": preview.blockers,
        "way_out": way_out(campaign, policy=policy_in_force()),
    }
