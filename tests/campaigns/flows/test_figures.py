"""What became of those who entered: every passage counted once, by flow and by version."""

from datetime import timedelta

import pytest

from campaigns.flows.figures import FlowFigures, Leave, Span, figures_by_flow, figures_by_version
from campaigns.missed import Group
from campaigns.models import Lane, OutboundMessage
from campaigns.scoreboard.figures import Figures
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.flows import make_entry, make_flow, make_flow_version

pytestmark = pytest.mark.django_db


def sent(flow, status, **changes):
    contact = make_contact()
    fields = {"lane": Lane.TRANSACTIONAL, "contact": contact, "status": status}
    more = {name: changes.pop(name) for name in ("version", "happened_at") if name in changes}
    message = make_message(**fields | changes)
    return make_entry(flow, contact=contact, status="queued", message=message, ended_at=NOW, **more)


def test_everybody_who_entered_is_counted_in_exactly_one_place():
    flow = make_flow(enabled=True)
    for status in OutboundMessage.Status.values:
        sent(flow, status)
    for reason in ("too_late", "too_late", "order_over"):
        make_entry(flow, status="left", reason=reason, ended_at=NOW)
    make_entry(flow, status="held_out", ended_at=NOW)
    make_entry(flow)

    figures = figures_by_flow([flow.pk])[flow.pk]

    assert (figures.entered, figures.waiting, figures.held_out, figures.gone) == (15, 1, 1, 3)
    assert figures.left == (Leave("too_late", 2), Leave("order_over", 1))
    assert figures.messages == Figures(
        waiting=2, skipped=1, expired=1, unknown=1, sent=5, delivered=2, read=1, failed=1
    )
    told = figures.waiting + figures.held_out + figures.gone + figures.messages.recipients
    assert told == figures.entered


def test_failures_are_kept_by_reason_and_code():
    flow = make_flow(enabled=True)
    for _ in range(2):
        sent(flow, "failed", reason="undeliverable", error_code="whatsapp::131026")
    sent(flow, "skipped", reason="order_over")

    figures = figures_by_flow([flow.pk])[flow.pk]

    assert figures.missed_in("failed") == [Group("failed", "undeliverable", "whatsapp::131026", 2)]
    assert figures.missed_in("skipped", "expired") == [Group("skipped", "order_over", "", 1)]


def test_an_answer_and_a_wish_to_stop_are_counted():
    flow = make_flow(enabled=True)
    sent(flow, "delivered", replied_at=NOW, opted_out_at=NOW)

    messages = figures_by_flow([flow.pk])[flow.pk].messages

    assert (messages.replied, messages.read, messages.opted_out) == (1, 1, 1)


def test_versions_are_counted_apart():
    flow = make_flow(enabled=True)
    first = flow.versions.get()
    second = make_flow_version(flow)
    sent(flow, "read", version=first)
    make_entry(flow, version=second)

    figures = figures_by_version(flow.pk)

    assert (figures[first.pk].messages.read, figures[first.pk].waiting) == (1, 0)
    assert (figures[second.pk].messages.read, figures[second.pk].waiting) == (0, 1)


def test_who_entered_outside_the_span_is_left_out_and_its_end_is_not_included():
    flow = make_flow(enabled=True)
    hour = timedelta(hours=1)
    for at in (NOW - hour, NOW, NOW + hour):
        make_entry(flow, happened_at=at)

    def entered(*bounds):
        return figures_by_flow([flow.pk], Span(*bounds)).get(flow.pk, FlowFigures()).entered

    assert entered() == 3
    assert entered(NOW) == 2
    assert entered(NOW, NOW + hour) == 1
    assert entered(NOW + 2 * hour) == 0


def test_flows_that_nobody_entered_are_not_in_it_and_all_are_asked_at_once(
    django_assert_num_queries,
):
    busy, quiet = make_flow(enabled=True), make_flow(enabled=True)
    make_entry(busy)

    with django_assert_num_queries(1):
        figures = figures_by_flow([busy.pk, quiet.pk])

    assert set(figures) == {busy.pk}
