"""Open alerts for the top of every page of the admin."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User

from campaigns.alerts import text_of
from campaigns.models import Alert

# More would push the page away; the list has them all.
MOST = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in the reader's words."""

    id: int
    text: str
    at: datetime
    campaign_id: int | None
    may_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """The newest alerts, and how many more there are."""

    shown: tuple[Line, ...] = ()
    more: int = 0


def open_alerts(user: User | AnonymousUser, *, now: datetime) -> Lines:
    """Return what `user` may see of the open alerts; nothing for who plans no campaigns."""
    if not user.is_authenticated or not user.has_perm("campaigns.view_alert"):
        return Lines()
    found = list(Alert.objects.open().select_related("campaign")[: MOST + 1])
    may = user.has_perm("campaigns.acknowledge_alert")
    more = Alert.objects.open().count() - MOST if len(found) > MOST else 0
    return Lines(tuple(_line(alert, now=now, may=may) for alert in found[:MOST]), more)


def _line(alert: Alert, *, now: datetime, may: bool) -> Line:
    return Line(alert.pk, text_of(alert, now=now), alert.at, alert.campaign_id, may)
