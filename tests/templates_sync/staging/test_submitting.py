"""Submission: custom fields first, each call once, and a lost answer settled by reading."""

import itertools
from datetime import timedelta

import pytest

import spoki
from spoki.fake import FakeSpoki
from templates_sync import urgency
from templates_sync.models import DraftMoved, TemplateDraft, TemplateVersion
from templates_sync.staging import submitting
from templates_sync.staging.steps import FIELD_PAUSE, SETTLE_AFTER
from templates_sync.staging.story import DraftRefused
from templates_sync.sync import sync_templates
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_writer
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


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


def started(**changes):
    draft = make_draft(**{"status": "approved"} | changes)
    return submitting.start_submission(draft=draft, by=draft.author, now=NOW)


def advance(draft, fake, clock):
    wait = submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock)
    draft.refresh_from_db()
    return wait


def to_the_end(draft, fake, clock, *, most=12):
    for _ in range(most):
        wait = advance(draft, fake, clock)
        if wait is None:
            return
        clock.pass_by(wait)
    raise AssertionError("it does not end")


def written(fake):
    return [call for call in fake.calls if call in {"create_template", "update_template"}]


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


def with_fields(**changes):
    return started(
        body="Ciao %%FIRST_NAME%%, oggi %%PET_NAME%% ha uno sconto e la %%BREED%% anche, evviva!",
        examples={"FIRST_NAME": "Ada", "PET_NAME": "Argo", "BREED": "labrador"},
        **changes,
    )


def test_missing_custom_fields_are_made_first_one_at_a_time(fake, clock):
    draft = with_fields()

    waits = [advance(draft, fake, clock)]
    assert draft.fields_missing == ["PET_NAME", "BREED"]
    clock.pass_by(FIELD_PAUSE)
    waits.append(advance(draft, fake, clock))

    assert (waits, draft.fields_made, draft.fields_missing) == (
        [FIELD_PAUSE, FIELD_PAUSE], ["PET_NAME"], ["BREED"],
    )  # fmt: skip
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


def test_a_lost_answer_is_not_followed_by_a_second_template(fake, clock):
    draft = started()
    create = fake.create_template

    def created_but_silent(words):
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

    def silent(id):
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

    def with_a_button_of_its_own(words):
        made = create(words)
        row = fake.template_rows[made.id]["templatelocalization_set"][0]
        row["templatebuttoncomponent_set"] = [{"button_type": "quick_reply", "text": "Stop"}]
        return fake.template(made.id)

    fake.create_template = with_a_button_of_its_own
    to_the_end(draft, fake, clock)

    assert (draft.status, draft.error) == ("refused", "differs")
    assert "submit_template" not in fake.calls


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


def answered(fake, clock, status, **changes):
    draft = started(**changes)
    to_the_end(draft, fake, clock)
    fake.set_template_status(draft.spoki_id, status)
    clock.pass_by(timedelta(minutes=5))
    return draft


def test_the_sync_brings_metas_yes(fake, clock):
    draft = answered(fake, clock, "APPROVED")

    sync_templates(gateway=fake, now=clock(), clock=clock)

    draft.refresh_from_db()
    assert (draft.status, draft.result.status) == ("accepted", "approved")
    assert draft.events.last().verb == "accepted"


def test_the_sync_brings_metas_no_with_its_reason(fake, clock):
    draft = answered(fake, clock, "REJECTED")
    row = fake.template_rows[draft.spoki_id]["templatelocalization_set"][0]
    row["rejection_reason"] = "INVALID_FORMAT"

    sync_templates(gateway=fake, now=clock(), clock=clock)

    draft.refresh_from_db()
    assert (draft.status, draft.comment) == ("rejected", "INVALID_FORMAT")


def test_a_category_changed_before_the_first_read_waits_for_a_person(fake, clock):
    draft = answered(fake, clock, "APPROVED", category="utility")
    fake.template_rows[draft.spoki_id]["category"] = "MARKETING"

    sync_templates(gateway=fake, now=clock(), clock=clock)

    version = TemplateVersion.objects.get()
    assert (version.requested_category, version.category) == ("utility", "marketing")
    assert version.has_unaccepted_category


def test_while_meta_reviews_the_sync_is_urgent(fake, clock):
    assert urgency.is_urgent() is False
    make_draft(status="submitted", author=make_writer("anna"))
    assert urgency.is_urgent() is True
