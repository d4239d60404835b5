"""What the columns of a sheet mean, in Italian and English.

The meaning of a column is a target: a field (`phone`), an attribute as text, number or date
(`attribute:pet_name`, `number:peso`, `date:nato`), or "" for a column that is left out.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.importing.sheet import UnreadableFile

_NAMES = {
    "phone": "telefono cellulare cell tel mobile phone numero numero_telefono numero_di_telefono"
    " telefono_cellulare numero_cellulare numero_di_cellulare whatsapp numero_whatsapp"
    " phone_number mobile_phone",
    "first_name": "nome first_name name firstname nome_cliente nome_di_battesimo given_name",
    "last_name": "cognome last_name lastname surname cognome_cliente family_name",
    "email": "email e_mail mail indirizzo_email posta_elettronica",
    "language": "lingua language lang",
    "timezone": "fuso fuso_orario timezone time_zone",
    "province": "provincia prov province sigla_provincia province_code",
    "country": "paese nazione stato country country_code",
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
_ATTRIBUTE = re.compile(
    r"(?:attributo|attribute|attr)(?:\s+(numero|number|data|date))?\s*[:.]\s*(.+)", re.IGNORECASE
)
_OUR_OWN = frozenset(["riga", "line", "esito", "outcome", "motivo", "reason"])
_KINDS = {"numero": "number", "number": "number", "data": "date", "date": "date"}

LABELS: Mapping[str, Promise] = {
    "phone": gettext_lazy("Phone"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("Email"),
    "language": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
    "province": gettext_lazy("Province"),
    "country": gettext_lazy("Country"),
    "tags": gettext_lazy("Tags"),
    "consent": gettext_lazy("Marketing consent: yes or no"),
    "consent_source": gettext_lazy("Consent: where it comes from"),
    "consent_evidence": gettext_lazy("Consent: its proof"),
    "consent_at": gettext_lazy("Consent: its date"),
}
ATTRIBUTE_KINDS: Mapping[str, Promise] = {
    "attribute": gettext_lazy("Attribute, as text"),
    "number": gettext_lazy("Attribute, a number"),
    "date": gettext_lazy("Attribute, a date"),
}
MAX_NAME = 100
PROOF = ("consent_source", "consent_evidence", "consent_at")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute and the column it is in; `kind` is attribute (text), number or date."""

    name: str
    kind: str
    place: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field and each attribute stands; `ignored` are the headings that are left out."""

    fields: Mapping[str, int]
    attributes: Sequence[Attribute]
    ignored: Sequence[str]
    headings: Sequence[str]

    def value(self, name: str, values: Sequence[str]) -> str:
        """The cell of a field, "" where the sheet has no such column or the row is short."""
        return _cell(self.fields.get(name), values)

    def heading(self, name: str) -> str:
        """What the file calls the column of a field."""
        place = self.fields.get(name)
        return name if place is None else self.headings[place]

    def attributes_of(self, values: Sequence[str]) -> Iterator[tuple[Attribute, str]]:
        """The attributes the row fills."""
        for attribute in self.attributes:
            if cell := _cell(attribute.place, values):
                yield attribute, cell

    def used(self, values: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Heading and cell of every column that is not left out."""
        for place in [*self.fields.values(), *(one.place for one in self.attributes)]:
            yield self.headings[place], _cell(place, values)


def target_of(heading: str) -> str:
    """What a heading means by itself; "" where nobody knows."""
    attribute = _ATTRIBUTE.fullmatch(heading.strip())
    if attribute is not None:
        kind = _KINDS.get((attribute[1] or "").casefold(), "attribute")
        target = f"{kind}:{attribute[2].strip()}"
        return target if is_target(target) else ""
    return _FIELDS.get(_plain(heading), "")


def is_unknown(heading: str, target: str) -> bool:
    """Tell whether a person should say what a column means; our own file of refused rows asks nothing."""
    return bool(heading) and not target and _plain(heading) not in _OUR_OWN


def suggest(headings: Sequence[str]) -> list[str]:
    """A target for each heading; of two columns that mean the same the first one has it."""
    targets: list[str] = []
    for heading in headings:
        target = target_of(heading)
        targets.append("" if _identity(target) in map(_identity, targets) else target)
    return targets


def read_header(headings: Sequence[str]) -> Columns:
    """The columns as their headings say.

    :raises UnreadableFile: no column of phones, or a column twice.
    """
    return columns_of(headings, [target_of(heading) for heading in headings])


def columns_of(headings: Sequence[str], targets: Sequence[str]) -> Columns:
    """:raises UnreadableFile: no column of phones, or two for one thing."""
    fields: dict[str, int] = {}
    attributes: list[Attribute] = []
    seen: set[str] = set()
    for place, (heading, target) in enumerate(zip(headings, targets, strict=True)):
        identity = _identity(target)
        if identity and identity in seen:
            raise UnreadableFile(
                _("The column “%(name)s” is there twice.") % {"name": heading.strip()}
            )
        seen.add(identity)
        kind, _colon, name = target.partition(":")
        if name:
            attributes.append(Attribute(name, kind, place))
        elif target:
            fields[target] = place
    if "phone" not in fields:
        found = ", ".join(heading.strip() for heading in headings) or "–"
        raise UnreadableFile(
            _("There is no column “telefono”. The columns of the file are: %(found)s.")
            % {"found": found[:300]}
        )
    left_out = [
        heading.strip()
        for heading, target in zip(headings, targets, strict=True)
        if heading.strip() and not target
    ]
    return Columns(fields, attributes, left_out, [heading.strip() for heading in headings])


def is_target(target: str) -> bool:
    """Tell whether `target` is one that a person may choose."""
    kind, colon, name = target.partition(":")
    if colon:
        return kind in ATTRIBUTE_KINDS and 0 < len(name.strip()) <= MAX_NAME
    return not target or target in LABELS


def _identity(target: str) -> str:
    """An attribute is one thing, whatever its kind."""
    kind, colon, name = target.partition(":")
    return f":{name}" if colon else kind


def _cell(place: int | None, values: Sequence[str]) -> str:
    """Without the apostrophe that keeps a formula from running, as our own files have it."""
    text = values[place].strip() if place is not None and place < len(values) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def _plain(heading: str) -> str:
    """“E-mail ” and “Città” become e_mail and citta."""
    bare = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


_FORMULA = frozenset("=+-@\t\r＝＋－＠")
