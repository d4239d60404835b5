"""Where a shop keeps the consent to WhatsApp, in the order its people chose. Pure.

Shopify has it itself since API 2026-07; before that, and in most shops still, it is in an attribute of the order, a
tag or a metafield of the customer, or meant by the label of the SMS box.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audiences.models import ConsentPurpose

BOTH = (ConsentPurpose.ORDER_UPDATES, ConsentPurpose.WHATSAPP_MARKETING)
# What a box that was ticked leaves behind where the shop names no value of its own.
_YES = frozenset({"1", "true", "yes", "y", "on", "ok", "si", "s", "x", "accetto", "acconsento", "accepted",
                  "agree", "agreed", "given", "granted", "consent", "subscribed", "checked", "vero"})  # fmt: skip


class Kind(StrEnum):
    NATIVE = "native"
    ATTRIBUTE = "attribute"
    TAG = "tag"
    METAFIELD = "metafield"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSource:
    """One place to look. `name` is the attribute, tag or “namespace.key”; `value` "" takes any word for yes.

    `purposes`: what a yes found there covers, as its label says.
    """

    kind: Kind
    name: str = ""
    value: str = ""
    purposes: tuple[ConsentPurpose, ...] = BOTH

    def says_yes(self, text: str) -> bool:
        """Tell whether `text` is the agreed value; nothing written is never a yes."""
        said = plain(text)
        return bool(said) and (said == plain(self.value) if self.value else said in _YES)

    def is_named(self, name: str) -> bool:
        return bool(self.name) and plain(name) == plain(self.name)


def read_sources(rows: Any) -> tuple[ConsentSource, ...]:
    """Read what a shop keeps; a row of no known kind, or without the name it needs, is no source."""
    found = (_read(row) for row in rows if isinstance(row, Mapping)) if _is_list(rows) else ()
    return tuple(source for source in found if source is not None)


def first_of(sources: Sequence[ConsentSource], kind: Kind) -> ConsentSource | None:
    return next((source for source in sources if source.kind is kind), None)


def of_kind(sources: Sequence[ConsentSource], kind: Kind) -> list[ConsentSource]:
    return [source for source in sources if source.kind is kind]


def named_in(source: ConsentSource, names: Collection[str]) -> str:
    """Return the name of the list that the source means, "" for none."""
    return next((name for name in names if source.is_named(name)), "")


def plain(text: str) -> str:
    """Return the text without accents, case and spare spaces: people write “Sì ” and “si”."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", bare).strip()


def _read(row: Mapping[str, Any]) -> ConsentSource | None:
    kind, name = str(row.get("kind", "")), str(row.get("name") or "").strip()
    if kind not in set(Kind) or (kind not in {Kind.NATIVE, Kind.SMS} and not name):
        return None
    return ConsentSource(
        kind=Kind(kind),
        name=name,
        value=str(row.get("value") or "").strip(),
        purposes=_purposes(row.get("purposes")),
    )


def _purposes(named: Any) -> tuple[ConsentPurpose, ...]:
    """A row that names none covers both: a consent to WhatsApp as such."""
    if not _is_list(named) or not named:
        return BOTH
    return tuple(purpose for purpose in BOTH if purpose in named)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
