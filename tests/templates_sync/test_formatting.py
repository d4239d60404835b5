"""WhatsApp's inline formatting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_sync.formatting import Piece, Run, styled_runs


def looks(text):
    return [(run.text, run.tags) for run in styled_runs([Piece(text)])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*sconto*", [("sconto", ("strong",))]),
        ("_oggi_", [("oggi", ("em",))]),
        ("~20~", [("20", ("s",))]),
        ("```A1```", [("A1", ("code",))]),
        ("*_tutto_*", [("tutto", ("strong", "em"))]),
        ("-*a*-", [("-", ()), ("a", ("strong",)), ("-", ())]),
    ],
)
def test_markers_style_the_text_between_them(text, expected):
    assert looks(text) == expected


@pytest.mark.parametrize(
    "text", ["2*3*4", "snake_case_name", "* spazio *", "*a capo\nqui*", "**", "prezzo* unico"]
)
def test_markers_inside_words_or_beside_spaces_are_plain(text):
    assert looks(text) == [(text, ())]


def test_markers_inside_monospace_are_plain():
    assert looks("```a *b* c```") == [("a *b* c", ("code",))]


def test_a_style_runs_through_a_filled_value():
    runs = styled_runs([Piece("*Ciao "), Piece("Ada", "filled"), Piece("*!")])

    assert runs == [
        Run("Ciao ", "", ("strong",)),
        Run("Ada", "filled", ("strong",)),
        Run("!", "", ()),
    ]


@given(st.text(alphabet="ab *_~`\n"))
def test_only_markers_are_ever_taken_out(text):
    shown = "".join(run.text for run in styled_runs([Piece(text)]))

    remaining = iter(text)
    assert all(letter in remaining for letter in shown)
    assert [c for c in shown if c in "ab \n"] == [c for c in text if c in "ab \n"]
