"""From draft to approved: what is submitted is pinned, and another person approves exactly that."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.blockers import assess
from campaigns.definition import definition_of
from campaigns.fingerprint import fingerprint
from campaigns.lifecycle.story import Status, lock, record, require
from campaigns.models import Campaign
from campaigns.refusals import Blocker, CampaignRefused, SamePersonRefused


@transaction.atomic
def submit_campaign(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """Pin the wording of the segments and hand the campaign to review.

    :raises TransitionRefused: it is not a draft (any more).
    :raises CampaignRefused: with every blocker found.
    """
    locked = lock(campaign)
    require(locked, Status.DRAFT, Status.REJECTED)
    recipients = count_or_refuse(locked, now=now)
    definition = definition_of(locked)
    locked.exclude_versions.set(definition.excluded)
    locked.segment_version = definition.version
    locked.move_to(
        Status.IN_REVIEW,
        now=now,
        segment_version=definition.version,
        fingerprint=fingerprint(locked),
        submitted_by=by,
        submitted_at=now,
        rejection_reason="",
    )
    record(locked, "submitted", by=by, now=now, recipients=recipients)
    return locked


@transaction.atomic
def approve_campaign(
    *, campaign: Campaign, by: User, now: datetime, seen: str | None = None
) -> Campaign:
    """Approve what is in review. `seen` is the fingerprint of what the approver looked at.

    :raises TransitionRefused: it is not in review (any more).
    :raises SamePersonRefused: `by` wrote it or edited it last.
    :raises CampaignRefused: something stands against it, or it changed since the approver looked.
    """
    locked = lock(campaign)
    require(locked, Status.IN_REVIEW)
    _require_another_person(locked, by)
    current = fingerprint(locked)
    if seen is not None and seen != current:
        text = _("It has changed since you opened the page: look at it again, then approve.")
        raise CampaignRefused([Blocker("changed", "", text)])
    recipients = count_or_refuse(locked, now=now)
    locked.move_to(
        Status.APPROVED,
        now=now,
        approved_by=by,
        approved_at=now,
        approved_recipients=recipients,
        fingerprint=current,
    )
    record(locked, "approved", by=by, now=now, recipients=recipients, fingerprint=current)
    return locked


@transaction.atomic
def reject_campaign(*, campaign: Campaign, by: User, reason: str, now: datetime) -> Campaign:
    """Send it back to its author with a reason.

    :raises TransitionRefused: it is not in review (any more).
    :raises CampaignRefused: no reason is given.
    """
    locked = lock(campaign)
    require(locked, Status.IN_REVIEW)
    if not reason.strip():
        text = _("Say why, so that the author knows what to change.")
        raise CampaignRefused([Blocker("no_reason", "reason", text)])
    unpin(locked)
    locked.move_to(
        Status.REJECTED,
        now=now,
        rejection_reason=reason.strip(),
        segment_version=None,
        fingerprint="",
    )
    record(locked, "rejected", by=by, now=now, reason=reason.strip())
    return locked


@transaction.atomic
def return_to_draft(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """Take it out of review so that it can be edited; an approval is void from here on.

    :raises TransitionRefused: it was launched, or has ended.
    """
    locked = lock(campaign)
    require(locked, Status.IN_REVIEW, Status.APPROVED, Status.REJECTED)
    to_draft(locked, now=now)
    record(locked, "returned_to_draft", by=by, now=now)
    return locked


def to_draft(locked: Campaign, *, now: datetime) -> None:
    """Move to draft and unpin everything that a review had fixed; the caller holds the lock."""
    unpin(locked)
    locked.move_to(
        Status.DRAFT,
        now=now,
        segment_version=None,
        fingerprint="",
        submitted_by=None,
        submitted_at=None,
        approved_by=None,
        approved_at=None,
        approved_recipients=None,
    )


def unpin(locked: Campaign) -> None:
    """Forget the pinned wording, so that the next submission pins the segments as they are then."""
    locked.exclude_versions.clear()
    locked.segment_version = None


def count_or_refuse(locked: Campaign, *, now: datetime) -> int:
    """Return how many would receive it. :raises CampaignRefused: with every blocker found."""
    found = assess(locked, definition_of(locked), now=now)
    if found.blockers:
        raise CampaignRefused(found.blockers)
    return found.audience.will_receive if found.audience else 0


def _require_another_person(locked: Campaign, by: User) -> None:
    if by.pk in {locked.author_id, locked.last_editor_id}:
        text = _("Who wrote or edited a campaign cannot approve it: ask another person.")
        raise SamePersonRefused([Blocker("same_person", "", text)])
