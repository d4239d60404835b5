"""A flow as a person reads it: one sentence, and its parts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from campaigns.flows import conditions, triggers
from campaigns.flows.triggers import Trigger
from campaigns.models import Flow
from campaigns.reasons import sentence

Text = str | Promise
_UNITS: Final[tuple[tuple[int, Any], ...]] = (
    (24 * 60, ngettext_lazy("%(count)d day", "%(count)d days", "count")),
    (60, ngettext_lazy("%(count)d hour", "%(count)d hours", "count")),
    (1, ngettext_lazy("%(count)d minute", "%(count)d minutes", "count")),
)


def wait_in_words(minutes: int) -> str:
    """Return “2 days 4 hours”, the largest units first; “0 minutes” for none."""
    told = []
    for size, words in _UNITS:
        count, minutes = divmod(minutes, size)
        if count:
            told.append(str(words % {"count": count}))
    return " ".join(told) or str(_UNITS[-1][1] % {"count": 0})


def lasts_in_words(lasts: timedelta) -> str:
    """Return how long something is news, to the minute."""
    return wait_in_words(int(lasts.total_seconds() // 60))


def flow_in_words(flow: Flow) -> str:
    """Return the whole flow as one sentence, saved or still in a form."""
    return " ".join(part for part in (_does(flow), _only_if(flow), _left_out(flow)) if part)


def trigger_in_words(key: str) -> str:
    """Return what sets a flow off, a clause; the key itself where nobody offers it any more."""
    trigger = triggers.find(key)
    return str(trigger.label) if trigger is not None else key


def _as_clause(key: str) -> str:
    """Return it as it goes on after “When”."""
    told = trigger_in_words(key)
    return told if told == key else told[:1].lower() + told[1:]


def conditions_in_words(flow: Flow) -> str:
    return conditions.describe(flow.conditions, triggers.find(flow.trigger))


def template_in_words(flow: Flow) -> str:
    """Return “conferma_ordine v2”; a dash while none is chosen."""
    version = flow.template_version
    return f"{version.template.name} v{version.number}" if version is not None else "—"


def share_in_words(share: Decimal) -> str:
    """Return 0.025 as “2,5%”."""
    return f"{localize((share * 100).normalize() + 0)}%"


def reason_in_words(code: str) -> str:
    """Return why somebody left or was not written to; the triggers' codes are known as well."""
    return sentence(code) if code else _("No reason was noted.")


def parameters_of(trigger: Trigger | None) -> list[tuple[str, str]]:
    """Return key and label of what the thing that happened offers to the template."""
    return [] if trigger is None else [(key, str(text)) for key, text in trigger.parameters.items()]


def _does(flow: Flow) -> str:
    if not flow.trigger:
        return _("Choose what sets it off.")
    told = {
        "trigger": _as_clause(flow.trigger),
        "wait": wait_in_words(flow.delay_minutes or 0),
        "template": template_in_words(flow),
    }
    if flow.template_version is None:
        if flow.delay_minutes:
            return (
                _("When %(trigger)s, wait %(wait)s, then send a template still to be chosen.")
                % told
            )
        return _("When %(trigger)s, send at once a template still to be chosen.") % told
    if flow.delay_minutes:
        return _("When %(trigger)s, wait %(wait)s, then send “%(template)s”.") % told
    return _("When %(trigger)s, send “%(template)s” at once.") % told


def _only_if(flow: Flow) -> str:
    if not flow.conditions:
        return ""
    return _("Only if: %(conditions)s") % {"conditions": conditions_in_words(flow)}


def _left_out(flow: Flow) -> str:
    if not flow.holdout_share:
        return ""
    share = share_in_words(Decimal(flow.holdout_share))
    return _("%(share)s of people are not written to, to measure the effect.") % {"share": share}
