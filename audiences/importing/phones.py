"""Phones as spreadsheets leave them: cut, rounded, with marks that nobody sees."""

import re
import unicodedata

from audiences.identity import Phone, PhoneKind, normalise_phone
from audiences.importing.reasons import Reason

# 3,47123E+09 and 3.471234567E9
_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_TAIL = re.compile(r"(\+?\d{8,})[.,]0+")


def sheet_phone(text: str) -> Phone | Reason:
    """The phone of a cell, or why it is none that WhatsApp could reach.

    A number that the sheet has put into powers of ten is read only if no digit is missing.
    """
    cleaned = _visible(text)
    if not cleaned:
        return Reason("phone_missing")
    if damaged := _SCIENTIFIC.fullmatch(cleaned):
        digits = damaged[1] + (damaged[2] or "")
        if len(digits) != int(damaged[3]) + 1:
            return Reason("phone_damaged", {"text": cleaned})
        cleaned = digits
    elif tail := _TAIL.fullmatch(cleaned):
        cleaned = tail[1]
    return _judged(normalise_phone(cleaned), cleaned)


def _judged(phone: Phone, text: str) -> Phone | Reason:
    if phone.kind is PhoneKind.INVALID:
        return Reason("phone_invalid", {"text": text[:60]})
    if not phone.can_receive_whatsapp:
        return Reason("phone_landline", {"text": text[:60]})
    return phone


def _visible(text: str) -> str:
    """Without the marks of writing direction and width that a phone copied from elsewhere carries."""
    kept = "".join(mark for mark in text if unicodedata.category(mark) != "Cf")
    return kept.strip().strip("'").strip()
