"""What the columns of a sheet mean, in Italian and English."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from audiences.importing.sheet import UnreadableFile

_NAMES = {
    "phone": "telefono cellulare cell tel mobile phone numero numero_telefono numero_di_telefono"
    " telefono_cellulare numero_cellulare numero_di_cellulare whatsapp numero_whatsapp"
    " phone_number mobile_phone",
    "first_name": "nome first_name name firstname nome_cliente",
    "last_name": "cognome last_name lastname surname",
    "email": "email e_mail mail indirizzo_email posta_elettronica",
    "language": "lingua language lang",
    "timezone": "fuso fuso_orario timezone time_zone",
    "province": "provincia prov province sigla_provincia",
    "country": "paese nazione stato country",
    "tags": "tag tags etichetta etichette",
    "consent": "consenso consenso_marketing consenso_whatsapp marketing_consent consent"
    " marketing accetta_marketing",
    "consent_source": "fonte fonte_consenso fonte_del_consenso origine_consenso provenienza_consenso"
    " consent_source source",
    "consent_evidence": "prova prova_consenso prova_del_consenso evidenza evidenza_consenso"
    " riferimento_consenso consent_evidence evidence",
    "consent_at": "data_consenso data_del_consenso consenso_del consent_at consent_date",
}
_FIELDS = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
_ATTRIBUTE = re.compile(r"^(?:attributo|attribute|attr)\s*[:.]\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field and each attribute stands; `ignored` are the headings nobody knows."""

    fields: dict[str, int]
    attributes: dict[str, int]
    ignored: tuple[str, ...]

    def value(self, name: str, values: Sequence[str]) -> str:
        """The cell of a field, "" where the sheet has no such column or the row is short."""
        return _cell(self.fields.get(name), values)

    def attributes_of(self, values: Sequence[str]) -> dict[str, str]:
        """The attributes the row fills."""
        cells = {name: _cell(place, values) for name, place in self.attributes.items()}
        return {name: cell for name, cell in cells.items() if cell}


def read_header(headings: Sequence[str]) -> Columns:
    """:raises UnreadableFile: no column of phones, or a column twice."""
    columns = Columns({}, {}, ())
    ignored = []
    for place, heading in enumerate(headings):
        attribute = _ATTRIBUTE.match(heading.strip())
        target, name = columns.fields, _FIELDS.get(_plain(heading), "")
        if attribute is not None:
            target, name = columns.attributes, attribute[1].strip()
        if not name:
            ignored += [heading.strip()] if heading.strip() else []
            continue
        if name in target:
            raise UnreadableFile(
                _("The column “%(name)s” is there twice.") % {"name": heading.strip()}
            )
        target[name] = place
    if "phone" not in columns.fields:
        found = ", ".join(heading.strip() for heading in headings) or "–"
        raise UnreadableFile(
            _("There is no column “telefono”. The columns of the file are: %(found)s.")
            % {"found": found[:300]}
        )
    return Columns(columns.fields, columns.attributes, tuple(ignored))


def _cell(place: int | None, values: Sequence[str]) -> str:
    return values[place].strip() if place is not None and place < len(values) else ""


def _plain(heading: str) -> str:
    """“E-mail ” and “Città” become e_mail and citta."""
    bare = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
