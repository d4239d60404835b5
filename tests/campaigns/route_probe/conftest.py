"""A route on its way to be proven, and its probe."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import AutomationRoute, RouteProbe, SpokiAccount
from campaigns.route_probe import (
    start_probe,
)
from spoki.fake import FakeSpoki
from tests.campaigns.route_probe.steps import PHONE, State
from tests.factories.campaigns import ensure_number, make_user
from tests.factories.routes import make_route
from tests.factories.templates import make_version


@pytest.fixture
def spoki() -> FakeSpoki:
    return FakeSpoki()


@pytest.fixture
def account() -> SpokiAccount:
    return ensure_number().account


@pytest.fixture
def route(account) -> AutomationRoute:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    return make_route(state=State.OFF, version=make_version(first_seen_at=an_hour_ago))


@pytest.fixture
def probe(route, account, spoki):
    """Send one probe of `route`, with what a test changes."""

    def send(**changes: Any) -> RouteProbe:
        asked = {
            "route": route,
            "account_id": account.pk,
            "phone": PHONE,
            "values": {"FIRST_NAME": "Ada"},
            "by": make_user(),
            "gateway": spoki,
            "allowlist": [],
        }
        return start_probe(**asked | changes)

    return send
