"""What Meta answers, brought by the sync."""

from datetime import timedelta

import pytest

from templates_sync import urgency
from templates_sync.models import TemplateVersion
from templates_sync.sync import sync_templates
from tests.factories.drafts import make_draft, make_writer
from tests.templates_sync.staging.submitting.steps import (
    started,
    to_the_end,
)

pytestmark = pytest.mark.django_db


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
