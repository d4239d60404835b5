"""Conversations put off until later: they leave the inbox, and come back by themselves."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.models import Contact
from conversations.models import Conversation, ConversationEvent
from conversations.standing import reopen

HOUR: Final = timedelta(hours=1)
EVENING: Final = time(18)
MORNING: Final = time(9)
LONGEST: Final = timedelta(days=365)


class SnoozeRefused(Exception):
    """Nothing was changed; `str()` says why, for a person."""


def this_evening(*, now: datetime, zone: tzinfo) -> datetime | None:
    """Return six o'clock of today in `zone`; None where that is less than an hour away."""
    at = datetime.combine(now.astimezone(zone), EVENING, tzinfo=zone)
    return at if at - now >= HOUR else None


def tomorrow_morning(*, now: datetime, zone: tzinfo) -> datetime:
    """Return nine o'clock of tomorrow in `zone`, also on the days when the clocks change."""
    return datetime.combine(now.astimezone(zone) + timedelta(days=1), MORNING, tzinfo=zone)


def snooze(*, contact: Contact, until: datetime, by: User, now: datetime) -> Conversation:
    """Put the conversation off until `until`; what the customer writes before then brings it back.

    An answer ends it too. Who was not waiting either is brought back: the agent wanted to be reminded.

    :raises SnoozeRefused: the moment is past, or too far; the conversation is done, or there is none.
    """
    if until <= now:
        raise SnoozeRefused(_("That moment is past: choose a later one."))
    if until - now > LONGEST:
        raise SnoozeRefused(_("A conversation can be put off for a year at most."))
    with transaction.atomic():
        person = lock_person(contact.pk)
        row = Conversation.objects.select_for_update().filter(contact=person).first()
        if row is None:
            raise SnoozeRefused(_("There is no conversation yet: nobody has written anything."))
        if row.done_at is not None:
            raise SnoozeRefused(_("It is done: open it again first."))
        if row.snoozed_until == until:
            return row
        row.snoozed_until = until
        row.save(update_fields=["snoozed_until"])
        figures = {"until": until.isoformat()}
        ConversationEvent.objects.create(
            contact=person, at=now, verb="snoozed", by=by, figures=figures
        )
    return row


def wake(*, contact: Contact, by: User, now: datetime) -> bool:
    """Bring back at once what was put off; False if it was not."""
    with transaction.atomic():
        person = lock_person(contact.pk)
        row = Conversation.objects.select_for_update().filter(contact=person).first()
        if row is None or row.snoozed_until is None or row.snoozed_until <= now:
            return False
        row.snoozed_until = None
        row.save(update_fields=["snoozed_until"])
        ConversationEvent.objects.create(contact=person, at=now, verb="woken", by=by)
    return True


def wake_due(*, now: datetime) -> int:
    """Bring back whatever was put off until now; return how many. Run every minute.

    Who waits for an answer is shown again on time without it: the inbox asks the clock.
    """
    due = Conversation.objects.filter(snoozed_until__lte=now)
    waiting = due.unanswered().update(snoozed_until=None)
    others = due.filter(unanswered_since=None).select_related("contact").order_by("pk")
    return waiting + sum(reopen(contact=row.contact, by=None, now=now) for row in others)
