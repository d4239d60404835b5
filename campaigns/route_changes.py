"""What people do to an automation route: write it down, switch it on and off. Each is logged."""

import logging
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from campaigns.models import AutomationRoute, RouteEvent, RouteProbe
from campaigns.routes import RouteRefused, cannot_carry, secret_of
from campaigns.routes import sealed as seal_secret
from campaigns.sealing import Unreadable
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

State = AutomationRoute.State


def add_route(
    *,
    version: TemplateVersion,
    trigger_uuid: str,
    secret: str,
    automation_name: str = "",
    by: User,
    now: datetime,
) -> AutomationRoute:
    """Write down which automation sends `version`; it stays off until it was tested.

    :raises RouteRefused: route_exists, route_superseded, or what an automation cannot be given.
    """
    _check_version(version)
    route = AutomationRoute(
        version=version,
        trigger_uuid=trigger_uuid,
        sealed_secret=seal_secret(secret, trigger_uuid=trigger_uuid),
        automation_name=automation_name,
        changed_at=now,
        changed_by=by,
    )
    try:
        with transaction.atomic():
            route.save(force_insert=True)
            log(route, "created", by=by, now=now)
    except IntegrityError as error:
        raise RouteRefused("route_exists") from error
    return route


def change_route(
    *,
    route: AutomationRoute,
    trigger_uuid: str,
    secret: str = "",
    automation_name: str,
    by: User,
    now: datetime,
) -> AutomationRoute:
    """Change the automation of a route that is not on; an empty `secret` leaves the old one.

    Whatever starts something else must prove itself anew.

    :raises RouteRefused: route_is_on, route_being_tested, or route_secret_missing for another
        trigger without its secret.
    """
    with transaction.atomic():
        route = AutomationRoute.objects.select_for_update().get(pk=route.pk)
        if route.state == State.ON:
            raise RouteRefused("route_is_on")
        if route.state == State.PROBING:
            raise RouteRefused("route_being_tested")
        if trigger_uuid != route.trigger_uuid and not secret:
            raise RouteRefused("route_secret_missing")
        if trigger_uuid != route.trigger_uuid or (secret and not _is_same(route, secret)):
            route.sealed_secret = seal_secret(secret, trigger_uuid=trigger_uuid)
            route.trigger_uuid = trigger_uuid
            route.state, route.proven_at, route.error_code = State.OFF, None, ""
            # What an earlier test may still bring back proves nothing about this trigger.
            route.probes.exclude(state=RouteProbe.State.FAILED).update(
                state=RouteProbe.State.FAILED, error_code="route_changed"
            )
        route.automation_name = automation_name
        route.changed_at, route.changed_by = now, by
        route.save()
        log(route, "changed", by=by, now=now)
    return route


def switch_on(*, route: AutomationRoute, by: User, now: datetime) -> AutomationRoute:
    """Let campaigns with this version leave by the automation.

    :raises RouteRefused: it is not proven, its version is no longer in force, or somebody else was
        faster.
    """
    _check_version(route.version)
    proven_for = route.version.first_seen_at
    with transaction.atomic():
        moved = AutomationRoute.objects.filter(
            pk=route.pk, state=State.PROVEN, proven_at__gte=proven_for
        ).update(state=State.ON, switched_on_at=now, switched_on_by=by, error_code="")
        if moved != 1:
            raise RouteRefused("route_not_proven")
        log(route, "switched_on", by=by, now=now)
    route.refresh_from_db()
    return route


def switch_off(*, route: AutomationRoute, by: User, now: datetime) -> AutomationRoute:
    """Send this version by `messages/send` again from the next message on; the proof stays.

    :raises RouteRefused: it was not on.
    """
    with transaction.atomic():
        moved = AutomationRoute.objects.filter(pk=route.pk, state=State.ON).update(
            state=State.PROVEN, switched_on_at=None, switched_on_by=None
        )
        if moved != 1:
            raise RouteRefused("route_was_off")
        log(route, "switched_off", by=by, now=now)
    route.refresh_from_db()
    return route


def log(
    route: AutomationRoute, verb: str, *, by: User | None, now: datetime, **figures: object
) -> None:
    """Add to the story of the route, in the transaction of what was done."""
    RouteEvent.objects.create(route=route, at=now, verb=verb, by=by, figures=figures)
    logger.info("automation route %s: %s by user %s", route.pk, verb, by.pk if by else "-")


def _check_version(version: TemplateVersion) -> None:
    if version.superseded_at is not None:
        raise RouteRefused("route_superseded")
    if lacking := cannot_carry(version):
        raise RouteRefused(lacking)


def _is_same(route: AutomationRoute, secret: str) -> bool:
    try:
        return secret_of(route) == secret
    except Unreadable:
        return False
