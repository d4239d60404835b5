"""What the sync must know when a person's number is another one: what Spoki was told belongs to the number.

The contact at Spoki of a number that was given up stays there with its chat: nothing of ours is pushed to it any
more, but for one word where it held a consent (see `NumberToSilence`).
"""

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from audiences.models import ConsentState, ContactPush, NumberToSilence, SpokiContact
from audiences.movers import Follow


def follow_number(step: Follow) -> None:
    """Have mirrors and pushes follow the number that is kept, and the other one be silenced."""
    if step.given_up is not None:
        _silence(step.given_up, step.other_id, step)
    mirrors = SpokiContact.objects.filter(contact=step.other_id)
    mirrors.update(contact_id=step.contact_id, gone_at=Coalesce(F("gone_at"), step.now))
    SpokiContact.objects.filter(contact=step.merged_id).update(contact_id=step.contact_id)
    if step.phone is not None:
        # A number that was given up, and comes back, may be told a consent again.
        NumberToSilence.objects.filter(phone=step.phone).delete()
    _follow_push(step)


def _silence(phone: str, contact_id: int, step: Follow) -> None:
    """Have Spoki told, where it holds a consent for the number, or is just being told of one."""
    holds = ContactPush.objects.filter(contact=contact_id).filter(
        Q(consent=ConsentState.GIVEN) | Q(leased_until__gt=step.now)
    )
    shows = SpokiContact.objects.filter(
        contact=contact_id, consent=ConsentState.GIVEN, gone_at=None
    )
    if holds.exists() or shows.exists():
        NumberToSilence.objects.update_or_create(
            phone=phone, defaults={"asked_at": step.now, "told_at": None}
        )


def _follow_push(step: Follow) -> None:
    """What Spoki was told of the kept number is known of the kept contact; of a new one, nothing."""
    pushed = ContactPush.objects.filter(pk=step.from_id).first() if step.from_id else None
    if step.from_id == step.contact_id:
        ContactPush.objects.filter(pk=step.merged_id).delete()
        return
    ContactPush.objects.filter(pk__in=[step.contact_id, step.merged_id]).delete()
    if pushed is not None:
        ContactPush.objects.create(pk=step.contact_id, filled=pushed.filled, consent=pushed.consent)
