"""Templates that may not be sent now: their messages wait, nobody else does.

What was judged is remembered for a second, so that a busy sender does not ask for every message;
that is well within the time in which a hold must take effect.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.sender.policy import DEFAULT_POLICY
from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable

REMEMBERED_SECONDS = 1.0
# Codes of `templates_sync.sendable` that a paused campaign tells by name.
_PAUSES = {
    "paused": "template_paused",
    "disabled": "template_disabled",
    "category_changed": "template_recategorised",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a version waits: a code and a sentence of `templates_sync`."""

    code: str
    detail: str

    @property
    def pause_code(self) -> str:
        """Return the code of `campaigns.reasons` that its campaigns are paused with."""
        return _PAUSES.get(self.code, "template_not_sendable")

    @property
    def is_stale(self) -> bool:
        """True if only our knowledge is too old: the next sync will tell, nobody must judge."""
        return self.code == "stale"


@dataclass(slots=True)
class Holds:
    """The verdicts of the last second, by version id; `fresh` is the policy's `template_fresh`."""

    fresh: timedelta = DEFAULT_POLICY.template_fresh
    _judged: dict[int, tuple[float, Hold | None]] = field(default_factory=dict)

    def of(self, version_ids: Iterable[int], *, now: datetime) -> dict[int, Hold]:
        """Return version id → why it must wait; sendable versions are absent."""
        wanted = set(version_ids)
        since = time.monotonic() - REMEMBERED_SECONDS
        unknown = {pk for pk in wanted if self._judged.get(pk, (float("-inf"), None))[0] < since}
        self._judge(unknown, now=now)
        return {pk: hold for pk in wanted if (hold := self._judged[pk][1]) is not None}

    def known(self, *, now: datetime) -> dict[int, Hold]:
        """Return what is held now among the versions met so far."""
        return self.of(list(self._judged), now=now)

    def _judge(self, version_ids: set[int], *, now: datetime) -> None:
        if not version_ids:
            return
        versions = TemplateVersion.objects.select_related("template").in_bulk(version_ids)
        for pk in version_ids:
            self._judged[pk] = (
                time.monotonic(),
                _hold(versions.get(pk), now=now, fresh=self.fresh),
            )


def hold_of(version: TemplateVersion, *, now: datetime) -> Hold | None:
    """Return why a person must look at this version before it is sent, however old our news are."""
    reasons = reasons_not_sendable(version, now=now)
    return Hold(reasons[0].code, reasons[0].text) if reasons else None


def _hold(version: TemplateVersion | None, *, now: datetime, fresh: timedelta) -> Hold | None:
    if version is None:
        return Hold("gone", "")
    reasons = reasons_not_sendable(version, now=now, require_fresh=True, fresh=fresh)
    if not reasons:
        return None
    # What a person must judge comes before what the next sync cures.
    first = next((reason for reason in reasons if reason.code != "stale"), reasons[0])
    return Hold(first.code, first.text)
