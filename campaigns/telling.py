"""Alerts by mail, to those who launch campaigns and those who run the account.

Never in a transaction, and it never fails.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.alerts import text_of
from campaigns.models import Alert

logger = logging.getLogger(__name__)

# What nobody could be told for so long is on the pages, and no news any more.
NEWS_FOR = timedelta(hours=24)
TOLD = ("campaigns.launch_campaign", "campaigns.change_spokiaccount")


def tell_alerts(*, now: datetime) -> int:
    """Mail what is open and was not told yet, all in one mail per person; return how many alerts.

    Whoever takes an alert tells it: two that run at once do not both mail it. A mail server that
    is away gets them again at the next run.
    """
    waiting = Alert.objects.untold(since=now - NEWS_FOR)
    taken = [pk for pk in waiting.values_list("pk", flat=True) if _take(pk, now=now)]
    if not taken:
        return 0
    alerts = list(Alert.objects.filter(pk__in=taken).select_related("campaign").order_by("at"))
    try:
        _mail(alerts, now=now)
    except Exception:
        logger.exception("alerts could not be mailed, they are tried again")
        Alert.objects.filter(pk__in=taken).update(told_at=None)
        return 0
    return len(taken)


def readers() -> list[str]:
    """Return the addresses of active people who may launch campaigns or change the account.

    The second are the admins: an API key refused or a payment missed is theirs to put right,
    whether or not they launch anything.
    """
    people = [
        User.objects.with_perm(permission, backend="django.contrib.auth.backends.ModelBackend")
        .filter(is_active=True)
        .exclude(email="")
        .values_list("email", flat=True)
        for permission in TOLD
    ]
    return sorted(set().union(*people))


def _take(alert_id: int, *, now: datetime) -> bool:
    return Alert.objects.filter(pk=alert_id, told_at=None).update(told_at=now) == 1


def _mail(alerts: Sequence[Alert], *, now: datetime) -> None:
    """One mail per person, so that nobody reads the others' addresses, by one connection."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = ngettext("Zampa: %(count)s alert", "Zampa: %(count)s alerts", len(alerts)) % {
            "count": len(alerts)
        }
        body = _body(alerts, now=now)
    mails = [EmailMessage(subject=subject, body=body, to=[address]) for address in readers()]
    if mails:
        get_connection().send_messages(mails)


def _body(alerts: Sequence[Alert], *, now: datetime) -> str:
    lines = []
    for alert in alerts:
        at = date_format(timezone.localtime(alert.at), "SHORT_DATETIME_FORMAT")
        lines.append(f"{at}  {text_of(alert, now=now)}")
    last = _("You find them on every page of the admin until somebody says “Seen”.")
    return "\n\n".join([*lines, last]) + "\n"
