"""A campaign in real time: 480 people at 120 a minute, watched from both ends.

Measured at the simulator, which is where it counts: the fullest rolling minute and second, how much
of the allowance was used while there was a backlog, and that nobody was written to twice; beside it,
that the counters of the progress page add up at every look.
"""

import threading

from campaigns.counters import count_messages
from spoki.simulator import SimulatorProcess
from tests.bench.report import Figure
from tests.factories.crowds import make_running_campaign
from tests.rolling import fullest
from tests.senders import sender_at

PER_MINUTE = 120
MARGIN = 0.05
PEOPLE = 480


def real_time_campaign(*, people: int = PEOPLE) -> list[Figure]:
    """Send to `people` at 120 a minute with the production windows; about four minutes."""
    limits = {"template_sends_per_minute": PER_MINUTE, "margin": MARGIN}
    campaign = make_running_campaign(people, account=limits)
    looks: list[int] = []
    spoki_limits = {"template": PER_MINUTE}
    with SimulatorProcess(api_key="test-key", limits=spoki_limits, window_seconds=60.0) as spoki:
        with sender_at(spoki.url, "--until-idle", undecided_seconds=60) as sender:
            while sender.poll() is None:
                looks.append(count_messages(campaign).total)
                threading.Event().wait(1.0)
        times = [row["monotonic"] for row in spoki.control.sends()]
        twice = len(spoki.control.duplicates()["arrived_twice"])
    return _figures(times, people, looks, twice)


def _figures(times: list[float], people: int, looks: list[int], twice: int) -> list[Figure]:
    name = f"{people} at {PER_MINUTE}/min"
    seconds = max(times) - min(times)
    use = len(times) / (PER_MINUTE * (1 - MARGIN) * seconds / 60)
    wrong = sum(total != people for total in looks)
    pace = f"{len(times) / seconds * 60:.1f} a minute of {PER_MINUTE} less {MARGIN:.0%}"
    return [
        Figure(f"{name}: arrived", len(times), people, "=="),
        Figure(f"{name}: fullest rolling 60 s", fullest(times, 60.0), PER_MINUTE, "<="),
        Figure(f"{name}: use of limit × (1 − margin)", use, 0.95, ">=", pace),
        Figure(f"{name}: fullest second of marketing", fullest(times, 1.0), 4, "<="),
        Figure(f"{name}: written to twice", twice, 0, "=="),
        Figure(
            f"{name}: looks at its page that do not add up", wrong, 0, "==", f"{len(looks)} looks"
        ),
    ]
