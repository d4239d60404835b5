"""The test of a route: one real message, and the webhook that must bring its `metadata` back.

It goes out by the bulk call, with one person in it: the very call that campaigns use, so that
nothing else than what will happen is proven. It counts in the ledger like any other send.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from audiences.identity import normalise_phone
from audiences.models import Contact
from campaigns.models import AutomationRoute, Grant, RouteProbe, SpokiAccount, TierRecipient
from campaigns.policies import policy_in_force
from campaigns.route_changes import log
from campaigns.routes import (
    RouteRefused,
    cannot_carry,
    configuration_error,
    mark_broken,
    mended,
    secret_of,
)
from campaigns.sealing import Unreadable
from campaigns.sender import ledger, people
from campaigns.sender.allowance import Demand, allowance
from spoki import AutomationContact, MessageStatus, SpokiError, SpokiGateway, normalise_uuid
from templates_sync.sendable import reasons_not_sendable

logger = logging.getLogger(__name__)

# Spoki answers at once and sends within seconds; a webhook may be repeated for some minutes.
PATIENCE = timedelta(minutes=15)
State = AutomationRoute.State
ProbeState = RouteProbe.State
_OPEN = (ProbeState.SENDING, ProbeState.WAITING)
_RANK = ("", "pending", "sent", "failed", "delivered", "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a webhook says of a message that may be a probe's. `key` is our `metadata.msg`."""

    key: str | None
    uuid: str | None
    status: MessageStatus
    phone: str = ""
    text: str = ""
    template_id: int | None = None
    error_code: str = ""
    written_at: datetime | None = None


def start_probe(
    *,
    route: AutomationRoute,
    account_id: int,
    phone: str,
    values: Mapping[str, str],
    by: User,
    gateway: SpokiGateway,
    allowlist: Collection[str],
) -> RouteProbe:
    """Send the template by the automation to a test phone, and wait for the webhook.

    No consent is asked for: it is the phone of somebody of ours, who is looking at it.

    :raises RouteRefused: nothing left; the code says why.
    """
    secret = _check_route(route)
    number = _check_phone(phone, allowlist)
    probe, grant_id = _begin(route, account_id, number, values, by=by)
    contact = AutomationContact(
        phone=number,
        language=route.version.template.language,
        variables=dict(values),
        metadata={"msg": probe.key.hex},
    )
    try:
        gateway.start_automation_bulk(route.trigger_uuid, secret, [contact])
    except SpokiError as error:
        _missed(probe, error, account_id=account_id, grant_id=grant_id)
    else:
        RouteProbe.objects.filter(pk=probe.pk, state=ProbeState.SENDING).update(
            state=ProbeState.WAITING
        )
    probe.refresh_from_db()
    return probe


def record_probe(*, news: News, now: datetime) -> bool:
    """Write down what a webhook brought back of a probe; False if the message is not a probe's."""
    with transaction.atomic():
        probe = _find(news)
        if probe is None:
            return False
        # The route first, as everybody who writes both does.
        route = AutomationRoute.objects.select_for_update(of=("self",)).get(pk=probe.route_id)
        probe = RouteProbe.objects.select_for_update().get(pk=probe.pk)
        if probe.state == ProbeState.FAILED:
            return True
        _note(probe, news)
        if news.status is MessageStatus.FAILED and probe.seen_at is None:
            _lose(probe, route, news.error_code or "refused", now=now)
        else:
            _see(probe, route, now=now)
    return True


def note_keyless(*, news: News, now: datetime) -> bool:
    """Remember a message to a test phone that came back without our key: the proof that fails.

    False if no probe waits for it.
    """
    if news.key or not news.phone or news.written_at is None:
        return False
    waiting = RouteProbe.objects.filter(
        phone=news.phone,
        state__in=_OPEN,
        started_at__lte=news.written_at + timedelta(seconds=5),
        started_at__gt=now - PATIENCE,
    ).select_related("route__version__template")
    probe = waiting.order_by("-started_at").first()
    spoki_id = probe.route.version.template.spoki_id if probe else None
    if probe is None or (news.template_id is not None and news.template_id != spoki_id):
        return False
    changes = {"error_code": "route_metadata_lost", "seen_template": news.template_id}
    if news.text:
        changes["seen_text"] = news.text
    RouteProbe.objects.filter(pk=probe.pk, state__in=_OPEN).update(**changes)
    return True


def give_up_silent(*, now: datetime) -> int:
    """End the probes of which nothing came back in time; return how many. A late webhook counts."""
    silent = RouteProbe.objects.filter(state__in=_OPEN, started_at__lte=now - PATIENCE)
    ended = 0
    for pk, route_id in silent.values_list("pk", "route_id"):
        with transaction.atomic():
            route = AutomationRoute.objects.select_for_update(of=("self",)).get(pk=route_id)
            probe = RouteProbe.objects.select_for_update().get(pk=pk)
            if probe.state not in _OPEN:
                continue
            probe.state = ProbeState.SILENT
            probe.error_code = probe.error_code or "route_no_webhook"
            probe.save(update_fields=["state", "error_code"])
            _back_to_off(route, probe.error_code, now=now)
            ended += 1
    return ended


def _check_route(route: AutomationRoute) -> str:
    """Return the secret of a route that may be tested now."""
    if route.version.superseded_at is not None:
        raise RouteRefused("route_superseded")
    if lacking := cannot_carry(route.version):
        raise RouteRefused(lacking)
    reasons = reasons_not_sendable(route.version, now=ledger.database_now())
    if reasons:
        raise RouteRefused("template_not_sendable", detail=reasons[0].text)
    try:
        return secret_of(route)
    except Unreadable:
        raise RouteRefused("route_secret_unreadable") from None


def _check_phone(phone: str, allowlist: Collection[str]) -> str:
    number = normalise_phone(phone)
    if not number.e164 or not number.can_receive_whatsapp:
        raise RouteRefused("not_a_mobile")
    if allowlist and number.e164 not in allowlist:
        raise RouteRefused("not_on_allowlist")
    contact = Contact.objects.filter(phone=number.e164).first()
    if contact is not None and contact.is_blocked:
        raise RouteRefused("blocked")
    return number.e164


def _begin(
    route: AutomationRoute, account_id: int, phone: str, values: Mapping[str, str], *, by: User
) -> tuple[RouteProbe, int]:
    """Take a start and a person from the ledger, and move the route, in one transaction."""
    with transaction.atomic():
        account = ledger.lock_account(account_id)
        now = ledger.database_now()
        _check_allowance(account, phone, now=now)
        testable = [
            state for state, moves in AutomationRoute.NEXT.items() if State.PROBING in moves
        ]
        moved = AutomationRoute.objects.filter(
            pk=route.pk, state__in=testable, trigger_uuid=route.trigger_uuid
        ).update(state=State.PROBING, probed_at=now, error_code="", error_at=None)
        if moved != 1:
            raise RouteRefused("route_cannot_be_tested")
        probe = RouteProbe.objects.create(
            route=route,
            trigger_uuid=route.trigger_uuid,
            phone=phone,
            values=dict(values),
            started_at=now,
            by=by,
        )
        granted = ledger.grant(account, kind=Grant.Kind.TEMPLATE, count=1, at=now)
        people.add(account, [phone], at=now)
        log(route, "probed", by=by, now=now)
    return probe, granted.pk


def _check_allowance(account: SpokiAccount, phone: str, *, now: datetime) -> None:
    state = ledger.read_state(account, now=now, policy=policy_in_force())
    found = allowance(now=now, account=state, demand=Demand())
    day = now - timedelta(seconds=account.day_seconds)
    is_known = TierRecipient.objects.filter(account=account, phone=phone, last_at__gt=day).exists()
    if found.templates >= 1 and (found.new_people >= 1 or is_known):
        return
    if found.waits:
        raise RouteRefused(found.waits[0].code, **found.waits[0].figures)
    raise RouteRefused("route_no_room")


def _missed(probe: RouteProbe, error: SpokiError, *, account_id: int, grant_id: int) -> None:
    """Write down why the call failed; what surely did not leave is given back to the ledger."""
    now = ledger.database_now()
    logger.warning("probe %s of automation route %s: %s", probe.pk, probe.route_id, error)
    if error.maybe_sent:
        RouteProbe.objects.filter(pk=probe.pk, state=ProbeState.SENDING).update(
            state=ProbeState.WAITING, error_code="no_answer"
        )
        return
    code = configuration_error(error) or ("unreachable" if error.retryable else "refused")
    with transaction.atomic():
        people.take_back(ledger.lock_account(account_id), [(probe.phone, probe.started_at)])
        ledger.give_back(grant_id=grant_id, count=1)
        route = AutomationRoute.objects.select_for_update(of=("self",)).get(pk=probe.route_id)
        RouteProbe.objects.filter(pk=probe.pk, state=ProbeState.SENDING).update(
            state=ProbeState.FAILED, error_code=code
        )
        if configuration_error(error):
            mark_broken(route_id=route.pk, code=code, now=now)
        else:
            _back_to_off(route, code, now=now)


def _find(news: News) -> RouteProbe | None:
    key, uuid = normalise_uuid(news.key), normalise_uuid(news.uuid)
    if key and len(key) == 32 and all(c in "0123456789abcdef" for c in key):
        found = RouteProbe.objects.filter(key=key).first()
        if found is not None:
            return found
    return RouteProbe.objects.filter(provider_uuid=uuid).first() if uuid else None


def _note(probe: RouteProbe, news: News) -> None:
    """Keep what the webhook shows; a status never goes back."""
    probe.provider_uuid = probe.provider_uuid or (normalise_uuid(news.uuid) or "")[:64]
    word = news.status.value if news.status.value in _RANK else ""
    if _RANK.index(word) > _RANK.index(probe.provider_status):
        probe.provider_status = word
    probe.seen_text = news.text or probe.seen_text
    probe.seen_template = news.template_id or probe.seen_template
    probe.save()


def _see(probe: RouteProbe, route: AutomationRoute, *, now: datetime) -> None:
    """The key came back: the route is proven, unless another template than its own was sent."""
    sent, own = probe.seen_template, route.version.template.spoki_id
    if sent is not None and sent != own:
        probe.state, probe.error_code = ProbeState.FAILED, "route_wrong_template"
        probe.save()
        mark_broken(route_id=route.pk, code="route_wrong_template", now=now)
        return
    if probe.seen_at is not None:
        return
    probe.state, probe.seen_at, probe.error_code = ProbeState.SEEN, now, ""
    probe.save()
    is_current = probe.trigger_uuid == route.trigger_uuid and _is_latest(probe)
    if is_current and route.state in {State.PROBING, State.OFF}:
        AutomationRoute.objects.filter(pk=route.pk).update(
            state=State.PROVEN, proven_at=now, error_code="", error_at=None
        )
        log(route, "proven", by=None, now=now)
        mended(route_id=route.pk, now=now)


def _lose(probe: RouteProbe, route: AutomationRoute, code: str, *, now: datetime) -> None:
    probe.state, probe.error_code = ProbeState.FAILED, code[:40]
    probe.save()
    _back_to_off(route, code, now=now)


def _back_to_off(route: AutomationRoute, code: str, *, now: datetime) -> None:
    """Let a route whose test failed be tested again; one that moved on meanwhile stays."""
    moved = AutomationRoute.objects.filter(pk=route.pk, state=State.PROBING).update(
        state=State.OFF, error_code=code[:40], error_at=now
    )
    if moved:
        log(route, "not_proven", by=None, now=now, why=code[:40])


def _is_latest(probe: RouteProbe) -> bool:
    return not RouteProbe.objects.filter(
        route=probe.route_id, started_at__gt=probe.started_at
    ).exists()
