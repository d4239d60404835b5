"""Rolling windows counted from a log of arrivals: the judge of every limit, apart from the sender.

A window is half open: the moments in `(end - length, end]`. It is enough to look at the windows that
end at an arrival, since the count rises nowhere else. Times are seconds of one clock, in any order.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def fullest(times: Iterable[float], length: float) -> int:
    """Return the largest number of arrivals in any window of `length` seconds; 0 without any."""
    ordered = sorted(times)
    worst = first = 0
    for last, end in enumerate(ordered):
        while ordered[first] <= end - length:
            first += 1
        worst = max(worst, last - first + 1)
    return worst


def fullest_of_people(arrivals: Iterable[tuple[float, Hashable]], length: float) -> int:
    """Return the largest number of different people (time, person) in any window of `length`."""
    ordered: Sequence[tuple[float, Hashable]] = sorted(arrivals, key=lambda arrival: arrival[0])
    inside: Counter[Hashable] = Counter()
    worst = first = 0
    for end, person in ordered:
        inside[person] += 1
        while ordered[first][0] <= end - length:
            gone = ordered[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        worst = max(worst, len(inside))
    return worst
