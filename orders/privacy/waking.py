"""Waking a worker for an erasure; without a broker beat does it within ten minutes."""

from audiences import waking

TASK = "orders.tasks.carry_out_privacy_requests"


def wake() -> None:
    """Have a worker look for erasures that are due; called after the commit that asks for one."""
    waking.wake(TASK, expires=60)
