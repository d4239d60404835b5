"""Writing a draft: from nothing, from a version, from what Meta rejected."""

from datetime import timedelta

import pytest
from django.db import Error, IntegrityError, transaction

from templates_sync.models import DraftMoved, TemplateDraft
from templates_sync.staging import writing
from templates_sync.staging.story import DraftRefused
from tests.conftest import NOW
from tests.factories.drafts import make_draft, make_writer
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_a_draft_begins_with_its_author_and_a_line_in_its_story():
    giulia = make_writer("giulia")

    draft = writing.create_draft(fields={"name": "promo", "body": "Ciao"}, by=giulia, now=NOW)

    assert (draft.author, draft.last_editor, draft.status) == (giulia, giulia, "draft")
    assert [(event.verb, event.by) for event in draft.events.all()] == [("created", giulia)]


def test_a_change_is_written_with_its_editor():
    draft, anna = make_draft(), make_writer("anna")

    writing.edit_draft(draft=draft, fields={"body": "Altro testo"}, by=anna, now=LATER)

    draft.refresh_from_db()
    assert (draft.body, draft.last_editor, draft.updated_at) == ("Altro testo", anna, LATER)


def test_saving_without_a_change_makes_nobody_an_editor():
    draft = make_draft()

    writing.edit_draft(draft=draft, fields={"body": draft.body}, by=make_writer("marco"), now=LATER)

    draft.refresh_from_db()
    assert (draft.last_editor.username, draft.updated_at) == ("giulia", NOW)
    assert draft.events.count() == 0


@pytest.mark.parametrize("status", [s for s in TemplateDraft.Status if s != "draft"])
def test_what_has_left_the_desk_cannot_be_changed(status):
    draft = make_draft(status=status)

    with pytest.raises(DraftMoved):
        writing.edit_draft(draft=draft, fields={"body": "x"}, by=draft.author, now=LATER)

    draft.refresh_from_db()
    assert draft.body != "x"


@pytest.mark.parametrize("status", ["in_review", "approved", "submitting", "accepted"])
def test_the_database_keeps_the_words_that_were_reviewed(status):
    draft = make_draft(status=status)

    with pytest.raises(Error, match="Cannot update"), transaction.atomic():
        TemplateDraft.objects.filter(pk=draft.pk).update(body="x")

    draft.refresh_from_db()
    assert draft.body != "x"


def test_the_database_knows_no_other_state():
    draft = make_draft()

    with pytest.raises(IntegrityError, match="draft_status_is_known"), transaction.atomic():
        TemplateDraft.objects.filter(pk=draft.pk).update(status="sent")


@pytest.mark.parametrize(
    ("name", "following"),
    [("promo", "promo_v2"), ("promo_v2", "promo_v3"), ("promo_v9", "promo_v10")],
)
def test_a_new_text_of_a_template_gets_the_next_name(name, following):
    assert writing.next_name(name) == following


def test_a_draft_from_a_version_has_its_words_under_a_new_name():
    version = make_version(
        template=make_template(name="promo"),
        header={"format": "text", "text": "Solo oggi"},
        buttons=[{"order": 0, "type": "url", "text": "Vai", "url": "https://z.example/", "phone": ""}],
    )  # fmt: skip

    draft = writing.draft_from_version(
        version=version, replaces=False, by=make_writer("giulia"), now=NOW
    )

    assert (draft.name, draft.template, draft.source) == ("promo_v2", None, version)
    assert draft.wording.content_hash == version.content_hash


def test_a_change_of_a_template_keeps_its_name_whatever_is_typed():
    version = make_version(template=make_template(name="promo"))
    giulia = make_writer("giulia")
    draft = writing.draft_from_version(version=version, replaces=True, by=giulia, now=NOW)

    writing.edit_draft(draft=draft, fields={"name": "altro", "language": "en"}, by=giulia, now=NOW)

    draft.refresh_from_db()
    assert (draft.name, draft.language, draft.template) == ("promo", "it", version.template)


def test_after_a_rejection_the_same_template_gets_a_new_draft():
    version = make_version(status="rejected")
    rejected = make_draft(status="rejected", result=version, name=version.template.name)

    fresh = writing.draft_from_draft(rejected=rejected, by=rejected.author, now=NOW)

    assert (fresh.status, fresh.template, fresh.body) == ("draft", version.template, rejected.body)


def test_only_a_rejected_draft_begins_anew():
    draft = make_draft(status="submitted")

    with pytest.raises(DraftMoved):
        writing.draft_from_draft(rejected=draft, by=draft.author, now=NOW)

    assert TemplateDraft.objects.count() == 1


def test_a_draft_is_deleted_with_its_story():
    draft = writing.create_draft(fields={"name": "x"}, by=make_writer("giulia"), now=NOW)

    writing.delete_draft(draft=draft)

    assert TemplateDraft.objects.count() == 0


def test_what_spoki_holds_is_not_deleted():
    draft = make_draft(spoki_id=77)

    with pytest.raises(DraftRefused):
        writing.delete_draft(draft=draft)

    assert TemplateDraft.objects.count() == 1
