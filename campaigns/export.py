"""The file «who did not get it, and why»: opened in Italian Excel as it is."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audiences.export import csv_lines
from audiences.models import Contact, SnapshotMember
from campaigns.missed import meaning_of, missed_messages, what_is_done
from campaigns.models import Campaign, OutboundMessage

# Whoever was missed for one of these will be missed again, until the person does something.
NEVER_AGAIN: Final = frozenset(
    {
        "no_consent",
        "consent_withdrawn",
        "stopped_marketing",
        "blocked",
        "invalid_phone",
        "not_a_mobile",
        "contact_gone",
        "no_phone",
        "undeliverable",
    }
)


def missed_lines(campaign: Campaign, *, shows_phones: bool, state: str = "") -> Iterator[str]:
    """Yield the lines of the file, the heading first; constant memory at any size.

    With a `state` (see `missed_messages`) only those; without, the control group too.
    """
    return csv_lines(_rows(campaign, shows_phones=shows_phones, state=state))


def _rows(campaign: Campaign, *, shows_phones: bool, state: str) -> Iterator[list[str]]:
    phone = [_("Phone")] if shows_phones else []
    heading = [_("Contact"), _("Name"), *phone, _("State"), _("Why"), _("Code"), _("When")]
    yield [*heading, _("What the system does"), _("Another campaign may reach them")]
    # Not joined: whoever was erased since still counts, only the name is gone.
    missed = missed_messages(campaign, state=state)
    for message in missed.order_by("pk").prefetch_related("contact").iterator(chunk_size=2000):
        yield _cells(message, shows_phones=shows_phones)
    for member in _held_out(campaign).iterator(chunk_size=2000) if not state else ():
        yield _held_out_cells(member, shows_phones=shows_phones)


def _cells(message: OutboundMessage, *, shows_phones: bool) -> list[str]:
    phone = [message.phone] if shows_phones else []
    moment = message.ended_at or message.sending_at
    return [
        str(message.contact_id),
        _name(message),
        *phone,
        message.get_status_display(),
        meaning_of(message.status, message.reason, message.error_code),
        message.error_code,
        date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else "",
        what_is_done(message.status, message.reason),
        _may_be_reached(message),
    ]


def _held_out(campaign: Campaign) -> QuerySet[SnapshotMember]:
    """Return the control group: frozen with the others, and not written to on purpose."""
    members = SnapshotMember.objects.filter(snapshot=campaign.snapshot_id, is_holdout=True)
    return members.order_by("pk").prefetch_related("contact")


def _held_out_cells(member: SnapshotMember, *, shows_phones: bool) -> list[str]:
    phone = [member.phone] if shows_phones else []
    why = _("Not written to on purpose, to measure the effect.")
    return [
        str(member.contact_id),
        _name(member),
        *phone,
        _("Control group"),
        why,
        "",
        "",
        "",
        _("yes"),
    ]


def _name(row: OutboundMessage | SnapshotMember) -> str:
    try:
        return row.contact.full_name
    except Contact.DoesNotExist:
        return ""


def _may_be_reached(message: OutboundMessage) -> str:
    """Return whether writing to this person again makes sense, in one word."""
    if message.status in {OutboundMessage.Status.UNKNOWN, OutboundMessage.Status.ACCEPTED}:
        return _("unknown: it may have arrived")
    return _("no") if message.reason in NEVER_AGAIN else _("yes")
