"""Where a segment leads to: links of higher floors, shown on its page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from audiences.conditions.values import Text
from audiences.models import Segment


@dataclass(frozen=True, slots=True)
class Onward:
    """One link: what is done there, and its address."""

    label: Text
    url: str


# None for who may not go there.
Offer = Callable[[Segment, User | AnonymousUser], Onward | None]

_OFFERS: dict[str, Offer] = {}


def register(key: str, offer: Offer) -> None:
    """Add a link; called from `AppConfig.ready`. Registering a key again replaces it."""
    _OFFERS[key] = offer


def onward_from(segment: Segment, user: User | AnonymousUser) -> list[Onward]:
    """Return the links for `user`."""
    links = (offer(segment, user) for offer in _OFFERS.values())
    return [link for link in links if link is not None]
