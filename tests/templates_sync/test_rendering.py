"""A version filled with values, in plain text and as a bubble."""

import pytest

from templates_sync.rendering import RenderedButton, bubble_html, fill, render
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def test_every_part_is_filled():
    version = make_version(
        header={"format": "text", "text": "Ordine %%ORDER_NAME%%"},
        body="Ciao %%FIRST_NAME%%, l'ordine %%ORDER_NAME%% parte.",
        footer="Grazie",
        buttons=[
            {"order": 0, "type": "url", "text": "Segui", "url": "https://x.it/%%CODE%%"},
            {"order": 1, "type": "quick_reply", "text": "Ok", "url": "", "phone": ""},
        ],
    )

    rendered = render(version, {"FIRST_NAME": "Ada", "ORDER_NAME": "#1042", "CODE": "Z9"})

    assert rendered.header == "Ordine #1042"
    assert rendered.body == "Ciao Ada, l'ordine #1042 parte."
    assert rendered.footer == "Grazie"
    assert rendered.buttons == (
        RenderedButton("url", "Segui", "https://x.it/Z9", ""),
        RenderedButton("quick_reply", "Ok", "", ""),
    )


def test_a_variable_without_value_stays_visible():
    assert fill("Ciao %%FIRST_NAME%%", {"FIRST_NAME": ""}) == "Ciao %%FIRST_NAME%%"


def test_a_value_is_never_filled_a_second_time():
    assert fill("%%A%% %%B%%", {"A": "%%B%%", "B": "b"}) == "%%B%% b"


def test_the_bubble_escapes_text_and_values():
    version = make_version(body="<b>1</b> %%FIRST_NAME%%", footer="<i>")

    html = bubble_html(version, {"FIRST_NAME": "<script>alert(1)</script>"})

    assert "&lt;b&gt;1&lt;/b&gt;" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "&lt;i&gt;" in html


def test_the_bubble_marks_what_was_filled_and_what_is_missing():
    version = make_version(body="*Ciao %%FIRST_NAME%%*, codice %%CODE%%")

    html = bubble_html(version, {"FIRST_NAME": "Ada"})

    assert (
        "<strong>Ciao </strong>"
        '<mark class="wa-value wa-value--filled"><strong>Ada</strong></mark>, codice '
        '<mark class="wa-value wa-value--missing">%%CODE%%</mark>'
    ) in html


def test_the_bubble_can_be_shown_without_marks():
    html = bubble_html(make_version(), {"FIRST_NAME": "Ada"}, highlight=False)

    assert "Ciao Ada, oggi <strong>sconto 20%</strong> su tutto" in html
    assert "<mark" not in html


def test_the_bubble_of_a_picture_header_says_that_there_is_a_picture():
    html = bubble_html(make_version(header={"format": "image", "text": ""}), {})

    assert '<div class="wa-media">' in html
