"""Why a row was refused, or went in without its consent: codes and values, and their sentences.

Rows are judged by a worker and read by a person: what is stored is the code, the sentence is made
where it is shown, in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SENTENCES: Final[Mapping[str, Promise]] = {
    "characters": _("The row contains characters that cannot be stored."),
    "quote": _("A quotation mark is open and never closed."),
    "too_many_values": _("%(found)s values instead of %(expected)s."),
    "sheet_error": _("“%(text)s” is an error of the spreadsheet, in the column “%(column)s”."),
    "phone_missing": _("The phone is missing."),
    "phone_invalid": _("“%(text)s” is not a valid phone number."),
    "phone_landline": _("“%(text)s” is a landline: WhatsApp needs a mobile number."),
    "phone_damaged": _(
        "“%(text)s”: the spreadsheet has cut off the last digits of this phone. Make the column text, and"
        " write the number again."
    ),
    "email": _("“%(text)s” is not an email address."),
    "language": _("“%(text)s” is not a language: write it, en, de…"),
    "timezone": _("“%(text)s” is not a time zone such as Europe/Rome."),
    "country": _("“%(text)s” is not a country code such as IT."),
    "too_long": _("%(column)s is longer than %(limit)s characters."),
    "number": _("“%(text)s” is not a number, in the column “%(column)s”."),
    "date": _("“%(text)s” is not a date such as 23/11/2026."),
    "consent_word": _("“%(text)s” is neither yes nor no in the consent column."),
    "told_below": _("Row %(line)s has the same phone: what both of them say is shown there."),
    "not_stored": _("The database does not accept this row."),
    "no_date": _("Consent not recorded: its date is missing."),
    "no_source": _("Consent not recorded: where it comes from is missing."),
    "no_evidence": _("Consent not recorded: its proof is missing."),
    "future": _("Consent not recorded: it is dated in the future."),
    "unsubscribed": _(
        "Consent not recorded: this person has unsubscribed, and only an own, newer proof changes that."
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of this module with the values of its sentence."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return sentence(self.code, self.values)


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """What a person reads; a code that is not listed is shown as it is."""
    text = _SENTENCES.get(code)
    try:
        return str(text) % values if text is not None else code
    except KeyError:
        return str(text)
