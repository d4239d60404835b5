"""What the inbox is called in words: its tabs, and what it says where there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from conversations.inbox.deeds import Deed
from conversations.inbox.tabs import Tab

TABS: Final[Mapping[Tab, Promise]] = {
    Tab.ANSWER: pgettext_lazy("inbox", "To answer"),
    Tab.MINE: pgettext_lazy("inbox", "Mine"),
    Tab.UNASSIGNED: pgettext_lazy("inbox", "Nobody's"),
    Tab.ALL: pgettext_lazy("inbox", "All"),
    Tab.SNOOZED: pgettext_lazy("inbox", "Put off"),
    Tab.DONE: pgettext_lazy("inbox", "Done"),
}
EMPTY: Final[Mapping[Tab, Promise]] = {
    Tab.ANSWER: _("Nobody is waiting for an answer. What customers write appears here by itself."),
    Tab.MINE: _("You take care of nobody at the moment. Take a conversation from “To answer”."),
    Tab.UNASSIGNED: _("Somebody takes care of every open conversation."),
    Tab.ALL: _("No customer has written yet. What they write on WhatsApp appears here by itself."),
    Tab.SNOOZED: _("Nothing is put off. What you put off comes back here by itself, on time."),
    Tab.DONE: _("Nothing has been settled yet."),
}


def told(deed: Deed, names: list[str]) -> str:
    """Return what was done, with the customer's name where it was one."""
    count = len(names)
    text = {
        Deed.TAKE: ngettext("You take care of %(name)s.", "You take care of %(count)s conversations.", count),
        Deed.RELEASE: ngettext("Nobody takes care of %(name)s any more.", "Nobody takes care of %(count)s conversations any more.", count),
        Deed.GIVE: ngettext("%(name)s was handed over.", "%(count)s conversations were handed over.", count),
        Deed.SNOOZE: ngettext("%(name)s comes back on time.", "%(count)s conversations come back on time.", count),
        Deed.WAKE: ngettext("%(name)s is back.", "%(count)s conversations are back.", count),
        Deed.DONE: ngettext("%(name)s is settled.", "%(count)s conversations are settled.", count),
        Deed.REOPEN: ngettext("%(name)s waits for an answer again.", "%(count)s conversations wait for an answer again.", count),
    }[deed]  # fmt: skip
    return text % {"name": names[0] if names else "", "count": count}
