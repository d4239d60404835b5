"""By which way a campaign leaves: `messages/send`, or an automation that is proven and switched on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaigns.models import Campaign, WhatsAppNumber
from campaigns.routes import Route, routes_of, usable
from campaigns.sender.streams import Stream


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes in use, by version id; `busy` are those whose call is still in flight.

    An automation always sends from the default number, so a campaign from another one goes by
    `messages/send`.
    """

    routes: Mapping[int, Route] = field(default_factory=dict)
    default_number: int | None = None
    busy: frozenset[int] = frozenset()

    def of(self, campaign: Campaign | Stream) -> Route | None:
        """Return the automation by which it leaves; what flows write always goes by `messages/send`."""
        if isinstance(campaign, Stream) or campaign.number_id not in {None, self.default_number}:
            return None
        return self.routes.get(campaign.template_version_id or 0)


def ways_now(account_id: int) -> Ways:
    """Return the ways in use now; one small query where there is no route."""
    versions = list(usable().values_list("version_id", flat=True))
    if not versions:
        return Ways()
    number = WhatsAppNumber.objects.filter(account=account_id, is_default=True).first()
    return Ways(routes_of(versions), number.pk if number else None)
