"""Who may be written to after a merge, and what is said of the merged number later."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.consent import withdraw_consent
from audiences.contacts import ContactData, Declaration, Outcome, upsert_contact
from audiences.identity import whatsapp_phone
from audiences.merge_plan import state_of
from audiences.models import ConsentRecord, Contact
from tests.audiences.merging_steps import EARLIER, GONE, KEPT, LATER, fresh, merge, pair, said
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def test_a_later_withdrawal_of_either_wins() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent_at=EARLIER)
    merged = make_contact(phone=GONE, marketing_consent="withdrawn", marketing_consent_at=NOW)

    merge(survivor, merged)

    assert (fresh(survivor).marketing_consent, fresh(survivor).marketing_consent_at) == (
        "withdrawn",
        NOW,
    )


def test_a_consent_for_the_kept_number_that_is_newer_than_the_withdrawal_stands() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent_at=NOW)
    merged = make_contact(phone=GONE, marketing_consent="withdrawn", marketing_consent_at=EARLIER)

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "given"


def test_a_consent_given_for_the_number_that_is_not_kept_gives_nothing() -> None:
    survivor, merged = pair(marketing_consent="given")

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "unknown"


def test_a_consent_for_the_number_that_is_not_kept_does_not_undo_a_withdrawal() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent="withdrawn", marketing_consent_at=EARLIER)
    merged = make_contact(phone=GONE, marketing_consent_at=NOW)

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "withdrawn"


def test_a_consent_given_without_a_number_follows_the_person() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent="unknown")
    merged = make_contact(phone=None, marketing_consent="given")

    merge(survivor, merged)

    assert fresh(survivor).marketing_consent == "given"


def test_each_purpose_is_judged_by_itself() -> None:
    survivor = make_contact(phone=KEPT, orders_consent="given")
    merged = make_contact(
        phone=GONE,
        marketing_consent="withdrawn",
        marketing_consent_at=LATER,
        orders_consent="given",
    )

    merge(survivor, merged, now=LATER)

    kept = fresh(survivor)
    assert (kept.marketing_consent, kept.orders_consent) == ("withdrawn", "given")


def test_what_is_said_of_a_merged_contact_is_said_of_the_kept_one() -> None:
    survivor = make_contact(phone=KEPT)
    merged = make_contact(phone=GONE, marketing_consent="unknown")
    merge(survivor, merged)

    state = withdraw_consent(contact=merged, source="STOP", at=LATER, now=LATER)

    assert (state, fresh(survivor).marketing_consent) == ("withdrawn", "withdrawn")
    assert fresh(merged).marketing_consent == "unknown"


def test_a_consent_said_of_the_merged_number_afterwards_gives_nothing() -> None:
    survivor, merged = pair()
    merge(survivor, merged)

    assert said(merged, "given", at=LATER, now=LATER) == "unknown"


moments = st.integers(min_value=0, max_value=3).map(lambda hours: NOW + timedelta(hours=hours))
declarations = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["given", "withdrawn"]), moments), max_size=6
)


@settings(deadline=None, max_examples=40)
@given(told=declarations)
def test_what_the_page_foresees_is_what_the_ledger_says(told: list[tuple[bool, str, Any]]) -> None:
    with transaction.atomic():
        survivor, merged = pair()
        for is_mine, state, at in told:
            said(survivor if is_mine else merged, state, at=at, now=LATER + timedelta(hours=9))
        records = list(ConsentRecord.objects.all())

        merge(survivor, merged)

        kept = fresh(survivor)
        foreseen = state_of(records, purpose="whatsapp_marketing", phone=KEPT)
        assert foreseen == (kept.marketing_consent, kept.marketing_consent_at)
        transaction.set_rollback(True)


def crm(phone: str, **changes: Any) -> Any:
    return upsert_contact(
        data=ContactData(phone=whatsapp_phone(phone), **changes), by=None, now=LATER
    )


def test_the_crm_that_still_knows_the_merged_number_writes_the_kept_contact() -> None:
    survivor, merged = pair()
    merge(survivor, merged)

    done = crm(GONE, fields={"last_name": "Neri"})

    assert (done.contact_id, done.outcome) == (survivor.pk, Outcome.UPDATED)
    assert (fresh(survivor).last_name, fresh(survivor).phone) == ("Neri", KEPT)
    assert Contact.objects.count() == 2


def test_what_the_crm_declares_for_the_merged_number_counts_only_as_a_withdrawal() -> None:
    survivor, merged = pair()
    merge(survivor, merged)
    yes = Declaration(
        purpose="whatsapp_marketing", state="given", source="crm", evidence="modulo", at=NOW
    )

    crm(GONE, declarations=[yes])
    assert fresh(survivor).marketing_consent == "unknown"

    crm(
        GONE,
        declarations=[
            Declaration(
                purpose="whatsapp_marketing", state="withdrawn", source="crm", evidence="", at=LATER
            )
        ],
    )
    assert fresh(survivor).marketing_consent == "withdrawn"
