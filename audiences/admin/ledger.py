"""The consent ledger as the pages of a contact show it, doubles included."""

from typing import Any

from django.db.models import QuerySet

from audiences.merge_plan import counts
from audiences.models import ConsentRecord, Contact


def ledger_of(contact_ids: list[int]) -> QuerySet[ConsentRecord]:
    """All that was ever declared of these contacts, the latest first."""
    records = ConsentRecord.objects.filter(contact__in=contact_ids).select_related("by", "contact")
    return records.order_by("-at", "-pk")


def entry(record: ConsentRecord, contact: Contact) -> dict[str, Any]:
    """One line of the ledger, with what keeps it from counting for this contact."""
    is_given = record.state == ConsentRecord.State.GIVEN
    return {
        "record": record,
        "is_of_double": record.contact_id != contact.pk,
        "is_for_another_number": is_given and not counts(record, phone=contact.phone),
    }
