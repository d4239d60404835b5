"""What Spoki refuses, stores differently or has already; and stopping on the way."""

from datetime import timedelta

import pytest

import spoki
from templates_sync.models import TemplateDraft
from templates_sync.staging import submitting
from templates_sync.staging.story import DraftRefused
from tests.factories.templates import make_template, make_version
from tests.templates_sync.staging.submitting.steps import (
    advance,
    started,
    to_the_end,
    with_fields,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "code", "wait"),
    [
        (spoki.SpokiAuthError("x"), "key_refused", 60),
        (spoki.SpokiThrottled("x", retry_after=90), "throttled", 90),
        (spoki.SpokiUnreachable("x"), "unreachable", 60),
        (spoki.SpokiServerError("x"), "unreachable", 60),
        (spoki.SpokiProtocolError("x", field="y"), "unreadable", 60),
    ],
)
def test_a_spoki_in_trouble_is_asked_again_later(fake, clock, error, code, wait):
    draft = started()
    fake.fail("templates", error)

    assert advance(draft, fake, clock) == timedelta(seconds=wait)
    assert (draft.status, draft.error) == ("submitting", code)
    clock.pass_by(timedelta(seconds=wait))
    to_the_end(draft, fake, clock)
    assert (draft.status, draft.error) == ("submitted", "")


@pytest.mark.parametrize("call", ["create_template", "submit_template"])
def test_what_spoki_refuses_comes_back_with_its_words(fake, clock, call):
    draft = started()
    fake.fail(call, spoki.SpokiRefused(call, code="spoki::3014", detail="Too many variables"))

    to_the_end(draft, fake, clock)

    assert (draft.status, draft.error, draft.error_detail) == (
        "refused", "refused", "Too many variables",
    )  # fmt: skip


def test_another_template_of_this_name_on_spoki_stops_it(fake, clock):
    draft = started(name="promo")
    fake.add_template(name="promo")

    to_the_end(draft, fake, clock)

    assert (draft.status, draft.error, written(fake)) == ("refused", "name_taken", [])


def test_what_spoki_stored_differently_is_not_submitted(fake, clock):
    draft = started()
    create = fake.create_template

    def with_a_button_of_its_own(words, **_):
        made = create(words)
        row = fake.template_rows[made.id]["templatelocalization_set"][0]
        row["templatebuttoncomponent_set"] = [{"button_type": "quick_reply", "text": "Stop"}]
        return fake.template(made.id)

    fake.create_template = with_a_button_of_its_own
    to_the_end(draft, fake, clock)

    assert (draft.status, draft.error) == ("refused", "differs")
    assert "submit_template" not in fake.calls


def test_an_answer_that_shows_less_than_is_stored_is_judged_by_what_spoki_has(fake, clock):
    draft = started()
    create = fake.create_template

    def short(words, **_):
        made = create(words)
        return spoki.Template.from_payload({"id": made.id, "name": made.name})

    fake.create_template = short
    to_the_end(draft, fake, clock)

    assert (draft.status, written(fake)) == ("submitted", ["create_template"])


def test_a_draft_that_came_back_changes_the_copy_on_spoki_instead_of_making_another(fake, clock):
    draft = started()
    fake.fail("submit_template", spoki.SpokiRefused("submit_template", detail="no"))
    to_the_end(draft, fake, clock)
    TemplateDraft.objects.filter(pk=draft.pk).update(status="draft")
    TemplateDraft.objects.filter(pk=draft.pk).update(body="Ciao %%FIRST_NAME%%, altro testo qui.")
    TemplateDraft.objects.filter(pk=draft.pk).update(status="approved")
    draft.refresh_from_db()

    submitting.start_submission(draft=draft, by=draft.author, now=clock())
    to_the_end(draft, fake, clock)

    assert (draft.status, len(fake.template_rows)) == ("submitted", 1)
    assert written(fake) == ["create_template", "update_template"]


def test_a_change_of_a_template_goes_to_its_own_id(fake, clock):
    on_spoki = fake.add_template(name="promo")
    version = make_version(
        template=make_template(name="promo", spoki_id=on_spoki.id), status="rejected"
    )

    draft = started(name="promo", template=version.template)
    to_the_end(draft, fake, clock)

    assert (draft.status, draft.spoki_id, written(fake)) == (
        "submitted", on_spoki.id, ["update_template"],
    )  # fmt: skip


def test_a_submission_that_waits_can_be_stopped(fake, clock):
    draft = with_fields()
    advance(draft, fake, clock)

    submitting.stop_submission(draft=draft, by=draft.author, now=clock())
    clock.pass_by(timedelta(hours=1))
    advance(draft, fake, clock)

    assert (draft.status, fake.calls) == ("approved", ["custom_fields"])


def test_a_submission_whose_answer_is_missing_cannot_be_stopped(fake, clock):
    draft = started()
    fake.fail("create_template", spoki.SpokiOutcomeUnknown("create_template"))
    advance(draft, fake, clock)

    with pytest.raises(DraftRefused):
        submitting.stop_submission(draft=draft, by=draft.author, now=clock())

    draft.refresh_from_db()
    assert draft.status == "submitting"
