"""Automation routes in any state, with what that state implies."""

from typing import Any

from campaigns import routes
from campaigns.models import AutomationRoute
from tests.conftest import NOW
from tests.factories.campaigns import make_user
from tests.factories.templates import make_version

TRIGGER = "9d3f0000-aaaa-4bbb-8ccc-000000000001"
SECRET = "il segreto dell'automazione"


def make_route(**changes: Any) -> AutomationRoute:
    """A route that is on; `secret` is kept sealed."""
    state = AutomationRoute.State(changes.pop("state", AutomationRoute.State.ON))
    secret = changes.pop("secret", SECRET)
    trigger = changes.get("trigger_uuid", TRIGGER)
    fields: dict[str, Any] = {
        "trigger_uuid": trigger,
        "sealed_secret": routes.sealed(secret, trigger_uuid=trigger),
        "automation_name": "Promo umido",
        "changed_at": NOW,
    }
    if state in {AutomationRoute.State.PROVEN, AutomationRoute.State.ON}:
        fields |= {"probed_at": NOW, "proven_at": NOW}
    if state == AutomationRoute.State.ON and "switched_on_by" not in changes:
        fields |= {"switched_on_at": NOW, "switched_on_by": make_user()}
    if "version" not in changes:
        fields["version"] = make_version()
    return AutomationRoute.objects.create(state=state, **fields | changes)
