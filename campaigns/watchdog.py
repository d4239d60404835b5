"""What nobody would notice by himself: looked at every minute, told once, over when it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q

from audiences.contact_sync.report import alarm_codes
from campaigns.account import current_account
from campaigns.alerts import watch
from campaigns.models import (
    Alert,
    Campaign,
    Lane,
    OutboundMessage,
    Quality,
    SenderReport,
    SpokiAccount,
    WhatsAppNumber,
)
from campaigns.policies import policy_in_force
from campaigns.sender.numbers import is_ready
from templates_sync import watching
from templates_sync.models import TemplateVersion

# The sender reports every second while it lives.
SILENT_AFTER = timedelta(minutes=2)
# Three refreshes in a row were missed.
ACCOUNT_OLD_AFTER = timedelta(minutes=15)
UNDECIDED_FOR = timedelta(hours=1)
# What an alert can be about, in characters, and how much of a name its sentence shows.
_SUBJECT, _NAME = 60, 80
CONTACT_ALARMS = ("contact_push_old", "contact_sweep_old")
_BAD_QUALITY = (Quality.YELLOW, Quality.RED, Quality.UNREADABLE)


def watch_sending(*, now: datetime) -> None:
    """Raise, keep or end the alerts about numbers, syncs, the sender and what is undecided."""
    account = current_account()
    for number in WhatsAppNumber.objects.filter(account=account):
        _watch_number(number, now=now)
    sending = Campaign.objects.filter(status=Campaign.Status.SENDING)
    _watch_account_age(account, is_sending=sending.exists(), now=now)
    _watch_templates(now=now)
    _watch_template_reads(now=now)
    _watch_unknown_templates(now=now)
    _watch_categories(now=now)
    _watch_sender(account, now=now)
    _watch_undecided(now=now)
    _watch_contacts(now=now)


def _watch_number(number: WhatsAppNumber, *, now: datetime) -> None:
    figures = {"number": str(number)}
    subject = str(number.pk)
    for quality in _BAD_QUALITY:
        watch(
            code=f"alert_quality_{quality.value}",
            holds=number.quality == quality,
            figures=figures,
            now=now,
            subject=subject,
        )
    watch(
        code="alert_phone_status",
        holds=not is_ready(number.phone_status),
        figures=figures,
        now=now,
        subject=subject,
    )


def _watch_account_age(account: SpokiAccount, *, is_sending: bool, now: datetime) -> None:
    read_at = account.refreshed_at
    is_old = read_at is not None and now - read_at > ACCOUNT_OLD_AFTER
    figures = {"at": read_at.isoformat() if read_at else ""}
    watch(code="account_too_old", holds=is_sending and is_old, figures=figures, now=now)


def _watch_templates(*, now: datetime) -> None:
    oldest = Campaign.objects.filter(status=Campaign.Status.SENDING).aggregate(
        at=Min("template_version__last_seen_at")
    )["at"]
    is_old = oldest is not None and now - oldest > policy_in_force().template_fresh
    figures = {"at": oldest.isoformat() if oldest else ""}
    watch(code="sync_too_old", holds=is_old, figures=figures, now=now)


def _watch_template_reads(*, now: datetime) -> None:
    """Told also while nothing is sent: what campaigns are planned with grows old."""
    gap = watching.outage(now=now, is_connected=bool(settings.SPOKI_API_KEY))
    why = f"sync_{gap.error or 'idle'}" if gap else ""
    figures = {"at": gap.since.isoformat() if gap else "", "why": why}
    watch(code="templates_unread", holds=gap is not None, figures=figures, now=now)


def _watch_unknown_templates(*, now: datetime) -> None:
    still: set[tuple[str, str]] = set()
    for word, count in watching.unknown_words().items():
        code = "template_unreadable" if word == watching.SHAPE else "template_unknown_status"
        figures = {"word": word[:_SUBJECT], "count": count}
        watch(code=code, holds=True, figures=figures, now=now, subject=word[:_SUBJECT])
        still.add((code, word[:_SUBJECT]))
    _end_others(("template_unreadable", "template_unknown_status"), still=still, now=now)


def _watch_categories(*, now: datetime) -> None:
    """A category that Meta has changed is another price: a person must accept it."""
    still: set[tuple[str, str]] = set()
    for version in watching.recategorised():
        code, subject = f"template_now_{version.category}", f"version {version.pk}"
        figures = {"name": version.template.name[:_NAME]}
        watch(code=code, holds=True, figures=figures, now=now, subject=subject)
        still.add((code, subject))
    codes = tuple(f"template_now_{category}" for category in TemplateVersion.Category.values)
    _end_others(codes, still=still, now=now)


def _end_others(codes: Sequence[str], *, still: set[tuple[str, str]], now: datetime) -> None:
    """Take back the alerts of `codes` but for those, by code and subject, that `still` holds."""
    for alert in Alert.objects.filter(code__in=codes, over_at=None):
        if (alert.code, alert.subject) not in still:
            watch(code=alert.code, holds=False, figures={}, now=now, subject=alert.subject)


def _watch_sender(account: SpokiAccount, *, now: datetime) -> None:
    """A sender that sleeps while nothing waits is a healthy one."""
    report = SenderReport.objects.filter(account=account).first()
    last = report.at if report is not None else None
    is_silent = last is None or now - last > SILENT_AFTER
    holds = is_silent and not account.is_paused and _is_anything_waiting(account, now=now)
    figures = {"at": last.isoformat() if last else "—"}
    watch(code="sender_silent", holds=holds, figures=figures, now=now)


def _is_anything_waiting(account: SpokiAccount, *, now: datetime) -> bool:
    started_before = now - SILENT_AFTER
    if Campaign.objects.filter(
        status=Campaign.Status.SENDING, started_at__lt=started_before
    ).exists():
        return True
    return OutboundMessage.objects.filter(
        Q(lane__lt=Lane.MARKETING) | Q(lane=Lane.MARKETING, campaign=None),
        account=account,
        status=OutboundMessage.Status.QUEUED,
        due_at__lt=started_before,
    ).exists()


def _watch_undecided(*, now: datetime) -> None:
    found = OutboundMessage.objects.filter(
        status=OutboundMessage.Status.UNKNOWN, sending_at__lt=now - UNDECIDED_FOR
    ).aggregate(count=Count("pk"), oldest=Min("sending_at"))
    oldest = found["oldest"]
    figures = {"count": found["count"], "at": oldest.isoformat() if oldest else ""}
    watch(code="undecided", holds=found["count"] > 0, figures=figures, now=now)


def _watch_contacts(*, now: datetime) -> None:
    overdue = alarm_codes(now=now)
    for code in CONTACT_ALARMS:
        watch(code=code, holds=code in overdue, figures={}, now=now)
