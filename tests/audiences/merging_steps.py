"""Two contacts of one person, merged; and work that goes on beside the test."""

import threading
from datetime import timedelta
from typing import Any

from django.db import connection

from audiences.consent import record_consent
from audiences.merging import merge_contacts
from audiences.models import ConsentState, Contact, ContactMerge
from tests.conftest import NOW
from tests.factories.audiences import make_contact

KEPT, GONE = "+393471111111", "+393472222222"
EARLIER = NOW - timedelta(days=3)
LATER = NOW + timedelta(hours=1)


def merge(survivor: Contact, merged: Contact, **changes: Any) -> ContactMerge:
    return merge_contacts(
        survivor=survivor,
        merged=merged,
        **{"why": "stessa persona", "by": None, "now": NOW} | changes,
    )


def pair(**of_merged: Any) -> tuple[Contact, Contact]:
    survivor = make_contact(phone=KEPT, marketing_consent="unknown")
    return survivor, make_contact(phone=GONE, **{"marketing_consent": "unknown"} | of_merged)


def fresh(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def said(contact: Contact, state: str, **changes: Any) -> ConsentState:
    fields: dict[str, Any] = {
        "purpose": "whatsapp_marketing",
        "source": "crm",
        "evidence": "modulo 12",
        "at": NOW,
        "now": NOW,
    }
    return record_consent(contact=contact, state=state, **fields | changes)


def aside(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
