"""Twenty times kill -9: nothing twice, nothing lost, and little left undecided."""

import random

from spoki.simulator import SimulatorProcess
from tests.bench.report import Figure
from tests.factories.crowds import make_running_campaign
from tests.faults.killing import Ending, kill_and_finish

KILLS = 20
THREADS = 16
LIMITS = {"template": 1_000_000}


def twenty_kills(*, kills: int = KILLS) -> list[Figure]:
    """Kill a sender of the messages route at random points; about a minute and a half."""
    campaign = make_running_campaign(kills * 80)
    with SimulatorProcess(api_key="test-key", limits=LIMITS, latency_seconds=0.05) as spoki:
        ending = kill_and_finish(
            spoki, campaign, kills=kills, threads=THREADS, rng=random.Random(), step=60
        )
    return figures_of(f"{kills} × kill -9", ending, in_flight=THREADS)


def figures_of(name: str, ending: Ending, *, in_flight: int) -> list[Figure]:
    beside = f"{len(ending.everybody):,} messages, {len(ending.undecided)} listed as unknown"
    return [
        Figure(f"{name}: sent twice", len(ending.twice), 0, "==", beside),
        Figure(f"{name}: lost, or sent and not listed", _astray(ending), 0, "==", beside),
        Figure(
            f"{name}: undecided per kill / requests in flight",
            ending.undecided_per_kill / in_flight,
            1.2,
            "<=",
            f"{ending.undecided_per_kill:.1f} per kill, {in_flight} in flight",
        ),
    ]


def _astray(ending: Ending) -> int:
    return len(ending.lost | ending.unlisted)
