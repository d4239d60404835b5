"""What stands against a wording: each limit at its edge, and nothing else beside it."""

import pytest

from templates_sync.lint import Level, lint
from templates_sync.wording import ButtonWords
from tests.templates_sync.staging.wordings import call, link, make_wording, reply

# An address as long as anybody wants it.
FAR = "https://zampa.example/" + "a" * 2000


def found(**changes):
    return [(problem.code, problem.field) for problem in lint(make_wording(**changes))]


def test_a_good_template_has_no_problem():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": ""}, "name_missing", "name"),
        ({"name": "Promo Umido"}, "name_pattern", "name"),
        ({"name": "promo-umido"}, "name_pattern", "name"),
        ({"name": "è_promo"}, "name_pattern", "name"),
        ({"name": "a" * 513}, "name_too_long", "name"),
        ({"language": "italiano"}, "language_unknown", "language"),
        ({"language": "IT"}, "language_unknown", "language"),
        ({"category": ""}, "category_missing", "category"),
        ({"category": "authentication"}, "category_missing", "category"),
        ({"header_format": "location"}, "header_format", "header"),
        ({"header_format": "text"}, "header_missing", "header"),
        ({"header_format": "text", "header_text": "a" * 61}, "header_too_long", "header"),
        ({"header_format": "text", "header_text": "uno\ndue"}, "header_line_break", "header"),
        (
            {"header_format": "text", "header_text": "Solo *oggi* qui"},
            "header_formatting",
            "header",
        ),
        ({"header_format": "image"}, "header_media_missing", "header"),
        ({"header_format": "image", "header_media": "foto.jpg"}, "header_media_link", "header"),
        ({"header_format": "image", "header_media": FAR[:2001]}, "header_media_link", "header"),
        (
            {"header_format": "text", "header_text": "Per %%nome%%"},
            "placeholder_malformed",
            "header",
        ),
        ({"header_format": "text", "header_text": "Per {{1}}"}, "braces", "header"),
        ({"body": ""}, "body_missing", "body"),
        ({"body": "a" * 1025}, "body_too_long", "body"),
        ({"body": "%%FIRST_NAME%%, oggi sconto."}, "variable_first", "body"),
        ({"body": " \n%%FIRST_NAME%%, oggi sconto."}, "variable_first", "body"),
        ({"body": "Oggi sconto per te, %%FIRST_NAME%%"}, "variable_last", "body"),
        ({"body": "Oggi sconto per te, %%FIRST_NAME%% \n"}, "variable_last", "body"),
        ({"body": "Ciao %%1NOME%%, oggi sconto."}, "placeholder_code", "body"),
        ({"body": f"Ciao %%{'A' * 101}%%, oggi sconto."}, "placeholder_code", "body"),
        ({"body": "Ciao %%FIRST_NAME%% a %first%%, oggi."}, "placeholder_malformed", "body"),
        ({"body": "Ciao %%first_name%%, oggi sconto."}, "placeholder_malformed", "body"),
        ({"body": "Ciao {{1}}, oggi sconto."}, "braces", "body"),
        ({"footer": "STOP " + "a" * 56}, "footer_too_long", "footer"),
        ({"footer": "Ciao %%FIRST_NAME%%, STOP"}, "footer_variables", "footer"),
        ({"footer": "Sconto 20%%, STOP"}, "footer_variables", "footer"),
        ({"footer": "STOP\nSTOP"}, "footer_line_break", "footer"),
        ({"examples": {}}, "example_missing", "examples.FIRST_NAME"),
        ({"examples": {"FIRST_NAME": "  "}}, "example_missing", "examples.FIRST_NAME"),
        ({"examples": {"FIRST_NAME": "Ada\nLuna"}}, "value_line_break", "examples.FIRST_NAME"),
        ({"examples": {"FIRST_NAME": "Ada\rLuna"}}, "value_line_break", "examples.FIRST_NAME"),
        ({"examples": {"FIRST_NAME": "Ada\tLuna"}}, "value_tab", "examples.FIRST_NAME"),
        ({"examples": {"FIRST_NAME": "Ada     Luna"}}, "value_spaces", "examples.FIRST_NAME"),
        ({"buttons": (ButtonWords("form", "Compila"),)}, "button_type", "buttons.0"),
        ({"buttons": (reply(""),)}, "label_missing", "buttons.0"),
        ({"buttons": (reply("a" * 26),)}, "label_too_long", "buttons.0"),
        ({"buttons": (reply("Ciao %%FIRST_NAME%%"),)}, "label_plain", "buttons.0"),
        ({"buttons": (reply("Uno\ndue"),)}, "label_plain", "buttons.0"),
        ({"buttons": (link(url=""),)}, "link_missing", "buttons.0"),
        ({"buttons": (link(url="zampa.example"),)}, "link_invalid", "buttons.0"),
        ({"buttons": (link(url="https://%%A%%.example/%%B%%"),)}, "link_invalid", "buttons.0"),
        ({"buttons": (link(url="https://z.example%%A%%"),)}, "link_invalid", "buttons.0"),
        ({"buttons": (link(url="https://www.%%A%%"),)}, "link_invalid", "buttons.0"),
        ({"buttons": (link(url="https://z.example/%%a%%"),)}, "placeholder_malformed", "buttons.0"),
        ({"buttons": (link(url="https://z.example/%%A%%%%B%%"),)}, "link_variable", "buttons.0"),
        ({"buttons": (link(url="https://z.example/" + "a" * 1983),)}, "link_too_long", "buttons.0"),
        (
            {"buttons": (link(url="https://z.example/%%FIRST_NAME%%/x"),)},
            "link_variable",
            "buttons.0",
        ),
        ({"buttons": (call(phone=""),)}, "phone_missing", "buttons.0"),
        ({"buttons": (call(phone="02 1234567"),)}, "phone_invalid", "buttons.0"),
        ({"buttons": (call(phone="+02 1234567"),)}, "phone_invalid", "buttons.0"),
        ({"buttons": (call(phone="+39 11"),)}, "phone_invalid", "buttons.0"),
        ({"buttons": (call(phone="+39 " + "1" * 17),)}, "phone_too_long", "buttons.0"),
        ({"buttons": (link(text="A"), link(text="a"))}, "labels_equal", "buttons"),
        ({"buttons": tuple(link(text=t) for t in "abc")}, "too_many_links", "buttons"),
        ({"buttons": (call(text="a"), call(text="b"))}, "too_many_calls", "buttons"),
        ({"buttons": (link(text="a"), link(text="b"), call())}, "too_many_actions", "buttons"),
        ({"buttons": tuple(reply(f"n {i}") for i in range(11))}, "too_many_buttons", "buttons"),
        ({"buttons": (reply("a"), link(), reply("b"))}, "replies_apart", "buttons"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_place(changes, code, field):
    assert (code, field) in found(**changes)
    assert {p.level for p in lint(make_wording(**changes)) if p.code == code} == {Level.ERROR}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a" * 512},
        {"language": "en_us"},
        {"category": "utility"},
        {"header_format": "text", "header_text": "a" * 60},
        {"header_format": "text", "header_text": "Per %%FIRST_NAME%% oggi"},
        {"header_format": "image", "header_media": "https://zampa.example/foto.jpg"},
        {"header_format": "image", "header_media": FAR[:2000]},
        {
            "header_format": "text",
            "header_text": "Per _%%_C_%%",
            "examples": {"FIRST_NAME": "Ada", "_C_": "1"},
        },
        {"body": "a" * 1024},
        {"body": "Ciao *%%FIRST_NAME%%*, oggi sconto.\n\nA presto!"},
        {"body": f"Ciao %%_{'A' * 99}%%, oggi sconto.", "examples": {f"_{'A' * 99}": "Ada"}},
        {"footer": "STOP " + "a" * 55},
        {"examples": {"FIRST_NAME": "Ada    Luna"}},
        {"buttons": tuple(reply(f"n {i}") for i in range(3))},
        {"buttons": (reply("a" * 25),)},
        {"buttons": (link(url="https://z.example/?u=%%FIRST_NAME%%"),)},
        {"buttons": (link(url="https://z.example/" + "a" * 1982),)},
        {"buttons": (link(text="Vai"), link(text="Torna"))},
        {"buttons": (link(), call())},
        {"buttons": (link(url="http://zampa.example"),)},
        {"buttons": (call(phone="+39 112"),)},
        {"buttons": (call(phone="+39 1234567890123456"),)},
    ],
)
def test_what_is_just_within_a_limit_has_no_problem(changes):
    assert found(**changes) == []


def test_two_variables_side_by_side_are_refused_also_with_a_blank_between():
    body = "Ciao %%FIRST_NAME%% %%LAST_NAME%%, oggi hai uno sconto su tutto."
    examples = {"FIRST_NAME": "Ada", "LAST_NAME": "Neri"}

    assert found(body=body, examples=examples) == [("variables_adjacent", "body")]


def test_more_variables_than_half_the_words_are_refused():
    examples = {"A": "1", "B": "2"}

    assert found(body="Uno due %%A%% o %%B%% tre.", examples=examples) == []
    assert found(body="Uno due %%A%% o %%B%%.", examples=examples) == []
    assert found(body="Uno %%A%% o %%B%%.", examples=examples) == [("too_many_variables", "body")]
    three = "Uno %%A%% due %%B%% tre %%C%% quattro."
    assert found(body=three, examples=examples | {"C": "3"}) == [("too_many_variables", "body")]


def test_a_text_of_one_variable_alone_is_told_what_to_write_and_not_that_it_has_too_many():
    assert found(body="%%FIRST_NAME%%") == [("variable_first", "body"), ("variable_last", "body")]


def test_a_header_takes_one_variable():
    problems = found(
        header_format="text",
        header_text="Per %%FIRST_NAME%% e %%LAST_NAME%% oggi",
        examples={"FIRST_NAME": "Ada", "LAST_NAME": "Neri"},
    )

    assert problems == [("header_variables", "header")]


def test_every_figure_is_told():
    problem = next(p for p in lint(make_wording(body="a" * 1030)) if p.code == "body_too_long")

    assert dict(problem.figures) == {"most": 1024, "has": 1030}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"footer": ""}, "no_unsubscribe"),
        ({"buttons": tuple(reply(f"n {i}") for i in range(4))}, "not_on_desktop"),
        ({"buttons": tuple(reply(f"n {i}") for i in range(10))}, "not_on_desktop"),
        ({"buttons": (reply(), link())}, "mixed_not_on_desktop"),
        ({"buttons": (reply("SI"),)}, "label_trivial"),
        ({"buttons": (reply("Sì"),)}, "label_trivial"),
        ({"buttons": (reply("ok"),)}, "label_trivial"),
        ({"buttons": (reply("Yes"),)}, "label_trivial"),
        ({"buttons": (reply("Va bene."),)}, "label_trivial"),
        ({"buttons": (reply("No!"),)}, "label_trivial"),
        ({"body": "a" * 1000 + " %%FIRST_NAME%%.", "examples": {"FIRST_NAME": "b" * 50}},
         "body_long_when_filled"),
    ],
)  # fmt: skip
def test_what_only_works_badly_is_a_warning(changes, code):
    problems = lint(make_wording(**changes))

    assert [(problem.code, problem.level) for problem in problems] == [(code, Level.WARNING)]


def test_a_utility_message_needs_no_way_out():
    assert found(category="utility", footer="") == []


def test_a_button_is_a_way_out_as_well_as_a_footer():
    assert found(footer="", buttons=(reply("Disiscriviti"),)) == []


@pytest.mark.parametrize(
    "words",
    [
        "Scrivi STOP se",
        "Annulla l'iscrizione se",
        "Puoi cancellarti se",
        "Unsubscribe se",
        "Opt-out se",
    ],
)
def test_a_way_out_may_stand_in_the_text_itself(words):
    assert found(footer="", body=f"Ciao, oggi sconto. {words} non vuoi altro.") == []
