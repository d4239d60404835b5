"""Which template versions leave by an automation, and when they surely do not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import AutomationRoute
from campaigns.routes import Route, mark_broken, routes_of
from tests.conftest import NOW
from tests.factories.routes import SECRET, TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State


def test_a_route_that_is_on_and_proven_is_used():
    row = make_route()

    assert routes_of([row.version_id]) == {row.version_id: Route(row.pk, TRIGGER, SECRET)}


@pytest.mark.parametrize("state", [State.OFF, State.PROBING, State.PROVEN, State.BROKEN])
def test_a_route_that_is_not_on_is_not_used(state):
    assert routes_of([make_route(state=state).version_id]) == {}


def test_routes_of_other_versions_are_not_told():
    make_route()

    assert routes_of([make_version().pk]) == {}


def test_nothing_is_asked_for_no_version():
    make_route()

    assert routes_of([]) == {}


def test_a_new_version_of_the_template_never_takes_the_automation_of_the_old_one():
    row = make_route()
    type(row.version).objects.filter(pk=row.version_id).update(superseded_at=NOW)
    newer = make_version(template=row.version.template, number=2, body="Ciao %%FIRST_NAME%%!")

    assert routes_of([row.version_id, newer.pk]) == {}


def test_a_proof_older_than_the_version_proves_nothing():
    row = make_route(proven_at=NOW - timedelta(seconds=1))

    assert routes_of([row.version_id]) == {}


def test_a_template_with_a_picture_goes_by_the_send_endpoint():
    row = make_route(version=make_version(header={"format": "image", "text": ""}))

    assert routes_of([row.version_id]) == {}


def test_a_carousel_goes_by_the_send_endpoint():
    row = make_route(version=make_version(has_carousel=True))

    assert routes_of([row.version_id]) == {}


def test_the_database_holds_no_readable_secret():
    row = make_route()

    assert SECRET not in row.sealed_secret
    assert SECRET not in repr(row) + str(row) + repr(routes_of([row.version_id]))


def test_a_secret_sealed_with_an_earlier_key_is_still_read(settings):
    settings.SECRET_KEY = "the key of last year"
    row = make_route()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new key", ["the key of last year"]

    assert routes_of([row.version_id])[row.version_id].secret == SECRET


def test_a_route_whose_secret_no_key_opens_is_broken_and_not_used(settings):
    row = make_route()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "quite another key", []

    assert routes_of([row.version_id]) == {}
    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.BROKEN, "route_secret_unreadable")


def test_a_secret_does_not_open_under_another_trigger():
    row = make_route()
    AutomationRoute.objects.filter(pk=row.pk).update(trigger_uuid="altro-innesco")

    assert routes_of([row.version_id]) == {}


def test_a_broken_route_is_told_once_and_by_code():
    row, now = make_route(), timezone.now()

    assert mark_broken(route_id=row.pk, code="route_not_found", now=now)
    assert not mark_broken(route_id=row.pk, code="route_not_found", now=now)

    row.refresh_from_db()
    assert (row.state, row.error_code, row.error_at) == (State.BROKEN, "route_not_found", now)
    assert row.events.get().figures == {"why": "route_not_found"}


def test_a_route_that_was_never_on_is_not_broken_by_a_late_refusal():
    row = make_route(state=State.OFF)

    assert not mark_broken(route_id=row.pk, code="route_not_found", now=NOW)

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.OFF, "")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "switched"},
        {"state": State.PROVEN, "proven_at": None},
        {"state": State.ON, "switched_on_at": None},
        {"state": State.ON, "switched_on_by": None},
        {"trigger_uuid": ""},
        {"sealed_secret": ""},
    ],
)
def test_the_database_refuses_a_route_that_cannot_be(changes):
    row = make_route()

    with pytest.raises(IntegrityError), transaction.atomic():
        AutomationRoute.objects.filter(pk=row.pk).update(**changes)


def test_a_version_has_one_route():
    row = make_route()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_route(version=row.version)
