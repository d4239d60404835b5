"""The pages of automation routes in a real browser: readable, narrow, reachable, nothing complains."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AutomationRoute, RouteProbe
from config.roles import ADMIN
from tests.campaigns import test_browser
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.factories.campaigns import make_account, make_number
from tests.factories.people import make_member
from tests.factories.routes import TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = test_browser.pytestmark
State = AutomationRoute.State
SHAPES = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]


@pytest.fixture
def tested():
    make_number(account=make_account())
    now = timezone.now()
    route = make_route(
        state=State.PROVEN,
        proven_at=now,
        version=make_version(first_seen_at=now - timedelta(days=1)),
    )
    RouteProbe.objects.create(
        route=route,
        trigger_uuid=TRIGGER,
        phone="+393471234567",
        values={"FIRST_NAME": "Bea"},
        state="seen",
        started_at=now - timedelta(minutes=2),
        seen_at=now,
        provider_status="delivered",
        seen_text="Un altro testo, più lungo di quello del modello: https://zampa.example/offerta",
        seen_template=route.version.template.spoki_id,
    )
    return route


def address(name, *args):
    return reverse(f"admin:campaigns_automationroute_{name}", args=args)


@pytest.mark.parametrize("shape", SHAPES, ids=["wide and light", "narrow and dark"])
def test_pages_of_routes_fit_are_accessible_and_complain_of_nothing(open_as, tested, shape):  # noqa: F811
    admin = make_member(ADMIN)

    for name in ("add", "change", "probe", "switch_on", "edit"):
        page = open_as(admin, address(name, *([] if name == "add" else [tested.pk])), **shape)

        assert (name, test_browser.violations(page)) == (name, [])
        assert (name, test_browser.overflow(page)) == (name, 0)
        assert page.complaints == []
