"""Places of the card that other rooms of this app fill: registered when the application starts. No signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from audiences.models import Contact
from conversations.window import Window

# Below the conversation: the box in which an answer is written. Above it: how far back the history goes.
REPLY: Final = "reply"
HISTORY: Final = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a slot may need to know of the card it stands in."""

    contact: Contact
    window: Window
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """`context` is asked with each page; what it says is added to the card's `contact`, `window` and `now`."""

    template: str
    context: Callable[[HttpRequest, Scene], Mapping[str, Any]]


_SLOTS: dict[str, Slot] = {}


def register(place: str, slot: Slot) -> None:
    """Fill a place; called from `AppConfig.ready`. Filling it again replaces what was there."""
    _SLOTS[place] = slot


def filled(place: str, request: HttpRequest, scene: Scene) -> SafeString:
    """Return the HTML of the place, empty where nobody fills it."""
    slot = _SLOTS.get(place)
    if slot is None:
        return SafeString("")
    shown = {"contact": scene.contact, "window": scene.window, "now": scene.now}
    shown |= slot.context(request, scene)
    return SafeString(render_to_string(slot.template, shown, request))
