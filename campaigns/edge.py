"""Where the outside world comes in: the clock is read and the client built, for every caller."""

from collections.abc import Collection, Mapping
from contextlib import closing

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from campaigns import route_probe
from campaigns.account import current_account, refresh_account
from campaigns.models import AutomationRoute, RouteProbe, SpokiAccount
from spoki import Automation, SpokiError


def refresh_now() -> SpokiAccount:
    """Read the account with the configured gateway.

    :raises SpokiError, NoAccount: it could not be read; nothing was changed.
    """
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return refresh_account(gateway=gateway, now=timezone.now())


def unreadable(error: Exception) -> str:
    """Say that the account could not be read, and that nothing was lost."""
    return _("The account could not be read from Spoki, nothing was changed: %(why)s.") % {
        "why": error
    }


def automations_now() -> list[Automation]:
    """Read the automations that an API trigger may start. They hold secrets: show names only.

    :raises SpokiError: they could not be read.
    """
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return [found for found in gateway.automations() if found.triggers]


def automations_unreadable(error: SpokiError) -> str:
    """Say that the list could not be read, and what is left to do."""
    return _(
        "Spoki's automations could not be read (%(why)s). Try again, or write id and secret by hand."
    ) % {"why": error}


def probe_now(
    *,
    route: AutomationRoute,
    phone: str,
    values: Mapping[str, str],
    by: User,
    allowlist: Collection[str],
) -> RouteProbe:
    """Send the test message of `route` with the configured gateway.

    :raises RouteRefused: nothing left.
    """
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return route_probe.start_probe(
            route=route,
            account_id=current_account().pk,
            phone=phone,
            values=values,
            by=by,
            gateway=gateway,
            allowlist=allowlist,
        )
