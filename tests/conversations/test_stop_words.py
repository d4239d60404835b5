"""Which texts end, or renew, the consent to marketing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.stop_words import _CLEAR, Wish, wish_of


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop! ",
        "S.T.O.P.",
        "STOPP",
        "🛑 stop 🛑",
        "Basta",
        "cancellami",
        "Cancella iscrizione",
        "DISISCRIVITI",
        "Disiscrivimi, grazie",
        "disattiva",
        "rimuovi",
        "Rimuovimi subito",
        "eliminami",
        "Non scrivetemi",
        "Non scrivetemi più!!",
        "non contattatemi piu",
        "NON VOGLIO PIÙ MESSAGGI",
        "non voglio messaggi",
        "Revoco",
        "revoca consenso",
        "opt-out",
        "OptOut",
        "unsubscribe me",
    ],
)
def test_a_clear_word_unsubscribes_whatever_came_before(text):
    assert wish_of(text, answers_marketing=False) is Wish.STOP


@pytest.mark.parametrize("text", ["NO", "no grazie", "ANNULLA", "Cancella", "cancella l'ordine"])
@pytest.mark.parametrize("answers_marketing", [True, False])
def test_the_answers_to_a_cash_on_delivery_question_are_about_the_order(text, answers_marketing):
    assert wish_of(text, answers_marketing=answers_marketing) is Wish.NOTHING


@pytest.mark.parametrize("text", ["Cancellati", "Non mi interessa", "cancel", "END", "quit"])
def test_an_ambiguous_word_unsubscribes_in_answer_to_marketing(text):
    assert wish_of(text, answers_marketing=True) is Wish.STOP


@pytest.mark.parametrize("text", ["Cancellati", "Non mi interessa", "cancel", "END", "quit"])
def test_an_ambiguous_word_is_read_by_a_person_otherwise(text):
    assert wish_of(text, answers_marketing=False) is Wish.TO_JUDGE


def test_a_stop_word_inside_a_longer_text_counts_in_answer_to_marketing():
    text = "Buongiorno, per favore non scrivetemi più"

    assert wish_of(text, answers_marketing=True) is Wish.STOP
    assert wish_of(text, answers_marketing=False) is Wish.TO_JUDGE


@pytest.mark.parametrize(
    "text",
    [
        "Non voglio più ricevere messaggi",
        "Salve, non desidero ricevere altre offerte",
        "Per favore non mi scrivete più",
        "Cancellatemi dalla lista",
        "Mi disturbate: toglietemi dai contatti!",
    ],
)
def test_a_wish_in_plain_words_is_read_by_a_person_unless_it_answers_marketing(text):
    assert wish_of(text, answers_marketing=False) is Wish.TO_JUDGE
    assert wish_of(text, answers_marketing=True) is Wish.STOP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Non inviatemi il pacco oggi",
        "👍",
        "Quando arriva?",
        "stoppato alla dogana",
        "bastano due scatole",
        "restart",
    ],
)
def test_other_texts_say_nothing(text):
    assert wish_of(text, answers_marketing=True) is Wish.NOTHING


@pytest.mark.parametrize("text", ["START", "riattiva", "Iscrivimi!"])
def test_a_whole_message_subscribes_again(text):
    assert wish_of(text, answers_marketing=False) is Wish.RESUME


def test_a_word_of_subscribing_inside_a_longer_text_says_nothing():
    assert wish_of("start quando volete", answers_marketing=False) is Wish.NOTHING


@given(st.text(), st.booleans())
def test_any_text_is_read(text, answers_marketing):
    assert wish_of(text, answers_marketing=answers_marketing) in Wish


@given(st.sampled_from(_CLEAR), st.text(alphabet=" .,!?-…\n", max_size=5))
def test_case_and_punctuation_do_not_matter(word, noise):
    assert wish_of(f"{noise}{word.lower()}{noise}", answers_marketing=False) is Wish.STOP
