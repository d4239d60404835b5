"""Placeholders and the hash of a content."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from templates_sync.content import content_hash, placeholders, variables_of

CONTENT: dict[str, Any] = {
    "header": {"format": "text", "text": "Ciao %%FIRST_NAME%%"},
    "body": "Hai %%POINTS%% punti, %%FIRST_NAME%%.",
    "footer": "Rispondi STOP",
    "buttons": [{"order": 0, "type": "url", "text": "Vai", "url": "https://shop.it/%%_CODE%%"}],
}


def test_variables_come_in_order_of_appearance_each_once():
    variables = variables_of(
        header=CONTENT["header"], body=CONTENT["body"], buttons=CONTENT["buttons"]
    )

    assert variables == ["FIRST_NAME", "POINTS", "_CODE"]


def test_a_percent_sign_is_not_a_placeholder():
    assert placeholders(["Sconto 20%% e %%first_name%% e %% A %%"]) == []


def test_the_same_content_has_the_same_hash_whatever_the_order_of_its_keys():
    reordered = CONTENT | {"header": {"text": "Ciao %%FIRST_NAME%%", "format": "text"}}

    assert content_hash(**CONTENT) == content_hash(**reordered)


@given(st.sampled_from(["body", "footer"]), st.text(min_size=1))
def test_any_other_text_has_another_hash(part, addition):
    changed = CONTENT | {part: CONTENT[part] + addition}

    assert content_hash(**changed) != content_hash(**CONTENT)
