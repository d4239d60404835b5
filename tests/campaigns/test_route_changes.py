"""Writing a route down, and switching it on and off: what may be done, by whom, and what is logged."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import AutomationRoute, RouteProbe
from campaigns.route_changes import add_route, change_route, switch_off, switch_on
from campaigns.route_probe import News, record_probe
from campaigns.routes import RouteRefused, routes_of, secret_of
from spoki import MessageStatus
from tests.conftest import NOW
from tests.factories.campaigns import make_user
from tests.factories.routes import SECRET, TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State
AFTER = NOW + timedelta(hours=1)


def refusal(call, **asked: Any) -> str:
    with pytest.raises(RouteRefused) as refused:
        call(**asked)
    return refused.value.code


def changed(route: AutomationRoute, **changes: Any) -> AutomationRoute:
    asked: dict[str, Any] = {
        "trigger_uuid": route.trigger_uuid,
        "automation_name": route.automation_name,
        "by": make_user(),
        "now": AFTER,
    }
    return change_route(route=route, **asked | changes)


def test_a_new_route_is_off_and_its_secret_is_sealed():
    by, version = make_user(), make_version()

    route = add_route(version=version, trigger_uuid=TRIGGER, secret=SECRET, by=by, now=NOW)

    assert (route.state, secret_of(route)) == (State.OFF, SECRET)
    assert routes_of([version.pk]) == {}
    assert route.events.get().by == by


def test_a_version_takes_one_automation():
    taken = make_route()

    asked = {"version": taken.version, "trigger_uuid": "altro", "secret": "x"}
    assert refusal(add_route, **asked, by=make_user(), now=NOW) == "route_exists"
    assert AutomationRoute.objects.get() == taken


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"header": {"format": "video", "text": ""}}, "route_header_media"),
        ({"has_carousel": True}, "route_carousel"),
        ({"superseded_at": NOW}, "route_superseded"),
    ],
)
def test_a_version_that_an_automation_cannot_send_gets_none(shape, code):
    asked = {"version": make_version(**shape), "trigger_uuid": TRIGGER, "secret": SECRET}

    assert refusal(add_route, **asked, by=make_user(), now=NOW) == code
    assert not AutomationRoute.objects.exists()


def test_switching_on_needs_a_proof_and_is_logged_with_who_did_it():
    route, by = make_route(state=State.PROVEN), make_user()

    switch_on(route=route, by=by, now=AFTER)

    assert list(routes_of([route.version_id])) == [route.version_id]
    assert (route.switched_on_by, route.switched_on_at) == (by, AFTER)
    assert (route.events.get().verb, route.events.get().by) == ("switched_on", by)


@pytest.mark.parametrize("state", [State.OFF, State.PROBING, State.BROKEN, State.ON])
def test_what_is_not_proven_is_not_switched_on(state):
    route = make_route(state=state)

    assert refusal(switch_on, route=route, by=make_user(), now=AFTER) == "route_not_proven"
    route.refresh_from_db()
    assert (route.state, route.events.count()) == (state, 0)


def test_a_proof_of_before_the_version_switches_nothing_on():
    route = make_route(state=State.PROVEN, proven_at=NOW - timedelta(days=1))

    assert refusal(switch_on, route=route, by=make_user(), now=AFTER) == "route_not_proven"


def test_a_route_of_a_replaced_version_is_not_switched_on():
    route = make_route(state=State.PROVEN, version=make_version(superseded_at=NOW))

    assert refusal(switch_on, route=route, by=make_user(), now=AFTER) == "route_superseded"


def test_switching_off_acts_at_once_and_keeps_the_proof():
    route = make_route()

    switch_off(route=route, by=make_user(), now=AFTER)

    assert routes_of([route.version_id]) == {}
    assert (route.state, route.proven_at) == (State.PROVEN, NOW)


def test_a_second_click_on_off_is_told_that_it_was_off():
    route = make_route()
    switch_off(route=route, by=make_user(), now=AFTER)

    assert refusal(switch_off, route=route, by=make_user(), now=AFTER) == "route_was_off"
    assert route.events.count() == 1


def test_another_automation_must_prove_itself_anew():
    route = changed(make_route(state=State.PROVEN), trigger_uuid="altro", secret="nuovo")

    assert (route.state, route.proven_at, secret_of(route)) == (State.OFF, None, "nuovo")


def test_another_secret_must_prove_itself_anew():
    assert changed(make_route(state=State.PROVEN), secret="nuovo").state == State.OFF


def test_the_same_secret_written_again_changes_nothing():
    assert changed(make_route(state=State.PROVEN), secret=SECRET).state == State.PROVEN


def test_another_name_needs_no_new_proof_and_keeps_the_secret():
    route = changed(make_route(state=State.PROVEN), automation_name="Natale")

    assert (route.state, route.automation_name) == (State.PROVEN, "Natale")
    assert secret_of(route) == SECRET


def test_another_trigger_without_its_secret_is_refused():
    route = make_route(state=State.PROVEN)

    with pytest.raises(RouteRefused) as refused:
        changed(route, trigger_uuid="altro")
    route.refresh_from_db()
    assert refused.value.code == "route_secret_missing"
    assert (route.trigger_uuid, route.state) == (TRIGGER, State.PROVEN)


@pytest.mark.parametrize(
    ("state", "code"), [(State.ON, "route_is_on"), (State.PROBING, "route_being_tested")]
)
def test_a_route_at_work_is_not_changed(state, code):
    route = make_route(state=state)

    with pytest.raises(RouteRefused) as refused:
        changed(route, trigger_uuid="altro", secret="nuovo")
    route.refresh_from_db()
    assert (refused.value.code, route.trigger_uuid) == (code, TRIGGER)


def test_a_broken_route_with_a_new_secret_may_be_tested_again():
    route = changed(make_route(state=State.BROKEN, error_code="route_secret_refused"), secret="x")

    assert (route.state, route.error_code) == (State.OFF, "")


def test_a_test_of_before_a_change_proves_nothing_after_it():
    route = make_route(state=State.OFF)
    probe = RouteProbe.objects.create(
        route=route, trigger_uuid=TRIGGER, phone="+393471234567", started_at=NOW, state="silent"
    )
    changed(route, secret="nuovo")

    news = News(key=probe.key.hex, uuid=None, status=MessageStatus.SENT)
    assert record_probe(news=news, now=timezone.now())

    route.refresh_from_db()
    assert route.state == State.OFF


def test_nothing_that_is_logged_holds_the_secret(caplog):
    caplog.set_level("INFO")
    route = make_route(state=State.PROVEN)
    changed(route, trigger_uuid="altro", secret="tutto nuovo")
    switched = make_route(state=State.PROVEN)
    switch_on(route=switched, by=make_user(), now=AFTER)

    stories = [event.figures for event in [*route.events.all(), *switched.events.all()]]
    assert "tutto nuovo" not in f"{caplog.text} {stories}"
    assert SECRET not in f"{caplog.text} {stories}"
