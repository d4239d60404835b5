"""Guards that learn from earlier failures: people who are not on WhatsApp, countries that are closed.

Only marketing is held back: an order message is tried all the same, it matters to the person.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import phonenumbers
from django.db import connection

from campaigns.models import Lane, OutboundMessage
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

# Asked at every turn of a sender in full swing: without the models, which cost more than the answer.
_UNDELIVERABLE = """
SELECT contact_id, min(sending_at), max(sending_at) FROM campaigns_outboundmessage
WHERE contact_id = ANY(%s) AND sending_at > %s AND status = 'failed' AND error_code = %s
GROUP BY contact_id
"""
_CLOSED_COUNTRIES = "SELECT subject FROM campaigns_alert WHERE code = %s AND last_at > %s"


def unreachable_guard(rows: Sequence[Reserved], moment: guards.Moment) -> Mapping[int, str]:
    """Skip who was undeliverable twice, a week apart, until 90 days after the last time.

    Whatever was delivered since shows that the person is there.
    """
    marketing = [row for row in rows if row.lane == Lane.MARKETING]
    if not marketing:
        return {}
    contacts = {row.contact_id for row in marketing}
    since = moment.now - LEFT_ALONE_FOR - APART
    with connection.cursor() as cursor:
        cursor.execute(_UNDELIVERABLE, [list(contacts), since, UNDELIVERABLE])
        spans = {
            contact: (first, last)
            for contact, first, last in cursor.fetchall()
            if last - first >= APART and last > moment.now - LEFT_ALONE_FOR
        }
    if not spans:
        return {}
    arrived = OutboundMessage.objects.filter(
        contact__in=spans, sending_at__gt=since, status__in=[Status.DELIVERED, Status.READ]
    ).order_by()
    back = {
        contact
        for contact, last in arrived.values_list("contact_id", "sending_at")
        if last > spans[contact][1]
    }
    gone = spans.keys() - back
    return {row.id: "unreachable_person" for row in marketing if row.contact_id in gone}


def closed_country_guard(rows: Sequence[Reserved], moment: guards.Moment) -> Mapping[int, str]:
    """Skip marketing to a country for a day after Meta said that we may not write there (130497)."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED_COUNTRIES, [CLOSED, moment.now - CLOSED_FOR])
        closed = {subject for (subject,) in cursor.fetchall()}
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
