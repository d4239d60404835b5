"""Custom fields that Spoki refuses, answers lost, workers that die: told, and never made twice."""

import itertools
from datetime import timedelta

import pytest

import spoki
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync.models import CustomField, FieldDesk
from templates_sync.staging.field_calls import FIELD_PAUSE, LEASE, MOST_ATTEMPTS, advance_fields
from templates_sync.staging.fields import fields_of
from tests.conftest import NOW
from tests.factories.drafts import make_draft
from tests.templates_sync.staging.fields.steps import asked, needing, on_spoki, states, to_the_end

pytestmark = pytest.mark.django_db


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
