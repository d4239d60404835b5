"""What the page of a merge shows: both sides of each field, what is kept, and what hangs on either."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from audiences import movers
from audiences.admin.ledger import ledger_of
from audiences.merge_plan import KeptField, kept_fields, state_of
from audiences.merging import values_of
from audiences.models import ConsentPurpose, ConsentRecord, Contact


def merge_table(survivor: Contact, merged: Contact, *, taken: set[str]) -> dict[str, Any]:
    """Fields, consents and figures of both; `taken` names the fields chosen from `merged`."""
    fields = kept_fields(values_of(survivor), values_of(merged), taken=taken)
    records = list(ledger_of([survivor.pk, merged.pk]))
    return {
        "fields": [_row(field, taken) for field in fields.values() if _says_something(field)],
        "consents": _foreseen(survivor, merged, fields["phone"], records),
        "hanging": _side_by_side(survivor, merged),
    }


def digest_of(*contacts: Contact) -> str:
    """Of what the page showed, so that nobody confirms what is no longer so."""
    seen = json.dumps([values_of(contact) for contact in contacts], cls=DjangoJSONEncoder)
    return hashlib.sha256(seen.encode()).hexdigest()


def _says_something(field: KeptField) -> bool:
    return bool(field.survivor or field.merged)


def _row(field: KeptField, taken: set[str]) -> dict[str, Any]:
    column: Any = Contact._meta.get_field(field.name)
    return {
        "name": field.name,
        "label": column.verbose_name,
        "survivor": _shown(field.survivor),
        "merged": _shown(field.merged),
        "value": _shown(field.value),
        "is_choice": field.is_choice,
        "is_taken": field.name in taken,
        "differs": field.differs,
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said}" for name, said in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value or "")


def _foreseen(
    survivor: Contact, merged: Contact, phone: KeptField, records: list[ConsentRecord]
) -> list[dict[str, Any]]:
    """What each purpose will be, for either number where there is a choice."""
    numbers = [phone.survivor, phone.merged] if phone.is_choice else [phone.value]
    return [
        {
            "label": label,
            "survivor": getattr(survivor, f"get_{column}_display")(),
            "merged": getattr(merged, f"get_{column}_display")(),
            "after": [
                (number, state_of(records, purpose=purpose, phone=number)[0]) for number in numbers
            ],
        }
        for (purpose, label), column in zip(
            ConsentPurpose.choices, ("marketing_consent", "orders_consent"), strict=True
        )
    ]


def _side_by_side(survivor: Contact, merged: Contact) -> list[tuple[str, int, int]]:
    ours, theirs = movers.hanging_on(survivor.pk), movers.hanging_on(merged.pk)
    return [
        (movers.label(name), ours.get(name, 0), theirs.get(name, 0))
        for name in dict.fromkeys([*ours, *theirs])
    ]
