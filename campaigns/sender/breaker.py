"""The same refusal again and again is a wall, not bad luck: stop before everybody meets it.

What is judged are the rows themselves, so that answers and reports by webhook count alike, and a
restart or another process forgets nothing. What was before a person resumed is not held against
the campaign.

Answers that leave it open whether a message left are judged by time as well: when the network stalls
for a moment, everything in flight ends like that at once, and so do hundreds in one call of an
automation. That is one event, and the next messages tell whether it is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from django.db import connection

from campaigns.models import CampaignEvent
from campaigns.sender.bulk import MOST_PER_CALL
from campaigns.sender.codes import is_personal
from campaigns.sender.policy import Policy

# An answer that leaves it open whether the message left, whatever was said.
NO_ANSWER = "no_answer"
_OPEN: Final = frozenset({"no_answer", "no_identifier", "provider_unsure"})
# As long as one request waits for its answer: what began within it was in flight together.
ONE_STALL: Final = timedelta(seconds=20)

_RECENT = """
SELECT status, reason, error_code, accepted_at IS NOT NULL, sending_at
FROM campaigns_outboundmessage
WHERE campaign_id = %s AND sending_at > %s AND status NOT IN ('queued', 'sending')
ORDER BY sending_at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one message; `was_accepted`: Spoki took it before anything went wrong."""

    status: str
    reason: str
    code: str
    was_accepted: bool
    began_at: datetime


def wall(recent: Sequence[Seen], *, policy: Policy) -> str:
    """Return the code that too many messages met, latest first; empty if there is no wall. Pure.

    Answers are one row, reports by webhook another: an accepted message shows that Spoki's door is
    open, and says nothing yet about Meta's. A refusal of one person only is no wall.
    """
    answers = [(code, seen) for seen in recent if (code := _answer(seen)) is not None]
    reports = [code for seen in recent if seen.was_accepted and (code := _report(seen)) is not None]
    refusals = [code for code, _seen in answers if code != NO_ANSWER]
    return _unclear(answers, policy) or _met(refusals, policy) or _met(reports, policy)


def find_wall(campaign_id: int, *, policy: Policy) -> str:
    """Return the code of the wall that the campaign meets since it last went on; empty if none."""
    with connection.cursor() as cursor:
        most = max(2 * policy.breaker_sample, 2 * MOST_PER_CALL + 1)
        cursor.execute(_RECENT, [campaign_id, _since(campaign_id), most])
        recent = [Seen(*row) for row in cursor.fetchall()]
    return wall(recent, policy=policy)


def _since(campaign_id: int) -> datetime | str:
    resumed = CampaignEvent.objects.filter(
        campaign_id=campaign_id, verb__in=["resumed", "continued"]
    )
    return resumed.order_by("-at").values_list("at", flat=True).first() or "-infinity"


def _unclear(answers: Sequence[tuple[str, Seen]], policy: Policy) -> str:
    """Return `NO_ANSWER` if unclear answers go on for longer than one stall, latest first."""
    row = [seen for _code, seen in takewhile(lambda one: one[0] == NO_ANSWER, answers)]
    sample = [seen for code, seen in answers[: policy.breaker_sample] if code == NO_ANSWER]
    is_often = len(sample) > policy.breaker_share * policy.breaker_sample
    is_wall = (len(row) >= policy.breaker_in_a_row and _goes_on(row)) or (
        is_often and _goes_on(sample)
    )
    return NO_ANSWER if is_wall else ""


def _goes_on(seen: Sequence[Seen]) -> bool:
    """Return whether these, latest first, began further apart than one stall takes."""
    return seen[0].began_at - seen[-1].began_at > ONE_STALL


def _met(codes: Sequence[str], policy: Policy) -> str:
    """Return the code of the wall in `codes` (empty = came through), latest first."""
    last = codes[: policy.breaker_in_a_row]
    if len(last) == policy.breaker_in_a_row and last[0] and len(set(last)) == 1:
        return last[0]
    sample = codes[: policy.breaker_sample]
    most = policy.breaker_share * policy.breaker_sample
    often = [code for code in set(sample) if code and sample.count(code) > most]
    return min(often, default="")


def _answer(seen: Seen) -> str | None:
    if seen.was_accepted:
        return ""
    if seen.status == "unknown":
        return NO_ANSWER if seen.reason in _OPEN else None
    return _refused(seen) if seen.status == "failed" else None


def _report(seen: Seen) -> str | None:
    if seen.status == "failed":
        return _refused(seen)
    return "" if seen.status in {"delivered", "read"} else None


def _refused(seen: Seen) -> str:
    return "" if is_personal(seen.reason) else seen.code or seen.reason
