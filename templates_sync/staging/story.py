"""What every move of a draft shares: the lock, the check of the state, the line in the story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from templates_sync.lint import Problem
from templates_sync.lint_words import sentence
from templates_sync.models import DraftEvent, DraftMoved, TemplateDraft

Status = TemplateDraft.Status


class DraftRefused(Exception):
    """Something stands against it; `problems` are those of the text, if it is the text."""

    def __init__(self, text: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(text or " ".join(sentence(problem) for problem in problems))
        self.problems = tuple(problems)


class SamePersonRefused(DraftRefused):
    """Who wrote or edited a draft does not approve it, superusers included."""


def lock(draft: TemplateDraft) -> TemplateDraft:
    """Return the draft as it is now, its row locked until the transaction ends.

    :raises DraftMoved: it was deleted meanwhile.
    """
    found = TemplateDraft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if found is None:
        raise DraftMoved(_("The draft was deleted meanwhile."))
    return found


def require(draft: TemplateDraft, *allowed: TemplateDraft.Status) -> None:
    """:raises DraftMoved: the draft is in none of the `allowed` states."""
    if draft.status not in allowed:
        raise DraftMoved(
            _("The draft is now “%(status)s”: this is no longer possible. Look at it again.")
            % {"status": draft.get_status_display()}
        )


def record(
    draft: TemplateDraft, verb: str, *, by: User | None, now: datetime, note: str = ""
) -> None:
    """Add a line to the story; the caller holds the transaction of the change it tells."""
    DraftEvent.objects.create(draft=draft, verb=verb, by=by, at=now, note=note)
