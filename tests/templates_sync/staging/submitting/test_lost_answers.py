"""Answers that are lost, and workers that die: nothing is done twice."""

from datetime import timedelta

import pytest

import spoki
from templates_sync.models import TemplateDraft
from templates_sync.staging import submitting
from templates_sync.staging.steps import SETTLE_AFTER
from templates_sync.sync import sync_templates
from tests.templates_sync.staging.submitting.steps import (
    advance,
    started,
    to_the_end,
    written,
)

pytestmark = pytest.mark.django_db


def test_a_lost_answer_is_not_followed_by_a_second_template(fake, clock):
    draft = started()
    create = fake.create_template

    def created_but_silent(words, **_):
        create(words)
        raise spoki.SpokiOutcomeUnknown("create_template")

    fake.create_template = created_but_silent
    wait = advance(draft, fake, clock)

    assert (wait, draft.error, draft.step) == (SETTLE_AFTER, "answer_lost", "write")
    clock.pass_by(wait)
    to_the_end(draft, fake, clock)

    assert (draft.status, len(fake.template_rows)) == ("submitted", 1)
    assert written(fake) == ["create_template"]


def test_a_template_that_never_arrived_is_written_after_a_look(fake, clock):
    draft = started()
    fake.fail("create_template", spoki.SpokiOutcomeUnknown("create_template"))

    to_the_end(draft, fake, clock)

    assert (draft.status, len(fake.template_rows)) == ("submitted", 1)
    assert fake.calls.index("templates") < fake.calls.index("create_template")
    between = fake.calls[fake.calls.index("create_template") + 1 :]
    assert between.index("templates") < between.index("create_template")


def test_nothing_is_written_again_before_a_late_call_could_have_arrived(fake, clock):
    draft = started()
    fake.fail("create_template", spoki.SpokiOutcomeUnknown("create_template"))
    advance(draft, fake, clock)
    TemplateDraft.objects.update(next_at=None)

    clock.pass_by(timedelta(seconds=20))
    wait = advance(draft, fake, clock)

    assert wait == SETTLE_AFTER - timedelta(seconds=20)
    assert written(fake) == ["create_template"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_answer_of_the_submission_is_settled_by_reading_the_template(fake, clock, arrived):
    draft = started()
    submit = fake.submit_template

    def silent(id, **_):
        fake.submit_template = submit
        if arrived:
            submit(id)
        raise spoki.SpokiOutcomeUnknown("submit_template")

    fake.submit_template = silent
    to_the_end(draft, fake, clock)

    assert (draft.status, draft.result.status) == ("submitted", "pending")
    assert fake.calls.count("submit_template") == 1


class Killed(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("call", ["templates", "create_template", "submit_template", "template"])
def test_a_worker_that_dies_in_any_call_is_replaced_and_nothing_is_done_twice(fake, clock, call):
    draft = started()

    def die(name):
        if name == call:
            raise Killed

    fake.before_call = die
    with pytest.raises(Killed):
        submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock)
    fake.before_call = None
    assert advance(draft, fake, clock) is None
    clock.pass_by(submitting.LEASE + timedelta(seconds=1))
    to_the_end(draft, fake, clock)

    if draft.result is None:  # it died in the last look, which the sync makes up for
        sync_templates(gateway=fake, now=clock())
        draft.refresh_from_db()
    assert (draft.status, draft.result.status) == ("submitted", "pending")
    assert len(fake.template_rows) == 1


def test_while_one_worker_has_it_another_does_nothing(fake, clock):
    draft = started()
    seen = []

    def look(name):
        if name == "create_template":
            seen.append(submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock))

    fake.before_call = look
    to_the_end(draft, fake, clock)

    assert (seen, draft.status, written(fake)) == ([None], "submitted", ["create_template"])
