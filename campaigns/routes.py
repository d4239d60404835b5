"""Which template versions leave by an automation instead of `messages/send`, and with which secret.

An automation takes up to 500 people per call and answers 200 with an empty body (Spoki's
collection): no identifier comes back, the webhook with our `metadata` is the only news. It always
sends from the account's own number, and carries no media of ours.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns import alerts, sealing
from campaigns.models import Alert, AutomationRoute, Campaign, RouteEvent, WhatsAppNumber
from campaigns.reasons import sentence
from campaigns.sender.policy import Policy
from spoki import SpokiAuthError, SpokiError, SpokiNotFound
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

_PURPOSE = "secret of the automation trigger {}"
State = AutomationRoute.State


class RouteRefused(Exception):
    """Nothing was done; `code` of `campaigns.reasons` says why, `str()` in the reader's language."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures

    def __str__(self) -> str:
        return sentence(self.code, **self.figures)


@dataclass(frozen=True, slots=True)
class Route:
    """An automation that is switched on: the id and the secret of its API trigger.

    A start names no number: it always sends from the default one, whose id is `number_id`. Messages
    from another number go by `messages/send` (`takes`).
    """

    id: int
    uuid: str
    secret: str = field(repr=False)
    number_id: int | None = None

    def takes(self, number_id: int | None) -> bool:
        """Return whether a message from this number may leave by the automation."""
        return number_id is None or number_id == self.number_id


def routes_of(version_ids: Collection[int]) -> dict[int, Route]:
    """Return version id → route, for the versions whose route is proven and switched on.

    A route whose secret no key of ours opens any more is marked as broken and left out; so is one
    whose version the automation could not send in full.
    """
    found = usable().filter(version_id__in=version_ids).select_related("version__template")
    number_id = _default_number_id()
    routes = {}
    for row in found:
        if cannot_carry(row.version):
            continue
        try:
            secret = secret_of(row)
        except sealing.Unreadable:
            mark_broken(route_id=row.pk, code="route_secret_unreadable", now=timezone.now())
            continue
        routes[row.version_id] = Route(row.pk, row.trigger_uuid, secret, number_id)
    return routes


def usable() -> QuerySet[AutomationRoute]:
    """Return the routes that are on, with a proof no older than a version that is in force."""
    return AutomationRoute.objects.filter(
        state=State.ON,
        proven_at__gte=F("version__first_seen_at"),
        version__superseded_at=None,
    )


def cannot_carry(version: TemplateVersion) -> str:
    """Return the code of what an automation could not send of `version`; empty if it can.

    The start takes variables and `metadata`, but neither media nor cards (Spoki's collection).
    """
    if version.has_carousel:
        return "route_carousel"
    if version.needs_header_media:
        return "route_header_media"
    return ""


def way_out(campaign: Campaign, *, policy: Policy) -> str:
    """Return in words by which way the campaign's messages leave, and what that means for it."""
    version = campaign.template_version
    route = AutomationRoute.objects.filter(version=version).first() if version else None
    if version is None or route is None:
        return sentence("way_send")
    number_id = _default_number_id()
    is_on = usable().filter(pk=route.pk).exists() and not cannot_carry(version)
    if not is_on or campaign.number_id not in {None, number_id}:
        return sentence("way_not_automation", why=_why_not(route, version, campaign, number_id))
    minutes = int(policy.unknown_after.total_seconds() // 60)
    return sentence("way_automation", name=str(route), minutes=minutes)


def _why_not(
    route: AutomationRoute, version: TemplateVersion, campaign: Campaign, number_id: int | None
) -> str:
    if lacking := cannot_carry(version):
        return lacking
    if version.superseded_at is not None:
        return "route_superseded"
    if route.state == State.ON and campaign.number_id not in {None, number_id}:
        return "route_other_number"
    return route.error_code or "route_switched_off"


def _default_number_id() -> int | None:
    numbers = WhatsAppNumber.objects.filter(is_default=True).order_by("account_id")
    return numbers.values_list("pk", flat=True).first()


def configuration_error(error: SpokiError) -> str:
    """Return the code of an answer that says that id or secret are wrong; empty for all others.

    How Spoki words them is not documented: 401 and 403 speak of the secret, 404 of the id.
    """
    if isinstance(error, SpokiAuthError):
        return "route_secret_refused"
    if isinstance(error, SpokiNotFound):
        return "route_not_found"
    return ""


def mark_broken(*, route_id: int, code: str, now: datetime) -> bool:
    """Take the route out of service after a refusal that only a person can cure; False if it was.

    `code` is one of `campaigns.reasons`. What still waits goes by `messages/send`.
    """
    states = [state for state, moves in AutomationRoute.NEXT.items() if State.BROKEN in moves]
    with transaction.atomic():
        moved = AutomationRoute.objects.filter(pk=route_id, state__in=states).update(
            state=State.BROKEN, error_code=code[:40], error_at=now
        )
        if moved:
            RouteEvent.objects.create(
                route_id=route_id, at=now, verb="broken", figures={"why": code[:40]}
            )
            name = str(AutomationRoute.objects.select_related("version__template").get(pk=route_id))
            figures = {"name": name, "why": code}
            alerts.raise_alert(
                code="route_broken", figures=figures, now=now, subject=_subject(route_id)
            )
    if moved:
        logger.warning("automation route %s is out of service: %s", route_id, code)
    return moved == 1


def mended(*, route_id: int, now: datetime) -> None:
    """Take back the alert that the route is out of service."""
    Alert.objects.filter(code="route_broken", subject=_subject(route_id), over_at=None).update(
        over_at=now
    )


def _subject(route_id: int) -> str:
    return f"route {route_id}"


def sealed(secret: str, *, trigger_uuid: str) -> str:
    """Return the secret of this trigger as the database keeps it."""
    return sealing.seal(secret, key=settings.SECRET_KEY, purpose=_PURPOSE.format(trigger_uuid))


def reseal() -> int:
    """Seal anew, with SECRET_KEY, what only a key of SECRET_KEY_FALLBACKS opens; return how many.

    After that the earlier key may be forgotten.
    """
    done = 0
    for route in AutomationRoute.objects.only("pk", "trigger_uuid", "sealed_secret"):
        purpose = _PURPOSE.format(route.trigger_uuid)
        try:
            sealing.unseal(route.sealed_secret, keys=[settings.SECRET_KEY], purpose=purpose)
        except sealing.Unreadable:
            done += _reseal(route)
    return done


def _reseal(route: AutomationRoute) -> int:
    try:
        secret = secret_of(route)
    except sealing.Unreadable:
        return 0
    # Only over what was read: somebody may write a new secret at this moment.
    old = AutomationRoute.objects.filter(pk=route.pk, sealed_secret=route.sealed_secret)
    return old.update(sealed_secret=sealed(secret, trigger_uuid=route.trigger_uuid))


def secret_of(route: AutomationRoute) -> str:
    """Return the secret of the route's trigger.

    :raises sealing.Unreadable: SECRET_KEY was changed, and SECRET_KEY_FALLBACKS lacks the old one.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    purpose = _PURPOSE.format(route.trigger_uuid)
    return sealing.unseal(route.sealed_secret, keys=keys, purpose=purpose)
