"""Who wrote a line of an exported chat: the customer or us, by a word, by numbers, or by a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from audiences.identity import normalise_phone
from conversations.upload.columns import Columns

HERS: Final = "customer"
OURS: Final = "us"
_WORDS: Final = {
    HERS: "ricevuto ricevuta in inbound entrata in_entrata entrante incoming received cliente customer contatto contact"
    " client ricevuti da_cliente from_customer",
    OURS: "inviato inviata out outbound uscita in_uscita uscente outgoing sent operatore operator agente agent bot"
    " automazione automation azienda business noi us me io tu you campagna campaign template sistema system inviati",
}  # fmt: skip
_SIDES: Final = {word: side for side, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whose chat it is: her numbers (E.164) and her name."""

    phones: Collection[str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """`side` is HERS, OURS, or "" where nobody knows what `word` means; `is_other`: it is about another number."""

    side: str
    word: str = ""
    author: str = ""
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class Sides:
    """Reads the side of each line; `said` is what a person has said of words."""

    columns: Columns
    customer: Customer
    said: Mapping[str, str] = field(default_factory=dict)

    def of(self, values: list[str]) -> Side:
        """Return who wrote the line."""
        sender, recipient = (self._phone(name, values) for name in ("from_phone", "to_phone"))
        author = self._author(values)
        word = self.columns.cell("side", values) or author
        side = self._by_word(word)
        if not side and (sender or recipient):
            side = self._by_phones(sender, recipient)
            if not side:
                return Side("", is_other=True)
        counterpart = sender if side == HERS else recipient if side == OURS else ""
        told = counterpart or self._phone("phone", values)
        is_other = bool(told) and told not in self.customer.phones
        return Side(
            side,
            word,
            author if side == OURS and not normalise_phone(author).e164 else "",
            is_other,
        )

    def _author(self, values: list[str]) -> str:
        name = self.columns.cell("author", values)
        if name:
            return name
        sender = self.columns.cell("from_phone", values)
        return sender if sender and not normalise_phone(sender).e164 else ""

    def _phone(self, column: str, values: list[str]) -> str:
        text = self.columns.cell(column, values).partition("@")[0]
        return normalise_phone(text).e164 if text else ""

    def _by_phones(self, sender: str, recipient: str) -> str:
        if sender in self.customer.phones:
            return HERS
        return OURS if recipient in self.customer.phones else ""

    def _by_word(self, word: str) -> str:
        plain = plain_word(word)
        if not plain:
            return ""
        if plain in self.said:
            return self.said[plain]
        if self.customer.name and plain == plain_word(self.customer.name):
            return HERS
        phone = normalise_phone(word.partition("@")[0]).e164
        if phone:
            return HERS if phone in self.customer.phones else ""
        return _SIDES.get(plain.replace(" ", "_"), "")


def plain_word(text: str) -> str:
    """Return a name or a word as it is compared: small letters, single blanks."""
    return " ".join(text.casefold().split())


def is_side(text: str) -> bool:
    """Say whether the word tells received from sent by itself."""
    return plain_word(text).replace(" ", "_") in _SIDES
