"""Whatever is typed: the lint answers, in words, and what it lets pass survives the wire."""

from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import spoki
from templates_sync.lint import Problem, errors, lint
from templates_sync.lint_words import SENTENCES, sentence
from templates_sync.staging.wire import to_spoki
from templates_sync.storing import content_of
from templates_sync.wording import ButtonWords, Wording, buttons_from, tidy
from tests.templates_sync.staging.wordings import make_wording

_WORDS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            ["Ciao ", "%%A%%", "%%", "%", "{{1}}", "\n", " ", "oggi ", "*", "_x_", "%%b%%", "%%_C1%%", "."]
        ),
        max_size=14,
    ).map("".join),
)  # fmt: skip
_BUTTONS = st.lists(
    st.builds(
        ButtonWords,
        type=st.sampled_from(["quick_reply", "url", "call", "", "form"]),
        text=_WORDS,
        url=st.one_of(_WORDS, st.just("https://z.example/?q=%%A%%")),
        phone=st.one_of(_WORDS, st.just("+39 02 1234567")),
    ),
    max_size=12,
).map(tuple)
ANY = st.builds(
    Wording,
    name=_WORDS,
    language=st.one_of(_WORDS, st.just("it")),
    category=st.sampled_from(["marketing", "utility", "", "x"]),
    header_format=st.sampled_from(["", "text", "image", "video", "document", "x"]),
    header_text=_WORDS,
    header_media=_WORDS,
    body=_WORDS,
    footer=_WORDS,
    buttons=_BUTTONS,
    examples=st.dictionaries(st.sampled_from(["A", "_C1", "B"]), _WORDS),
)
_PLAIN = st.text(alphabet="abcèàù .,!*_~\n'€", max_size=60).map(tidy)


@st.composite
def plausible(draw: Any) -> Wording:
    """Draw a wording that may well pass."""
    labels = draw(st.lists(_PLAIN.filter(bool), max_size=3, unique_by=str.casefold))
    rows = [{"type": "quick_reply", "text": label} for label in labels]
    if draw(st.booleans()):
        rows.append({"type": "url", "text": "Vai", "url": "https://z.example/%%LINK%%"})
    return make_wording(
        header_format=draw(st.sampled_from(["", "text", "image"])),
        header_text=draw(_PLAIN),
        header_media="https://z.example/a.jpg",
        body=tidy(f"Ciao {draw(_PLAIN)} a %%FIRST_NAME%% e {draw(_PLAIN)} e poi altro ancora."),
        footer=draw(_PLAIN),
        buttons=buttons_from(rows),
        examples={"FIRST_NAME": "Ada", "LINK": "x1"},
    )


@given(ANY)
def test_the_lint_answers_whatever_is_typed_and_every_problem_has_its_sentence(wording):
    for problem in lint(wording):
        assert sentence(problem)


@given(plausible())
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_what_passes_comes_back_from_the_wire_as_the_same_content(wording):
    assume(not errors(lint(wording)))
    payload: Any = to_spoki(wording).to_payload()
    payload["templatelocalization_set"][0]["status"] = "DRAFT"

    read = spoki.Template.from_payload(payload | {"id": 1, "is_approved": False})

    content = content_of(read.localizations[0])
    assert content["content_hash"] == wording.content_hash
    assert content["variables"] == wording.variables
    assert dict(read.localizations[0].examples).keys() == set(wording.variables)


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_sentence_can_be_said(language):
    figures = dict.fromkeys(("most", "has", "words", "code", "found", "label"), 7)

    with override(language):
        said = [sentence(Problem(code, "body", figures=figures)) for code in SENTENCES]

    assert len(set(said)) == len(SENTENCES)
    assert not [text for text in said if "%(" in text]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Meta's rule: a text has at most 1024 characters, this one has 1030."),
        ("it", "Regola di Meta: un testo ha al massimo 1024 caratteri, questo ne ha 1030."),
    ],
)
def test_a_sentence_names_whose_rule_it_is_and_the_figures(language, words):
    problem = next(p for p in lint(make_wording(body="a" * 1030)) if p.code == "body_too_long")

    with override(language):
        assert sentence(problem) == words
