"""How a campaign is doing, for its pages: the share that may leave, and its figures by the rules."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Rollout
from campaigns.sender.policy import Policy
from campaigns.sender.stop_rules import Level, Line, judge
from campaigns.shared_looks import shared_figures

_RULES: dict[str, Promise] = {
    "stop_opt_outs": gettext_lazy("Unsubscribed, of who got it"),
    "stop_failures": gettext_lazy("Failed, of the sent"),
    "stop_undeliverable": gettext_lazy("Not reachable on WhatsApp, of the sent"),
    "stop_delivered": gettext_lazy("Arrived, of the sent an hour ago or more"),
    "stop_read": gettext_lazy("Read, of who got it a day ago or more"),
}
_LEVELS: dict[Level, tuple[Promise, str]] = {
    Level.UNJUDGED: (gettext_lazy("Too few to judge"), "plain"),
    Level.GOOD: (gettext_lazy("Good"), "good"),
    Level.WATCH: (gettext_lazy("To be watched"), "warn"),
    Level.STOP: (gettext_lazy("Bad"), "bad"),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words: the share in percent, both thresholds, and how it stands."""

    label: str
    count: int
    of: int
    percent: float
    watch: str
    stop: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Health:
    """What the progress page shows: `phase` in words, empty for a campaign open to everybody."""

    phase: str
    rules: tuple[RuleLine, ...]
    is_judged_anew: bool


def health_of(campaign: Campaign, *, policy: Policy, now: datetime) -> Health | None:
    """Return how `campaign` is doing at `now`; None before it started."""
    if campaign.started_at is None:
        return None
    rollout = Rollout.objects.filter(campaign=campaign).first()
    since = rollout.judged_from if rollout else None
    figures = shared_figures(campaign, since=since, rules=policy.stop, now=now)
    lines = judge(figures, policy.stop).lines
    phase = phase_in_words(rollout) if rollout else ""
    return Health(phase, tuple(_in_words(line) for line in lines), since is not None)


def phase_in_words(rollout: Rollout) -> str:
    """Return where the shares are; the moment of the verdict is among what the sender waits for."""
    most = {"most": rollout.most}
    if rollout.phase == Rollout.Phase.SENDING:
        return _("The first %(most)s people are being written to.") % most
    if rollout.phase == Rollout.Phase.WATCHING:
        return _("The first %(most)s were sent and are watched.") % most
    if rollout.phase == Rollout.Phase.HELD:
        return _("Held after the first %(most)s: an approver must decide.") % most
    return ""


def _in_words(line: Line) -> RuleLine:
    state, tone = _LEVELS[line.level]
    sign = "<" if line.is_floor else ">"
    return RuleLine(
        label=str(_RULES[line.code]),
        count=line.count,
        of=line.of,
        percent=round(100 * line.share, 1),
        watch=f"{sign} {_percent(line.watch)}",
        stop="—" if line.stop is None else f"{sign} {_percent(line.stop)}",
        state=str(state),
        tone=tone,
    )


def _percent(share: float) -> str:
    number = round(100 * share, 1)
    return f"{localize(int(number) if number == int(number) else number)}%"
