"""Custom fields before the submission: read at their pace, asked for once, made once."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

from spoki.fake import FakeSpoki
from templates_sync.models import CustomField, DraftMoved, FieldDesk
from templates_sync.staging.field_calls import FIELD_PAUSE, advance_fields, is_look_due
from templates_sync.staging.fields import FRESH, fields_of, want_look
from templates_sync.staging.story import DraftRefused
from tests.conftest import NOW
from tests.factories.drafts import make_draft
from tests.templates_sync.staging.fields.steps import asked, needing, on_spoki, states, to_the_end

pytestmark = pytest.mark.django_db


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
