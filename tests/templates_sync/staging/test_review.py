"""The review: another person, exactly what was seen, and a reason when it comes back."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from templates_sync.models import DraftMoved, TemplateDraft
from templates_sync.staging import review
from templates_sync.staging.problems import problems_of
from templates_sync.staging.story import DraftRefused, SamePersonRefused
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_writer
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


def codes(draft):
    return [problem.code for problem in problems_of(draft, now=NOW)]


def test_a_good_draft_goes_to_review():
    draft = make_draft()

    review.send_to_review(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert (draft.status, [e.verb for e in draft.events.all()]) == ("in_review", ["sent_to_review"])


def test_a_draft_with_an_error_stays_and_every_error_is_told():
    draft = make_draft(body="%%FIRST_NAME%%, ciao", name="No Good")

    with pytest.raises(DraftRefused) as refused:
        review.send_to_review(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert [p.code for p in refused.value.problems] == ["name_pattern", "variable_first"]
    assert (draft.status, draft.events.count()) == ("draft", 0)


def test_a_warning_does_not_stand_against_the_review():
    draft = make_draft(footer="")
    assert codes(draft) == ["no_unsubscribe"]

    review.send_to_review(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert draft.status == "in_review"


def test_the_name_of_a_template_in_use_is_taken():
    make_version(template=make_template(name="promo"))

    assert codes(make_draft(name="promo")) == ["name_taken"]
    assert codes(make_draft(name="promo", language="en")) == []


def test_the_name_of_a_template_that_is_gone_is_free():
    make_version(template=make_template(name="promo", gone_at=NOW))

    assert codes(make_draft(name="promo")) == []


def test_two_drafts_of_one_name_do_not_go_to_review_together():
    make_draft(name="promo", status="in_review")
    second = make_draft(name="promo")

    with pytest.raises(DraftRefused):
        review.send_to_review(draft=second, by=second.author, now=NOW)

    second.refresh_from_db()
    assert second.status == "draft"


def test_a_text_that_was_submitted_before_is_refused():
    version = make_version()

    assert codes(make_draft(body=version.body)) == ["text_already_requested"]


def test_changing_a_template_in_use_is_advised_against():
    version = make_version()

    draft = make_draft(name=version.template.name, template=version.template)

    assert codes(draft) == ["edits_live"]


def test_the_category_of_a_template_in_use_cannot_be_changed():
    version = make_version()
    draft = make_draft(name=version.template.name, template=version.template, category="utility")

    assert codes(draft) == ["edits_live", "category_fixed"]


def test_another_person_approves():
    draft, marco = make_draft(status="in_review"), make_writer("marco")

    review.approve_draft(draft=draft, by=marco, now=NOW, comment=" bene ")

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by, draft.comment) == ("approved", marco, "bene")


@pytest.mark.parametrize("role", ["author", "last_editor"])
def test_who_wrote_or_edited_it_does_not_approve_it_superusers_included(role):
    boss = make_writer("boss", is_superuser=True)
    draft = make_draft(status="in_review", **{role: boss})

    with pytest.raises(SamePersonRefused):
        review.approve_draft(draft=draft, by=boss, now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by, draft.events.count()) == ("in_review", None, 0)


@pytest.mark.parametrize("role", ["author_id", "last_editor_id"])
def test_the_database_knows_that_too(role):
    draft = make_draft(status="approved", last_editor=make_writer("anna"))

    with pytest.raises(IntegrityError, match="draft_approved_by_another"), transaction.atomic():
        TemplateDraft.objects.filter(pk=draft.pk).update(approved_by_id=getattr(draft, role))


def test_nothing_leaves_without_an_approval():
    draft = make_draft()

    with pytest.raises(IntegrityError, match="draft_leaves_only_approved"), transaction.atomic():
        TemplateDraft.objects.filter(pk=draft.pk).update(status="submitting")


def test_what_comes_back_says_why_and_can_be_written_again():
    draft = make_draft(status="in_review")

    review.send_back(draft=draft, by=make_writer("marco"), comment="Troppo lungo", now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.comment, draft.is_editable) == ("draft", "Troppo lungo", True)


def test_nothing_comes_back_without_a_reason():
    draft = make_draft(status="in_review")

    with pytest.raises(DraftRefused):
        review.send_back(draft=draft, by=make_writer("marco"), comment="  ", now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.events.count()) == ("in_review", 0)


@pytest.mark.parametrize("status", ["in_review", "approved", "refused"])
def test_back_to_draft_voids_the_approval(status):
    draft = make_draft(status=status)

    review.return_to_draft(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by) == ("draft", None)


@pytest.mark.parametrize("status", ["submitting", "submitted", "accepted", "rejected"])
def test_what_is_with_meta_does_not_come_back(status):
    draft = make_draft(status=status)

    with pytest.raises(DraftMoved):
        review.return_to_draft(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert draft.status == status


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_decide_at_once_one_is_told_that_it_has_moved():
    draft = make_draft(status="in_review")
    marco, anna = make_writer("marco"), make_writer("anna")
    gate, outcomes = threading.Barrier(2), []

    def decide(act):
        try:
            gate.wait(timeout=10)
            act()
            outcomes.append("done")
        except DraftMoved:
            outcomes.append("moved")
        finally:
            connection.close()

    deciders = [
        lambda: review.approve_draft(draft=draft, by=marco, now=NOW),
        lambda: review.send_back(draft=draft, by=anna, comment="no", now=NOW),
    ]
    threads = [threading.Thread(target=decide, args=(act,)) for act in deciders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(outcomes) == ["done", "moved"]
    assert draft.events.count() == 1
