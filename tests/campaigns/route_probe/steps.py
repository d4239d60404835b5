"""A route on its way to be proven, and its probe."""

from campaigns.models import AutomationRoute, RouteProbe

State = AutomationRoute.State
Probe = RouteProbe.State
PHONE = "+393471234567"
