"""What a text or a button says about an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.cod.life import Meaning
from orders.cod.reading import Reading, read_label, read_text

CONFIRM, CHANGE, CANCEL = Meaning.CONFIRM, Meaning.CHANGE, Meaning.CANCEL


@pytest.mark.parametrize(
    "text",
    [
        "sì confermo", "Confermo", "CONFERMATO!", "Sì, confermo grazie", "confermo l'ordine", "Ok confermo",
        "Confermo ordine #1042", "confermo l’ordine 1042", "Yes, I confirm", "I confirm my order", "va bene, confermo",
        "Confermo tutto", "Buon giorno, confermo tutto grazie",
    ],
)  # fmt: skip
def test_whoever_says_confermo_confirms(text):
    assert read_text(text) == Reading(CONFIRM, is_explicit=True)


@pytest.mark.parametrize(
    "text", ["sì", "Si", "SI!", "ok", "Ok grazie", "va bene", "Va bene, grazie mille", "O.K.", "d'accordo", "tutto ok",
             "perfetto", "yes", "Yes please", "👍", "👍🏼", "✅",
             "va benissimo", "Sì sì", "sisi", "è tutto corretto", "giusto", "va bene così", "Buona sera, sì"],
)  # fmt: skip
def test_a_bare_yes_confirms_what_was_just_asked(text):
    assert read_text(text) == Reading(CONFIRM, is_explicit=False)


@pytest.mark.parametrize(
    "text",
    [
        "annulla", "ANNULLA", "Annulla l'ordine", "Vorrei annullare l'ordine", "annullate l'ordine per favore",
        "Cancella", "cancellare l'ordine", "no, annulla", "Ok annulla", "Non confermo", "non lo voglio più",
        "cancel", "Cancel my order please", "I don't want it",
    ],
)  # fmt: skip
def test_whoever_says_annulla_wants_to_cancel(text):
    assert read_text(text) == Reading(CANCEL, is_explicit=True)


@pytest.mark.parametrize("text", ["no", "NO", "No grazie", "no!", "No thanks"])
def test_a_bare_no_cancels_what_was_asked(text):
    assert read_text(text) == Reading(CANCEL, is_explicit=False)


@pytest.mark.parametrize(
    "text", ["modifica", "Modifica indirizzo", "vorrei cambiare l'indirizzo", "no, modifica", "Sì, cambia indirizzo",
             "change address", "I want to change my address", "edit"],
)  # fmt: skip
def test_whoever_says_modifica_wants_another_address(text):
    assert read_text(text) == Reading(CHANGE, is_explicit=True)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "?", "confermo?", "posso annullare?", "no confermo", "sì no", "annulla e poi confermo", "12",
        "Via Roma 12", "ok ma quando arriva", "confermo ma cambiate il telefono", "grazie", "buongiorno", "ordine",
        "non ho capito", "no, voglio due pezzi", "stop", "confermato da chi", "è arrivato", "👍 ma a che ora",
        "non annullate", "non mi interessa", "tutto", "non è corretto", "no, va bene così", "buona sera",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_a_person(text):
    assert read_text(text) is None


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("Conferma", CONFIRM), ("✅ Confermo", CONFIRM), ("Confirm order", CONFIRM), ("Bestätigen", CONFIRM),
        ("Modifica", CHANGE), ("Cambia indirizzo", CHANGE), ("Change address", CHANGE), ("Ändern", CHANGE),
        ("Annulla", CANCEL), ("Annulla l'ordine", CANCEL), ("Cancel", CANCEL), ("Stornieren", CANCEL),
        ("Scopri di più", None), ("Stop promozioni", None), ("", None),
    ],
)  # fmt: skip
def test_a_button_is_known_by_the_root_of_its_word(label, meaning):
    assert read_label(label) == meaning


@given(st.text())
def test_any_text_can_be_read(text):
    read_label(text)
    reading = read_text(text)
    if reading is not None:
        assert "?" not in text


@given(
    st.sampled_from(["confermo", "annulla", "modifica", "sì", "no"]),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["", " ", "!", "...", " 🙂", "\n"]),
)
def test_case_marks_and_smileys_do_not_matter(word, case, tail):
    assert read_text(case(word) + tail) == read_text(word)
