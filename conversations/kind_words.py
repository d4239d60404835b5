"""What a message is, in words, where it has none of its own: in a list, in a quotation, on top of a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Final[Mapping[str, Promise]] = {
    "template": _("a template"),
    "image": _("a picture"),
    "video": _("a video"),
    "audio": _("a voice message"),
    "document": _("a document"),
    "location": _("a place"),
    "contact": _("a contact"),
    "reaction": _("a reaction"),
}
_OTHERS: Final = _("a message")


def in_words(kind: str) -> str:
    """Return what a message of this kind (`spoki.ContentKind`) is, in the reader's language."""
    return str(WORDS.get(kind, _OTHERS))
