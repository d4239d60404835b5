"""Pure: every figure by which the sender is careful, in one frozen value.

Nothing here reads a clock, a database or a setting. `DEFAULT_POLICY` is where a new installation
begins; people change the figures in the admin, and `campaigns.policies.policy_in_force` hands on
the ones that count. Meta publishes the limits (Messaging limits; Throughput; About the platform;
Error codes; Per-user marketing template message limits), not how far to stay away from them: these
defaults are cautious practice.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Cap:
    """Marketing to one person: at most `most` messages in any rolling `period`."""

    most: int
    period: timedelta


@dataclass(frozen=True, slots=True)
class StopRules:
    """When a wave of a campaign is bad enough to stop it, and when only worth a look.

    Shares go from 0 to 1. Nothing is judged before `min_sample` messages were sent. `opt_outs` are
    a share of what was delivered, `failures` (other than undeliverable) and `undeliverable` of what
    was sent; above the stop share the campaign stops. `delivered_least` of what was sent at least
    `delivered_after` ago must have been delivered, and `read_least` of what was delivered at least
    `read_after` ago must have been read; below it the campaign stops. The `watch_…` figures are the
    milder ones, at which people are only told. One campaign that was read too little is told of
    too; `read_least` stops the next one of its template.
    """

    min_sample: int = 100
    opt_outs: float = 0.015
    watch_opt_outs: float = 0.005
    failures: float = 0.10
    watch_failures: float = 0.03
    undeliverable: float = 0.15
    watch_undeliverable: float = 0.05
    delivered_after: timedelta = timedelta(minutes=60)
    delivered_least: float = 0.70
    watch_delivered: float = 0.85
    read_after: timedelta = timedelta(hours=24)
    read_least: float = 0.20
    watch_read: float = 0.40


@dataclass(frozen=True, slots=True)
class TierLimits:
    """The limits of an account of this tier that has no figures of its own.

    `people` may be written to in any rolling 24 hours (Meta, Messaging limits); None = no limit.
    `per_minute` counts templates, `per_hour` every message; None = no limit per hour.
    """

    name: str
    people: int | None
    per_minute: int
    per_hour: int | None = None


# Meta, Messaging limits; the minute is Spoki's own endpoint limit, less for those who are new. Neither
# Meta nor Spoki limits an hour: whoever wants such a limit writes one.
DEFAULT_TIERS = (
    TierLimits("TIER_50", 50, 5),
    TierLimits("TIER_250", 250, 10),
    TierLimits("TIER_1K", 1_000, 20),
    TierLimits("TIER_2K", 2_000, 30),
    TierLimits("TIER_10K", 10_000, 60),
    TierLimits("TIER_100K", 100_000, 60),
    TierLimits("TIER_UNLIMITED", None, 60),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How careful the sender is. Shares and factors go from 0 to 1.

    `caps`: how often one person may get marketing. `person_gap`: between two messages to one
    person (Meta, About the platform: 6 seconds).

    `marketing_last_start`: nothing starts in the last minutes before marketing closes.
    `opening_spread`: the time over which the pace rises to the full one after an opening.
    `yellow_factor`: what is left of the pace while Meta rates the number medium.

    Throttling (a 429): the speed is multiplied by `speed_cut`, never below `slowest_speed`; it
    rises by `recovery_step` every `recovery_every`. Without Retry-After we rest `default_rest`,
    with it never longer than `longest_rest`; `unreachable_rest` when Spoki cannot be reached.

    Breaker: `breaker_in_a_row` equal refusals in a row, or `breaker_share` of the last
    `breaker_sample` with the same code, stop the campaign.

    Canary: at most `canary_size` people first, then `canary_hold`; after that the steps of `ramp`
    (shares of the campaign reached so far, rising), with `ramp_hold` between them; `stop` judges.

    Attempts: `most_attempts` per message, `most_person_attempts` where Meta's pair rate paces us
    (131056). Meta's cap per person (131049): tried again after `marketing_cap_rest` and up to
    `marketing_cap_jitter` more, at most `marketing_cap_retries` times.

    `template_fresh`: a template's status must have been read that recently. `unknown_after`: an
    accepted message without identifier and without news becomes unknown.
    """

    caps: tuple[Cap, ...] = (
        Cap(1, timedelta(hours=24)),
        Cap(2, timedelta(days=7)),
        Cap(5, timedelta(days=30)),
    )
    person_gap: timedelta = timedelta(seconds=6)

    marketing_last_start: timedelta = timedelta(minutes=15)
    opening_spread: timedelta = timedelta(minutes=15)
    yellow_factor: float = 0.5

    slowest_speed: float = 0.05
    speed_cut: float = 0.5
    recovery_step: float = 0.1
    recovery_every: timedelta = timedelta(minutes=1)
    default_rest: timedelta = timedelta(seconds=60)
    longest_rest: timedelta = timedelta(hours=1)
    unreachable_rest: timedelta = timedelta(seconds=10)

    breaker_in_a_row: int = 5
    breaker_sample: int = 100
    breaker_share: float = 0.2

    canary_size: int = 500
    canary_hold: timedelta = timedelta(minutes=60)
    ramp: tuple[float, ...] = (0.05, 0.15)
    ramp_hold: timedelta = timedelta(minutes=60)
    stop: StopRules = StopRules()

    most_attempts: int = 3
    most_person_attempts: int = 5
    marketing_cap_rest: timedelta = timedelta(hours=24)
    marketing_cap_jitter: timedelta = timedelta(hours=1)
    marketing_cap_retries: int = 1

    template_fresh: timedelta = timedelta(minutes=15)
    unknown_after: timedelta = timedelta(minutes=15)

    tiers: tuple[TierLimits, ...] = DEFAULT_TIERS

    def tier_of(self, people: int | None, *, is_unlimited: bool = False) -> TierLimits:
        """Return the row of an account that may write to `people` per 24 hours.

        A figure between two rows counts as the lower one. None = never read: the lowest tier that
        Meta gives to those who send; only `is_unlimited`, never a figure we lack, gives that row.
        """
        if is_unlimited:
            return self.tiers[-1]
        known = LOWEST_TIER if people is None else people
        below = [row for row in self.tiers if row.people is not None and row.people <= known]
        return below[-1] if below else self.tiers[0]


# A tier that was never read counts as Meta's lowest, never as unlimited (Meta, Messaging limits).
LOWEST_TIER = 250

DEFAULT_POLICY = Policy()
