"""The values of one message: those of the contact, and those of the thing that happened."""

from collections.abc import Mapping

from audiences import exclusions, parameters
from audiences.models import Contact
from audiences.parameters import MAX_VALUE_LENGTH, Variables, sanitise
from campaigns.flows.triggers import Trigger
from campaigns.variables import problems_with, room_for_values
from templates_sync.models import TemplateVersion


def variable_problems(
    variables: object, version: TemplateVersion | None, trigger: Trigger | None
) -> list[str]:
    """Return a sentence for each thing wrong with `variables`; none means every value is there."""
    return problems_with(variables, version, own=trigger.parameters if trigger else ())


def values_for(
    variables: Variables, *, trigger: Trigger, subject: str, contact: Contact
) -> dict[str, str]:
    """Return variable → text as it may be sent, "" where nothing fills one; read now.

    :raises UnknownParameter: a variable asks for what nobody offers (any more).
    """
    own = {n: spec for n, spec in variables.items() if spec.get("parameter") in trigger.parameters}
    others = {name: spec for name, spec in variables.items() if name not in own}
    found = parameters.values_for(contact, others)
    told: Mapping[str, str] = trigger.values(subject) if own else {}
    for name, spec in own.items():
        text = sanitise(str(told.get(spec["parameter"]) or ""))
        found[name] = text or sanitise(spec.get("fallback", ""))
    return found


def wrong_with(values: Mapping[str, str], version: TemplateVersion) -> str:
    """Return why a message with these values cannot be sent, as a code; empty if it can.

    The same that keeps a person out of a snapshot.
    """
    if not all(values.values()):
        return exclusions.MISSING_VALUE
    lengths = [len(text) for text in values.values()]
    is_long = any(length > MAX_VALUE_LENGTH for length in lengths)
    if is_long or (lengths and sum(lengths) > room_for_values(version)):
        return exclusions.VALUE_TOO_LONG
    return ""
