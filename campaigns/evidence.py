"""What is known about a message of which nobody knows whether it left: facts for a person to weigh.

Each fact is a code with its moment and figures; words are made where they are shown. Higher floors
add what they know (webhooks that arrived about the same phone) with `register`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import OutboundMessage

# What was written to or by the person so long before and after may have to do with it.
BEFORE = timedelta(minutes=10)
AFTER = timedelta(hours=24)

_SENTENCES: Final[Mapping[str, Promise]] = {
    "spoki_said": _("Spoki's answer: {text}"),
    "spoki_knows": _("Spoki gave it an identifier: it reached Spoki."),
    "answered": _("The person answered at {at}: it surely arrived."),
    "other_message": _("Another message of ours to the same phone at {at}: {state}."),
    "inbound": _("The person wrote to us at {at}."),
    "by_others": _(
        "Spoki told of a message to the same phone at {at} that is not matched: {state}."
    ),
    "by_others_same": _(
        "Spoki told of the same template to the same phone at {at}, without our mark: {state}. "
        "It is probably this one."
    ),
}
_LEFT: Final = frozenset({"spoki_knows", "answered", "by_others_same"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `figures` are plain values; `at` in UTC or None."""

    code: str
    at: datetime | None = None
    figures: Mapping[str, object] = field(default_factory=dict)

    @property
    def says_it_left(self) -> bool:
        return self.code in _LEFT

    def as_dict(self) -> dict[str, Any]:
        """Return what is kept with the decision."""
        at = self.at.isoformat() if self.at else None
        return {"code": self.code, "at": at, **self.figures}

    def __str__(self) -> str:
        return in_words(self.as_dict())


Facts = Mapping[int, Sequence[Fact]]
Provider = Callable[[Sequence[OutboundMessage]], Facts]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Add what another app knows; a name registered again replaces the first."""
    _providers[name] = provider


def facts_about(messages: Sequence[OutboundMessage]) -> dict[int, list[Fact]]:
    """Return message id → what is known of it, oldest first; every message has an entry."""
    found: dict[int, list[Fact]] = {message.pk: [] for message in messages}
    for provider in (_own, *_providers.values()):
        for pk, facts in provider(messages).items():
            found[pk].extend(facts)
    for facts in found.values():
        facts.sort(key=lambda fact: (fact.at is not None, (fact.at and fact.at.isoformat()) or ""))
    return found


def in_words(fact: Mapping[str, Any]) -> str:
    """Return a kept fact in the active language; an unknown code as it is."""
    text = str(_SENTENCES.get(str(fact.get("code")), fact.get("code")))
    figures = {name: value for name, value in fact.items() if name != "code"}
    at = parse_datetime(str(fact.get("at") or ""))
    figures["at"] = date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "—"
    if state := fact.get("state"):
        figures["state"] = dict(OutboundMessage.Status.choices).get(str(state), state)
    return text.format_map(defaultdict(lambda: "—", figures))


def _own(messages: Sequence[OutboundMessage]) -> Facts:
    found: dict[int, list[Fact]] = defaultdict(list)
    others = _other_messages(messages)
    for message in messages:
        found[message.pk] = [*_told(message), *_near(message, others[message.phone])]
    return found


def _told(message: OutboundMessage) -> list[Fact]:
    facts = []
    said = " ".join(filter(None, (message.error_code, message.error_text)))
    if said:
        facts.append(Fact("spoki_said", figures={"text": said}))
    if message.provider_uuid or message.provider_id:
        facts.append(Fact("spoki_knows"))
    if message.replied_at:
        facts.append(Fact("answered", message.replied_at))
    return facts


def _other_messages(
    messages: Sequence[OutboundMessage],
) -> dict[str, list[OutboundMessage]]:
    """Return phone → our messages to it around those times."""
    found: dict[str, list[OutboundMessage]] = defaultdict(list)
    moments = [message.sending_at for message in messages if message.sending_at]
    if moments:
        for other in OutboundMessage.objects.filter(
            phone__in={message.phone for message in messages},
            sending_at__gte=min(moments) - BEFORE,
            sending_at__lte=max(moments) + AFTER,
        ).order_by("sending_at"):
            found[other.phone].append(other)
    return found


def _near(message: OutboundMessage, others: Sequence[OutboundMessage]) -> list[Fact]:
    at = message.sending_at
    if at is None:
        return []
    return [
        Fact("other_message", other.sending_at, {"state": other.status})
        for other in others
        if other.pk != message.pk
        and other.sending_at is not None
        and at - BEFORE <= other.sending_at <= at + AFTER
    ]
