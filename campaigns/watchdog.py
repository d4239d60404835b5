"""What nobody would notice by himself: looked at every minute, told once, over when it is over."""

from datetime import datetime, timedelta

from django.db.models import Count, Min

from audiences.contact_sync.report import alarm_codes
from campaigns.account import current_account
from campaigns.alerts import watch
from campaigns.models import (
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

# The sender reports every second while it lives.
SILENT_AFTER = timedelta(minutes=2)
# Three refreshes in a row were missed.
ACCOUNT_OLD_AFTER = timedelta(minutes=15)
UNDECIDED_FOR = timedelta(hours=1)
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
        account=account,
        lane__lt=Lane.MARKETING,
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
