"""The live count of every shipped segment: at 60,000 people by the clock, at a million beside SQL written by hand."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from statistics import median

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from audiences.large_reads import large_read
from audiences.models import SegmentVersion
from audiences.selection import Selection, count_selection
from config.demo.segments import SEGMENTS
from tests.bench.by_hand import statements
from tests.bench.database import connection_beside, copied_database, working_through
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.bench.shop import fill_shop

FEW = 60_000
# From here on a count's tables no longer fit the processor's caches: growth is judged between equals.
SOME = 250_000
MANY = 1_000_000
# Milliseconds within which 95 of 100 counts must come at 60,000 people: a person is typing.
COUNT_MS = 150
ROUNDS = 20
ROUNDS_OF_MANY = 7
OF_BY_HAND = 1.5
# Time per person at the large size over that at the middle one: 1 is exactly linear.
GROWTH = 1.3

# A connection to a shop, and what to do there.
Work = tuple[BaseDatabaseWrapper, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each run of a count, and of each wording by hand, in turns with it."""

    ours: Sequence[float]
    by_hand: Sequence[Sequence[float]]

    @property
    def typical(self) -> float:
        return median(self.ours)

    @property
    def limit(self) -> float:
        """What the best wording takes."""
        return min(median(times) for times in self.by_hand)


def segment_counts(
    *,
    few: int = FEW,
    some: int = SOME,
    many: int = MANY,
    rounds: int = ROUNDS,
    rounds_of_many: int = ROUNDS_OF_MANY,
) -> list[Figure]:
    """Count in a shop of `few`, then in one of `some` and one of `many` in turns; twenty minutes."""
    now = timezone.now()
    empty = str(connection.settings_dict["NAME"])
    with _shop(empty, few, now) as small:
        quick = {name: _counted(name, [small], rounds, now) for name in SEGMENTS}
    with _shop(empty, some, now) as middle, _shop(empty, many, now) as large:
        shops = [middle, large]
        grown = {name: _counted(name, shops, rounds_of_many, now) for name in SEGMENTS}
    return [
        *(_quick_enough(name, times, few) for name, (times,) in quick.items()),
        *(_beside_by_hand(name, times, many) for name, (_middle, times) in grown.items()),
        *(_growth(name, before, after, many / some) for name, (before, after) in grown.items()),
    ]


@contextmanager
def _shop(empty: str, people: int, now: datetime) -> Iterator[BaseDatabaseWrapper]:
    """Fill a shop of `people`; a connection to it.

    In a database of its own: a shop that has grown has orders of all years behind each other as often as it
    grew, where a shop in life writes them down as they come.
    """
    connection.close()
    with copied_database(empty, f"{empty}_{people}"):
        fill_shop(people=people, now=now)
        with connection_beside() as beside:
            yield beside


def _counted(
    name: str, shops: Sequence[BaseDatabaseWrapper], rounds: int, now: datetime
) -> list[Times]:
    """Time the count in each shop, in turns: whatever else the machine does meets all of them."""
    works = [_works(name, shop, now) for shop in shops]
    times = iter(_timed([work for of_shop in works for work in of_shop], rounds))
    return [Times(next(times), list(islice(times, len(of_shop) - 1))) for of_shop in works]


def _works(name: str, shop: BaseDatabaseWrapper, now: datetime) -> list[Work]:
    """Our count within `shop`, then the wordings by hand."""
    with working_through(shop):
        version = _shipped(name)
        return [(shop, work) for work in (_ours(version, now), *_by_hand(name, version, now))]


def _shipped(name: str) -> SegmentVersion:
    return SegmentVersion.objects.select_related("segment").get(segment__name=name)


def _ours(version: SegmentVersion, now: datetime) -> Callable[[], object]:
    """What the page asks for: the tree read, checked and compiled, the people counted by reason."""
    return lambda: count_selection(Selection(rules=version.rules), now=now)


def _by_hand(name: str, version: SegmentVersion, now: datetime) -> list[Callable[[], object]]:
    """Each wording, once it has been seen to find what ours finds.

    :raises RuntimeError: it does not, so that nothing could be compared.
    """
    ours = count_selection(Selection(rules=version.rules), now=now)
    told = {"": ours.will_receive, **ours.excluded}
    works: list[Callable[[], object]] = []
    for statement in statements()[name]:
        found = _rows(statement, now)
        if {reason: people for reason, people in told.items() if people} != found:
            raise RuntimeError(f"“{name}”: ours finds {told}, by hand {found}")
        works.append(partial(_rows, statement, now))
    return works


def _rows(statement: str, now: datetime) -> dict[str, int]:
    with large_read(), connection.cursor() as cursor:
        cursor.execute(statement, {"now": now})
        return dict(cursor.fetchall())


def _timed(works: Sequence[Work], rounds: int) -> list[list[float]]:
    """Milliseconds of each in turns, after one run of each that is not counted."""
    times: list[list[float]] = [[] for _work in works]
    for number in range(rounds + 1):
        for (shop, work), taken in zip(works, times, strict=True):
            with working_through(shop):
                began = time.perf_counter()
                work()
                if number:
                    taken.append((time.perf_counter() - began) * 1000)
    return times


def _quick_enough(name: str, times: Times, people: int) -> Figure:
    beside = f"median {times.typical:.0f} ms of {len(times.ours)}"
    return Figure(
        f"count of “{name}” at {people:,}: p95 (ms)",
        p95(sorted(times.ours)),
        COUNT_MS,
        "<=",
        beside,
    )


def _beside_by_hand(name: str, times: Times, people: int) -> Figure:
    beside = (
        f"ours {times.typical:.0f} ms, by hand {times.limit:.0f} ms, "
        f"the better of {len(times.by_hand)}"
    )
    return Figure(
        f"count of “{name}” at {people:,} / by hand",
        times.typical / times.limit,
        OF_BY_HAND,
        "<=",
        beside,
    )


def _growth(name: str, middle: Times, large: Times, times_as_many: float) -> Figure:
    ours = median(one / other for one, other in zip(large.ours, middle.ours, strict=True))
    by_hand = large.limit / middle.limit
    return Figure(
        f"count of “{name}”: time per person as the shop grows",
        ours / times_as_many,
        GROWTH,
        "<=",
        f"by hand {by_hand / times_as_many:.2f}",
    )
