"""What may be written, before anybody is asked: words, buttons, values. Pure.

Meta, Service messages: a text has at most 4,096 characters; with buttons at most 1,024, three buttons of 20 each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audiences import exclusions
from audiences.parameters import MAX_VALUE_LENGTH, sanitise
from campaigns.flows.values import wrong_with
from conversations.replies.checking import ReplyRefused
from templates_sync.models import TemplateVersion

LONGEST: Final = 4_096
LONGEST_WITH_BUTTONS: Final = 1_024
MOST_BUTTONS: Final = 3
LONGEST_BUTTON: Final = 20


def text_of(typed: str, *, has_buttons: bool = False) -> str:
    """Return the words as they leave: line ends of one kind, no blank ends.

    :raises ReplyRefused: there are none, or too many.
    """
    words = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if not words:
        raise ReplyRefused(_("Write something first."), "empty")
    most = LONGEST_WITH_BUTTONS if has_buttons else LONGEST
    if len(words) > most:
        counted = {"length": len(words), "most": most}
        if has_buttons:
            told = _("With buttons a message has at most %(most)d characters; this one has %(length)d: shorten it, or leave the buttons out.")  # fmt: skip
        else:
            told = _("A message has at most %(most)d characters; this one has %(length)d: send it in two parts.")  # fmt: skip
        raise ReplyRefused(told % counted, "too_long")
    return words


def labels_of(typed: Sequence[str]) -> list[str]:
    """Return the words on the buttons, empty ones left out.

    :raises ReplyRefused: too many, too long, or two alike.
    """
    labels = [
        label for label in (" ".join(one.replace("\x00", "").split()) for one in typed) if label
    ]
    if len(labels) > MOST_BUTTONS:
        raise ReplyRefused(
            _("At most %(most)d buttons fit under a message.") % {"most": MOST_BUTTONS}, "buttons"
        )
    for label in labels:
        if len(label) > LONGEST_BUTTON:
            told = _("A button has at most %(most)d characters: shorten “%(label)s”.")
            raise ReplyRefused(told % {"most": LONGEST_BUTTON, "label": label}, "buttons")
    if len({label.casefold() for label in labels}) < len(labels):
        raise ReplyRefused(
            _("Two buttons say the same: nobody could tell which was tapped."), "buttons"
        )
    return labels


def values_of(
    version: TemplateVersion,
    given: Mapping[str, str],
    *,
    labels: Callable[[], Mapping[str, str]],
) -> dict[str, str]:
    """Return variable → text as it may be sent, for each variable of the template.

    `labels` tells, where it is asked, what each variable is called in the reader's words.

    :raises ReplyRefused: one is missing, unknown, or makes the message too long.
    """
    if unknown := sorted(set(given) - set(version.variables)):
        told = _("The template has no variable %(names)s.")
        raise ReplyRefused(told % {"names": ", ".join(unknown)}, "unknown_variable")
    values = {name: sanitise(given.get(name, "")) for name in version.variables}
    wrong = wrong_with(values, version)
    if wrong == exclusions.MISSING_VALUE:
        words = labels()
        missing = [words.get(name) or name for name, text in values.items() if not text]
        told = ngettext(
            "One value is still missing: %(names)s.",
            "Some values are still missing: %(names)s.",
            len(missing),
        )
        raise ReplyRefused(told % {"names": ", ".join(missing)}, "missing_value")
    if wrong:
        told = _("With these values the message is too long: shorten them (a value has at most %(most)d characters).")  # fmt: skip
        raise ReplyRefused(told % {"most": MAX_VALUE_LENGTH}, "value_too_long")
    return values
