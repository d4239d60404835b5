"""Segments and snapshots in a real browser: accessible, and no sideways scrolling."""

from datetime import timedelta

import pytest

from audiences import segments
from audiences.models import Contact
from audiences.retention import reduce_old_snapshots
from audiences.snapshots import take_snapshot
from config.roles import ADMIN, MARKETER
from tests.campaigns.test_browser import chromium, open_as, overflow, pytestmark, violations
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment, rules_of
from tests.factories.campaigns import make_campaign
from tests.factories.orders import make_order
from tests.factories.people import make_member

__all__ = ["chromium", "open_as", "pytestmark"]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_segments_and_snapshots_are_accessible_and_fit(open_as, width, scheme):
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    version = make_segment(name="Italiani")
    anna = make_contact(first_name="Anna")
    make_order(contact=anna, name="#1042")
    older = take_snapshot(segment_version=version, by=None, now=NOW - timedelta(days=400))
    Contact.objects.filter(pk=anna.pk).update(marketing_consent="withdrawn")
    make_contact(first_name="Bea")
    newer = take_snapshot(segment_version=version, by=None, now=NOW)
    reduce_old_snapshots(now=NOW)
    segments.save_segment(
        name="Italiani",
        rules=rules_of(["contact.language", "is", "it"], ["orders.never_ordered", "is_not", True]),
        by=None,
        segment=version.segment,
    )
    make_campaign(name="Befana", status="approved", segment=version.segment)

    for role, path in (
        (MARKETER, f"segment/{version.segment_id}/change/"),
        (MARKETER, f"segment/{version.segment_id}/change/?version=1"),
        (ADMIN, f"snapshot/{older.pk}/change/"),
        (MARKETER, f"snapshot/{newer.pk}/compare/{older.pk}/"),
    ):
        page = open_as(make_member(role), f"/admin/audiences/{path}", **seen)

        assert violations(page) == [], path
        assert overflow(page) <= 0, path
        assert page.complaints == [], path
