"""Pure: the same refusal again and again is a wall, not bad luck: stop before everybody meets it."""

from dataclasses import dataclass, field

from campaigns.sender.post import Posted

# So many in a row with the same code, in one campaign.
IN_A_ROW = 10
# These say something about one person only, however many in a row.
PERSONAL = frozenset({"undeliverable", "stopped_marketing", "marketing_cap", "person_pace"})


@dataclass(slots=True)
class Breaker:
    """Counts, per campaign, equal refusals in a row.

    A message that left, another code or a refusal of one person only starts again from nothing;
    what waits or is unknown says nothing about the wall and leaves the count as it is.
    """

    _streaks: dict[int, tuple[str, int]] = field(default_factory=dict)

    def trips(self, posted: Posted) -> bool:
        """Count this answer; True when its campaign has met the same wall often enough."""
        campaign_id, outcome = posted.row.campaign_id, posted.outcome
        if campaign_id is None or outcome is None or outcome.status in {"queued", "unknown"}:
            return False
        if outcome.status != "failed" or outcome.reason in PERSONAL:
            self._streaks.pop(campaign_id, None)
            return False
        code, count = self._streaks.get(campaign_id, ("", 0))
        count = count + 1 if code == outcome.error_code else 1
        self._streaks[campaign_id] = (outcome.error_code, count)
        return count >= IN_A_ROW
