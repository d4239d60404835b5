"""Custom fields of a draft that is corrected, deleted or submitted meanwhile."""

from datetime import timedelta

import pytest

from templates_sync.models import TemplateDraft
from templates_sync.staging import submitting, writing
from templates_sync.staging.field_calls import FIELD_PAUSE
from templates_sync.staging.fields import want_look
from templates_sync.staging.story import DraftRefused
from tests.conftest import NOW
from tests.factories.drafts import make_field, make_writer
from tests.templates_sync.staging.fields.steps import (
    BODY,
    asked,
    needing,
    on_spoki,
    states,
    to_the_end,
)

pytestmark = pytest.mark.django_db


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
