"""An approved draft is written on Spoki, with its fields, and handed to Meta once."""

import itertools

import pytest

import spoki
from templates_sync.models import CustomField, DraftMoved
from templates_sync.staging import submitting
from templates_sync.staging.field_calls import FIELD_PAUSE
from templates_sync.staging.story import DraftRefused
from tests.conftest import NOW
from tests.factories.drafts import make_draft
from tests.factories.templates import make_template, make_version
from tests.templates_sync.staging.submitting.steps import (
    advance,
    started,
    to_the_end,
    with_fields,
    written,
)

pytestmark = pytest.mark.django_db


def test_an_approved_draft_is_written_once_and_handed_to_meta(fake, clock):
    draft = started()

    to_the_end(draft, fake, clock)

    assert (draft.status, draft.step, draft.error) == ("submitted", "", "")
    assert (written(fake), fake.calls.count("submit_template")) == (["create_template"], 1)
    assert draft.result.status == "pending"
    assert draft.result.template.spoki_id == draft.spoki_id


def test_nothing_is_submitted_before_its_approval(fake, clock):
    draft = make_draft(status="in_review")

    with pytest.raises(DraftMoved):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)
    advance(draft, fake, clock)

    assert (draft.status, fake.calls) == ("in_review", [])


def test_a_second_click_starts_nothing():
    draft = started()

    with pytest.raises(DraftMoved):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)

    assert draft.events.count() == 1


def test_a_name_taken_since_the_approval_stops_it():
    draft = make_draft(status="approved", name="promo")
    make_version(template=make_template(name="promo"))

    with pytest.raises(DraftRefused):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert draft.status == "approved"


def states():
    return {row.code: "there" if row.seen_at else "asked" for row in CustomField.objects.all()}


def test_missing_custom_fields_are_made_first_one_at_a_time(fake, clock):
    draft = with_fields()

    waits = [advance(draft, fake, clock)]
    assert states() == {"PET_NAME": "asked", "BREED": "asked"}
    clock.pass_by(FIELD_PAUSE)
    waits.append(advance(draft, fake, clock))

    assert waits == [FIELD_PAUSE, FIELD_PAUSE]
    assert states() == {"PET_NAME": "there", "BREED": "asked"}
    assert fake.calls == ["custom_fields", "create_custom_field"]


def test_with_its_fields_the_template_follows(fake, clock):
    draft = with_fields()

    to_the_end(draft, fake, clock)

    assert draft.status == "submitted"
    assert [row["code"] for row in fake.field_rows.values()] == ["PET_NAME", "BREED"]


def test_custom_fields_are_called_at_most_five_times_a_minute(fake, clock):
    times = []
    fake.before_call = lambda name: times.append(clock.now) if "custom" in name else None

    to_the_end(with_fields(), fake, clock)

    assert len(times) == 3
    assert all(later - sooner >= FIELD_PAUSE for sooner, later in itertools.pairwise(times))


def test_fields_that_spoki_has_are_not_made_again(fake, clock):
    fake.create_custom_field(code="PET_NAME", label="PET NAME")
    fake.create_custom_field(code="BREED", label="BREED")
    fake.calls.clear()

    to_the_end(with_fields(), fake, clock)

    assert "create_custom_field" not in fake.calls


def test_a_field_whose_answer_was_lost_is_looked_for_before_it_is_made_again(fake, clock):
    draft = with_fields()
    advance(draft, fake, clock)
    clock.pass_by(FIELD_PAUSE)
    fake.fail("create_custom_field", spoki.SpokiOutcomeUnknown("create_custom_field"))

    advance(draft, fake, clock)
    fake.field_rows[900] = {"id": 900, "code": "PET_NAME", "label": "PET NAME", "field_type": 1}
    clock.pass_by(FIELD_PAUSE)
    to_the_end(draft, fake, clock)

    assert draft.status == "submitted"
    assert sorted(row["code"] for row in fake.field_rows.values()) == ["BREED", "PET_NAME"]


def test_a_field_that_spoki_refuses_stops_the_submission_with_its_name(fake, clock):
    draft = with_fields()
    fake.fail("create_custom_field", spoki.SpokiRefused("create_custom_field", detail="no"))

    to_the_end(draft, fake, clock)

    assert (draft.status, draft.error, draft.error_detail) == (
        "refused", "field_refused", "PET_NAME: no",
    )  # fmt: skip
    assert written(fake) == []
