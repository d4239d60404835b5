"""What comes back from a probe, and what it proves."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.models import AutomationRoute, Grant, RouteProbe
from campaigns.route_probe import (
    PATIENCE,
    News,
    give_up_silent,
    note_keyless,
    record_probe,
)
from campaigns.routes import RouteRefused, routes_of
from spoki import (
    MessageStatus,
)
from tests.campaigns.route_probe.steps import PHONE, Probe, State
from tests.campaigns.sender.steps import aside
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db


def came_back(probe: RouteProbe, **changes: Any) -> bool:
    fields = {"key": probe.key.hex, "uuid": uuid4().hex, "status": MessageStatus.SENT}
    return record_probe(news=News(**fields | changes), now=timezone.now())


# What comes back


def test_a_route_is_proven_only_when_the_metadata_came_back(probe, route):
    sent = probe()
    assert routes_of([route.version_id]) == {}

    assert came_back(sent, text="Ciao Ada", template_id=route.version.template.spoki_id)

    route.refresh_from_db()
    sent.refresh_from_db()
    assert route.state == State.PROVEN
    assert route.proven_at >= route.version.first_seen_at
    assert (sent.state, sent.seen_text) == (Probe.SEEN, "Ciao Ada")


def test_a_proven_route_is_not_on(probe, route):
    came_back(probe())

    assert routes_of([route.version_id]) == {}


def test_what_came_back_twice_or_out_of_order_ends_the_same(probe, route):
    sent, uuid = probe(), uuid4().hex

    for status in ("delivered", "sent", "delivered", "read", "pending"):
        assert came_back(sent, uuid=uuid, status=MessageStatus(status))

    sent.refresh_from_db()
    assert (sent.state, sent.provider_status, sent.provider_uuid) == (Probe.SEEN, "read", uuid)
    assert route.events.filter(verb="proven").count() == 1


def test_later_news_without_our_key_are_known_by_their_uuid(probe):
    sent, uuid = probe(), uuid4().hex
    came_back(sent, uuid=uuid)

    assert came_back(sent, key=None, uuid=uuid, status=MessageStatus.DELIVERED)

    sent.refresh_from_db()
    assert sent.provider_status == "delivered"


def test_a_message_that_is_no_probe_is_left_to_others(probe):
    sent = probe()

    assert not came_back(sent, key=uuid4().hex)
    assert not came_back(sent, key=None, uuid=None)
    assert not came_back(sent, key="not a key")


def test_another_template_than_the_versions_own_breaks_the_route(probe, route):
    sent = probe()

    came_back(sent, template_id=999)

    route.refresh_from_db()
    assert (route.state, route.error_code) == (State.BROKEN, "route_wrong_template")


def test_another_template_seen_later_takes_even_a_route_that_is_on_out_of_service(probe, route):
    sent, uuid = probe(), uuid4().hex
    came_back(sent, uuid=uuid)
    by = make_user()
    AutomationRoute.objects.update(state=State.ON, switched_on_at=timezone.now(), switched_on_by=by)

    came_back(sent, uuid=uuid, template_id=999, status=MessageStatus.DELIVERED)

    assert routes_of([route.version_id]) == {}


def test_a_probe_that_failed_at_whatsapp_proves_nothing(probe, route):
    sent = probe()

    came_back(sent, status=MessageStatus.FAILED, error_code="whatsapp::131026")

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, sent.state) == (State.OFF, Probe.FAILED)
    assert sent.error_code == "whatsapp::131026"


def test_a_probe_of_which_nothing_comes_back_ends_and_says_what_to_check(probe, route):
    sent = probe()

    assert give_up_silent(now=sent.started_at + PATIENCE - timedelta(seconds=1)) == 0
    assert give_up_silent(now=sent.started_at + PATIENCE) == 1

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, route.error_code) == (State.OFF, "route_no_webhook")
    assert sent.state == Probe.SILENT


def test_a_webhook_that_comes_after_all_still_proves(probe, route):
    sent = probe()
    give_up_silent(now=sent.started_at + PATIENCE)

    came_back(sent)

    route.refresh_from_db()
    assert (route.state, route.error_code) == (State.PROVEN, "")


def test_an_older_probe_that_comes_late_proves_nothing_while_a_newer_one_runs(probe, route):
    first = probe()
    give_up_silent(now=first.started_at + PATIENCE)
    probe()

    came_back(first)

    route.refresh_from_db()
    assert route.state == State.PROBING


def test_a_message_without_our_key_says_that_metadata_is_lost(probe, route):
    sent = probe()
    news = News(
        key=None,
        uuid=uuid4().hex,
        status=MessageStatus.SENT,
        phone=PHONE,
        text="Ciao Ada",
        written_at=sent.started_at + timedelta(seconds=2),
    )

    assert note_keyless(news=news, now=sent.started_at + timedelta(seconds=3))
    give_up_silent(now=sent.started_at + PATIENCE)

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, route.error_code) == (State.OFF, "route_metadata_lost")
    assert sent.seen_text == "Ciao Ada"


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "+393330000009"},
        {"template_id": 999},
        {"written_at": None},
        {"written_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_other_messages_without_a_key_say_nothing_about_a_probe(probe, changes):
    sent = probe()
    fields = {
        "key": None,
        "uuid": None,
        "status": MessageStatus.SENT,
        "phone": PHONE,
        "written_at": sent.started_at,
    }

    assert not note_keyless(news=News(**fields | changes), now=timezone.now())

    sent.refresh_from_db()
    assert sent.error_code == ""


def test_every_step_of_a_test_is_in_the_story_of_the_route(probe, route):
    came_back(probe())

    assert list(route.events.order_by("pk").values_list("verb", flat=True)) == ["probed", "proven"]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_test_at_once_send_one_message(probe, route, spoki):
    by = make_user()

    def press() -> str:
        try:
            return str(probe(by=by).state)
        except RouteRefused as refused:
            return refused.code

    ends = [aside(press), aside(press)]

    assert sorted(end.result(timeout=20) for end in ends) == ["route_cannot_be_tested", "waiting"]
    assert len(spoki.started) == 1
    assert Grant.objects.count() == 1
