"""Two contacts are one person: what both had is kept by one, the other stays as evidence of what was.

Everything in one transaction. Ledgers, snapshots and logs are not rewritten: the merged contact keeps its row, its
declarations and its place in old snapshots, and points to the contact that was kept.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from audiences import movers
from audiences.consent import derive_state
from audiences.contact_sync.renumbering import follow_number
from audiences.locking import Busy, impatient, lock_contacts
from audiences.merge_plan import CHOOSABLE, KeptField, Side, kept_fields
from audiences.models import (
    ConsentPurpose,
    ConsentRequest,
    ConsentState,
    Contact,
    ContactAlias,
    ContactMerge,
    PhoneChange,
)
from audiences.movers import Follow

_TRIES = 3
_ALSO_NOTED = (
    "attributes",
    "tags",
    "can_receive_whatsapp",
    "marketing_consent",
    "orders_consent",
    "is_blocked",
    "has_invalid_phone",
    "spoki_contact_id",
)


class MergeRefused(Exception):
    """These two cannot be merged; `str()` says why, for a person."""


class MergeBusy(MergeRefused):
    """Somebody else is just at work on one of the two: worth another try in a moment."""


def merge_contacts(
    *,
    survivor: Contact,
    merged: Contact,
    taken: Collection[str] = (),
    why: str = "",
    by: User | None,
    now: datetime,
) -> ContactMerge:
    """Merge `merged` into `survivor` for good and return the log of it; the same again changes nothing.

    `taken` names the fields of `merge_plan.CHOOSABLE` whose value comes from the merged contact; what is empty on
    one side is filled from the other. A number that is not kept is given up: consents given for it do not count
    for the one that is kept, withdrawals do. Messages that wait go to the kept number, once per campaign.

    :raises MergeRefused: the same contact twice, one that was merged elsewhere, or an unknown field.
    :raises MergeBusy: somebody else has one of the two just now; nothing was changed.
    """
    if survivor.pk == merged.pk:
        raise MergeRefused(_("These are the same contact: choose two different ones."))
    if unknown := set(taken) - set(CHOOSABLE):
        raise MergeRefused(_("Nobody can choose “%(field)s”.") % {"field": min(unknown)})
    for _try in range(_TRIES):
        try:
            with impatient():
                return _merge(survivor.pk, merged.pk, taken=taken, why=why, by=by, now=now)
        except Busy:
            continue
    raise MergeBusy(_("Somebody is changing one of the two just now: try again in a moment."))


def values_of(contact: Contact) -> dict[str, Any]:
    """Every value of a contact that a merge may change, as JSON keeps it."""
    return {name: getattr(contact, name) for name in (*CHOOSABLE, *_ALSO_NOTED)}


def _merge(
    survivor_id: int,
    merged_id: int,
    *,
    taken: Collection[str],
    why: str,
    by: User | None,
    now: datetime,
) -> ContactMerge:
    people = lock_contacts({survivor_id, merged_id})
    done = ContactMerge.objects.filter(merged=merged_id).first()
    if done is not None and done.survivor_id == survivor_id:
        return done
    survivor, merged = _both_alive(people, survivor_id, merged_id)
    before = {Side.SURVIVOR: values_of(survivor), Side.MERGED: values_of(merged)}
    kept = kept_fields(before[Side.SURVIVOR], before[Side.MERGED], taken=taken)
    step = _step(survivor, merged, kept, now=now)
    _bury(merged, survivor_id, now=now)
    _write(survivor, merged, kept, now=now)
    _follow_questions(step)
    _follow_aliases(step)
    for purpose in ConsentPurpose.values:
        derive_state(contact_ids=[survivor_id], purpose=purpose, now=now)
    follow_number(step)
    figures = movers.follow(step)
    log = ContactMerge.objects.create(
        survivor_id=survivor_id,
        merged_id=merged_id,
        at=now,
        by=by,
        why=why[:500],
        before=before,
        kept={name: field.side for name, field in kept.items()},
        figures=figures,
    )
    _note_number(step, log)
    return log


def _both_alive(
    people: Mapping[int, Contact], survivor_id: int, merged_id: int
) -> tuple[Contact, Contact]:
    for pk in (survivor_id, merged_id):
        if pk not in people:
            raise MergeRefused(_("One of the two is no longer there."))
        if people[pk].is_merged:
            raise MergeRefused(
                _("%(contact)s was merged into another contact already: go on from that one.")
                % {"contact": people[pk]}
            )
    return people[survivor_id], people[merged_id]


def _step(
    survivor: Contact, merged: Contact, kept: Mapping[str, KeptField], *, now: datetime
) -> Follow:
    is_theirs = kept["phone"].side is Side.MERGED
    has_phone = bool(kept["phone"].value)
    return Follow(
        contact_id=survivor.pk,
        merged_id=merged.pk,
        phone=kept["phone"].value or None,
        zone=kept["timezone"].value,
        from_id=(merged.pk if is_theirs else survivor.pk) if has_phone else None,
        given_up=(survivor.phone if is_theirs else merged.phone) or None,
        now=now,
    )


def _bury(merged: Contact, survivor_id: int, *, now: datetime) -> None:
    """Leave the row as it is, without what would find it or let it be written to."""
    Contact.objects.filter(merged_into=merged.pk).update(merged_into=survivor_id, updated_at=now)
    Contact.objects.filter(pk=merged.pk).update(
        merged_into=survivor_id,
        phone=None,
        can_receive_whatsapp=False,
        spoki_contact_id=None,
        marketing_consent=ConsentState.UNKNOWN,
        marketing_consent_at=None,
        orders_consent=ConsentState.UNKNOWN,
        orders_consent_at=None,
        updated_at=now,
    )


def _write(
    survivor: Contact, merged: Contact, kept: Mapping[str, KeptField], *, now: datetime
) -> None:
    values = {name: field.value for name, field in kept.items()}
    if kept["phone"].side is Side.MERGED:
        # What is known of a number goes with it.
        for name in ("can_receive_whatsapp", "is_blocked", "has_invalid_phone", "spoki_contact_id"):
            values[name] = getattr(merged, name)
    Contact.objects.filter(pk=survivor.pk).update(**values, updated_at=now)


def _follow_questions(step: Follow) -> None:
    """A question asked to the number that is not kept can no longer be answered."""
    pending = ConsentRequest.objects.filter(state=ConsentRequest.State.PENDING)
    pending.filter(contact=step.other_id).update(
        state=ConsentRequest.State.CANCELLED, ended_at=step.now
    )
    ConsentRequest.objects.filter(contact=step.merged_id).update(contact=step.contact_id)


def _follow_aliases(step: Follow) -> None:
    ContactAlias.objects.filter(contact=step.merged_id).update(contact=step.contact_id)
    if step.given_up is not None:
        ContactAlias.objects.create(
            contact_id=step.contact_id,
            kind=ContactAlias.Kind.PHONE,
            value=step.given_up,
            first_seen_at=step.now,
            last_seen_at=step.now,
        )


def _note_number(step: Follow, log: ContactMerge) -> None:
    """The number that was given up, or the first one that the person has, is in her list of numbers."""
    is_first = step.given_up is None and step.from_id == step.merged_id
    if step.given_up is not None or is_first:
        PhoneChange.objects.create(
            contact_id=step.contact_id,
            old_phone=step.given_up or "",
            new_phone=step.phone or "",
            at=log.at,
            by=log.by,
            why=log.why,
            merge=log,
        )
