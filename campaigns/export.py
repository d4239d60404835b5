"""The file «who did not get it, and why»: opened in Italian Excel as it is."""

import csv
from collections.abc import Iterator
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign, OutboundMessage
from campaigns.reasons import sentence

# Excel reads UTF-8 only with this mark, and Italian Excel parts columns by semicolon.
BOM = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
MISSED = (
    OutboundMessage.Status.FAILED,
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.UNKNOWN,
    OutboundMessage.Status.EXPIRED,
)


class _Echo:
    """A file that hands back what is written to it, so that rows are streamed."""

    def write(self, line: str) -> str:
        return line


def missed_lines(campaign: Campaign, *, shows_phones: bool) -> Iterator[str]:
    """Yield the lines of the file, the heading first; constant memory at any size."""
    writer = csv.writer(_Echo(), delimiter=";")
    phone = [_("Phone")] if shows_phones else []
    heading = [_("Contact"), _("Name"), *phone, _("State"), _("Why"), _("Code"), _("When")]
    yield BOM + str(writer.writerow(heading))
    messages = campaign.messages.filter(status__in=MISSED).select_related("contact").order_by("pk")
    for message in messages.iterator(chunk_size=2000):
        yield str(writer.writerow(_cells(message, shows_phones=shows_phones)))


def neutral(text: str) -> str:
    """Return `text` so that a spreadsheet never runs it as a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cells(message: OutboundMessage, *, shows_phones: bool) -> list[str]:
    phone = [neutral(message.phone)] if shows_phones else []
    moment = message.ended_at or message.sending_at
    return [
        str(message.contact_id),
        neutral(message.contact.full_name),
        *phone,
        message.get_status_display(),
        neutral(sentence(message.reason)),
        message.error_code,
        date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else "",
    ]
