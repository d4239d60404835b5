"""Accounts, numbers, campaigns in any state and messages, with valid defaults."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from audiences.models import Contact, SegmentVersion
from campaigns.fingerprint import fingerprint
from campaigns.models import (
    Campaign,
    Lane,
    OutboundMessage,
    Quality,
    SpokiAccount,
    WhatsAppNumber,
)
from campaigns.models.account import always
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment, make_snapshot
from tests.factories.templates import make_version

_number = count(1)

Status = Campaign.Status
FIRST_NAME = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}
# States reached only by an approval, and those reached only by a launch.
_APPROVED = {
    Status.APPROVED,
    Status.LAUNCHING,
    Status.SCHEDULED,
    Status.SENDING,
    Status.PAUSED,
    Status.DONE,
}
_LAUNCHED = {Status.SCHEDULED, Status.SENDING, Status.PAUSED, Status.DONE}
_STARTED = {OutboundMessage.Status.QUEUED, OutboundMessage.Status.SKIPPED}


def make_user(**changes: Any) -> User:
    username = changes.pop("username", f"persona{next(_number)}")
    return User.objects.create_user(username=username, password="segreta", **changes)


def make_account(**changes: Any) -> SpokiAccount:
    """A healthy account of 10,000 people a day, freshly read, whose hours never close."""
    fields: dict[str, Any] = {
        "name": "Zampa",
        "daily_limit": 10_000,
        "quality": Quality.GREEN,
        "phone_status": "connected",
        "refreshed_at": NOW,
        "marketing_hours": always(),
        "transactional_hours": always(),
    }
    return SpokiAccount.objects.create(**fields | changes)


def make_number(**changes: Any) -> WhatsAppNumber:
    """The default number of `account`, the one there is or a new one."""
    account = changes.pop("account", None) or SpokiAccount.objects.first() or make_account()
    fields: dict[str, Any] = {
        "phone": f"+39020000{next(_number):04d}",
        "name": "Negozio",
        "quality": Quality.GREEN,
        "phone_status": "connected",
        "is_default": not account.numbers.filter(is_default=True).exists(),
    }
    return WhatsAppNumber.objects.create(account=account, **fields | changes)


def ensure_number() -> WhatsAppNumber:
    """The default number, made with its account if there is none yet."""
    return WhatsAppNumber.objects.filter(is_default=True).first() or make_number()


def make_campaign(**changes: Any) -> Campaign:
    """A campaign in the state asked for (draft), with all that this state implies.

    `segment_version` (a SegmentVersion) or `segment`, `exclude` (SegmentVersions), `contacts` (the
    frozen members of a launched one) shape the audience; `approved_recipients` defaults to 1.
    """
    ensure_number()
    status = Status(changes.pop("status", Status.DRAFT))
    wording = changes.pop("segment_version", None) or _wording(changes)
    exclude = changes.pop("exclude", ())
    contacts = changes.pop("contacts", ())
    campaign = _draft(wording, changes)
    campaign.exclude_segments.set([version.segment for version in exclude])
    if status not in {Status.DRAFT, Status.REJECTED}:
        _review(campaign, wording, exclude, changes)
    if status in _APPROVED:
        _approve(campaign, changes)
    if status in _LAUNCHED:
        _launch(campaign, wording, contacts, changes)
    if status == Status.REJECTED:
        campaign.rejection_reason = changes.get("rejection_reason", "Manca il codice sconto")
    campaign.status = status
    for name, value in changes.items():
        setattr(campaign, name, value)
    campaign.save()
    return campaign


def _wording(changes: dict[str, Any]) -> SegmentVersion:
    segment = changes.pop("segment", None)
    return segment.current if segment is not None else make_segment()


def _draft(wording: SegmentVersion, changes: dict[str, Any]) -> Campaign:
    author = changes.pop("author", None) or make_user()
    draft: dict[str, Any] = {
        "name": f"Natale {next(_number)}",
        "variables": FIRST_NAME,
        "spread_hours": Decimal(0),
        "created_at": NOW,
        "updated_at": NOW,
    }
    version = changes.pop("template_version") if "template_version" in changes else make_version()
    editor = changes.pop("last_editor", author)
    campaign = Campaign.objects.create(
        template_version=version,
        segment=wording.segment,
        author=author,
        last_editor=editor,
        **draft | changes,
    )
    campaign.refresh_from_db()  # so that numbers given as text are what the database keeps
    return campaign


def _review(
    campaign: Campaign, wording: SegmentVersion, exclude: Any, changes: dict[str, Any]
) -> None:
    campaign.exclude_versions.set(exclude)
    campaign.segment_version = wording
    campaign.submitted_by, campaign.submitted_at = campaign.author, NOW
    campaign.fingerprint = changes.get("fingerprint") or fingerprint(campaign)


def _approve(campaign: Campaign, changes: dict[str, Any]) -> None:
    campaign.approved_by = changes.get("approved_by") or make_user()
    campaign.approved_at = NOW
    campaign.approved_recipients = changes.get("approved_recipients", 1)


def _launch(
    campaign: Campaign, wording: SegmentVersion, contacts: Any, changes: dict[str, Any]
) -> None:
    if changes.get("snapshot") is None:
        campaign.snapshot = make_snapshot(contacts, segment_version=wording)
    campaign.launched_by, campaign.launched_at = campaign.author, NOW
    campaign.total = len(contacts)
    if campaign.status != Status.SCHEDULED:
        campaign.started_at = NOW


def make_message(**changes: Any) -> OutboundMessage:
    """A queued marketing message; one in any later state has left at NOW."""
    contact: Contact = changes.pop("contact", None) or make_contact()
    campaign: Campaign | None = changes.get("campaign")
    number = changes.get("number") or ensure_number()
    status = OutboundMessage.Status(changes.get("status", OutboundMessage.Status.QUEUED))
    fields: dict[str, Any] = {
        "account": number.account,
        "number": number,
        "lane": Lane.MARKETING,
        "phone": contact.phone,
        "language": "it",
        "params": {"FIRST_NAME": contact.first_name},
        "created_at": NOW,
        "due_at": NOW,
    }
    if changes.get("kind") != OutboundMessage.Kind.TEXT and "template_version" not in changes:
        fields["template_version"] = campaign.template_version if campaign else make_version()
    if status not in {*_STARTED, OutboundMessage.Status.EXPIRED}:
        fields["sending_at"] = NOW
    return OutboundMessage.objects.create(contact=contact, **fields | changes)
