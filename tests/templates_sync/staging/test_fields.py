"""Custom fields before the submission: asked for once, made at their pace, safe to be cut anywhere."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

import spoki
from spoki import SpokiClient
from spoki.fake import FakeSpoki
from spoki.simulator import SimulatorProcess
from templates_sync.models import CustomField, DraftMoved, FieldDesk, TemplateDraft
from templates_sync.staging import submitting, writing
from templates_sync.staging.field_calls import (
    FIELD_PAUSE,
    LEASE,
    MOST_ATTEMPTS,
    advance_fields,
    is_look_due,
)
from templates_sync.staging.fields import FRESH, ask_for_fields, fields_of, want_look
from templates_sync.staging.story import DraftRefused
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_field, make_writer

pytestmark = pytest.mark.django_db

BODY = "Ciao %%FIRST_NAME%%, oggi %%PET_NAME%% ha uno sconto e la %%BREED%% anche, evviva!"
EXAMPLES = {"FIRST_NAME": "Ada", "PET_NAME": "Argo", "BREED": "labrador"}


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_by(self, wait):
        self.now += wait


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fake():
    return FakeSpoki()


@pytest.fixture
def looked():
    """Spoki's list was read at NOW: it has none of the fields."""
    return FieldDesk.objects.create(pk=1, read_at=NOW)


def needing(**changes):
    return make_draft(**{"body": BODY, "examples": EXAMPLES} | changes)


def asked(draft, now=NOW):
    return ask_for_fields(draft=draft, by=draft.author, now=now)


def states(draft, now=NOW):
    return {field.code: field.state for field in fields_of(draft, now=now)}


def to_the_end(fake, clock, *, most=12):
    """Come back whenever the desk says so; return the moments of the calls."""
    for _ in range(most):
        wait = advance_fields(gateway=fake, clock=clock)
        if wait is None:
            return
        clock.pass_by(wait)
    raise AssertionError("it does not end")


def on_spoki(fake):
    return [row["code"] for row in fake.field_rows.values()]


def test_a_text_without_own_variables_needs_no_fields_and_no_call(fake, clock):
    assert fields_of(make_draft(), now=NOW) == []
    assert advance_fields(gateway=fake, clock=clock) is None
    assert fake.calls == []


def test_before_the_list_was_read_nothing_is_called_missing():
    assert states(needing()) == {"PET_NAME": "unknown", "BREED": "unknown"}


def test_while_a_text_needs_them_the_list_is_read_by_itself(fake, clock):
    draft = needing()
    fake.create_custom_field(code="BREED", label="BREED")
    fake.calls.clear()

    advance_fields(gateway=fake, clock=clock)

    assert fake.calls == ["custom_fields"]
    assert states(draft) == {"PET_NAME": "missing", "BREED": "there"}


def test_nothing_is_made_before_somebody_asks(fake, clock):
    needing()

    to_the_end(fake, clock)

    assert (on_spoki(fake), fake.calls) == ([], ["custom_fields"])


def test_the_list_is_read_again_before_it_gets_old(fake, clock):
    needing()
    to_the_end(fake, clock)
    assert is_look_due(now=NOW + timedelta(minutes=9)) is False
    assert is_look_due(now=NOW + timedelta(minutes=11)) is True


def test_a_list_that_grew_old_calls_nothing_missing(looked):
    draft = needing()

    assert states(draft, NOW + FRESH)["BREED"] == "missing"
    assert states(draft, NOW + FRESH + timedelta(seconds=1))["BREED"] == "unknown"


def test_missing_fields_are_made_with_label_and_example(fake, clock, looked):
    draft = asked(needing())

    to_the_end(fake, clock)

    made = list(fake.field_rows.values())
    assert [(row["code"], row["label"], row["example"]) for row in made] == [
        ("PET_NAME", "PET NAME", "Argo"),
        ("BREED", "BREED", "labrador"),
    ]
    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    told = draft.events.values_list("verb", "by__username", "note")
    assert list(told) == [
        ("fields_asked", "giulia", "PET_NAME, BREED"),
        ("field_made", "giulia", "PET_NAME"),
        ("field_made", "giulia", "BREED"),
    ]


def test_calls_are_thirteen_seconds_apart_whatever_asks_for_them(fake, clock, looked):
    times = []
    fake.before_call = lambda name: times.append(clock.now)
    asked(needing())
    asked(needing(body="Ciao %%AGE%%, guarda qui.", examples={"AGE": "3"}))
    want_look(now=NOW + timedelta(seconds=1))
    clock.pass_by(timedelta(seconds=2))

    to_the_end(fake, clock)

    assert len(times) == 4
    assert all(later - sooner >= FIELD_PAUSE for sooner, later in itertools.pairwise(times))


def test_a_second_worker_makes_no_call_before_its_time(fake, clock, looked):
    asked(needing())
    advance_fields(gateway=fake, clock=clock)

    clock.pass_by(timedelta(seconds=5))
    wait = advance_fields(gateway=fake, clock=clock)

    assert (wait, len(fake.calls)) == (FIELD_PAUSE - timedelta(seconds=5), 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_call():
    FieldDesk.objects.create(pk=1, read_at=NOW)
    asked(needing())
    fake, gate = FakeSpoki(), threading.Barrier(2)

    def work():
        try:
            gate.wait(timeout=10)
            advance_fields(gateway=fake, clock=lambda: NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)

    assert fake.calls == ["create_custom_field"]


def test_asking_twice_asks_once(looked):
    draft = asked(needing())

    with pytest.raises(DraftRefused):
        asked(draft)

    assert draft.events.filter(verb="fields_asked").count() == 1


def test_two_texts_that_need_one_field_get_it_once(fake, clock, looked):
    first, second = asked(needing()), needing()
    with pytest.raises(DraftRefused):
        asked(second)

    to_the_end(fake, clock)

    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]
    assert states(first) == states(second) == {"PET_NAME": "there", "BREED": "there"}


@pytest.mark.parametrize("status", ["submitting", "submitted", "accepted", "rejected"])
def test_a_text_that_has_left_asks_for_nothing(looked, status):
    draft = needing(status=status, step="write")

    with pytest.raises(DraftMoved):
        asked(draft)

    assert CustomField.objects.count() == 0


def test_a_field_that_somebody_made_meanwhile_is_fine(fake, clock, looked):
    draft = asked(needing())
    fake.create_custom_field(code="PET_NAME", label="NOME")
    fake.calls.clear()
    fake.fail("create_custom_field", spoki.SpokiRefused("create_custom_field", detail="taken"))

    to_the_end(fake, clock)

    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]


def test_a_field_that_spoki_refuses_is_told_with_its_words_and_the_others_follow(
    fake, clock, looked
):
    draft = asked(needing())
    refusal = spoki.SpokiRefused("create_custom_field", detail="label taken")
    fake.fail("create_custom_field", refusal)

    to_the_end(fake, clock)

    assert states(draft) == {"PET_NAME": "refused", "BREED": "there"}
    refused = next(field for field in fields_of(draft, now=clock()) if field.code == "PET_NAME")
    assert refused.detail == "label taken"


def test_a_refused_field_may_be_asked_for_again(fake, clock, looked):
    draft = asked(needing())
    fake.fail("create_custom_field", spoki.SpokiRefused("create_custom_field", detail="no"))
    to_the_end(fake, clock)

    asked(draft, clock())
    to_the_end(fake, clock)

    assert states(draft, clock()) == {"PET_NAME": "there", "BREED": "there"}


def test_a_label_that_another_field_has_is_not_used_again(fake, clock):
    fake.create_custom_field(code="NOME_CANE", label="Pet name")
    draft = needing()
    advance_fields(gateway=fake, clock=clock)
    clock.pass_by(FIELD_PAUSE)
    asked(draft, clock())

    to_the_end(fake, clock)

    labels = {row["code"]: row["label"] for row in fake.field_rows.values()}
    assert (labels["PET_NAME"], labels["BREED"]) == ("PET_NAME", "BREED")


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_answer_is_settled_by_reading_the_list(fake, clock, looked, arrived):
    draft = asked(needing())
    create = fake.create_custom_field

    def silent(**field):
        fake.create_custom_field = create
        if arrived:
            create(**field)
        raise spoki.SpokiOutcomeUnknown("create_custom_field")

    fake.create_custom_field = silent
    to_the_end(fake, clock)

    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]


def test_a_field_whose_answers_are_always_lost_is_given_up_and_told(fake, clock, looked):
    draft = asked(make_draft(body="Ciao %%AGE%%, guarda qui."))
    lost = spoki.SpokiOutcomeUnknown("create_custom_field")
    fake.fail("create_custom_field", lost, times=None)

    to_the_end(fake, clock, most=4 * MOST_ATTEMPTS)

    assert states(draft, clock()) == {"AGE": "refused"}
    assert fake.calls.count("create_custom_field") == MOST_ATTEMPTS
    assert CustomField.objects.get().error == "lost"


class Killed(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("arrived", [True, False])
def test_a_worker_that_dies_in_a_call_is_replaced_and_nothing_is_made_twice(
    fake, clock, looked, arrived
):
    draft = asked(needing())
    create = fake.create_custom_field

    def die(**field):
        fake.create_custom_field = create
        if arrived:
            create(**field)
        raise Killed

    fake.create_custom_field = die
    with pytest.raises(Killed):
        advance_fields(gateway=fake, clock=clock)
    clock.pass_by(LEASE + timedelta(seconds=1))
    to_the_end(fake, clock)

    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]


@pytest.mark.parametrize(
    ("error", "code", "wait"),
    [
        (spoki.SpokiThrottled("x", retry_after=90), "throttled", 90),
        (spoki.SpokiThrottled("x", retry_after=1), "throttled", 13),
        (spoki.SpokiThrottled("x"), "throttled", 60),
        (spoki.SpokiAuthError("x"), "key_refused", 60),
        (spoki.SpokiUnreachable("x"), "unreachable", 60),
    ],
)
def test_a_spoki_in_trouble_is_left_alone_and_asked_again(fake, clock, looked, error, code, wait):
    draft = asked(needing())
    fake.fail("create_custom_field", error)

    assert advance_fields(gateway=fake, clock=clock) is None
    desk = FieldDesk.the()
    assert (desk.error, desk.next_at) == (code, NOW + timedelta(seconds=wait))
    assert states(draft) == {"PET_NAME": "asked", "BREED": "asked"}

    clock.pass_by(timedelta(seconds=wait))
    to_the_end(fake, clock)
    assert (FieldDesk.the().error, sorted(on_spoki(fake))) == ("", ["BREED", "PET_NAME"])


def test_429_to_every_second_call_makes_every_field_all_the_same(fake, clock, looked):
    draft = asked(needing())
    count = itertools.count()

    def every_second(name):
        if next(count) % 2 == 0:
            raise spoki.SpokiThrottled(name, retry_after=20)

    fake.before_call = every_second
    for _ in range(8):
        advance_fields(gateway=fake, clock=clock)
        clock.pass_by(timedelta(seconds=60))

    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]


def test_a_typing_error_put_right_before_its_turn_makes_no_field(fake, clock, looked):
    draft = asked(needing())
    corrected = BODY.replace("PET_NAME", "FIRST_NAME")
    writing.edit_draft(draft=draft, fields={"body": corrected}, by=draft.author, now=NOW)

    to_the_end(fake, clock)

    assert on_spoki(fake) == ["BREED"]


def test_a_deleted_draft_makes_no_fields(fake, clock, looked):
    writing.delete_draft(draft=asked(needing()))

    to_the_end(fake, clock)

    assert fake.calls == []


def test_a_field_that_another_text_needs_is_made_although_the_first_was_deleted(
    fake, clock, looked
):
    first, _second = asked(needing()), needing()
    writing.delete_draft(draft=first)

    to_the_end(fake, clock)

    assert sorted(on_spoki(fake)) == ["BREED", "PET_NAME"]


def test_a_field_deleted_on_spoki_is_missing_after_the_next_look(fake, clock):
    draft = needing()
    make_field("PET_NAME", seen_at=NOW - timedelta(hours=1))
    make_field("BREED", seen_at=NOW - timedelta(hours=1))
    assert states(draft) == {"PET_NAME": "there", "BREED": "there"}
    want_look(now=NOW)

    to_the_end(fake, clock)

    assert states(draft) == {"PET_NAME": "missing", "BREED": "missing"}


def test_a_submission_does_not_begin_while_a_field_is_missing(looked):
    draft = needing(status="approved")

    with pytest.raises(DraftRefused, match="PET_NAME, BREED"):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.events.count()) == ("approved", 0)


def test_a_submission_does_not_begin_while_a_field_is_being_made(looked):
    draft = asked(needing(status="approved"))

    with pytest.raises(DraftRefused):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)


def test_with_its_fields_a_submission_asks_for_no_list(fake, clock, looked):
    draft = asked(needing(status="approved"))
    to_the_end(fake, clock)
    fake.calls.clear()

    submitting.start_submission(draft=draft, by=draft.author, now=clock())
    submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock)

    draft.refresh_from_db()
    assert (draft.status, "custom_fields" in fake.calls) == ("submitted", False)


def test_a_submission_begun_before_the_list_was_read_has_its_fields_made_first(fake, clock):
    draft = needing(status="approved", author=make_writer("anna"))
    submitting.start_submission(draft=draft, by=draft.author, now=NOW)

    for _ in range(8):
        wait = submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock)
        clock.pass_by(wait or FIELD_PAUSE)

    assert TemplateDraft.objects.get().status == "submitted"
    assert fake.calls.index("create_template") > fake.calls.index("create_custom_field")
    assert fake.calls.count("create_custom_field") == 2


@pytest.mark.parametrize("fault", [None, "429:20"])
def test_over_the_wire_ten_fields_are_made_once_each_without_passing_spokis_limit(clock, fault):
    codes = [f"CODE_{number}" for number in range(10)]
    draft = needing(body="Ciao, " + " ".join(f"parola %%{code}%%" for code in codes) + " fine.")
    with SimulatorProcess() as simulator:
        if fault:
            simulator.control.fault(fault, path="/custom-fields/", times=None, every=2)
        client = SpokiClient(base_url=simulator.url, api_key=simulator.api_key)
        for _ in range(40):
            wait = advance_fields(gateway=client, clock=clock) or timedelta(seconds=60)
            if states(draft, clock())["CODE_0"] == "missing":
                asked(draft, clock())
            if set(states(draft, clock()).values()) == {"there"}:
                break
            clock.pass_by(wait)
            simulator.control.advance(wait.total_seconds())
        calls = simulator.control.log(path="/custom-fields/")
        simulator.control.clear_faults()
        simulator.control.advance(60)
        made = [field.code for field in client.custom_fields() if field.code in codes]
        client.close()

    assert sorted(made) == codes
    throttled = [row for row in calls if row["status"] == 429]
    assert all(row["fault"] == fault for row in throttled)
    assert bool(throttled) == bool(fault)
