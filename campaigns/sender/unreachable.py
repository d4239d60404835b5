"""Guards that learn from earlier failures: people who are not on WhatsApp, countries that are closed.

Only marketing is held back: an order message is tried all the same, it matters to the person.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import phonenumbers
from django.db.models import Max, Min

from campaigns.models import Alert, Lane, OutboundMessage
from campaigns.sender import guards
from campaigns.sender.reserve import Reserved

Status = OutboundMessage.Status
UNDELIVERABLE = "whatsapp::131026"
# Meta does not say why a message is undeliverable: once proves nothing, twice a week apart does.
APART = timedelta(days=7)
LEFT_ALONE_FOR = timedelta(days=90)
# A country that Meta closed to this business is tried again after a day, with one message.
CLOSED_FOR = timedelta(hours=24)
CLOSED = "country_closed"


def unreachable_guard(rows: Sequence[Reserved], moment: guards.Moment) -> Mapping[int, str]:
    """Skip who was undeliverable twice, a week apart, until 90 days after the last time.

    Whatever was delivered since shows that the person is there.
    """
    marketing = [row for row in rows if row.lane == Lane.MARKETING]
    if not marketing:
        return {}
    messages = OutboundMessage.objects.filter(
        contact__in={row.contact_id for row in marketing},
        sending_at__gt=moment.now - LEFT_ALONE_FOR - APART,
    ).order_by()
    failed = messages.filter(status=Status.FAILED, error_code=UNDELIVERABLE)
    spans = {
        contact: (first, last)
        for contact, first, last in failed.values("contact_id")
        .annotate(first=Min("sending_at"), last=Max("sending_at"))
        .values_list("contact_id", "first", "last")
        if last - first >= APART and last > moment.now - LEFT_ALONE_FOR
    }
    if not spans:
        return {}
    arrived = messages.filter(contact__in=spans, status__in=[Status.DELIVERED, Status.READ])
    back = {
        contact
        for contact, last in arrived.values_list("contact_id", "sending_at")
        if last > spans[contact][1]
    }
    gone = spans.keys() - back
    return {row.id: "unreachable_person" for row in marketing if row.contact_id in gone}


def closed_country_guard(rows: Sequence[Reserved], moment: guards.Moment) -> Mapping[int, str]:
    """Skip marketing to a country for a day after Meta said that we may not write there (130497)."""
    closed = set(
        Alert.objects.filter(code=CLOSED, last_at__gt=moment.now - CLOSED_FOR).values_list(
            "subject", flat=True
        )
    )
    if not closed:
        return {}
    marketing = [row for row in rows if row.lane == Lane.MARKETING]
    return {row.id: "country_restricted" for row in marketing if calling_code(row.phone) in closed}


def calling_code(phone: str) -> str:
    """Return "+39" of an E.164 phone, what Meta's countries go by; empty if it cannot be read."""
    try:
        return f"+{phonenumbers.parse(phone).country_code}"
    except phonenumbers.NumberParseException:
        return ""


guards.register("unreachable", unreachable_guard)
guards.register("closed_country", closed_country_guard)
