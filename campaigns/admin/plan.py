"""The figures of the panel as a template shows them: people, money, end, bars of the hours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from campaigns.forecast_words import in_words
from campaigns.models import Campaign
from campaigns.outlook import Outlook
from campaigns.policies import policy_in_force
from campaigns.preview import Preview
from campaigns.routes import way_out
from campaigns.sender.remedies import Remedy

# As many hours as fit without becoming a grey stripe; a longer plan is shown by days.
MOST_BARS = 36
BAR_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day; `percent` of the tallest, `is_quiet` where nobody may be written to."""

    label: str
    title: str
    count: int
    percent: int
    is_quiet: bool = False

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
    quiet = {m for m in local if m not in counts and _is_quiet(outlook, m, m + step)}
    hours = [(moment, counts.get(moment, 0)) for moment in local]
    return _bars(hours, "H", "SHORT_DATETIME_FORMAT", quiet)


def _is_quiet(outlook: Outlook, since: datetime, until: datetime) -> bool:
    """Return whether quiet hours are why nothing leaves between the two moments."""
    quiet = [rest for rest in outlook.rests if rest.code == "quiet_hours"]
    return any(rest.at <= since and until <= rest.until for rest in quiet)


def _daily(counts: dict[datetime, int]) -> list[Bar]:
    days: dict[datetime, int] = {}
    for moment, count in counts.items():
        day = moment.replace(hour=0)
        days[day] = days.get(day, 0) + count
    return _bars(sorted(days.items())[:MOST_BARS], "j/n", "SHORT_DATE_FORMAT")


def _bars(
    counts: list[tuple[datetime, int]],
    label: str,
    title: str,
    quiet: Collection[datetime] = (),
) -> list[Bar]:
    tallest = max(count for _moment, count in counts) or 1
    return [
        Bar(
            label=date_format(moment, label),
            title=date_format(moment, title),
            count=count,
            percent=-(-count * BAR_PERCENT // tallest),
            is_quiet=moment in quiet,
        )
        for moment, count in counts
    ]


def plan_context(campaign: Campaign, preview: Preview, *, now: datetime) -> dict[str, object]:
    """Return what `parts/plan.html` shows."""
    return {
        "campaign": campaign,
        "preview": preview,
        "blockers": preview.blockers,
        "way_out": way_out(campaign, policy=policy_in_force()),
        **outlook_context(preview.outlook, preview.remedies, now=now),
    }


def outlook_context(
    outlook: Outlook | None, remedies: Iterable[Remedy], *, now: datetime
) -> dict[str, object]:
    """Return what `parts/outlook.html` shows: the end, the bars and their table, what would help."""
    if outlook is None:
        return {"outlook": None}
    zone = timezone.get_current_timezone()
    bars = bars_of(outlook)
    return {
        "outlook": outlook,
        "bars": bars,
        "has_quiet": any(bar.is_quiet for bar in bars),
        "days": len(outlook.days(zone)),
        "is_late": not outlook.finishes_on_its_first_day(zone) and bool(outlook.hours),
        "helps": in_words(remedies, now=now),
    }
