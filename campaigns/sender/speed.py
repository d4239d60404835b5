"""Pure: how fast we dare to go after Spoki said that we were too fast, and how that comes back.

The speed is a share of the limit, from `policy.slowest_speed` to 1: cut at once by a 429, given
back in small steps (additive increase, multiplicative decrease), so that a storm ends quickly and
does not begin again at the first calm minute.
"""

from datetime import datetime

from campaigns.sender.policy import Policy


def slower(speed: float, *, policy: Policy) -> float:
    """Return the speed after one more 429."""
    return max(policy.slowest_speed, speed * policy.speed_cut)


def recovered(speed: float, *, changed_at: datetime | None, now: datetime, policy: Policy) -> float:
    """Return the speed at `now`, `changed_at` being the last cut, step or end of a rest.

    One step for every whole `policy.recovery_every` that passed; before the first one, and with a
    clock that went back, it stays as it is.
    """
    if speed >= 1 or changed_at is None:
        return min(1.0, speed)
    steps = max(0, (now - changed_at) // policy.recovery_every)
    return min(1.0, speed + steps * policy.recovery_step)
