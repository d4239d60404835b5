"""Four workers, eight kills: the fullest rolling window against its limit, margin zero.

The backlog is of order messages, which no even pace holds back: they fill each window to its edge, so
that the ledger alone keeps the limit. Judged by a window of our own over the simulator's arrivals.
"""

import random
import threading
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign, Lane, OutboundMessage
from spoki.simulator import SimulatorProcess
from spoki.simulator.remote import Control
from tests.bench.report import Figure
from tests.factories.crowds import make_running_campaign
from tests.faults.killing import Workers, workers
from tests.rolling import fullest, fullest_of_people

WORKERS = 4
KILLS = 8
PER_MINUTE = 120
PER_HOUR = 60
PEOPLE_PER_DAY = 400
SCALE = 600
HOUR_SECONDS = 3_600 / SCALE
DAY_SECONDS = 86_400 / SCALE


@dataclass(frozen=True, slots=True)
class Seen:
    """What arrived at Spoki: (when, to whom), and how many kills there were."""

    arrivals: list[tuple[float, str]]
    kills: int

    @property
    def beside(self) -> str:
        return f"{len(self.arrivals)} arrived, {WORKERS} workers, {self.kills} kills"


def minute_in_real_time(*, people: int = 480, kills: int = KILLS) -> list[Figure]:
    """Fill four minutes of 60 s to the edge; about four minutes."""
    limits = {"template_sends_per_minute": PER_MINUTE, "margin": 0.0}
    seen = _watch(make_running_campaign(people, account=limits), people=people, kills=kills)
    worst = fullest([at for at, _phone in seen.arrivals], 60.0)
    return [_figure("fullest 60 s in real time / limit", worst, PER_MINUTE, seen)]


def hour_and_day_scaled(*, people: int = 700, again: int = 200, kills: int = KILLS) -> list[Figure]:
    """An hour of 6 s and a day of 144 s; `again` people get a second message; about four minutes."""
    account = {
        "sends_per_hour": PER_HOUR,
        "hour_seconds": HOUR_SECONDS,
        "daily_limit": PEOPLE_PER_DAY,
        "day_seconds": DAY_SECONDS,
        "person_gap_seconds": 0.5,
        "margin": 0.0,
    }
    campaign = make_running_campaign(people, account=account)
    _write_again(campaign, again)
    seen = _watch(campaign, people=people + again, kills=kills)
    hour = fullest([at for at, _phone in seen.arrivals], HOUR_SECONDS)
    day = fullest_of_people(seen.arrivals, DAY_SECONDS)
    return [
        _figure(f"fullest 3,600 s, scaled 1:{SCALE} / limit", hour, PER_HOUR, seen),
        _figure(f"most people in 24 h, scaled 1:{SCALE} / tier", day, PEOPLE_PER_DAY, seen),
    ]


def _figure(name: str, worst: int, limit: int, seen: Seen) -> Figure:
    return Figure(name, worst / limit, 1.0, "<=", f"{worst} of {limit}; {seen.beside}")


def _watch(campaign: Campaign, *, people: int, kills: int) -> Seen:
    """Send everything as order messages, killing whoever is at work at random points."""
    OutboundMessage.objects.filter(campaign=campaign).update(lane=Lane.TRANSACTIONAL)
    rng, done = random.Random(), 0
    limits = {"template": 1_000_000}
    with (
        SimulatorProcess(api_key="test-key", limits=limits, latency_seconds=0.05) as spoki,
        workers(WORKERS, spoki.url, threads=8) as at_work,
    ):
        for goal in sorted(rng.sample(range(1, people - 50), kills)):
            _arrive(spoki.control, goal)
            done += _kill(at_work)
        _arrive(spoki.control, people - 8 * kills)
        arrivals = [(row["monotonic"], row["phone"]) for row in spoki.control.sends()]
    if done < kills:
        raise RuntimeError(f"only {done} of {kills} kills hit a sender at work")
    return Seen(arrivals, done)


def _arrive(control: Control, count: int) -> None:
    """Wait until so many arrived.

    :raises RuntimeError: where nothing more comes for four minutes.
    """
    for _ in range(12):
        if control.wait(accepted=count, timeout=20):
            return
    raise RuntimeError(f"{count} did not arrive")


def _kill(at_work: Workers) -> bool:
    """Kill whoever is at work, as soon as somebody is."""
    pause = threading.Event()
    for _ in range(1_000):
        if at_work.kill_the_one_at_work():
            return True
        pause.wait(0.02)
    return False


def _write_again(campaign: Campaign, people: int) -> None:
    """Queue a second message, outside the campaign, to the first people of it."""
    now = timezone.now()
    rows = OutboundMessage.objects.filter(campaign=campaign).order_by("pk")[:people]
    fields: dict[str, Any] = {"lane": Lane.TRANSACTIONAL, "created_at": now, "due_at": now}
    OutboundMessage.objects.bulk_create(
        OutboundMessage(
            account_id=row.account_id,
            number_id=row.number_id,
            contact_id=row.contact_id,
            template_version_id=row.template_version_id,
            phone=row.phone,
            language=row.language,
            params=row.params,
            **fields,
        )
        for row in rows
    )
