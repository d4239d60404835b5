"""Where a template that may be sent leads to: links of higher floors, shown on its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, User

from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Onward:
    """One link: what is done there, and its address."""

    label: StrOrPromise
    url: str


# None for who may not go there.
Offer = Callable[[TemplateVersion, User | AnonymousUser], Onward | None]

_offers: dict[str, Offer] = {}


def register(name: str, offer: Offer) -> None:
    """Add a link; called from `AppConfig.ready`. Registering a name again replaces it."""
    _offers[name] = offer


def onward_from(
    version: TemplateVersion | None, user: User | AnonymousUser, *, now: datetime
) -> list[Onward]:
    """Return the links for `user`; none from a version that may not be sent."""
    if version is None or reasons_not_sendable(version, now=now):
        return []
    links = (offer(version, user) for offer in _offers.values())
    return [link for link in links if link is not None]
