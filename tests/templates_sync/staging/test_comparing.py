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


def test_a_part_that_one_side_alone_has_is_shown_as_added_or_removed():
    added = compare({"Text": "a"}, {"Text": "a", "Footer": "b"})[1]
    removed = compare({"Text": "a", "Footer": "b"}, {"Text": "a"})[1]

    assert (added.name, added.left, words(added.right, changed=True)) == ("Footer", [], ["b"])
    assert (removed.name, words(removed.left, changed=True), removed.right) == ("Footer", ["b"], [])
    assert added.is_changed
    assert removed.is_changed


def test_words_that_one_side_alone_has_are_marked_there():
    left, right = changes("Ciao Ada, sconto", "Ciao Ada, oggi sconto")

    assert (words(left, changed=True), words(right, changed=True)) == ([], ["oggi "])
    assert [words(side, changed=True) for side in changes("Ciao oggi Ada", "Ciao Ada")] == [
        ["oggi "],
        [],
    ]


def test_a_variable_is_marked_whole():
    left, right = changes("Ciao %%FIRST_NAME%%!", "Ciao %%LAST_NAME%%!")

    assert (words(left, changed=True), words(right, changed=True)) == (
        ["%%FIRST_NAME%%"],
        ["%%LAST_NAME%%"],
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_chunks_joined_are_the_texts_again(left, right):
    shown = changes(left, right)

    assert ["".join(chunk.text for chunk in side) for side in shown] == [left, right]
