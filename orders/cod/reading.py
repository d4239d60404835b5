"""What a text or a button says about an order. Pure; whatever is not clear is left to a person."""

import re
import unicodedata
from dataclasses import dataclass

from orders.cod.life import Meaning

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """`is_explicit`: it names what to do ("confermo"), where a bare "sì" answers only what was just asked."""

    meaning: Meaning
    is_explicit: bool


_CONFIRM = frozenset({
    "CONFERMO", "CONFERMA", "CONFERMATO", "CONFERMATA", "CONFERMIAMO", "CONFIRM", "CONFIRMED", "CONFIRMO",
})  # fmt: skip
_CANCEL = frozenset({
    "ANNULLA", "ANNULLO", "ANNULLARE", "ANNULLATE", "ANNULLATELO", "ANNULLAMI", "ANNULLI", "ANNULLAMENTO",
    "CANCELLA", "CANCELLO", "CANCELLARE", "CANCELLATE", "DISDICO", "DISDIRE", "DISDETTA", "CANCEL",
})  # fmt: skip
_CHANGE = frozenset({
    "MODIFICA", "MODIFICO", "MODIFICARE", "MODIFICATE", "CAMBIA", "CAMBIO", "CAMBIARE", "CAMBIATE", "CHANGE", "EDIT",
    "MODIFY",
})  # fmt: skip
_YES = frozenset(
    {
        "SI",
        "OK",
        "OKAY",
        "OKEY",
        "CERTO",
        "PERFETTO",
        "ESATTO",
        "CERTAMENTE",
        "SISI",
        "CORRETTO",
        "GIUSTO",
        "YES",
        "YEP",
        "SURE",
    }
)
_NO = frozenset({"NO", "NOPE"})
# Several words that are one.
_PHRASES = {
    ("VA", "BENE"): "OK",
    ("VA", "BENE", "COSI"): "OK",
    ("VA", "BENISSIMO"): "OK",
    ("TUTTO", "OK"): "OK",
    ("TUTTO", "BENE"): "OK",
    ("D", "ACCORDO"): "OK",
    ("O", "K"): "OK",
    ("NON", "CONFERMO"): "ANNULLA",
    ("NON", "LO", "VOGLIO", "PIU"): "ANNULLA",
    ("NON", "LO", "VOGLIO"): "ANNULLA",
    ("NON", "VOGLIO", "PIU"): "ANNULLA",
    ("DON", "T", "WANT", "IT", "ANYMORE"): "CANCEL",
    ("DON", "T", "WANT", "IT"): "CANCEL",
    ("DO", "NOT", "WANT", "IT"): "CANCEL",
}  # fmt: skip
# What changes nothing in what is said.
_FILLERS = frozenset({
    "GRAZIE", "MILLE", "TANTE", "PER", "FAVORE", "CORTESIA", "PIACERE", "BUONGIORNO", "BUONASERA", "SALVE", "CIAO",
    "BUON", "GIORNO", "BUONA", "SERA", "TUTTO",
    "VORREI", "VOGLIO", "DESIDERO", "DEVO", "IL", "LO", "LA", "L", "LI", "MIO", "MIA", "QUESTO", "QUESTA", "DI", "DEL",
    "DELL", "PURE", "ORDINE", "ACQUISTO", "SPEDIZIONE", "CONSEGNA", "INDIRIZZO", "E",
    "THANKS", "THANK", "YOU", "PLEASE", "HELLO", "HI", "I", "WANT", "TO", "WOULD", "LIKE", "THE", "MY", "THIS", "IT",
    "ORDER", "ADDRESS", "D",
})  # fmt: skip
# Beside a word that names what to do, these only say what it is about; alone they say nothing.
_THUMBS = frozenset("👍👌✅")
_NAME = re.compile(r"#\s*\w+|\b(ORDINE|ORDER|N|NR)\.?\s*#?\s*\d+\b")

# Labels are ours: the root of the word is enough. Italian, English, and the neighbours' languages.
_LABELS = {
    Meaning.CANCEL: ("ANNULL", "CANCEL", "DISDI", "STORNIER", "ANULAR"),
    Meaning.CHANGE: ("MODIF", "CAMBI", "CHANGE", "EDIT", "ANDERN", "AENDERN", "INDIRIZZO", "ADDRESS"),
    Meaning.CONFIRM: ("CONFERM", "CONFIRM", "BESTATIG", "BESTAETIG"),
}  # fmt: skip


def read_text(text: str) -> Reading | None:
    """Return what a whole text clearly says, None for anything else: a question, a story, several things at once."""
    if "?" in text:
        return None
    said = _joined(_words(_NAME.sub(" ", _plain(text))))
    words = [word for word in said if word not in _FILLERS]
    if not said and any(sign in text for sign in _THUMBS) and not re.search(r"\w", text):
        return Reading(Meaning.CONFIRM, is_explicit=False)
    if not words or not set(words) <= _CONFIRM | _CANCEL | _CHANGE | _YES | _NO:
        return None
    return _together(set(words))


def read_label(label: str) -> Meaning | None:
    """Return what the button says, None for one that is about something else."""
    words = _words(_plain(label))
    for meaning, roots in _LABELS.items():
        if any(word.startswith(roots) for word in words):
            return meaning
    return None


def _together(words: set[str]) -> Reading | None:
    named = [
        meaning
        for meaning, known in (
            (Meaning.CONFIRM, _CONFIRM), (Meaning.CANCEL, _CANCEL), (Meaning.CHANGE, _CHANGE),
        )
        if words & known
    ]  # fmt: skip
    says_yes, says_no = bool(words & _YES), bool(words & _NO)
    if len(named) > 1 or (says_yes and says_no):
        return None
    if named:
        is_denied = named == [Meaning.CONFIRM] and says_no
        return None if is_denied else Reading(named[0], is_explicit=True)
    return Reading(Meaning.CANCEL if says_no else Meaning.CONFIRM, is_explicit=False)


def _plain(text: str) -> str:
    """Return the text in capitals without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).upper()


def _words(plain: str) -> Words:
    return tuple(re.findall(r"[^\W_]+", plain))


def _joined(words: Words) -> list[str]:
    """Put phrases together, the longest first."""
    found: list[str] = []
    rest = list(words)
    while rest:
        for length in (5, 4, 3, 2):
            if one := _PHRASES.get(tuple(rest[:length])):
                found.append(one)
                del rest[:length]
                break
        else:
            found.append(rest.pop(0))
    return found
