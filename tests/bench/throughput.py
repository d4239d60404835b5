"""How fast we drain at 0 ms: against our own limits, and against what one would take instead.

All lanes post the same request to the same stub on the same cores, in turns, five times; each lane's
figure is its median. One process of ours stands beside two of theirs.
"""

from collections import defaultdict
from statistics import median

from tests.bench import ours
from tests.bench.competitors.lanes import Others, others_at
from tests.bench.report import Figure
from tests.bench.stubbed import stub
from tests.factories.crowds import make_running_campaign

MESSAGES = 4_000
# Shorter where it is slower, so that every lane takes some seconds.
TASKS = 1_500
ROUNDS = 5


def throughput(
    *, messages: int = MESSAGES, tasks: int = TASKS, rounds: int = ROUNDS
) -> list[Figure]:
    """Measure the five lanes in turns; about five minutes."""
    campaign = make_running_campaign(messages)
    rates: dict[str, list[float]] = defaultdict(list)
    with stub() as at, others_at(at) as others:
        for _ in range(rounds):
            ours.refill(campaign)
            rates["ours"].append(ours.end_to_end(campaign, at))
            rates["http"].append(ours.http_only(messages, at))
            ours.refill(campaign)
            rates["database"].append(ours.database_only(campaign))
            _measure_others(rates, others, messages, tasks)
    return _figures({lane: median(found) for lane, found in rates.items()}, rates["ours"])


def _measure_others(
    rates: dict[str, list[float]], others: Others, messages: int, tasks: int
) -> None:
    rates["post_office"].append(others.post_office(messages))
    rates["celery"].append(others.celery(tasks))


def _figures(middle: dict[str, float], spread: list[float]) -> list[Figure]:
    mine = middle["ours"]
    limit = min(middle["http"], middle["database"])
    seen = f"ours {mine:.0f}/s [{min(spread):.0f}…{max(spread):.0f}]"
    return [
        Figure(
            "end to end at 0 ms / min(HTTP only, database only)",
            mine / limit,
            0.8,
            ">=",
            f"{seen}, HTTP only {middle['http']:.0f}/s, database only {middle['database']:.0f}/s",
        ),
        Figure(
            "speed / django-post_office at its best",
            mine / middle["post_office"],
            1.1,
            ">=",
            f"{seen}, theirs {middle['post_office']:.0f}/s: 2 processes × 5 threads, batch 1,000",
        ),
        Figure(
            "speed / tuned Celery, a task per message",
            mine / middle["celery"],
            3,
            ">=",
            f"{seen}, theirs {middle['celery']:.0f}/s: prefork 2, connections kept",
        ),
    ]
