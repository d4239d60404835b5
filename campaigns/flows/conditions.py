"""“Only if …” of a flow: a rule tree of segments, in which the trigger's own conditions may stand too.

No tree ({}, [] or null) is everybody for whom it happens. A tree that cannot be read is nobody: a
rule is never dropped.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audiences import segments
from audiences.models import Contact
from audiences.segments import BrokenSegment
from campaigns.flows.triggers import Trigger

EVERYBODY: dict[str, Any] = {}


def canonical(raw: Any, trigger: Trigger | None) -> dict[str, Any]:
    """Return the tree as it is stored; `EVERYBODY` where there is none.

    :raises BrokenSegment: with every problem found.
    """
    if _is_nothing(raw):
        return EVERYBODY
    tree = segments.canonical(raw, own=_own(trigger))
    if not tree["groups"]:
        raise BrokenSegment(
            [_("There are no conditions in it: leave it empty to write to everybody.")]
        )
    return tree


def problems_of(raw: Any, trigger: Trigger | None) -> list[str]:
    """Return a sentence for each thing that keeps the tree from being used today."""
    try:
        canonical(raw, trigger)
    except BrokenSegment as broken:
        return broken.problems
    return []


def describe(raw: Any, trigger: Trigger | None) -> str:
    """Return the tree as a sentence, a broken one as why."""
    if _is_nothing(raw):
        return _("Everybody for whom it happens.")
    return segments.describe(raw, own=_own(trigger))


def holds(tree: Any, *, trigger: Trigger, subject: str, contact_id: int, now: datetime) -> bool:
    """Say whether the conditions hold for this person and this subject now.

    :raises BrokenSegment: the tree cannot be used (any more).
    """
    if _is_nothing(tree):
        return True
    own = {known.key: known.about(subject) for known in trigger.conditions}
    if not tree.get("groups"):
        raise BrokenSegment([_("There are no conditions in it.")])
    chosen = segments.compile(tree, now=now, own=own)
    return Contact.objects.filter(chosen, pk=contact_id).exists()


def _is_nothing(raw: Any) -> bool:
    return raw is None or raw in ({}, [])


def _own(trigger: Trigger | None) -> segments.Own:
    return {} if trigger is None else {known.key: known.in_words() for known in trigger.conditions}
