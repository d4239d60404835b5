"""The automation route: how fast calls of up to 500 leave, and what kill -9 leaves of them."""

import random

from campaigns.models import Campaign
from spoki.simulator import SimulatorProcess
from tests.bench import ours
from tests.bench.report import Figure
from tests.bench.stubbed import StubProcess, stub
from tests.factories.crowds import GREETING, make_running_campaign
from tests.factories.routes import SECRET, TRIGGER, make_route
from tests.faults.killing import Ending, kill_and_finish

PEOPLE = 30_000
PER_CALL = 500
KILLS = 20
THREADS = 16
# Meta's own ceiling for one number is 80 a second, 1,000 after it has raised it (Cloud API, Throughput).
CEILING = 1_000


def bulk_speed(*, people: int = PEOPLE) -> list[Figure]:
    """Drain a campaign by its automation against the stub; about half a minute."""
    _routed_campaign(people)
    with stub() as at:
        ours.drain_to_the_end(at.url)
        speed = _speed(at, people)
    beside = f"{people:,} messages in calls of up to {PER_CALL}, from first to last call"
    return [Figure("automation route, messages a second", speed, CEILING, ">=", beside)]


def bulk_kills(*, kills: int = KILLS) -> list[Figure]:
    """Kill a sender of the automation route at random points; about two minutes."""
    campaign = _routed_campaign(kills * 3 * PER_CALL)
    limits = {"template": 1_000_000}
    with SimulatorProcess(api_key="test-key", limits=limits, latency_seconds=0.05) as spoki:
        automation = {"uuid": TRIGGER, "secret": SECRET, "template": GREETING}
        spoki.control.seed(automations=[automation])
        ending = kill_and_finish(
            spoki, campaign, kills=kills, threads=THREADS, rng=random.Random(), step=3 * PER_CALL
        )
    return _figures(f"automation route, {kills} × kill -9", ending)


def _routed_campaign(people: int) -> Campaign:
    campaign = make_running_campaign(people, account={"automation_sends_per_minute": 6_000_000})
    make_route(version=campaign.template_version)
    return campaign


def _speed(at: StubProcess, people: int) -> float:
    """Return messages a second after the first call, which only starts the clock."""
    at.rate(people)
    times = sorted(moment for moment, _key in at.arrivals())
    after = sum(moment > times[0] for moment in times)
    return after / (times[-1] - times[0])


def _figures(name: str, ending: Ending) -> list[Figure]:
    beside = f"{len(ending.everybody):,} messages, {len(ending.undecided)} listed as unknown"
    astray = len(ending.lost | ending.unlisted)
    most = 1.2 * THREADS + PER_CALL
    return [
        Figure(f"{name}: sent twice", len(ending.twice), 0, "==", beside),
        Figure(f"{name}: lost, or sent and not listed", astray, 0, "==", beside),
        Figure(
            f"{name}: undecided per kill / (1.2 × in flight + one call)",
            ending.undecided_per_kill / most,
            1.0,
            "<=",
            f"{ending.undecided_per_kill:.1f} per kill, {THREADS} in flight, {PER_CALL} in a call",
        ),
    ]
