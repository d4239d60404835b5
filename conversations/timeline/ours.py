"""What we sent, or meant to send, as it stands in a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.addresses import campaign_url
from campaigns.models import OutboundMessage
from campaigns.reasons import sentence
from conversations.error_words import problem_of
from conversations.header_files import header_of
from conversations.timeline.entry import Entry
from conversations.timeline.places import Place
from templates_sync.models import TemplateVersion
from templates_sync.rendering import render

_Status = OutboundMessage.Status
# As an agent sees it; what is not here is called the same.
_SHOWN = {_Status.ACCEPTED: "sending", _Status.EXPIRED: "skipped"}
_WITH = (
    "campaign",
    "number",
    "template_version__template",
    "flow_entry__flow",
    "flow_test__flow",
    "reply__by",
)


@dataclass(frozen=True, slots=True)
class _Author:
    name: str
    kind: str
    link: str = ""


def entries_of_ours(places: Sequence[Place]) -> dict[str, Entry]:
    """Return key → entry of these messages of ours, with whoever or whatever wrote them, in one query."""
    if not places:
        return {}
    rows = OutboundMessage.objects.select_related(*_WITH).in_bulk([place.pk for place in places])
    return {place.key: _entry(place, rows[place.pk]) for place in places if place.pk in rows}


def words_of(message: OutboundMessage) -> str:
    """Return what the message says, as the customer reads it, without header and footer."""
    if message.kind == OutboundMessage.Kind.TEXT or message.template_version is None:
        return message.text
    # Erased: what is left is a form without values.
    return render(message.template_version, _values(message)).body if message.phone else ""


def _entry(place: Place, message: OutboundMessage) -> Entry:
    author = _author(message)
    header, text, footer, buttons = _content(message)
    return Entry(
        key=place.key,
        at=place.at,
        is_inbound=False,
        author=_signed(author, message.template_version),
        author_kind=author.kind,
        kind=message.kind,
        text=text,
        buttons=buttons,
        status=_SHOWN.get(_Status(message.status), str(message.status)),
        word=str(message.status),
        problem=_problem(message),
        details=_details(message, header=header, footer=footer),
        link=author.link,
        uuid=message.provider_uuid or "",
        source="sender",
        number=message.number.phone if message.number else "",
        head=header_of(message.template_version)
        if message.template_version and message.phone
        else None,
    )


def _problem(message: OutboundMessage) -> str:
    """Why it did not arrive, or what it waits for; "" while all is well."""
    is_waiting = message.status == _Status.QUEUED
    return sentence(message.reason) if is_waiting else problem_of(message)


def _content(message: OutboundMessage) -> tuple[str, str, str, tuple[str, ...]]:
    """Return header, text, footer and the words on the buttons."""
    if not message.phone:
        return "", _("Erased at the person's request."), "", ()
    version = message.template_version
    if message.kind == OutboundMessage.Kind.TEXT or version is None:
        return "", message.text, "", _own_buttons(message)
    shown = render(version, _values(message))
    buttons = tuple(button.text for button in shown.buttons)
    return shown.header, shown.body, shown.footer, buttons


def _values(message: OutboundMessage) -> dict[str, str]:
    return {str(name): str(value) for name, value in message.params.items()}


def _own_buttons(message: OutboundMessage) -> tuple[str, ...]:
    """The buttons of a text: their words, or objects that hold them."""
    found = message.params.get("buttons")
    if not isinstance(found, list):
        return ()
    words = [one.get("text") if isinstance(one, dict) else one for one in found]
    return tuple(str(word) for word in words if word)


def _author(message: OutboundMessage) -> _Author:
    """Whoever answered, else what it was sent for; a message of nobody is the shop's own."""
    reply = getattr(message, "reply", None)
    if reply is not None:
        return _Author(name_of(reply.by), "agent") if reply.by else _Author(_("Shop"), "system")
    if message.campaign is not None:
        return _Author(message.campaign.name, "campaign", campaign_url(message.campaign))
    entry = getattr(message, "flow_entry", None)
    if entry is not None:
        address = reverse("admin:campaigns_flow_change", args=[entry.flow_id])
        return _Author(entry.flow.name, "flow", address)
    test = getattr(message, "flow_test", None)
    if test is not None:
        return _Author(_("Test of “%(flow)s”") % {"flow": test.flow.name}, "system")
    return _Author(_("Automatic answer") if message.kind == "text" else _("Shop"), "system")


def _signed(author: _Author, version: TemplateVersion | None) -> str:
    """Name the template and its version beside the author."""
    if version is None:
        return author.name
    told = {"author": author.name, "template": version.template.name, "version": version.number}
    return _("%(author)s · %(template)s, version %(version)s") % told


def _details(message: OutboundMessage, *, header: str, footer: str) -> dict[str, object]:
    version, entry = message.template_version, getattr(message, "flow_entry", None)
    told: dict[str, object] = {
        "campaign": message.campaign_id,
        "flow": entry.flow_id if entry is not None else None,
        "template": version.template.name if version else "",
        "template_version": version.pk if version else None,
        "version": version.number if version else None,
        "category": version.category if version else "",
        "header": header,
        "header_format": str((version.header or {}).get("format") or "") if version else "",
        "footer": footer,
        "lane": message.lane,
    }
    return {name: value for name, value in told.items() if value not in {"", None}}


def name_of(user: User) -> str:
    """What a colleague is called beside a message."""
    return user.get_full_name() or user.get_username()
