"""What a person is told when a campaign may not do what was asked: a code, a field, a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_of

from campaigns.models import TransitionRefused


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason. `field` is the field of the form or of the API that cures it, empty if none.

    Where it is told later, to others, it is kept as `code` of `campaigns.reasons` with `figures`.
    """

    code: str
    field: str
    text: str
    figures: Mapping[str, object] = made_of(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return self.text


class CampaignRefused(Exception):
    """Something stands against it: every blocker found, in words an operator can act on."""

    def __init__(self, blockers: Sequence[Blocker]) -> None:
        super().__init__(" ".join(blocker.text for blocker in blockers))
        self.blockers = tuple(blockers)

    def by_field(self) -> dict[str, list[str]]:
        """Return field → sentences, the shape of every refusal of the API."""
        fields: dict[str, list[str]] = {}
        for blocker in self.blockers:
            fields.setdefault(blocker.field or "non_field_errors", []).append(blocker.text)
        return fields


class SamePersonRefused(CampaignRefused):
    """Who wrote or edited a campaign does not approve it, superusers included."""


class AlreadyLaunched(TransitionRefused):
    """A second click: the first one did the work."""


class LaunchFailed(Exception):
    """The audience could not be frozen; nothing was queued and the campaign is approved as before."""
