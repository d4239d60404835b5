"""What the columns of an exported chat mean, in Italian and English. Spoki does not document the file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_NAMES: Final = {
    "moment": "data_e_ora data_ora data_invio data_creazione data_messaggio creato creato_il inviato_il timestamp"
    " datetime date_time created created_at created_datetime sent_at sent_datetime sent_date message_date quando when"
    " timestamp_ms data_e_ora_invio date_and_time",
    "date": "data giorno date day",
    "time": "ora orario time hour",
    "side": "direzione direction verso tipo_messaggio in_out inbound_outbound",
    "author": "mittente sender autore author from_name nome_mittente sender_name operatore operator inviato_da sent_by"
    " scritto_da written_by da_chi utente user",
    "from_phone": "from da from_phone numero_mittente telefono_mittente sender_phone sender_number from_number",
    "to_phone": "to a to_phone numero_destinatario telefono_destinatario recipient destinatario to_number recipient_phone",
    "phone": "telefono phone numero numero_di_telefono phone_number cellulare contatto contact chat contact_phone wa_id"
    " chat_id",
    "text": "testo messaggio text message body contenuto content corpo testo_messaggio message_text testo_del_messaggio",
    "kind": "tipo type content_type tipo_contenuto tipo_di_contenuto message_type media_type formato",
    "uuid": "uuid id_messaggio message_id message_uuid id messageid",
    "file": "media allegato allegati attachment attachments file url media_url link_media url_media url_allegato",
}  # fmt: skip
_MEANINGS: Final = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}

LABELS: Final[Mapping[str, Promise]] = {
    "moment": _("Date and time"),
    "date": _("Date"),
    "time": _("Time"),
    "text": _("Text of the message"),
    "side": _("Received or sent"),
    "author": _("Who wrote it, by name"),
    "from_phone": _("Number it comes from"),
    "to_phone": _("Number it goes to"),
    "phone": _("Number of the customer"),
    "kind": _("Kind of message"),
    "file": _("Address of the file"),
    "uuid": _("Identifier of the message"),
}
# What says who wrote: one of these is needed.
SIDES: Final = ("side", "author", "from_phone", "to_phone")


@dataclass(frozen=True, slots=True)
class Columns:
    """Meaning → place of the column."""

    places: Mapping[str, int]

    def cell(self, meaning: str, values: Sequence[str]) -> str:
        """Return the cell, trimmed; "" where there is no such column or the row is short."""
        place = self.places.get(meaning)
        return values[place].strip() if place is not None and place < len(values) else ""

    def has(self, *meanings: str) -> bool:
        return any(meaning in self.places for meaning in meanings)

    @property
    def lacking(self) -> list[str]:
        """What must still be said: the moment, the words, who wrote."""
        needed = {
            "moment": self.has("moment", "date"),
            "text": self.has("text", "file"),
            "side": self.has(*SIDES),
        }
        return [meaning for meaning, is_there in needed.items() if not is_there]


def suggest(headings: Sequence[str]) -> list[str]:
    """Return a meaning for each heading, "" where nobody knows; of two that mean the same the first one has it."""
    meanings: list[str] = []
    for heading in headings:
        meaning = _MEANINGS.get(_plain(heading), "")
        meanings.append("" if meaning in meanings else meaning)
    if "date" in meanings and "moment" not in meanings and "time" not in meanings:
        meanings[meanings.index("date")] = "moment"
    return meanings


def columns_of(meanings: Sequence[str]) -> Columns:
    """Return the columns as they are meant; of two with one meaning the first one counts."""
    places: dict[str, int] = {}
    for place, meaning in enumerate(meanings):
        if meaning in LABELS:
            places.setdefault(meaning, place)
    return Columns(places)


def _plain(heading: str) -> str:
    """“Data e ora (UTC)” and “Mittente:” become data_e_ora_utc and mittente; a note in brackets is left out."""
    bare = re.sub(r"\([^)]*\)", " ", heading.casefold())
    ascii_only = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")
