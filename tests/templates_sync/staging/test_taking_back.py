"""A text that Meta has not judged yet comes back to be written on, on Spoki and here."""

import pytest
from django.utils import translation

import spoki
from spoki.fake import FakeSpoki
from templates_sync.models import DraftMoved, TemplateDraft
from templates_sync.staging import review, submitting
from templates_sync.staging.story import DraftRefused
from templates_sync.staging.taking_back import take_back
from templates_sync.staging.writing import edit_draft
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_writer
from tests.templates_sync.staging.submitting.steps import Clock, to_the_end

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def fake():
    return FakeSpoki()


@pytest.fixture
def clock():
    return Clock()


def submitted(fake, clock):
    draft = make_draft(status="approved")
    submitting.start_submission(draft=draft, by=draft.author, now=clock())
    to_the_end(draft, fake, clock)
    assert draft.status == "submitted"
    return draft


def back(draft, fake, clock):
    return take_back(draft=draft, gateway=fake, by=draft.author, clock=clock)


def test_a_text_that_meta_has_not_judged_comes_back_without_its_approval(fake, clock):
    draft = submitted(fake, clock)

    taken = back(draft, fake, clock)

    assert (taken.status, taken.approved_by, taken.result) == ("draft", None, None)
    assert fake.template(draft.spoki_id).localizations[0].status == spoki.TemplateStatus.DRAFT
    assert taken.events.last().verb == "taken_back"


def test_what_was_taken_back_is_changed_and_submitted_on_the_same_template(fake, clock):
    draft = submitted(fake, clock)
    taken = back(draft, fake, clock)
    edit_draft(draft=taken, fields={"body": "Ciao %%FIRST_NAME%%, altro testo per te."},
               by=taken.author, now=clock())  # fmt: skip
    review.send_to_review(draft=taken, by=taken.author, now=clock())
    review.approve_draft(draft=taken, by=make_writer("marco"), now=clock())

    submitting.start_submission(draft=taken, by=taken.author, now=clock())
    to_the_end(taken, fake, clock)

    assert (taken.status, taken.spoki_id, taken.result.number) == ("submitted", draft.spoki_id, 2)
    assert fake.calls.count("create_template") == 1


def test_the_same_words_may_be_submitted_again_after_they_were_taken_back(fake, clock):
    draft = back(submitted(fake, clock), fake, clock)

    review.send_to_review(draft=draft, by=draft.author, now=clock())
    draft.refresh_from_db()

    assert draft.status == "in_review"


@pytest.mark.parametrize(("answer", "status"), [("APPROVED", "accepted"), ("REJECTED", "rejected")])
def test_what_meta_has_answered_meanwhile_is_not_taken_back(fake, clock, answer, status):
    draft = submitted(fake, clock)
    fake.set_template_status(draft.spoki_id, answer)

    with pytest.raises(DraftRefused, match="Meta has answered"):
        back(draft, fake, clock)

    draft.refresh_from_db()
    assert (draft.status, "back_to_draft" in fake.calls) == (status, False)


def test_a_call_whose_answer_was_lost_is_settled_by_asking_again(fake, clock):
    draft = submitted(fake, clock)
    fake.set_template_status(draft.spoki_id, "DRAFT")

    taken = back(draft, fake, clock)

    assert (taken.status, "back_to_draft" in fake.calls) == ("draft", False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (spoki.SpokiUnreachable("back_to_draft"), "nothing was changed"),
        (spoki.SpokiThrottled("back_to_draft"), "nothing was changed"),
        (spoki.SpokiOutcomeUnknown("back_to_draft"), "answer was lost"),
        (spoki.SpokiRefused("back_to_draft", detail="non si può"), "non si può"),
    ],
)
def test_a_spoki_that_does_not_give_it_back_leaves_it_with_meta(fake, clock, error, words):
    draft = submitted(fake, clock)
    fake.fail("back_to_draft", error)

    with pytest.raises(DraftRefused, match=words):
        back(draft, fake, clock)

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by.username) == ("submitted", "marco")


def test_a_template_that_spoki_has_lost_is_written_anew_the_next_time(fake, clock):
    draft = submitted(fake, clock)
    fake.delete_template(draft.spoki_id)

    taken = back(draft, fake, clock)

    assert (taken.status, taken.spoki_id) == ("draft", None)


@pytest.mark.parametrize("status", ["draft", "in_review", "approved", "submitting", "accepted"])
def test_only_what_meta_has_is_taken_back(fake, clock, status):
    draft = make_draft(status=status, step="write" if status == "submitting" else "")

    with pytest.raises(DraftMoved):
        back(draft, fake, clock)

    assert fake.calls == []


def test_a_second_click_finds_it_taken_back_already(fake, clock):
    draft = submitted(fake, clock)
    second_page = TemplateDraft.objects.get(pk=draft.pk)
    back(draft, fake, clock)

    with pytest.raises(DraftMoved):
        back(second_page, fake, clock)

    draft.refresh_from_db()
    assert draft.events.filter(verb="taken_back").count() == 1
    assert draft.updated_at >= NOW
