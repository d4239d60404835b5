"""Pages about a template that other apps have. Higher floors register here in `AppConfig.ready`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django_stubs_ext import StrOrPromise

    from templates_sync.models import Template


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page for who has `permission`; `address` is a name whose only argument is the template's id,
    `icon` one of Google's Material Symbols."""

    label: StrOrPromise
    icon: str
    permission: str
    address: str


_links: dict[str, PageLink] = {}


def register(name: str, link: PageLink) -> None:
    """Lead from the page of each template to `link`; a name registered again replaces the first."""
    _links[name] = link


def links_of(template: Template, user: User | AnonymousUser) -> list[dict[str, object]]:
    """Return the pages about `template` that `user` may open."""
    return [
        {"label": link.label, "icon": link.icon, "url": reverse(link.address, args=[template.pk])}
        for link in _links.values()
        if user.has_perm(link.permission)
    ]
