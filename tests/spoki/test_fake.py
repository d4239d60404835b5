"""The fake: what a test may program, and what it may look at afterwards."""

import threading

import pytest

from spoki import (
    AutomationContact,
    AutomationStart,
    SendReceipt,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    TemplateSend,
    TextSend,
)
from spoki.fake import FakeSpoki

PHONE = "+393330000001"
OTHER = "+393330000002"


def template(phone=PHONE):
    return TemplateSend(phone=phone, template_id=1001, language="it")


@pytest.fixture
def fake():
    return FakeSpoki()


def test_what_was_accepted_is_in_sent(fake):
    fake.send_template(template())
    fake.send_text(TextSend(phone=OTHER, text="Ciao"))

    assert [send.phone for send in fake.sent] == [PHONE, OTHER]
    assert fake.calls == ["send_template", "send_text"]


def test_every_receipt_has_identifiers_of_its_own(fake):
    receipts = [fake.send_template(template()) for _ in range(3)]

    assert len({receipt.uuid for receipt in receipts}) == 3
    assert all(len(receipt.uuid) == 32 for receipt in receipts)


def test_a_programmed_failure_comes_once_and_sends_nothing(fake):
    fake.fail("send_template", SpokiThrottled("send_template", retry_after=7))

    with pytest.raises(SpokiThrottled):
        fake.send_template(template())
    assert (fake.sent, len(fake.attempts)) == ([], 1)

    fake.send_template(template())
    assert len(fake.sent) == 1


def test_a_failure_that_may_have_sent_counts_as_sent(fake):
    fake.fail("send_template", SpokiOutcomeUnknown("send_template"))

    with pytest.raises(SpokiOutcomeUnknown):
        fake.send_template(template())

    assert len(fake.sent) == 1


def test_failures_come_in_the_order_they_were_programmed(fake):
    fake.fail("send_template", SpokiThrottled(), times=2)
    fake.fail("send_template", SpokiRefused())
    kinds = []

    for _ in range(3):
        with pytest.raises((SpokiThrottled, SpokiRefused)) as error:
            fake.send_template(template())
        kinds.append(error.type)

    assert kinds == [SpokiThrottled, SpokiThrottled, SpokiRefused]
    assert fake.send_template(template()).is_confirmed


def test_a_failure_may_last_for_ever(fake):
    fake.fail("accounts", SpokiServerError(), times=None)

    for _ in range(3):
        with pytest.raises(SpokiServerError):
            fake.accounts()


def test_one_person_may_fail_among_others(fake):
    fake.fail_for(OTHER, SpokiRefused("send_template", code="whatsapp::131026"))

    fake.send_template(template())
    with pytest.raises(SpokiRefused):
        fake.send_template(template(OTHER))

    assert [send.phone for send in fake.sent] == [PHONE]


def test_an_answer_may_be_programmed(fake):
    fake.answer("send_template", SendReceipt(uuid=None, id=None))

    assert not fake.send_template(template()).is_confirmed
    assert len(fake.sent) == 1


def test_a_list_may_break_half_way(fake):
    fake.add_template(id=1)
    fake.add_template(id=2)
    fake.fail("templates", SpokiServerError("templates"), after=1)
    rows = fake.templates()

    assert next(rows).id == 1
    with pytest.raises(SpokiServerError):
        next(rows)


def test_a_list_may_be_programmed(fake):
    added = fake.add_template(id=1)
    fake.answer("templates", [added, added])

    assert len(list(fake.templates())) == 2


def test_a_test_may_look_in_before_each_call(fake):
    seen: list[str] = []
    fake.before_call = seen.append

    fake.send_template(template())
    fake.accounts()

    assert seen == ["send_template", "accounts"]


def test_many_threads_may_send_at_once(fake):
    threads = [
        threading.Thread(target=lambda: [fake.send_template(template()) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(fake.sent), len(fake.attempts), len(fake.calls)) == (200, 200, 200)


def test_templates_move_through_their_states(fake):
    made = fake.add_template(status="DRAFT")

    fake.submit_template(made.id)
    assert fake.template(made.id).localizations[0].status == "pending"

    fake.set_template_status(made.id, "APPROVED")
    assert fake.template(made.id).is_approved

    fake.back_to_draft(made.id)
    assert fake.template(made.id).localizations[0].status == "draft"


def test_automations_started_are_noted_by_person(fake):
    person = AutomationContact(phone=PHONE)
    fake.start_automation(AutomationStart(uuid="u", secret="s", contact=person))
    fake.start_automation_bulk("u", "s", [person, AutomationContact(phone=OTHER)])

    assert [(uuid, contact.phone) for uuid, contact in fake.started] == [
        ("u", PHONE),
        ("u", PHONE),
        ("u", OTHER),
    ]


def test_a_history_has_pages(fake):
    rows = [{"uuid": str(n), "direction": "Inbound", "text": str(n)} for n in range(20)]
    fake.add_history(PHONE, *rows)

    first, second = fake.history(PHONE), fake.history(PHONE, page=2)

    assert (len(first.messages), first.has_more) == (15, True)
    assert (len(second.messages), second.has_more) == (5, False)


def test_without_a_history_there_is_none(fake):
    with pytest.raises(SpokiNotFound):
        fake.history(PHONE)
