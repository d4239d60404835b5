"""Error bodies: where the code hides, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki.refusals import error_code, is_error, is_error_of_a_send, read_refusal

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"error": "no credit", "error_code": "spoki::1029"}, "spoki::1029"),
        ({"error_code": "SPOKI::1029"}, "spoki::1029"),
        ({"code": "spoki::3014", "title": "too many fields"}, "spoki::3014"),
        ({"error": "whatsapp::131026 undeliverable"}, "whatsapp::131026"),
        ({"detail": "refused (WhatsApp::131050)"}, "whatsapp::131050"),
        ({"title": "spoki::3004"}, "spoki::3004"),
        ({"send_error_message": "whatsapp::131053"}, "whatsapp::131053"),
        ({"detail": ["first", "spoki::1044"]}, "spoki::1044"),
        ({"error_code": 131049}, "whatsapp::131049"),
        ({"error_code": "131049"}, "whatsapp::131049"),
        ({"error_code": 368}, "368"),
        ({"data": {"error_code": "spoki::1029"}}, "spoki::1029"),
        ({"error": {"code": "whatsapp::131000"}}, "whatsapp::131000"),
        ({"error_code": "spoki::1", "detail": "whatsapp::2"}, "spoki::1"),
        ({"error_code": None, "detail": "nothing"}, None),
        ({"error_code": 0}, None),
        ({"error_code": "393330000001"}, None),
        ({"detail": "whatsapp::393330000001"}, None),
        ({"error_code": True}, None),
        ({"code": "not_found"}, None),
        ({"detail": "131049 of something"}, None),
        ({}, None),
        ([], None),
        ("spoki::1029", None),
        (None, None),
    ],
)
def test_the_code_is_found_where_it_hides(payload, code):
    assert error_code(payload) == code


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ({"detail": "Not found."}, "Not found."),
        ({"name": ["This field is required."]}, "name: This field is required."),
        (
            {"templatelocalization_set": [{"body": {"text": ["Too long."]}}], "name": ["Taken."]},
            "templatelocalization_set.body.text: Too long.; name: Taken.",
        ),
        ({"non_field_errors": ["No."]}, "No."),
        ({"code": ["Already taken."]}, "code: Already taken."),
        ({"code": "spoki::3014", "title": "Too many fields"}, "Too many fields"),
        ({"detail": "+393330000001 is blocked"}, "… is blocked"),
        (None, ""),
        ("plain", "plain"),
    ],
)
def test_an_error_body_of_any_shape_becomes_sentences_without_numbers(payload, detail):
    assert read_refusal(payload).detail == detail


def test_a_long_detail_is_cut():
    assert len(read_refusal({"detail": "a" * 5000}).detail) == 500


@given(json_values)
def test_no_body_whatever_breaks_the_reading(payload):
    refusal = read_refusal(payload)

    assert isinstance(refusal.detail, str)
    assert isinstance(is_error(payload), bool)
    assert isinstance(is_error_of_a_send(payload), bool)


@pytest.mark.parametrize("key", ["error", "error_code", "code"])
def test_a_send_with_any_error_field_is_an_error(key):
    assert is_error_of_a_send({"uuid": "a", key: "spoki::1029"})


@pytest.mark.parametrize(
    "payload", [{"uuid": "a", "error": None, "error_code": None}, {"detail": "queued"}, {}, None]
)
def test_empty_error_fields_are_no_error(payload):
    assert not is_error_of_a_send(payload)


def test_an_error_one_level_deeper_is_an_error_of_a_send():
    assert is_error_of_a_send({"message": {"error_code": 131026}})


def test_the_code_of_a_custom_field_is_no_error():
    assert not is_error({"id": 1, "code": "PET_NAME", "label": "PET NAME"})


def test_a_code_in_spokis_form_is_an_error_of_any_call():
    assert is_error({"code": "spoki::3014", "detail": "too many fields"})
