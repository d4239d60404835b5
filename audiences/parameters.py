"""Named values of a contact that fill the variables of a template, computed in SQL.

A variable is `{"parameter": key, "fallback": text}` or `{"value": text}`. Values go out on one line: Meta refuses
parameters with a newline, a tab or more than four spaces in a row (error 132018 in its list of error codes).
"""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, JSONField, TextField, Value
from django.db.models.expressions import Combinable, Func
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.conditions.contact import attributes_in_use
from audiences.models import Contact
from audiences.storable import is_storable

Variables = Mapping[str, Mapping[str, str]]

ATTRIBUTE = "contact.attributes."
MAX_VALUE_LENGTH = 512
# Control characters, and every kind of blank; read alike by PostgreSQL and by Python.
_BLANKS = r"[\u0001-\u0020\u007F-\u00A0\u1680\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]+"
# A value must never pass for a placeholder of its own.
_PLACEHOLDER = "%{2,}"


class UnknownParameter(Exception):
    """A variable asks for a parameter nobody offers; `str()` names it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`expression` is evaluated on a contact (`OuterRef("pk")` in subqueries) and may be null."""

    key: str
    label: str | Promise
    expression: Combinable


_PARAMETERS: dict[str, Parameter] = {}


def register(parameter: Parameter) -> None:
    """Offer a parameter to templates; called from `AppConfig.ready`. Registering a key again replaces it."""
    _PARAMETERS[parameter.key] = parameter


def register_contact_parameters() -> None:
    register(Parameter("contact.first_name", gettext_lazy("First name"), F("first_name")))
    register(Parameter("contact.last_name", gettext_lazy("Last name"), F("last_name")))
    register(Parameter("contact.email", gettext_lazy("Email"), F("email")))
    register(Parameter("contact.province", gettext_lazy("Province"), F("province")))


def find(key: str) -> Parameter:
    """:raises UnknownParameter: neither registered nor an attribute."""
    if key in _PARAMETERS:
        return _PARAMETERS[key]
    name = key.removeprefix(ATTRIBUTE)
    if key.startswith(ATTRIBUTE) and name and len(name) <= 100:
        return Parameter(key, name, KeyTextTransform(name, "attributes"))
    raise UnknownParameter(_("The value “%(key)s” does not exist (any more).") % {"key": key})


def choices() -> list[tuple[str, str]]:
    """Every parameter with its label, the attributes in use included."""
    attributes = [(f"{ATTRIBUTE}{name}", name) for name in attributes_in_use()]
    return [(key, str(known.label)) for key, known in _PARAMETERS.items()] + attributes


def of_other_floors() -> dict[str, str]:
    """Key and label of the parameters that are no field of the contact itself."""
    return {
        key: str(known.label)
        for key, known in _PARAMETERS.items()
        if not key.startswith("contact.")
    }


def sanitise(text: str) -> str:
    """The text as it may be sent: one line, no double blanks, no placeholder."""
    return re.sub(_PLACEHOLDER, "%", re.sub(_BLANKS, " ", text).strip(" "))


def missing_variables(names: Sequence[str], variables: Variables) -> list[str]:
    """The names a template needs and nobody filled, in the order of the template."""
    return [name for name in names if name not in variables]


def variable_problems(
    names: Sequence[str], variables: Variables, *, own: Container[str] = ()
) -> dict[str, str]:
    """What is wrong with each variable, in words; empty when a message can be filled.

    `own` are parameters that the caller fills itself, besides those of the contact.
    """
    problems = {
        name: _("Choose what to write here.") for name in missing_variables(names, variables)
    }
    for name, spec in variables.items():
        problem = _spec_problem(spec, own)
        if name not in names:
            problem = _("The template has no such variable.")
        if problem is not None:
            problems[name] = problem
    return problems


def params_expression(variables: Variables) -> Combinable:
    """One JSON object per contact: the sanitised value of each variable, "" where nothing fills it.

    :raises UnknownParameter: a variable asks for what nobody offers.
    """
    if not variables:
        return Value({}, output_field=JSONField())
    return JSONObject(**{name: _filled(spec) for name, spec in variables.items()})


def values_for(contact: Contact, variables: Variables) -> dict[str, str]:
    """The values one contact would get, by the very expressions of a snapshot; "" where nothing fills one.

    :raises UnknownParameter: a variable asks for what nobody offers.
    """
    queryset = Contact.objects.filter(pk=contact.pk)
    row = queryset.annotate(params=params_expression(variables)).values_list("params", flat=True)
    values: dict[str, str] = row.get()
    return values


def _spec_problem(spec: Any, own: Container[str]) -> str | None:
    if not isinstance(spec, Mapping) or not all(isinstance(text, str) for text in spec.values()):
        return _("Write a parameter with a fallback, or a value.")
    if not is_storable(dict(spec)):
        return _("The text contains characters that are not valid.")
    if set(spec) == {"value"}:
        return _text_problem(spec["value"]) if sanitise(spec["value"]) else _("Write a value.")
    if "parameter" not in spec or set(spec) - {"parameter", "fallback"}:
        return _("Write a parameter with a fallback, or a value.")
    try:
        if spec["parameter"] not in own:
            find(spec["parameter"])
    except UnknownParameter as error:
        return str(error)
    return _text_problem(spec.get("fallback", ""))


def _text_problem(text: str) -> str | None:
    if len(sanitise(text)) <= MAX_VALUE_LENGTH:
        return None
    return _("The text is too long: at most %(max)s characters.") % {"max": MAX_VALUE_LENGTH}


def _filled(spec: Mapping[str, str]) -> Combinable:
    if "value" in spec:
        return Value(sanitise(spec["value"]), output_field=TextField())
    value = _sanitised(Cast(find(spec["parameter"]).expression, TextField()))
    fallback = Value(sanitise(spec.get("fallback", "")), output_field=TextField())
    return Coalesce(NullIf(value, Value("")), fallback)


def _sanitised(text: Combinable) -> Func:
    """`sanitise` in SQL."""
    one_line = Func(
        _replaced(text, _BLANKS, " "), Value(" "), function="btrim", output_field=TextField()
    )
    return _replaced(one_line, _PLACEHOLDER, "%")


def _replaced(text: Combinable, pattern: str, by: str) -> Func:
    arguments = (text, Value(pattern), Value(by), Value("g"))
    return Func(*arguments, function="regexp_replace", output_field=TextField())
