"""One row of a sheet, read into what it says of one contact."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audiences.consent import CLOCK_SLACK
from audiences.contacts import ContactData, Declaration
from audiences.identity import Phone
from audiences.importing.columns import Attribute, Columns
from audiences.importing.phones import sheet_phone
from audiences.importing.proof import NO_PROOF, Basis, Proof
from audiences.importing.reasons import Reason
from audiences.importing.values import date_of, is_sheet_error, moment_of, number_of
from audiences.models import ConsentPurpose, ConsentRecord
from audiences.provinces import province_code
from audiences.zones import known_zones

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
_LENGTHS = {"first_name": 150, "last_name": 150, "email": 254, "province": 10, "language": 10}
_MOST_ATTRIBUTE = 500
_MOST_EVIDENCE = 5000


class BadRow(Exception):
    """The row cannot be used; `reason` says why."""

    def __init__(self, code: str, **values: Any) -> None:
        self.reason = Reason(code, values)
        super().__init__(code)


def read_row(
    columns: Columns, values: Sequence[str], *, now: datetime, proof: Proof = NO_PROOF
) -> tuple[ContactData, Reason | None]:
    """What the row says, and why its consent could not be recorded, if it could not.

    :raises BadRow: with the reason.
    """
    _check_cells(columns, values)
    phone = sheet_phone(columns.value("phone", values))
    if not isinstance(phone, Phone):
        raise BadRow(phone.code, **phone.values)
    declarations, warning = _consent(columns, values, proof=proof, now=now)
    tags = [tag.strip() for tag in columns.value("tags", values).replace("|", ",").split(",")]
    data = ContactData(
        phone=phone,
        fields=_fields(columns, values),
        attributes={
            one.name: _ATTRIBUTE_READERS[one.kind](one, cell)
            for one, cell in columns.attributes_of(values)
        },
        added_tags=[_short(tag, 100, "tag") for tag in tags if tag],
        declarations=declarations,
    )
    return data, warning


def _check_cells(columns: Columns, values: Sequence[str]) -> None:
    if any("\x00" in value for value in values):
        raise BadRow("characters")
    for heading, cell in columns.used(values):
        if is_sheet_error(cell):
            raise BadRow("sheet_error", text=cell, column=heading)


def _fields(columns: Columns, values: Sequence[str]) -> dict[str, str]:
    """Empty cells say nothing: they never erase."""
    fields = {}
    for name, read in _READERS.items():
        text = columns.value(name, values)
        if text:
            fields[name] = _short(read(text), _LENGTHS.get(name, 64), columns.heading(name))
    return fields


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise BadRow("email", text=text[:100]) from None
    return text


def _language(text: str) -> str:
    code = _LANGUAGES.get(text.casefold(), text.casefold().replace("-", "_").split("_")[0])
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise BadRow("language", text=text[:60])
    return code


def _zone(text: str) -> str:
    if text not in known_zones():
        raise BadRow("timezone", text=text[:60])
    return text


def _country(text: str) -> str:
    code = {"italia": "IT", "italy": "IT"}.get(text.casefold(), text.upper())
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise BadRow("country", text=text[:60])
    return code


def _text(attribute: Attribute, cell: str) -> str:
    return _short(cell, _MOST_ATTRIBUTE, attribute.name)


def _number(attribute: Attribute, cell: str) -> int | float:
    number = number_of(cell)
    if number is None:
        raise BadRow("number", text=cell[:60], column=attribute.name)
    return number


def _day(attribute: Attribute, cell: str) -> str:
    day = date_of(cell)
    if day is None:
        raise BadRow("date", text=cell[:60])
    return day.isoformat()


def _short(text: str, limit: int, column: str) -> str:
    if len(text) > limit:
        raise BadRow("too_long", column=column, limit=limit)
    return text


def _consent(
    columns: Columns, values: Sequence[str], *, proof: Proof, now: datetime
) -> tuple[list[Declaration], Reason | None]:
    """An empty cell says nothing, unless the whole file is of people who agreed."""
    said = columns.value("consent", values).casefold()
    if said in _NO:
        return [_withdrawal(columns, values, now=now)], None
    if said and said not in _YES:
        raise BadRow("consent_word", text=said[:60])
    if not said and proof.basis != Basis.EVERYBODY:
        return [], None
    declaration = _given(columns, values, proof=proof)
    if isinstance(declaration, Reason):
        return [], declaration
    return ([], Reason("future")) if declaration.at > now + CLOCK_SLACK else ([declaration], None)


def _withdrawal(columns: Columns, values: Sequence[str], *, now: datetime) -> Declaration:
    """Without a source or a date it counts from now, once."""
    at = _moment(columns.value("consent_at", values))
    return Declaration(
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=ConsentRecord.State.WITHDRAWN,
        source=_source(columns, columns.value("consent_source", values) or "csv"),
        evidence=_evidence(columns, columns.value("consent_evidence", values)),
        at=min(at or now, now),
        only_if_new=at is None,
    )


def _given(columns: Columns, values: Sequence[str], *, proof: Proof) -> Declaration | Reason:
    """What the row leaves out the file completes: but then it is no own proof of this person."""
    own_source, own_evidence = (
        columns.value(name, values) for name in ("consent_source", "consent_evidence")
    )
    own_at = _moment(columns.value("consent_at", values))
    at = own_at or proof.at
    source, evidence = own_source or proof.source, own_evidence or proof.evidence
    missing = [
        code
        for code, part in (("no_date", at), ("no_source", source), ("no_evidence", evidence))
        if not part
    ]
    if missing or at is None:
        return Reason(missing[0])
    return Declaration(
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=ConsentRecord.State.GIVEN,
        source=_source(columns, source),
        evidence=_evidence(columns, evidence),
        at=at,
        unless_withdrawn=not (own_source and own_evidence and own_at),
    )


def _source(columns: Columns, text: str) -> str:
    return _short(text, 100, columns.heading("consent_source"))


def _evidence(columns: Columns, text: str) -> str:
    return _short(text, _MOST_EVIDENCE, columns.heading("consent_evidence"))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = moment_of(text)
    if moment is None:
        raise BadRow("date", text=text[:60])
    return moment


_READERS: dict[str, Callable[[str], str]] = {
    "first_name": str,
    "last_name": str,
    "email": _email,
    "language": _language,
    "timezone": _zone,
    "province": province_code,
    "country": _country,
}
_ATTRIBUTE_READERS: dict[str, Callable[[Attribute, str], Any]] = {
    "attribute": _text,
    "number": _number,
    "date": _day,
}
