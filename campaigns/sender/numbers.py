"""Numbers from which no marketing may leave now: their campaigns wait, nobody else does.

Meta rates each number by itself (Phone number quality), while Spoki tells one rating of the account
as well: both count, the worse one decides. What was read is remembered for a second.
"""

import time
from dataclasses import dataclass, field

from campaigns.account import READY_PHONES
from campaigns.models import Quality, WhatsAppNumber

REMEMBERED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """How Meta sees one number; `stops` is a code of `campaigns.reasons`, empty if it may send."""

    name: str
    stops: str = ""
    is_yellow: bool = False


@dataclass(slots=True)
class Numbers:
    """The health of each number by id; None is the default number."""

    _read_at: float = float("-inf")
    _known: dict[int | None, Health] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read again what is older than a second."""
        if time.monotonic() - self._read_at > REMEMBERED_SECONDS:
            self._known = _read()
            self._read_at = time.monotonic()

    def of(self, number_id: int | None) -> Health:
        """Return the health of this number; None is the default one."""
        self.refresh()
        known = self._known.get(number_id) or self._known.get(None)
        return known or Health("")


def is_ready(phone_status: str) -> bool:
    """Return whether Spoki's word for a number lets it send; no word says nothing against it."""
    word = phone_status.strip().lower()
    return not word or word in READY_PHONES


def health_of(number: WhatsAppNumber) -> Health:
    """Return what stands against marketing from `number`; a person's word for an odd one counts."""
    quality = number.quality
    if quality == Quality.UNREADABLE:
        quality = number.account.quality_by_hand or quality
    stops = {Quality.RED: "number_red", Quality.UNREADABLE: "number_unreadable"}.get(
        Quality(quality), ""
    )
    if not stops and not is_ready(number.phone_status):
        stops = "number_not_ready"
    return Health(str(number), stops, is_yellow=quality == Quality.YELLOW)


def _read() -> dict[int | None, Health]:
    known: dict[int | None, Health] = {}
    for number in WhatsAppNumber.objects.select_related("account"):
        known[number.pk] = health_of(number)
        if number.is_default:
            known[None] = known[number.pk]
    return known
