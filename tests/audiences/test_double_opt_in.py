"""Consent in two steps: both in the ledger, nothing given before the second, and what ends the question."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from audiences import double_opt_in
from audiences.consent import ConsentRefused, record_consent, withdraw_consent
from audiences.double_opt_in import (
    ConfirmationRefused,
    ask_consent,
    confirm_consent,
    decline_consent,
    expire_requests,
    open_request,
    request_of,
    send_question,
    token_of,
)
from audiences.identity import whatsapp_phone
from audiences.merging import merge_contacts
from audiences.models import ConsentRecord, ConsentRequest, Contact
from audiences.phone_change import change_phone
from tests.audiences.merging_steps import aside
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

MARKETING = "whatsapp_marketing"
SOON, LATE = NOW + timedelta(hours=2), NOW + timedelta(days=8)


def ask(contact: Contact, **changes: Any) -> ConsentRequest:
    fields: dict[str, Any] = {
        "purpose": MARKETING,
        "source": "modulo in negozio",
        "evidence": "casella 3, informativa v2",
        "by": None,
        "now": NOW,
    }
    return ask_consent(contact=contact, **fields | changes)


def confirm(request: ConsentRequest, **changes: Any) -> str:
    fields: dict[str, Any] = {"how": "reply", "evidence": "wamid.1: Sì", "at": SOON, "now": SOON}
    return str(confirm_consent(request=request, **fields | changes))


@pytest.fixture
def stranger() -> Contact:
    return make_contact(marketing_consent="unknown")


def state(contact: Contact) -> str:
    return Contact.objects.get(pk=contact.pk).marketing_consent


def test_the_first_yes_is_in_the_ledger_and_gives_nothing(stranger: Contact) -> None:
    request = ask(stranger)

    record = ConsentRecord.objects.get()
    assert (record.state, record.evidence, record.phone) == (
        "asked",
        "casella 3, informativa v2",
        stranger.phone,
    )
    assert (state(stranger), request.state) == ("unknown", "pending")
    assert request.expires_at == NOW + timedelta(days=7)


def test_the_second_yes_gives_the_consent_with_evidence_of_both_steps(stranger: Contact) -> None:
    request = ask(stranger)

    assert confirm(request) == "given"

    given = ConsentRecord.objects.get(state="given")
    assert (given.source, given.at) == ("double opt-in: reply", SOON)
    assert given.evidence == (
        f"wamid.1: Sì (first step 2026-11-23T09:30:00+00:00, entry {request.asked_id})"
    )
    assert ConsentRequest.objects.get().state == "confirmed"


def test_the_second_yes_again_changes_nothing(stranger: Contact) -> None:
    request = ask(stranger)
    confirm(request)

    assert confirm(request, at=SOON + timedelta(hours=1)) == "given"

    assert ConsentRecord.objects.filter(state="given").count() == 1


def test_asked_again_while_open_it_is_the_same_question(stranger: Contact) -> None:
    first = ask(stranger)

    assert ask(stranger, now=SOON) == first

    assert ConsentRecord.objects.count() == 1


def test_a_question_that_nobody_answered_in_time_gives_nothing(stranger: Contact) -> None:
    request = ask(stranger)

    with pytest.raises(ConfirmationRefused):
        confirm(request, at=LATE, now=LATE)

    assert state(stranger) == "unknown"
    assert open_request(stranger, purpose=MARKETING, now=LATE) is None


def test_after_its_time_it_can_be_asked_anew(stranger: Contact) -> None:
    first = ask(stranger)

    second = ask(stranger, now=LATE)

    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "pending")
    assert confirm(second, at=LATE, now=LATE) == "given"


def test_an_answer_written_in_time_counts_however_late_it_is_told(stranger: Contact) -> None:
    request = ask(stranger)
    assert expire_requests(now=LATE) == 1

    assert confirm(request, at=SOON, now=LATE) == "given"


def test_an_answer_written_before_the_question_is_none(stranger: Contact) -> None:
    request = ask(stranger)

    with pytest.raises(ConfirmationRefused):
        confirm(request, at=NOW - timedelta(minutes=1))

    assert state(stranger) == "unknown"


def test_a_no_ends_the_question(stranger: Contact) -> None:
    request = ask(stranger)

    assert decline_consent(request=request, now=SOON) is True
    assert decline_consent(request=request, now=SOON) is False

    with pytest.raises(ConfirmationRefused):
        confirm(request)
    assert state(stranger) == "unknown"


def test_a_withdrawal_ends_the_question(stranger: Contact) -> None:
    request = ask(stranger)
    withdraw_consent(contact=stranger, source="STOP", at=SOON, now=SOON)

    with pytest.raises(ConfirmationRefused):
        confirm(request, at=SOON + timedelta(minutes=1), now=SOON + timedelta(minutes=1))

    assert state(stranger) == "withdrawn"


def test_whoever_unsubscribed_may_subscribe_again_in_two_steps_and_stays_out_until_then() -> None:
    contact = make_contact(
        marketing_consent="withdrawn", marketing_consent_at=NOW - timedelta(days=9)
    )
    request = ask(contact)
    assert state(contact) == "withdrawn"

    assert confirm(request) == "given"


def test_another_number_ends_the_question(stranger: Contact) -> None:
    request = ask(stranger)
    change_phone(
        contact=stranger, phone=whatsapp_phone("+393479999999"), why="nuovo", by=None, now=SOON
    )

    with pytest.raises(ConfirmationRefused):
        confirm(request)

    assert ConsentRequest.objects.get().state == "cancelled"


def test_a_question_to_the_number_that_is_kept_survives_a_merge(stranger: Contact) -> None:
    request, survivor = ask(stranger), make_contact(marketing_consent="unknown")
    ask(survivor)

    merge_contacts(survivor=survivor, merged=stranger, taken=["phone"], by=None, now=SOON)

    assert confirm(request) == "given"
    assert state(survivor) == "given"
    assert sorted(ConsentRequest.objects.values_list("state", flat=True)) == [
        "cancelled",
        "confirmed",
    ]


@pytest.mark.parametrize(
    ("contact", "changes"),
    [
        ({"phone": None}, {}),
        ({"is_blocked": True}, {}),
        ({"marketing_consent": "given"}, {}),
        ({}, {"evidence": " "}),
        ({}, {"source": ""}),
        ({}, {"purpose": "profiling"}),
    ],
)
def test_without_proof_or_reason_nobody_is_asked(
    contact: dict[str, Any], changes: dict[str, Any]
) -> None:
    person = make_contact(**{"marketing_consent": "unknown"} | contact)
    records = ConsentRecord.objects.count()

    with pytest.raises(ConsentRefused):
        ask(person, **changes)

    assert (ConsentRequest.objects.count(), ConsentRecord.objects.count()) == (0, records)


def test_nobody_declares_the_first_step_by_itself(stranger: Contact) -> None:
    with pytest.raises(ConsentRefused):
        record_consent(
            contact=stranger,
            purpose=MARKETING,
            state="asked",
            source="crm",
            evidence="x",
            at=NOW,
            now=NOW,
        )


@pytest.mark.django_db(transaction=True)
def test_two_clicks_open_one_question(stranger: Contact) -> None:
    found: list[int] = []
    threads = [aside(lambda: found.append(ask(stranger).pk)) for _ in range(2)]
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert set(found) == {ConsentRequest.objects.get().pk}


# The question by a higher floor


def test_the_question_is_sent_once(stranger: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def send(asked: ConsentRequest, text: str, link: str, now: Any) -> Any:
        sent.append(f"{text} {link}")
        return uuid4()

    lane = double_opt_in.Lane(label="Prova", choices=lambda *_: [("7", "domanda")], send=send)
    monkeypatch.setitem(double_opt_in._LANES, "test", lane)
    request = ask(stranger)
    ask_it: dict[str, Any] = {
        "request": request,
        "choice": "test:7",
        "link": "https://x/",
        "now": SOON,
    }

    assert ("test:7", "Prova: domanda") in double_opt_in.lane_choices(stranger, now=SOON)
    assert send_question(**ask_it) is True
    assert send_question(**ask_it) is False
    assert sent == ["7 https://x/"]


# The page that the link opens


@pytest.fixture
def open_now(stranger: Contact) -> ConsentRequest:
    return ask(stranger, now=timezone.now())


def test_looking_at_the_link_gives_nothing(open_now: ConsentRequest) -> None:
    page = Client().get(f"/consent/{token_of(open_now)}/")

    assert page.status_code == 200
    assert "Sì" in page.content.decode()
    assert state(open_now.contact) == "unknown"


def test_the_link_shows_neither_name_nor_number(open_now: ConsentRequest) -> None:
    page = Client().get(f"/consent/{token_of(open_now)}/").content.decode()

    assert open_now.phone not in page
    assert not re.search("Giulia|Rossi", page)


def test_a_click_on_the_page_confirms_and_keeps_where_it_came_from(
    open_now: ConsentRequest,
) -> None:
    page = Client(headers={"user-agent": "Firefox"}).post(
        f"/consent/{token_of(open_now)}/", {"answer": "yes"}
    )

    given = ConsentRecord.objects.get(state="given")
    assert (page.status_code, state(open_now.contact)) == (200, "given")
    assert given.source == "double opt-in: link"
    assert given.evidence.startswith("IP 127.0.0.1, Firefox (first step ")


def test_a_no_on_the_page_gives_nothing(open_now: ConsentRequest) -> None:
    Client().post(f"/consent/{token_of(open_now)}/", {"answer": "no"})

    assert ConsentRequest.objects.get().state == "declined"
    assert state(open_now.contact) == "unknown"


def test_a_no_after_a_yes_on_the_page_takes_the_consent_back(open_now: ConsentRequest) -> None:
    address = f"/consent/{token_of(open_now)}/"
    Client().post(address, {"answer": "yes"})

    page = Client().post(address, {"answer": "no"})

    assert "non ti scriveremo" in page.content.decode()
    assert state(open_now.contact) == "withdrawn"
    said = ConsentRecord.objects.get(state="withdrawn")
    assert (said.source, said.evidence) == ("double opt-in: link", "IP 127.0.0.1, ")


def test_a_link_whose_consent_was_taken_back_confirms_nothing(open_now: ConsentRequest) -> None:
    address = f"/consent/{token_of(open_now)}/"
    for answer in ("yes", "no"):
        Client().post(address, {"answer": answer})

    assert Client().get(address).status_code == 410
    assert Client().post(address, {"answer": "yes"}).status_code == 410
    assert state(open_now.contact) == "withdrawn"


def test_a_no_on_the_page_takes_back_what_was_given_elsewhere_meanwhile(
    open_now: ConsentRequest,
) -> None:
    given_at_checkout(open_now.contact)

    Client().post(f"/consent/{token_of(open_now)}/", {"answer": "no"})

    assert state(open_now.contact) == "withdrawn"


def test_a_no_from_a_former_number_takes_nothing_from_the_new_one(
    open_now: ConsentRequest,
) -> None:
    now = timezone.now()
    change_phone(
        contact=open_now.contact,
        phone=whatsapp_phone("+393479999999"),
        why="numero nuovo",
        by=None,
        now=now,
    )
    given_at_checkout(Contact.objects.get(pk=open_now.contact_id))

    Client().post(f"/consent/{token_of(open_now)}/", {"answer": "no"})

    assert state(open_now.contact) == "given"


def given_at_checkout(contact: Contact) -> None:
    now = timezone.now()
    record_consent(
        contact=contact,
        purpose=MARKETING,
        state="given",
        source="checkout",
        evidence="casella spuntata",
        at=now,
        now=now,
    )


def test_a_link_that_is_over_says_so(stranger: Contact) -> None:
    old = ask(stranger, now=timezone.now() - timedelta(days=9))
    address = f"/consent/{token_of(old)}/"

    assert Client().get(address).status_code == 410
    assert Client().post(address, {"answer": "yes"}).status_code == 410
    assert state(stranger) == "unknown"


@pytest.mark.parametrize("token", ["1", "1.abc", "x.y.z"])
def test_nobody_can_make_up_a_link(open_now: ConsentRequest, token: str) -> None:
    assert request_of(token) is None
    assert Client().post(f"/consent/{token}/", {"answer": "yes"}).status_code == 404


def test_the_link_asks_for_the_forms_own_token(open_now: ConsentRequest) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(f"/consent/{token_of(open_now)}/", {"answer": "yes"}).status_code == 403
    assert state(open_now.contact) == "unknown"


def test_who_asked_is_kept(stranger: Contact) -> None:
    marta = User.objects.create_user("marta")

    request = ask(stranger, by=marta)

    assert (request.asked_by, request.asked.by) == (marta, marta)
