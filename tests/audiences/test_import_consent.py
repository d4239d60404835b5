"""Consent from a file: with the proof of the row, with the proof of the whole file, or not at all."""

from datetime import timedelta

import pytest

from audiences.importing.proof import Basis, Proof
from audiences.models import ConsentRecord, Contact
from tests.audiences.importing_steps import FAIR, done, figures
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db
PEOPLE = "telefono;nome\n3471234567;Ada\n"
ANSWERS = "telefono;consenso\n3471234567;sì\n3331112223;\n3334445556;no\n"
BY_COLUMN = Proof(basis=Basis.COLUMN, source=FAIR.source, evidence=FAIR.evidence, at=FAIR.at)


def consents() -> dict[str | None, str]:
    return dict(Contact.objects.order_by("phone").values_list("phone", "marketing_consent"))


def test_without_a_proof_the_people_come_in_without_consent() -> None:
    done(PEOPLE)

    assert consents() == {"+393471234567": "unknown"}
    assert ConsentRecord.objects.count() == 0


def test_the_proof_of_the_file_is_kept_with_source_date_text_file_and_who() -> None:
    contact_import = done(PEOPLE, FAIR, "Ada Neri")

    record = ConsentRecord.objects.get()
    assert consents() == {"+393471234567": "given"}
    assert (record.source, record.at) == ("fiera Milano", FAIR.at)
    assert record.evidence == f"moduli 1-400 · Ada Neri · clienti.csv (#{contact_import.pk})"


def test_of_everybody_in_the_file_who_says_no_is_not_one() -> None:
    done(ANSWERS, FAIR)

    assert consents() == {
        "+393331112223": "given",
        "+393334445556": "withdrawn",
        "+393471234567": "given",
    }


def test_by_the_column_only_a_yes_is_a_consent() -> None:
    done(ANSWERS, BY_COLUMN)

    assert consents() == {
        "+393331112223": "unknown",
        "+393334445556": "withdrawn",
        "+393471234567": "given",
    }


def test_a_yes_without_any_proof_is_no_consent_and_is_told() -> None:
    contact_import = done(ANSWERS)

    assert consents()["+393471234567"] == "unknown"
    assert [(one.line, one.is_refusal, one.code) for one in contact_import.problems.all()] == [
        (2, False, "no_date")
    ]
    assert (figures(contact_import), contact_import.warned) == ((3, 0, 0, 0), 1)


def test_who_unsubscribed_stays_so_whatever_the_file_proves() -> None:
    make_contact(
        phone="+393471234567",
        first_name="Ada",
        marketing_consent="withdrawn",
        marketing_consent_at=FAIR.at - timedelta(days=30) if FAIR.at else NOW,
    )

    contact_import = done(PEOPLE, FAIR)

    assert consents() == {"+393471234567": "withdrawn"}
    assert ConsentRecord.objects.filter(state="given").count() == 0
    assert [one.code for one in contact_import.problems.all()] == ["unsubscribed"]
    assert (figures(contact_import), contact_import.warned) == ((0, 0, 1, 0), 1)


def test_an_own_newer_proof_in_the_row_reinstates_who_unsubscribed() -> None:
    make_contact(
        phone="+393471234567",
        marketing_consent="withdrawn",
        marketing_consent_at=NOW - timedelta(days=30),
    )

    done(
        "telefono;consenso;fonte consenso;prova consenso;data consenso\n"
        "3471234567;sì;negozio;modulo 12;22/11/2026\n"
    )

    assert consents() == {"+393471234567": "given"}


def test_half_a_proof_of_the_row_is_completed_by_the_file_and_reinstates_nobody() -> None:
    make_contact(
        phone="+393471234567",
        marketing_consent="withdrawn",
        marketing_consent_at=NOW - timedelta(days=300),
    )

    done("telefono;consenso;data consenso\n3471234567;sì;22/11/2026\n", BY_COLUMN)

    assert consents() == {"+393471234567": "withdrawn"}
