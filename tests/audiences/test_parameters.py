"""The values that fill a template."""

from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Contact
from audiences.parameters import (
    UnknownParameter,
    missing_variables,
    sanitise,
    values_for,
    variable_problems,
)
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

NAME = {"parameter": "contact.first_name", "fallback": "amico"}


@pytest.mark.parametrize(
    ("first_name", "filled"),
    [
        ("Giulia", "Giulia"),
        ("", "amico"),
        (" \n ", "amico"),
        ("Anna\nMaria", "Anna Maria"),
        ("\tAnna   Maria\u00a0", "Anna Maria"),
        ("%%CODE%%", "%CODE%"),
    ],
)
def test_a_value_is_one_clean_line_or_the_fallback(first_name: str, filled: str) -> None:
    contact = make_contact(first_name=first_name)

    assert values_for(contact, {"FIRST_NAME": NAME}) == {"FIRST_NAME": filled}


@given(
    text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_database_cleans_as_python_does(text: str) -> None:
    contact = Contact.objects.first() or make_contact()
    Contact.objects.update(attributes={"x": text})

    filled = values_for(contact, {"X": {"parameter": "contact.attributes.x"}})

    assert filled == {"X": sanitise(text)}


@pytest.mark.parametrize(
    ("stored", "shown"), [("Argo", "Argo"), (3, "3"), (None, "lui"), (True, "true")]
)
def test_an_attribute_is_a_parameter(stored: Any, shown: str) -> None:
    contact = make_contact(attributes={"pet name": stored})
    spec = {"parameter": "contact.attributes.pet name", "fallback": "lui"}

    assert values_for(contact, {"PET": spec}) == {"PET": shown}


def test_a_fixed_value_is_the_same_for_everybody() -> None:
    assert values_for(make_contact(), {"CODE": {"value": " NATALE\n20 "}}) == {"CODE": "NATALE 20"}


def test_a_parameter_nobody_offers_is_refused() -> None:
    with pytest.raises(UnknownParameter, match=r"contact\.shoe_size"):
        values_for(make_contact(), {"SIZE": {"parameter": "contact.shoe_size"}})


def test_the_variables_nobody_filled_are_named_in_order() -> None:
    assert missing_variables(["B", "A", "C"], {"A": NAME}) == ["B", "C"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"parameter": "contact.shoe_size"}, "contact.shoe_size"),
        ({"value": " \n"}, "Scrivi un valore"),
        ({"value": "x" * 513}, "512"),
        ({"parameter": "contact.first_name", "fallback": "x" * 513}, "512"),
        ({"fallback": "amico"}, "parametro"),
        ({"value": "x", "fallback": "y"}, "parametro"),
        ({"value": 3}, "parametro"),
    ],
)
def test_a_wrong_variable_is_explained(spec: dict[str, Any], said: str) -> None:
    with translation.override("it"):
        problems = variable_problems(["X"], {"X": spec})

    assert said in problems["X"]


def test_a_variable_the_template_does_not_have_is_a_problem() -> None:
    assert set(variable_problems(["A"], {"A": NAME, "B": NAME})) == {"B"}


def test_right_variables_have_no_problems() -> None:
    assert variable_problems(["A", "B"], {"A": NAME, "B": {"value": "x"}}) == {}
