"""Memory of the sender: the peak of its process for many recipients against a few."""

from tests.bench import ours
from tests.bench.peaks import peak_until_the_end
from tests.bench.report import Figure
from tests.bench.stubbed import StubProcess, stub
from tests.factories.crowds import make_crowd, make_running_campaign
from tests.senders import start_sender

FEW = 300
MANY = 30_000


def sender_memory(*, few: int = FEW, many: int = MANY) -> list[Figure]:
    """Drain a few, then many, each in a new process; about a minute."""
    campaign = make_running_campaign(few)
    with stub() as at:
        small = _peak_of_a_drain(at, few)
        make_crowd(many - few, after=few)
        ours.refill(campaign)
        large = _peak_of_a_drain(at, many)
    name = f"memory of the sender, {many:,} against {few:,} recipients: growth (MB)"
    return [Figure(name, large - small, 30, "<=", f"peaks {small:.0f} and {large:.0f} MB")]


def _peak_of_a_drain(at: StubProcess, messages: int) -> float:
    """Return the highest resident memory in MiB of a sender that drains to the end."""
    at.reset()
    sender = start_sender(at.url, "--until-idle", threads=ours.THREADS, undecided_seconds=60)
    try:
        peak = peak_until_the_end(sender)
    finally:
        sender.kill()
        sender.wait()
    if (arrived := at.count()) != messages:
        raise RuntimeError(f"{arrived} of {messages} arrived")
    return peak
