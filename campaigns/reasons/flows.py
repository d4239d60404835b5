"""Why a person left a flow, and why a flow was switched off, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why somebody who passed through a flow was not written to.
FLOW: Final[Mapping[str, Promise]] = {
    "too_late": _("It was no news any more when its turn came."),
    "conditions_not_met": _("The flow's conditions did not hold."),
    "control_group": _("In the control group: not written to, to measure the effect."),
    "missing_value": _("A value of the message is missing for this person."),
    "value_too_long": _("With this person's values the message is too long."),
    "orders_withdrawn": _("The person wants no messages about orders."),
    "wording_over": _("The template under which the person came may not be sent any more."),
    "flow_disabled": _("The flow was switched off."),
}

# Why a machine switched a flow off: a person must judge.
FLOW_STOP: Final[Mapping[str, Promise]] = {
    "trigger_gone": _("Nothing tells this flow any more when to write ({detail})."),
    "conditions_broken": _("Its conditions cannot be used any more: look at them."),
    "value_vanished": _("A value that its message needs is gone: look at its variables."),
    "template_is_marketing": _(
        "Its template is marketing by now, and would reach people who never agreed to marketing: "
        "raise the flow to marketing, or choose another template."
    ),
}

FLOW_ALERT: Final[Mapping[str, Promise]] = {
    "flow_stopped": _("The flow “{flow}” was switched off. {why}"),
}
