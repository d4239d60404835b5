"""A campaign in real time: 600 people at 120 a minute, watched from both ends.

Measured at the simulator, which is where it counts: the fullest rolling minute, how much of the
allowance was used while there was a backlog, and that nobody was written to twice; beside it, that
the counters of the progress page add up at every look.
"""

import threading

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.progress import count_messages
from spoki.simulator import SimulatorProcess
from tests.bench.report import Figure
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_template, make_version
from tests.senders import sender_at

GREETING = 1008
PER_MINUTE = 120
MARGIN = 0.05


def real_time_campaign(people: int = 600) -> list[Figure]:
    """Send to `people` at 120 a minute with the production windows; about six minutes."""
    campaign = _campaign_at_work(people)
    limits = {"template": PER_MINUTE}
    looks: list[int] = []
    with SimulatorProcess(api_key="test-key", limits=limits, window_seconds=60.0) as spoki:
        with sender_at(spoki.url, "--until-idle") as sender:
            while sender.poll() is None:
                looks.append(count_messages(campaign).total)
                threading.Event().wait(1.0)
        arrivals = sorted(row["monotonic"] for row in spoki.control.sends())
        worst_minute = spoki.control.worst(lane="template", window="minute")
        worst_second = spoki.control.worst(lane="template", window="second")
        twice = len(spoki.control.duplicates()["arrived_twice"])
    possible = PER_MINUTE * (1 - MARGIN) * (arrivals[-1] - arrivals[0]) / 60
    wrong_looks = sum(total != people for total in looks)
    return [
        Figure("600 at 120/min: arrived", len(arrivals), people, "=="),
        Figure("600 at 120/min: fullest rolling 60 s", worst_minute, PER_MINUTE, "<="),
        Figure("600 at 120/min: use of limit × (1 − margin)", len(arrivals) / possible, 0.95, ">="),
        Figure("600 at 120/min: fullest second", worst_second, 4, "<="),
        Figure("600 at 120/min: written to twice", twice, 0, "=="),
        Figure(f"600 at 120/min: looks of {len(looks)} that do not add up", wrong_looks, 0, "=="),
    ]


def _campaign_at_work(people: int) -> Campaign:
    now = timezone.now()
    account = make_account(
        template_sends_per_minute=PER_MINUTE, margin=MARGIN, refreshed_at=now, daily_limit=100_000
    )
    make_number(account=account)
    version = make_version(template=make_template(spoki_id=GREETING), last_seen_at=now)
    contacts = [make_contact() for _ in range(people)]
    campaign = make_campaign(
        status=Campaign.Status.SENDING, template_version=version, contacts=contacts
    )
    for contact in contacts:
        make_message(contact=contact, campaign=campaign, created_at=now, due_at=now)
    return campaign
