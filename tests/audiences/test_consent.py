"""The ledger decides: newest declaration, withdrawal on a tie, evidence for every consent."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from audiences.consent import ConsentRefused, record_consent, withdraw_consent
from audiences.models import ConsentRecord, ConsentState, Contact
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

EARLIER = NOW - timedelta(days=2)


def given(contact: Contact, at: datetime = NOW, **changes: Any) -> ConsentState:
    arguments = {
        "purpose": "whatsapp_marketing",
        "state": "given",
        "source": "checkout",
        "evidence": "casella n. 4",
    }
    return record_consent(contact=contact, at=at, now=NOW, **arguments | changes)


@pytest.fixture
def stranger() -> Contact:
    return make_contact(marketing_consent=ConsentState.UNKNOWN)


def test_a_consent_is_kept_with_its_proof(stranger: Contact) -> None:
    given(stranger, at=EARLIER)

    record = ConsentRecord.objects.get()
    assert (record.state, record.evidence, record.at, record.recorded_at) == (
        "given",
        "casella n. 4",
        EARLIER,
        NOW,
    )
    assert (stranger.marketing_consent, stranger.marketing_consent_at) == ("given", EARLIER)


def test_a_repeated_declaration_changes_nothing(stranger: Contact) -> None:
    given(stranger)
    before = Contact.objects.values().get()

    given(stranger)

    assert ConsentRecord.objects.count() == 1
    assert Contact.objects.values().get() == before


def test_each_purpose_stands_alone(stranger: Contact) -> None:
    given(stranger, purpose="order_updates")

    assert (stranger.orders_consent, stranger.marketing_consent) == ("given", "unknown")


def test_a_withdrawal_needs_no_evidence(stranger: Contact) -> None:
    given(stranger, at=EARLIER)

    state = withdraw_consent(contact=stranger, source="STOP", at=NOW, now=NOW)

    assert state == ConsentState.WITHDRAWN


def test_a_newer_consent_with_evidence_reinstates(stranger: Contact) -> None:
    withdraw_consent(contact=stranger, source="STOP", at=EARLIER, now=NOW)

    assert given(stranger, at=NOW) == ConsentState.GIVEN


def test_an_older_consent_that_arrives_late_does_not_reinstate(stranger: Contact) -> None:
    withdraw_consent(contact=stranger, source="STOP", at=NOW, now=NOW)

    assert given(stranger, at=EARLIER) == ConsentState.WITHDRAWN


def test_a_consent_from_a_clock_that_runs_ahead_does_not_outlive_a_withdrawal(
    stranger: Contact,
) -> None:
    given(stranger, at=NOW + timedelta(minutes=4))
    a_minute_later = NOW + timedelta(minutes=1)

    state = withdraw_consent(contact=stranger, source="STOP", at=a_minute_later, now=a_minute_later)

    assert state == ConsentState.WITHDRAWN


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_arrival_does_not_matter(stranger: Contact, order: tuple[int, ...]) -> None:
    declarations = [("given", EARLIER), ("withdrawn", NOW), ("given", NOW)]

    for index in order:
        state, at = declarations[index]
        given(stranger, state=state, at=at)

    assert stranger.marketing_consent == ConsentState.WITHDRAWN


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": " "},
        {"source": ""},
        {"purpose": "profiling"},
        {"state": "maybe"},
        {"at": NOW + timedelta(hours=1)},
    ],
)
def test_a_declaration_that_proves_nothing_is_refused(
    stranger: Contact, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConsentRefused):
        given(stranger, **changes)

    assert ConsentRecord.objects.count() == 0
    assert Contact.objects.get().marketing_consent == ConsentState.UNKNOWN
