"""What every move of a flow shares: the lock, the check of the state, and the line in its story."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns.models import Flow, FlowEvent, TransitionRefused

Status = Flow.Status


def lock(flow: Flow) -> Flow:
    """Return the flow as it is now, its row locked until the transaction ends.

    Who enters it meanwhile does not wait.
    """
    return Flow.objects.select_for_update(of=("self",), no_key=True).get(pk=flow.pk)


def require_off(flow: Flow) -> None:
    """:raises TransitionRefused: it is on."""
    if flow.status != Status.DISABLED:
        raise TransitionRefused(_("The flow is on: switch it off first, then change it."))


def record(
    flow: Flow, verb: str, *, by: User | None, now: datetime, **figures: object
) -> FlowEvent:
    """Add a line to the story; the caller holds the transaction of the change it tells."""
    return FlowEvent.objects.create(flow=flow, verb=verb, by=by, at=now, figures=figures)
