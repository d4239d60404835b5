"""The forecast: against a drain over real HTTP at scaled time, and how long it takes to answer."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.utils import timezone

from campaigns.forecasting import foresee_rest
from spoki.simulator import SimulatorProcess
from tests.addresses import database_url
from tests.bench.peaks import peak_until_the_end
from tests.bench.report import Figure
from tests.factories.campaigns import make_account
from tests.factories.crowds import make_running_campaign
from tests.senders import sender_at

ROOT = Path(__file__).resolve().parents[2]
# Six hours at 100 a minute, sixty times faster: a minute of a second. The sender gathers answers for
# 25 ms, which a faster clock would turn into seconds. The lease, which must outlast a busy machine,
# is not scaled as much; sender and forecast know it alike.
SCALE = 60
PER_MINUTE = 100
LEASE_SECONDS = 0.1
PEOPLE = 28_000
START = "2026-11-23 09:00"
ROUNDS = 3


def forecast_against_a_drain(*, people: int = PEOPLE) -> list[Figure]:
    """Foresee a campaign, drain it, compare the ends; about six minutes."""
    limits = {
        "minute_seconds": 60 / SCALE,
        "lease_seconds": LEASE_SECONDS,
        "template_sends_per_minute": PER_MINUTE,
    }
    campaign = make_running_campaign(people, account=limits)
    now = timezone.now()
    finish_at = foresee_rest(campaign, now=now).finish_at
    if finish_at is None:
        raise RuntimeError("the forecast knows no end")
    foreseen = (finish_at - now).total_seconds()
    with SimulatorProcess(api_key="test-key", limits={"template": 1_000_000}) as spoki:
        with sender_at(spoki.url, "--until-idle", threads=16, undecided_seconds=60) as sender:
            sender.wait(timeout=foreseen * 3 + 60)
        times = [row["monotonic"] for row in spoki.control.sends()]
    if len(times) != people:
        raise RuntimeError(f"{len(times)} of {people} arrived")
    took = max(times) - min(times)
    beside = f"foreseen {foreseen:.1f} s, took {took:.1f} s, {people:,} people"
    name = f"forecast against a drain of 6 hours, scaled 1:{SCALE}: off by"
    return [Figure(name, abs(took / foreseen - 1), 0.03, "<=", beside)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run of the command took: seconds from start to end, MiB at its peak."""

    seconds: float
    peak: float


def forecast_command(*, rounds: int = ROUNDS) -> list[Figure]:
    """Time the command as a person runs it, start-up included; about half a minute."""
    make_account(daily_limit=100_000)
    few = [_ask(30_000) for _ in range(rounds)]
    many = [_ask(1_000_000) for _ in range(rounds)]
    few_seconds, many_seconds = (median(a.seconds for a in found) for found in (few, many))
    growth = median(a.peak for a in many) - median(a.peak for a in few)
    peaks = f"peaks {median(a.peak for a in few):.0f} and {median(a.peak for a in many):.0f} MB"
    return [
        Figure("forecast of 30,000, start-up included (s)", few_seconds, 2, "<="),
        Figure("forecast of 1,000,000 over weeks of tier (s)", many_seconds, 20, "<="),
        Figure("forecast, memory of 1,000,000 against 30,000 (MB)", growth, 10, "<=", peaks),
    ]


def _ask(recipients: int) -> Answer:
    options = ["--recipients", str(recipients), "--tier", "100000", "--start", START]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "forecast", *options],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()},
        stdout=subprocess.DEVNULL,
    )
    peak = peak_until_the_end(process)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"the forecast ended with status {process.returncode}")
    return Answer(seconds, peak)
