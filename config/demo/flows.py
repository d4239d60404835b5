"""The flows the demo starts with: those that ship, the ones of an order switched on by two people.

They go through the services that people use, so nothing here is a state that the house itself could
not reach.
"""

from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from campaigns.flows import editing, lifecycle, shipped
from campaigns.models import Flow
from config.demo.questions import write_questions

ON: Final = (
    "cod_confirmation",
    "cod_reminder",
    "shipped",
    "out_for_delivery",
    "delivery_attempted",
)
# Somebody who opens the demo as the approver finds one to look at.
ASKED: Final = ("delivered",)
# Whoever places an order in the demo wants to see the question now.
AT_ONCE: Final = "cod_confirmation"


def are_prepared() -> bool:
    """Tell whether they were written before; what people did with them since is theirs."""
    return Flow.objects.exclude(shipped_key="").exists()


def prepare_flows(*, now: datetime) -> bool:
    """Write the demo's flows, all or none; return False where they were written before.

    Call it after the first sync of the templates and the first reading of the account.

    :raises campaigns.refusals.CampaignRefused: something of the simulator is missing.
    """
    if are_prepared():
        return False
    marketer, approver = (User.objects.get(username=name) for name in ("marketer", "approver"))
    with transaction.atomic():
        flows = {flow.shipped_key: flow for flow in shipped.prepare(by=marketer, now=now).flows}
        editing.edit_flow(flow=flows[AT_ONCE], changes={"delay_minutes": 0}, by=marketer, now=now)
        for key in (*ON, *ASKED):
            if key not in flows:
                continue
            flow = lifecycle.request_enabling(flow=flows[key], by=marketer, now=now)
            if key in ON:
                lifecycle.enable_flow(flow=flow, by=approver, now=now)
        write_questions(now=now)
    return True
