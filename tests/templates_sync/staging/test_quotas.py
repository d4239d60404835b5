"""Meta's quotas: advice while a text is written, a refusal when it would leave."""

from datetime import timedelta

import pytest

from templates_sync.models import Template, TemplateVersion
from templates_sync.staging import quotas, submitting
from templates_sync.staging.problems import problems_of
from templates_sync.staging.story import DraftRefused, record
from tests.conftest import NOW
from tests.factories.drafts import make_draft
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
QUOTAS = {"templates_full", "templates_many", "made_too_many", "edited_today", "edits_used_up"}


def told(draft):
    found = problems_of(draft, now=NOW)
    return {(problem.code, str(problem.level)) for problem in found if problem.code in QUOTAS}


def edits(template, *ages):
    """Have a change of `template` submitted so long ago, each."""
    for age in ages:
        record(
            make_draft(template=template, status="accepted"), "submitted", by=None, now=NOW - age
        )


def change_of(template, **changes):
    return make_draft(template=template, name=template.name, **changes)


def keep(number):
    Template.objects.bulk_create(
        Template(name=f"modello_{n}", language="it", spoki_id=10_000 + n) for n in range(number)
    )


def test_an_approved_template_takes_one_change_in_24_hours():
    template = make_version().template
    edits(template, timedelta(hours=23))

    assert told(change_of(template)) == {("edited_today", "warning")}
    assert told(change_of(template, status="approved")) == {("edited_today", "error")}


def test_after_24_hours_an_approved_template_takes_another_change():
    template = make_version().template
    edits(template, timedelta(hours=24))

    assert told(change_of(template)) == set()


def test_an_approved_template_takes_ten_changes_in_30_days():
    template = make_version().template
    edits(template, *(timedelta(days=2 + n) for n in range(10)))

    assert told(change_of(template)) == {("edits_used_up", "warning")}


@pytest.mark.parametrize("status", [TemplateVersion.Status.REJECTED, TemplateVersion.Status.PAUSED])
def test_a_rejected_or_paused_template_is_changed_at_will(status):
    template = make_version(status=status).template
    edits(template, timedelta(hours=1))

    assert told(change_of(template)) == set()


def test_a_change_of_today_does_not_leave_and_nothing_is_begun():
    template = make_version(category="marketing").template
    edits(template, timedelta(hours=1))
    draft = change_of(template, status="approved")

    with pytest.raises(DraftRefused, match="24"):
        submitting.start_submission(draft=draft, by=draft.author, now=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.events.count()) == ("approved", 0)


def test_beyond_250_templates_the_writer_is_told_that_meta_may_refuse():
    keep(250)

    assert told(make_draft(status="approved")) == {("templates_many", "warning")}


def test_beyond_the_most_that_meta_keeps_nothing_new_leaves(monkeypatch):
    monkeypatch.setattr(quotas, "KEPT_MOST", 3)
    keep(3)
    make_template(name="andato", gone_at=NOW)

    assert told(make_draft(status="approved")) == {("templates_full", "error")}


def test_a_template_that_is_gone_counts_for_nothing(monkeypatch):
    monkeypatch.setattr(quotas, "KEPT_UNVERIFIED", 1)
    make_template(name="andato", gone_at=NOW)

    assert told(make_draft()) == set()


def test_no_more_new_templates_leave_in_an_hour_than_meta_takes(monkeypatch):
    monkeypatch.setattr(quotas, "MADE_AN_HOUR", 2)
    for minutes in (10, 59, 61):
        made = make_draft(status="submitted")
        record(made, "written", by=None, now=NOW - timedelta(minutes=minutes))

    assert told(make_draft(status="approved")) == {("made_too_many", "error")}
