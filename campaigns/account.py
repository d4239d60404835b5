"""The account that sends: which one it is, and reading its health from Spoki."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

import spoki
from campaigns.alerts import ACCOUNT_STOPPED, end_alerts, raise_alert, watch
from campaigns.models import Quality, SpokiAccount, WhatsAppNumber
from campaigns.sender.policy import LOWEST_TIER

logger = logging.getLogger(__name__)

# Words of Spoki's web application; another word is not understood, so a person must look. Where Spoki
# says nothing about the number ("unknown"), nothing speaks against it.
READY_PHONES = frozenset({"connected", "flagged", "unknown"})

_QUALITY = {
    spoki.Quality.HIGH: Quality.GREEN,
    spoki.Quality.MEDIUM: Quality.YELLOW,
    spoki.Quality.LOW: Quality.RED,
}
# Any constant: it only has to differ from the other advisory locks of the house.
_CREATION_LOCK = 7_301


class NoAccount(Exception):
    """Spoki answers, but no account belongs to the key."""


def current_account() -> SpokiAccount:
    """Return the account behind the API key, made with safe defaults on first use."""
    account = SpokiAccount.objects.order_by("pk").first()
    return account if account is not None else _make_account()


@transaction.atomic
def _make_account() -> SpokiAccount:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATION_LOCK])
    return SpokiAccount.objects.order_by("pk").first() or SpokiAccount.objects.create()


def refresh_account(*, gateway: spoki.SpokiGateway, now: datetime) -> SpokiAccount:
    """Read limits, quality, credit and numbers from Spoki and keep them.

    A daily limit that cannot be read leaves the last known one; a quality that cannot be read is
    written as such and stops marketing.

    :raises spoki.SpokiError: the account could not be read; nothing was changed.
    :raises NoAccount: the key opens no account; nothing was changed.
    """
    known = current_account()
    found = _the_account(gateway.accounts(), known)
    channels = gateway.channels()
    with transaction.atomic():
        account = SpokiAccount.objects.select_for_update().get(pk=known.pk)
        _write_account(account, found, now)
        _write_numbers(account, found, channels)
        _watch_limit(account, found, now=now)
    return account


@transaction.atomic
def set_limits(*, changes: Mapping[str, object], by: User) -> SpokiAccount:
    """Write limits and hours set by hand; `changes` are checked by the caller's form."""
    account = SpokiAccount.objects.select_for_update().get(pk=current_account().pk)
    for name, value in changes.items():
        setattr(account, name, value)
    account.save(update_fields=list(changes))
    logger.info("account limits changed by user %s: %s", by.pk, ", ".join(sorted(changes)))
    return account


@transaction.atomic
def stop_account(*, by: User, reason: str, now: datetime) -> bool:
    """Stop everything at once, replies included; False if it was stopped already.

    `reason` are the person's own words, for everybody to read; it may be empty.
    """
    account = current_account()
    code = "person_because" if reason else "person"
    stopped = SpokiAccount.objects.filter(pk=account.pk, paused_at=None).update(
        paused_at=now, pause_code=code, pause_detail=reason[:300]
    )
    if stopped:
        figures = {"why": code, "detail": reason[:300]}
        raise_alert(code="account_stopped", figures=figures, now=now)
        _note(account, by=by, what=_("All sending stopped. %(reason)s") % {"reason": reason})
    return bool(stopped)


@transaction.atomic
def resume_account(*, by: User, reason: str = "") -> bool:
    """Let a stopped account send again: a person has judged; False if it was not stopped."""
    account = current_account()
    resumed = SpokiAccount.objects.filter(pk=account.pk, paused_at__isnull=False).update(
        paused_at=None, pause_code="", pause_detail=""
    )
    if resumed:
        end_alerts(codes=ACCOUNT_STOPPED, campaign=None, now=timezone.now())
        _note(account, by=by, what=_("Sending resumed. %(reason)s") % {"reason": reason})
    return bool(resumed)


def _note(account: SpokiAccount, *, by: User, what: str) -> None:
    """Write into the account's history who did what."""
    LogEntry.objects.log_actions(
        by.pk, [account], CHANGE, change_message=what.strip(), single_object=True
    )


def quality_from(read: spoki.Account | spoki.Channel) -> Quality:
    """Return our word: no word at all = not rated yet, an odd word = not understood."""
    if read.quality in _QUALITY:
        return _QUALITY[read.quality]
    return Quality.UNREADABLE if read.quality_word else Quality.UNKNOWN


def _the_account(accounts: Sequence[spoki.Account], known: SpokiAccount) -> spoki.Account:
    same = [found for found in accounts if found.id == known.spoki_id]
    active = [found for found in accounts if found.is_active]
    candidates = same or active or list(accounts)
    if not candidates:
        raise NoAccount("no account belongs to this key")
    return candidates[0]


def _write_account(account: SpokiAccount, found: spoki.Account, now: datetime) -> None:
    account.spoki_id = found.id
    account.name = found.name or account.name
    account.quality = quality_from(found)
    account.phone_status = found.phone_status[:40]
    account.daily_limit = account.daily_limit if found.daily_limit is None else found.daily_limit
    account.contacted_in_24h = found.contacted_in_24h or 0
    account.credit_millis = found.credit_millis
    account.refreshed_at = now
    account.save(
        update_fields=[
            "spoki_id",
            "name",
            "quality",
            "phone_status",
            "daily_limit",
            "contacted_in_24h",
            "credit_millis",
            "refreshed_at",
        ]
    )


def _watch_limit(account: SpokiAccount, found: spoki.Account, *, now: datetime) -> None:
    """Tell people of a daily limit that we do not understand, until a person has set one by hand."""
    is_odd = found.daily_limit is None and bool(found.limit_word)
    people = LOWEST_TIER if account.people_per_day is None else account.people_per_day
    watch(
        code="limit_unreadable",
        holds=is_odd and account.daily_limit_override is None,
        figures={"word": found.limit_word[:40], "limit": people},
        now=now,
    )


def _write_numbers(
    account: SpokiAccount, found: spoki.Account, channels: Sequence[spoki.Channel]
) -> None:
    """Update the numbers; one that Spoki no longer lists stays, as campaigns may name it."""
    for channel in channels:
        if channel.phone is not None:
            _write_number(account, channel)
    if not channels and found.phone is not None:
        _write_only_number(account, found)
    _choose_default(account, found, channels)


def _write_number(account: SpokiAccount, channel: spoki.Channel) -> None:
    health = {
        "name": channel.name,
        "quality": quality_from(channel),
        "phone_status": channel.phone_status[:40],
    }
    # A number that moved to another channel id is still the same number.
    WhatsAppNumber.objects.filter(spoki_channel_id=channel.id).exclude(
        account=account, phone=channel.phone
    ).update(spoki_channel_id=None)
    WhatsAppNumber.objects.update_or_create(
        account=account,
        phone=channel.phone,
        defaults=health | {"spoki_channel_id": channel.id},
    )


def _write_only_number(account: SpokiAccount, found: spoki.Account) -> None:
    WhatsAppNumber.objects.update_or_create(
        account=account,
        phone=found.phone,
        defaults={"quality": quality_from(found), "phone_status": found.phone_status[:40]},
    )


def _choose_default(
    account: SpokiAccount, found: spoki.Account, channels: Sequence[spoki.Channel]
) -> None:
    """Keep the default a person chose; with none, take Spoki's primary number, else the first."""
    numbers = WhatsAppNumber.objects.filter(account=account)
    if numbers.filter(is_default=True).exists():
        return
    primary = [channel.id for channel in channels if channel.is_primary]
    wanted = primary[0] if primary else found.primary_channel_id
    is_wanted = Q(spoki_channel_id=wanted, spoki_channel_id__isnull=False)
    chosen = numbers.filter(is_wanted).first() or numbers.order_by("pk").first()
    if chosen is not None:
        numbers.filter(pk=chosen.pk).update(is_default=True)
