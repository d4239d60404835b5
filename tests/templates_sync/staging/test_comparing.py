"""Two texts side by side."""

from hypothesis import given
from hypothesis import strategies as st

from templates_sync.comparing import changes, compare


def words(chunks, *, changed):
    return [chunk.text for chunk in chunks if chunk.is_changed is changed]


def test_only_the_words_that_differ_are_marked():
    left, right = changes("Ciao %%FIRST_NAME%%, sconto 20%.", "Ciao %%FIRST_NAME%%, sconto 30%.")

    assert (words(left, changed=True), words(right, changed=True)) == (["20"], ["30"])


def test_equal_texts_have_nothing_marked():
    left, right = changes("Ciao", "Ciao")

    assert words(left, changed=True) == words(right, changed=True) == []


def test_a_part_that_both_lack_is_left_out():
    parts = compare({"Header": "", "Text": "a"}, {"Header": "", "Text": "b"})

    assert [(part.name, part.is_changed) for part in parts] == [("Text", True)]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_chunks_joined_are_the_texts_again(left, right):
    shown = changes(left, right)

    assert ["".join(chunk.text for chunk in side) for side in shown] == [left, right]
