"""Who wrote what, and how long before the demo began. Invented, and the same every time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final


class Side(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    # Somebody who answered on Spoki's own pages.
    OPERATOR = "operator"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said `ago`. `told` is what Spoki says of it beside the text; `by` the login of a colleague.

    With `is_known` false only Spoki's history has it: nobody had connected the webhooks yet, or they were lost.
    """

    side: Side
    ago: timedelta
    text: str = ""
    by: str = "agent"
    told: Mapping[str, Any] = field(default_factory=dict)
    is_known: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A customer with her conversation. `digits` end her phone, unless she has a `number`, and name the conversation; `cod_cents` is an order to be paid at the door.

    `assigned` is the login of whose it is; `is_put_off` until tomorrow; `is_done` by whom it is assigned to.
    """

    digits: str
    first_name: str
    last_name: str
    pet_name: str
    pet_kind: str = "cane"
    city: str = "Milano"
    province: str = "MI"
    tags: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    assigned: str = ""
    is_put_off: bool = False
    is_done: bool = False
    cod_cents: int = 0
    years: int = 1
    number: str = ""

    @property
    def phone(self) -> str:
        return self.number or f"+393330{self.digits}"


def _ago(days: int = 0, hours: int = 0, minutes: int = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


def _her(ago: timedelta, text: str, **told: Any) -> Line:
    return Line(side=Side.CUSTOMER, ago=ago, text=text, told=told)


def _agent(ago: timedelta, text: str, *, by: str = "agent", error: str = "") -> Line:
    return Line(side=Side.AGENT, ago=ago, text=text, by=by, error=error)


def _note(ago: timedelta, text: str, *, by: str = "agent") -> Line:
    return Line(side=Side.NOTE, ago=ago, text=text, by=by)


def _elsewhere(ago: timedelta, text: str, *, is_hers: bool) -> Line:
    side = Side.CUSTOMER if is_hers else Side.OPERATOR
    return Line(side=side, ago=ago, text=text, is_known=False)


PLACE: Final = {
    "latitude": 45.4773, "longitude": 9.1815, "name": "Fiori di Rosa", "address": "Corso Como 4, Milano",
}  # fmt: skip
CHOICE: Final = {"id": "taglia-m", "title": "Taglia M", "description": "da 10 a 25 kg"}
# What her picture is is said where Spoki has it: see `planting`.
PICTURE: Final = "picture.png"

# Her window closes within half an hour.
CLOSING: Final = Chat(
    digits="100101", first_name="Chiara", last_name="Fontana", pet_name="Pepe",
    lines=(
        _elsewhere(_ago(days=12), "Buongiorno, siete aperti anche la domenica?", is_hers=True),
        _elsewhere(_ago(days=12, minutes=-6), "Buongiorno Chiara! Sì, dalle 9 alle 13.", is_hers=False),
        _elsewhere(_ago(days=12, minutes=-7), "Perfetto, grazie", is_hers=True),
        _her(_ago(hours=23, minutes=26), "Buongiorno! Il collare antiparassitario va bene anche per un cucciolo di 4 mesi?"),
    ),
)  # fmt: skip
DOOR: Final = Chat(
    digits="100102", first_name="Davide", last_name="Moretti", pet_name="Otto", city="Napoli", province="NA", cod_cents=6_490,
    lines=(_her(_ago(hours=2, minutes=10), "Posso pagare con la carta quando arriva il corriere? In contanti non ho tutto"),),
)  # fmt: skip
PHOTO: Final = Chat(
    digits="100103", first_name="Elisa", last_name="Marchetti", pet_name="Minù", pet_kind="gatto", city="Bologna", province="BO",
    lines=(
        _her(_ago(hours=5), "Ciao, il pacco è arrivato ma il sacco era bucato 😔"),
        _her(_ago(hours=4, minutes=59), "Ecco la foto", content_type="Image", picture=PICTURE),
    ),
)  # fmt: skip
PLACED: Final = Chat(
    digits="100104", first_name="Franco", last_name="Bellini", pet_name="Thor",
    lines=(
        _her(_ago(hours=28), "Buongiorno, quando arriva il mio ordine? Domani non sono a casa"),
        _agent(_ago(hours=27), "Buongiorno Franco, il corriere passa domani mattina: dove può lasciare il pacco se non c'è nessuno?"),
        _her(_ago(hours=26, minutes=40), "", content_type="Location", extra={"location": PLACE}),
        _agent(_ago(hours=26, minutes=30), "Perfetto, lo scrivo al corriere."),
        _her(_ago(hours=26, minutes=20), "", content_type="Reaction", to_line=3, reaction="👍"),
    ),
)  # fmt: skip
CHOSEN: Final = Chat(
    digits="100105", first_name="Giorgia", last_name="Villa", pet_name="Nala", city="Torino", province="TO",
    lines=(
        _her(_ago(hours=1, minutes=20), "Salve, non so che taglia di pettorina prendere per Nala"),
        _agent(_ago(hours=1), "Quanto pesa? Trovi le taglie nell'elenco qui sotto."),
        _her(_ago(minutes=52), "Taglia M", content_type="Interactive", to_line=1, extra={"interactive": {"type": "list_reply", "list_reply": CHOICE}}),
        _her(_ago(minutes=50), "Però è proprio al limite, 24 kg… meglio la L?"),
    ),
)  # fmt: skip
STOPPED: Final = Chat(
    digits="100106", first_name="Ilaria", last_name="Serra", pet_name="Birba", city="Cagliari", province="CA",
    lines=(_her(_ago(days=1, hours=1), "STOP"),),
)  # fmt: skip
MINE: Final = Chat(
    digits="100107", first_name="Luca", last_name="Ferrara", pet_name="Max", assigned="agent",
    lines=(
        _her(_ago(days=2, hours=3), "Buonasera, ho ordinato le crocchette sbagliate: posso cambiarle?"),
        _agent(_ago(days=2, hours=2, minutes=48), "Certo! Sono ancora chiuse? Le faccio arrivare l'etichetta per il reso."),
        _her(_ago(hours=3, minutes=20), "Sì, ancora chiuse. L'etichetta però non mi è arrivata"),
        _note(_ago(hours=3), "Etichetta mandata a un indirizzo email vecchio: rimandarla."),
    ),
)  # fmt: skip
THEIRS: Final = Chat(
    digits="100108", first_name="Marta", last_name="Leone", pet_name="Sushi", pet_kind="gatto", city="Genova", province="GE",
    assigned="admin",
    lines=(_her(_ago(hours=6), "Mi serve la fattura dell'ultimo ordine, con la partita IVA del mio studio"),),
)  # fmt: skip
LATER: Final = Chat(
    digits="100109", first_name="Nicola", last_name="Barbieri", pet_name="Argo", city="Verona", province="VR",
    assigned="agent", is_put_off=True,
    lines=(
        _her(_ago(hours=20), "Quando torna la cuccia grande? La aspetto da un mese"),
        _note(_ago(hours=19), "Il fornitore risponde domani: richiamare Nicola allora."),
    ),
)  # fmt: skip
OVER: Final = Chat(
    digits="100110", first_name="Olga", last_name="Rinaldi", pet_name="Cleo", pet_kind="gatto", city="Padova", province="PD",
    assigned="agent", is_done=True,
    lines=(
        _her(_ago(days=1, hours=4), "È arrivato tutto, grazie mille!"),
        _agent(_ago(days=1, hours=3), "Grazie a lei, e buone fusa a Cleo!"),
        _her(_ago(days=1, hours=2), "🐾"),
    ),
)  # fmt: skip
UNDELIVERED: Final = Chat(
    digits="100111", first_name="Paola", last_name="Greco", pet_name="Zoe", city="Bari", province="BA", assigned="agent",
    lines=(
        _her(_ago(hours=4), "A che ora passa oggi il corriere?"),
        _agent(_ago(hours=3, minutes=50), "Tra le 15 e le 17, signora Paola.", error="whatsapp::131026"),
    ),
)  # fmt: skip

_YEARS: Final = (
    ("Buongiorno, avete le crocchette {what}?", "Buongiorno Renata! Sì, sacco da 12 kg, pronto da spedire.", "Allora ne prendo uno, grazie"),
    ("Il corriere non ha suonato…", "Ci dispiace! Riprova domani tra le 9 e le 13.", "Va bene, sarò a casa"),
    ("Quanto dura lo sconto {what}?", "Fino a domenica sera, Renata.", "Ottimo, ordino stasera"),
    ("Zeus non mangia più il solito, che cosa mi consiglia?", "Provi la ricetta {what}: la mangiano quasi tutti.", "Provo, le faccio sapere", "Piaciuta! 😊"),
    ("Posso aggiungere una scatola di snack all'ordine di ieri?", "Aggiunta, parte tutto insieme.", "Siete sempre gentilissimi"),
)  # fmt: skip
_WHAT: Final = (
    "all'agnello",
    "al salmone",
    "senza cereali",
    "per cani anziani",
    "light",
    "al cervo",
)
# Conversations of years, one about every two months; the latest of them half a year ago.
_CHATS, _APART, _LATEST = 36, timedelta(days=61), timedelta(days=190)


def _years() -> tuple[Line, ...]:
    """What Spoki remembers of a customer of ten years, the oldest first."""
    found = []
    for number in reversed(range(_CHATS)):
        begins = _LATEST + _APART * number
        said = _YEARS[number % len(_YEARS)]
        for place, text in enumerate(said):
            # She speaks first and last, and twice at the end where there are four.
            is_hers = place != 1
            ago = begins - timedelta(minutes=7 * place)
            found.append(_elsewhere(ago, text.format(what=_WHAT[number % len(_WHAT)]), is_hers=is_hers))  # fmt: skip
    return tuple(found)


LOYAL: Final = Chat(
    digits="100112", first_name="Renata", last_name="Bonetti", pet_name="Zeus", city="Como", province="CO", years=10,
    tags=("vip", "cane"),
    lines=(
        *_years(),
        _note(_ago(days=160), "Cliente da dieci anni: preferisce essere chiamata dopo le 18."),
        _her(_ago(days=9, hours=2), "Buongiorno, il sacco di Zeus è in ritardo?"),
        _agent(_ago(days=9, hours=1, minutes=50), "Buongiorno Renata! È a Como, glielo consegnano domani."),
        _her(_ago(days=9, hours=1, minutes=40), "Grazie, come sempre"),
        _agent(_ago(days=9, hours=1, minutes=38), "Grazie a lei, una carezza a Zeus!"),
        _her(_ago(minutes=38), "Buongiorno! Per Zeus il solito sacco da 12 kg: è ancora disponibile?"),
    ),
)  # fmt: skip


def reader(number: str, quoted: str) -> Chat:
    """Somebody who read a campaign, and asks about it in answer to `quoted`, its message."""
    words = "Buongiorno! Lo sconto di questo messaggio vale ancora?"
    line = _her(_ago(hours=7), words, reply_to=quoted)
    return Chat(
        digits="100113", first_name="", last_name="", pet_name="", number=number, lines=(line,)
    )


CHATS: Final = (
    CLOSING, DOOR, PHOTO, PLACED, CHOSEN, STOPPED, MINE, THEIRS, LATER, OVER, UNDELIVERED, LOYAL,
)  # fmt: skip
