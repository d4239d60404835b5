"""On and off: a second person enables exactly what was looked at; anybody who may switches it off."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns.flows.blockers import enable_blockers
from campaigns.flows.fingerprint import fingerprint
from campaigns.flows.plan import plan_of
from campaigns.flows.stopping import STOPPED, subject_of
from campaigns.flows.story import Status, lock, record, require_off
from campaigns.models import Alert, Flow, FlowEntry, FlowVersion, TransitionRefused
from campaigns.refusals import Blocker, CampaignRefused, SamePersonRefused

# Two flows of an exclusive trigger are not enabled at the same moment.
_LOCK_SPACE = 7_303
# Some that the sender holds just now are left to it: it asks once more before it sends.
_SKIP_QUEUED = """
UPDATE campaigns_outboundmessage SET status = 'skipped', reason = 'flow_disabled',
    ended_at = %(now)s, lease_until = NULL, leased_by = NULL
WHERE id = ANY (ARRAY(
  SELECT m.id FROM campaigns_flowentry e JOIN campaigns_outboundmessage m ON m.id = e.message_id
  WHERE e.flow_id = %(flow)s AND e.status = 'queued' AND m.status = 'queued'
  FOR UPDATE OF m SKIP LOCKED))
"""


@transaction.atomic
def request_enabling(*, flow: Flow, by: User, now: datetime) -> Flow:
    """Ask for the flow to be enabled by another person.

    :raises TransitionRefused: it is on already.
    :raises CampaignRefused: with every blocker found.
    """
    locked = lock(flow)
    require_off(locked)
    _require_clear(locked, now=now)
    locked.requested_by, locked.requested_at, locked.updated_at = by, now, now
    locked.save(update_fields=["requested_by", "requested_at", "updated_at"])
    record(locked, "requested", by=by, now=now, fingerprint=fingerprint(locked))
    return locked


@transaction.atomic
def enable_flow(*, flow: Flow, by: User, now: datetime, seen: str | None = None) -> Flow:
    """Switch it on, for what happens from `now` on. `seen` is the fingerprint of what `by` saw.

    Who still waits in it since a machine stopped it goes on.

    :raises TransitionRefused: it is on already.
    :raises SamePersonRefused: `by` wrote it or edited it last.
    :raises CampaignRefused: something stands against it, or it changed since `by` looked.
    """
    locked = lock(flow)
    if locked.status == Status.ENABLED:
        raise TransitionRefused(_("The flow is on already."))
    _wait_for_turn(locked.trigger)
    _require_another_person(locked, by)
    current = fingerprint(locked)
    if seen is not None and seen != current:
        text = _("It has changed since you opened the page: look at it again, then switch it on.")
        raise CampaignRefused([Blocker("changed", "", text)])
    _require_clear(locked, now=now)
    if not locked.stop_code:
        _let_go(locked, now=now)
    _write_enabled(locked, by=by, now=now)
    version = _version_of(locked, by=by, now=now)
    record(locked, "enabled", by=by, now=now, version=version.number, fingerprint=current)
    alerts = Alert.objects.filter(code=STOPPED, subject=subject_of(locked.pk), over_at=None)
    alerts.update(over_at=now)
    return locked


@transaction.atomic
def disable_flow(*, flow: Flow, by: User, now: datetime, why: str = "") -> Flow:
    """Switch it off: who waits leaves, and what has not begun to leave is skipped.

    One that a machine stopped can be switched off too: then nobody waits in it any more.

    :raises TransitionRefused: it is off.
    """
    locked = lock(flow)
    if locked.status == Status.DISABLED and not locked.stop_code:
        raise TransitionRefused(_("The flow is off already."))
    locked.status, locked.stop_code, locked.stop_detail = Status.DISABLED, "", ""
    locked.updated_at = now
    locked.save(update_fields=["status", "stop_code", "stop_detail", "updated_at"])
    left, skipped = _let_go(locked, now=now), _skip_queued(locked, now=now)
    record(locked, "disabled", by=by, now=now, left=left, skipped=skipped, reason=why.strip())
    return locked


def _write_enabled(locked: Flow, *, by: User, now: datetime) -> None:
    locked.status, locked.enabled_by, locked.enabled_at = Status.ENABLED, by, now
    locked.stop_code = locked.stop_detail = ""
    locked.requested_by = locked.requested_at = None
    locked.updated_at = now
    locked.save()


def _version_of(locked: Flow, *, by: User, now: datetime) -> FlowVersion:
    """Return the version of this wording: the last one where nothing has changed since."""
    definition = plan_of(locked).as_json()
    last = locked.versions.order_by("-number").first()
    if last is not None and last.definition == definition:
        return last
    return FlowVersion.objects.create(
        flow=locked,
        number=last.number + 1 if last else 1,
        definition=definition,
        template_version_id=locked.template_version_id or 0,
        at=now,
        by=by,
    )


def _let_go(locked: Flow, *, now: datetime) -> int:
    """Let everybody leave who waits; return how many. Who entered while it was switched off, too."""
    return locked.entries.filter(status=FlowEntry.Status.WAITING).update(
        status=FlowEntry.Status.LEFT, reason="flow_disabled", ended_at=now
    )


def _skip_queued(locked: Flow, *, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SKIP_QUEUED, {"flow": locked.pk, "now": now})
        return int(cursor.rowcount)


def _wait_for_turn(trigger: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, trigger])


def _require_clear(locked: Flow, *, now: datetime) -> None:
    if blockers := enable_blockers(locked, now=now):
        raise CampaignRefused(blockers)


def _require_another_person(locked: Flow, by: User) -> None:
    if by.pk in {locked.author_id, locked.last_editor_id}:
        text = _("Who wrote or edited a flow cannot switch it on: ask another person.")
        raise SamePersonRefused([Blocker("same_person", "", text)])
