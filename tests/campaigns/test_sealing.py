"""Secrets at rest: readable with the key, nothing without it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sealing import Unreadable, seal, unseal

KEY = "a long key of this installation"


@given(st.text(max_size=300), st.text(min_size=1, max_size=80), st.text(max_size=40))
def test_whoever_has_the_key_and_the_purpose_reads_what_was_sealed(text, key, purpose):
    assert unseal(seal(text, key=key, purpose=purpose), keys=[key], purpose=purpose) == text


@given(st.text(min_size=1, max_size=300))
def test_another_key_reads_nothing(text):
    sealed = seal(text, key=KEY, purpose="a")

    with pytest.raises(Unreadable):
        unseal(sealed, keys=["another key"], purpose="a")


def test_another_purpose_reads_nothing():
    sealed = seal("geheim", key=KEY, purpose="trigger 1")

    with pytest.raises(Unreadable):
        unseal(sealed, keys=[KEY], purpose="trigger 2")


@given(st.text(min_size=1, max_size=60), st.data())
def test_a_single_changed_bit_is_noticed(text, data):
    sealed = seal(text, key=KEY, purpose="a")
    raw = bytearray(base64.urlsafe_b64decode(sealed))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    changed = base64.urlsafe_b64encode(bytes(raw)).decode()

    with pytest.raises(Unreadable):
        unseal(changed, keys=[KEY], purpose="a")


@given(st.text(max_size=200))
def test_what_was_never_sealed_is_refused_and_breaks_nothing(text):
    with pytest.raises(Unreadable):
        unseal(text, keys=[KEY], purpose="a")


def test_the_same_secret_never_looks_the_same_twice():
    assert seal("segreto", key=KEY, purpose="a") != seal("segreto", key=KEY, purpose="a")


def test_a_key_of_before_still_opens():
    sealed = seal("segreto", key="the old one", purpose="a")

    assert unseal(sealed, keys=[KEY, "the old one"], purpose="a") == "segreto"


def test_sealed_anew_the_key_of_before_may_be_forgotten():
    before = seal("segreto", key="the old one", purpose="a")
    anew = seal(unseal(before, keys=[KEY, "the old one"], purpose="a"), key=KEY, purpose="a")

    assert unseal(anew, keys=[KEY], purpose="a") == "segreto"
    with pytest.raises(Unreadable):
        unseal(before, keys=[KEY], purpose="a")


def test_without_any_key_nothing_is_read():
    with pytest.raises(Unreadable):
        unseal(seal("segreto", key=KEY, purpose="a"), keys=[], purpose="a")


@pytest.mark.parametrize("half", [slice(None, 60), slice(60, None)])
def test_half_of_a_sealed_text_is_nothing(half):
    with pytest.raises(Unreadable):
        unseal(seal("segreto", key=KEY, purpose="a")[half], keys=[KEY], purpose="a")


def test_a_refusal_shows_neither_key_nor_secret():
    sealed = seal("segreto", key=KEY, purpose="a")

    with pytest.raises(Unreadable) as refused:
        unseal(sealed, keys=["another key"], purpose="a")

    told = str(refused.value)
    assert not any(word in told for word in ("segreto", "another key", sealed))
    assert refused.value.__suppress_context__
