"""A customer asks an agent for no more messages: by phone, by mail, in her own words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences.consent import consent_column, lock_person, withdraw_consent
from audiences.models import ConsentPurpose, ConsentState, Contact
from conversations.models import ConversationEvent

# Where the ledger says that it was declared.
SOURCE: Final = "customer card"


class OptOutRefused(Exception):
    """Nothing was recorded; `str()` says why, for a person."""


def opt_out(
    *, contact: Contact, purposes: Collection[str], words: str, by: User, now: datetime
) -> list[str]:
    """Withdraw the consents of `purposes` and return those that were not withdrawn before.

    It counts from this moment, and what waits in the queue is let go of. `words` is what the customer said, or how; it is the evidence in the ledger.

    :raises OptOutRefused: no purpose, or an unknown one.
    """
    wanted = [purpose for purpose in ConsentPurpose.values if purpose in purposes]
    if not wanted or set(purposes) - set(ConsentPurpose.values):
        raise OptOutRefused(_("Choose what the customer no longer wants."))
    with transaction.atomic():
        person = lock_person(contact.pk)
        fresh = [purpose for purpose in wanted if not _is_withdrawn(person, purpose)]
        for purpose in fresh:
            withdraw_consent(
                contact=person,
                purpose=purpose,
                source=SOURCE,
                evidence=words.strip(),
                at=now,
                by=by,
                now=now,
            )
        if fresh:
            ConversationEvent.objects.create(
                contact=person, at=now, verb="opted_out", by=by, figures={"purposes": fresh}
            )
    return fresh


def _is_withdrawn(person: Contact, purpose: str) -> bool:
    return bool(getattr(person, consent_column(purpose)) == ConsentState.WITHDRAWN)
