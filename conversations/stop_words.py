"""Does a text ask for no more marketing? Pure.

A whole message or its first words decide by themselves. Words that also mean other things, and
stop words inside a longer text, count only in answer to marketing; else a person reads them. "NO",
"ANNULLA" and "CANCELLA" are not here: in answer to a cash-on-delivery question they mean the order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum


class Wish(StrEnum):
    """What a text says about receiving marketing."""

    NOTHING = ""
    STOP = "stop"
    TO_JUDGE = "to_judge"
    RESUME = "resume"


_CLEAR = (
    "STOP",
    "STOPP",
    "BASTA",
    "CANCELLAMI",
    "CANCELLA ISCRIZIONE",
    "CANCELLA LA MIA ISCRIZIONE",
    "DISISCRIVIMI",
    "DISISCRIZIONE",
    "DISISCRIVITI",
    "DISATTIVA",
    "RIMUOVIMI",
    "RIMUOVI",
    "ELIMINAMI",
    "NON SCRIVETEMI",
    "NON CONTATTATEMI",
    "NON VOGLIO MESSAGGI",
    "NON VOGLIO PIU MESSAGGI",
    "REVOCO",
    "REVOCA CONSENSO",
    "REVOCA IL CONSENSO",
    "OPT OUT",
    "UNSUBSCRIBE",
)
_AMBIGUOUS = ("CANCELLATI", "NON MI INTERESSA", "CANCEL", "END", "QUIT")
# As people say it in a longer text; counts as what a stop word inside one does.
_SPOKEN = (
    "NON VOGLIO RICEVERE",
    "NON VOGLIO PIU RICEVERE",
    "NON DESIDERO RICEVERE",
    "NON DESIDERO PIU RICEVERE",
    "NON MI SCRIVETE",
    "NON MI SCRIVERE",
    "NON SCRIVERMI",
    "NON MI CONTATTATE",
    "NON MANDATEMI PIU",
    "NON MI MANDATE PIU",
    "NON INVIATEMI PIU",
    "NON MI INVIATE PIU",
    "CANCELLATEMI",
    "DISISCRIVETEMI",
    "TOGLIETEMI",
)
_RESUME = ("START", "RIATTIVA", "ISCRIVIMI")

# How the button of a marketing message says that it ends it; counts for the tap of such a button only.
_WAYS_OUT = (
    *_CLEAR,
    *_AMBIGUOUS,
    "NON INVIARMI",
    "NON INVIATEMI",
    "NON VOGLIO",
    "NON RICEVERE",
    "NIENTE OFFERTE",
    "NIENTE PROMOZIONI",
    "NO PROMO",
    "INTERROMPI",
    "BLOCCA",
    "CANCELLA",
    "DISISCRIVI",
    "NO MORE",
)

# In answer to the question of a double opt-in, and to nothing else: “sì” also confirms an order.
_YES = ("SI", "YES", "OK", "CONFERMO", "SI CONFERMO", "ACCETTO", "SI ACCETTO", "VA BENE", "I AGREE")
_NO = ("NO", "NO GRAZIE", "NON ACCETTO", "NO THANKS", "NO THANK YOU")

Words = tuple[str, ...]


def wish_of(text: str, *, answers_marketing: bool) -> Wish:
    """Return what `text` asks for; `answers_marketing` if our last message before it was that."""
    words = _words(text)
    if not words:
        return Wish.NOTHING
    if _is_whole(words, _RESUME):
        return Wish.RESUME
    if _is_whole(words, _CLEAR) or _starts(words, _CLEAR):
        return Wish.STOP
    is_unclear = _is_whole(words, _AMBIGUOUS) or _starts(words, _AMBIGUOUS)
    if is_unclear or _contains(words, (*_CLEAR, *_SPOKEN)):
        return Wish.STOP if answers_marketing else Wish.TO_JUDGE
    return Wish.NOTHING


def is_way_out(label: str) -> bool:
    """Say whether the label of a button on our own marketing offers to end it."""
    words = _words(label)
    return _is_whole(words, _WAYS_OUT) or _contains(words, _WAYS_OUT)


def agrees(text: str) -> bool | None:
    """Say whether a whole text says yes (True) or no (False) to a question; None for anything else."""
    words = _words(text)
    if _is_whole(words, (*_YES, *_RESUME)):
        return True
    return False if _is_whole(words, _NO) else None


def _words(text: str) -> Words:
    """Return the words in capitals, without accents, punctuation and emoji."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[A-Z0-9]+", letters.upper()))


def _is_whole(words: Words, phrases: Iterable[str]) -> bool:
    # Compared without spaces, so that "S.T.O.P." and "opt-out" and "optout" are what they look like.
    joined = "".join(words)
    return any(joined == phrase.replace(" ", "") for phrase in phrases)


def _starts(words: Words, phrases: Iterable[str]) -> bool:
    return any(words[: len(parts)] == parts for parts in map(_split, phrases))


def _contains(words: Words, phrases: Iterable[str]) -> bool:
    return any(
        words[start : start + len(parts)] == parts
        for parts in map(_split, phrases)
        for start in range(len(words))
    )


def _split(phrase: str) -> Words:
    return tuple(phrase.split())
