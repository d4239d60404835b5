"""A flow that a machine switches off: with the reason, told to people; only a person switches it on.

Who waits in it keeps waiting, and goes on under the same wording once it is enabled again, or
expires. What was handed to the sender already is the sender's to judge.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from campaigns.alerts import raise_alert
from campaigns.models import Flow, FlowEvent

STOPPED = "flow_stopped"


def subject_of(flow_id: int) -> str:
    """Return what tells the alerts of one flow from those of another."""
    return f"flow:{flow_id}"


def stop_flow(*, flow_id: int, code: str, detail: str = "", now: datetime) -> bool:
    """Switch one flow off and tell people; False if it was off already.

    `code` is one of `campaigns.reasons`, `detail` a code or figures as JSON: words are made where
    they are shown.
    """
    with transaction.atomic():
        moved = Flow.objects.filter(pk=flow_id, status=Flow.Status.ENABLED).update(
            status=Flow.Status.DISABLED,
            stop_code=code[:40],
            stop_detail=detail[:300],
            updated_at=now,
        )
        if not moved:
            return False
        flow = Flow.objects.get(pk=flow_id)
        figures = {"code": code, "detail": detail}
        FlowEvent.objects.create(flow=flow, at=now, verb="stopped", figures=figures)
        told = {"flow": flow.name, "why": code, "detail": detail}
        raise_alert(code=STOPPED, subject=subject_of(flow_id), figures=told, now=now)
    return True


def stop_flows_of_template(*, version_id: int, code: str, detail: str, now: datetime) -> int:
    """Switch off every enabled flow that sends this version; return how many there were."""
    found = Flow.objects.filter(template_version_id=version_id, status=Flow.Status.ENABLED)
    return stop_flows(found.values_list("pk", flat=True), code=code, detail=detail, now=now)


def stop_flows(flow_ids: Iterable[int], *, code: str, detail: str, now: datetime) -> int:
    """Switch these flows off; return how many were on."""
    return sum(stop_flow(flow_id=pk, code=code, detail=detail, now=now) for pk in list(flow_ids))
