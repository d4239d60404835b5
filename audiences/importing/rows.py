"""One row of a sheet, read into what it says of one contact."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from audiences.consent import ConsentRefused, check_declaration
from audiences.contacts import ContactData, Declaration
from audiences.identity import HOME_ZONE, PhoneRefused, whatsapp_phone
from audiences.importing.columns import Columns
from audiences.models import ConsentPurpose, ConsentRecord
from audiences.provinces import province_code

_LANGUAGES = {
    "italiano": "it",
    "italian": "it",
    "inglese": "en",
    "english": "en",
    "tedesco": "de",
    "francese": "fr",
    "spagnolo": "es",
}
_YES = frozenset({"si", "sì", "s", "yes", "y", "1", "true", "vero", "x", "ok", "given", "dato"})
_NO = frozenset({"no", "n", "0", "false", "falso", "withdrawn", "revocato", "disiscritto"})
_DATES = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y", "%d.%m.%Y")
_LENGTHS = {"first_name": 150, "last_name": 150, "email": 254, "province": 10, "language": 10}


class BadRow(Exception):
    """The row cannot be used; `str()` says why, for a person."""


def read_row(
    columns: Columns, values: Sequence[str], *, now: datetime
) -> tuple[ContactData, str | None]:
    """What the row says, and a warning if its consent could not be recorded.

    :raises BadRow: with the reason.
    """
    if any("\x00" in value for value in values):
        raise BadRow(_("The row contains characters that cannot be stored."))
    try:
        phone = whatsapp_phone(columns.value("phone", values))
    except PhoneRefused as refusal:
        raise BadRow(str(refusal)) from None
    declarations, warning = _consent(columns, values, now=now)
    tags = [tag.strip() for tag in columns.value("tags", values).replace("|", ",").split(",")]
    data = ContactData(
        phone=phone,
        fields=_fields(columns, values),
        attributes=columns.attributes_of(values),
        added_tags=[_short(tag, 100, _("tag")) for tag in tags if tag],
        declarations=declarations,
    )
    return data, warning


def _fields(columns: Columns, values: Sequence[str]) -> dict[str, str]:
    """Empty cells say nothing: they never erase."""
    fields = {}
    for name, read in _READERS.items():
        text = columns.value(name, values)
        if text:
            fields[name] = _short(read(text), _LENGTHS.get(name, 64), name)
    return fields


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise BadRow(_("“%(email)s” is not an email address.") % {"email": text}) from None
    return text


def _language(text: str) -> str:
    code = _LANGUAGES.get(text.casefold(), text.casefold().replace("-", "_").split("_")[0])
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise BadRow(_("“%(text)s” is not a language: write it, en, de…") % {"text": text})
    return code


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise BadRow(_("“%(text)s” is not a time zone such as Europe/Rome.") % {"text": text})
    return text


def _country(text: str) -> str:
    code = {"italia": "IT", "italy": "IT"}.get(text.casefold(), text.upper())
    if len(code) != 2 or not code.isalpha():
        raise BadRow(_("“%(text)s” is not a country code such as IT.") % {"text": text})
    return code


def _short(text: str, limit: int, name: str) -> str:
    if len(text) > limit:
        raise BadRow(
            _("%(name)s is longer than %(limit)s characters.") % {"name": name, "limit": limit}
        )
    return text


def _consent(
    columns: Columns, values: Sequence[str], *, now: datetime
) -> tuple[list[Declaration], str | None]:
    said = columns.value("consent", values).casefold()
    if not said:
        return [], None
    if said in _NO:
        return [_declaration(columns, values, state=ConsentRecord.State.WITHDRAWN, now=now)], None
    if said not in _YES:
        raise BadRow(_("“%(text)s” is neither yes nor no in the consent column.") % {"text": said})
    if not columns.value("consent_at", values):
        return [], _("Consent not recorded: its date is missing.")
    declaration = _declaration(columns, values, state=ConsentRecord.State.GIVEN, now=now)
    try:
        check_declaration(
            purpose=declaration.purpose,
            state=declaration.state,
            source=declaration.source,
            evidence=declaration.evidence,
            at=declaration.at,
            now=now,
        )
    except ConsentRefused as refusal:
        return [], _("Consent not recorded: %(reason)s") % {"reason": refusal}
    return [declaration], None


def _declaration(
    columns: Columns, values: Sequence[str], *, state: str, now: datetime
) -> Declaration:
    """A withdrawal without source or date counts from now, once."""
    source = columns.value("consent_source", values)
    at = _date(columns.value("consent_at", values))
    is_withdrawal = state == ConsentRecord.State.WITHDRAWN
    return Declaration(
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=state,
        source=_short(source or ("csv" if is_withdrawal else ""), 100, _("consent source")),
        evidence=columns.value("consent_evidence", values),
        at=min(at or now, now) if is_withdrawal else at or now,
        only_if_new=is_withdrawal and at is None,
    )


def _date(text: str) -> datetime | None:
    """ISO, or day/month/year as Italians write it; without a zone it is Italian time."""
    if not text:
        return None
    moment = _parsed(text)
    if moment is None:
        raise BadRow(_("“%(text)s” is not a date such as 23/11/2026.") % {"text": text})
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(HOME_ZONE))


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 the zone is added by the caller
        except ValueError:
            continue
    return None


_READERS: dict[str, Callable[[str], str]] = {
    "first_name": str,
    "last_name": str,
    "email": _email,
    "language": _language,
    "timezone": _zone,
    "province": province_code,
    "country": _country,
}
