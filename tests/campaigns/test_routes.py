"""Which template versions leave by an automation, and when they surely do not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from campaigns.models import Alert, AutomationRoute
from campaigns.routes import Route, mark_broken, reseal, routes_of, way_out
from campaigns.sender.policy import DEFAULT_POLICY
from tests.conftest import NOW
from tests.factories.campaigns import ensure_number, make_campaign, make_number
from tests.factories.routes import SECRET, TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State


def test_a_route_that_is_on_and_proven_is_used():
    row = make_route()

    assert routes_of([row.version_id]) == {
        row.version_id: Route(row.pk, TRIGGER, SECRET, number_id=None)
    }


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
    alert = Alert.objects.get()
    assert (alert.code, alert.detail) == (
        "route_broken",
        {"name": "Promo umido", "why": "route_not_found"},
    )


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


def test_an_automation_takes_messages_of_the_default_number_only():
    default, other = ensure_number(), make_number()
    row = make_route()

    route = routes_of([row.version_id])[row.version_id]

    assert route.takes(None)
    assert route.takes(default.pk)
    assert not route.takes(other.pk)


def way(campaign) -> str:
    with translation.override("en"):
        return way_out(campaign, policy=DEFAULT_POLICY)


def test_a_campaign_without_a_route_leaves_by_the_send_endpoint():
    assert way(make_campaign()) == "By Spoki's send endpoint."


def test_a_campaign_says_by_which_automation_it_leaves_and_what_that_means():
    campaign = make_campaign(template_version=make_route().version)

    assert way(campaign) == (
        "By the automation “Promo umido”, up to 500 people per call. No identifier comes back: "
        "whoever no webhook tells of within 15 minutes becomes “unknown”, and is never written to "
        "twice."
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": State.PROVEN}, "It is not switched on."),
        (
            {"state": State.BROKEN, "error_code": "route_not_found"},
            "Spoki knows no automation with",
        ),
    ],
)
def test_a_campaign_whose_automation_is_not_used_says_why(changes, why):
    campaign = make_campaign(template_version=make_route(**changes).version)

    assert way(campaign).startswith("By Spoki's send endpoint; the automation is not used. " + why)


def test_a_campaign_of_another_number_leaves_by_the_send_endpoint_and_says_why():
    ensure_number()
    campaign = make_campaign(template_version=make_route().version, number=make_number())

    assert "default number only" in way(campaign)


def test_a_campaign_with_a_picture_says_that_an_automation_cannot_carry_it():
    version = make_version(header={"format": "image", "text": ""})
    campaign = make_campaign(template_version=make_route(version=version).version)

    assert "picture" in way(campaign)


def test_secrets_of_an_earlier_key_are_sealed_anew_so_that_it_may_be_forgotten(settings):
    settings.SECRET_KEY = "the key of last year"
    row = make_route()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new key", ["the key of last year"]

    assert reseal() == 1
    assert reseal() == 0

    settings.SECRET_KEY_FALLBACKS = []
    assert routes_of([row.version_id])[row.version_id].secret == SECRET


def test_a_secret_that_no_key_opens_is_left_as_it_is(settings):
    row = make_route()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "quite another key", []

    assert reseal() == 0

    before = row.sealed_secret
    row.refresh_from_db()
    assert row.sealed_secret == before
