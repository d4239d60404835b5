"""The 1,200 products of the invented shop: the same names, prices and stock every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice, product
from zlib import crc32

from config.demo.scale import PRODUCTS_FROM
from orders.models import Product

# Seven, so that walking brands and flavours together meets every pair (no range has 7 flavours).
BRANDS = ("Zampa", "Bosco Amico", "Codalunga", "Fusa", "Baffo", "Terra Buona", "Pappamia")
_DOG_FOOD = ("manzo e carote", "pollo e riso", "agnello e patate", "salmone e piselli",
             "tacchino e zucca", "anatra e mela", "cervo e mirtilli", "maiale e verdure")  # fmt: skip
_CAT_FOOD = ("tonno e gamberetti", "pollo e prosciutto", "salmone", "merluzzo e spinaci",
             "tacchino e fegato", "coniglio", "sgombro e alici", "vitello e carote")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """Products of one type for one animal: every form in every flavour and size, up to `count`.

    `sizes` go with `cents`, the price of the smallest; a size costs `step` times the one before.
    """

    type: str
    animal: str
    count: int
    forms: tuple[tuple[str, str], ...]
    flavours: tuple[str, ...]
    sizes: tuple[str, ...]
    cents: int
    step: float = 1.7
    tags: tuple[str, ...] = ()


RANGES = (
    Range("umido", "cane", 170, (("Patè", "adulto"), ("Bocconcini", "adulto"), ("Patè puppy", "cucciolo"), ("Sfilaccetti senior", "senior")), _DOG_FOOD, ("150 g", "400 g", "6 × 400 g", "12 × 400 g"), 129, 2.6, ("umido", "cibo")),
    Range("umido", "gatto", 170, (("Mousse", "adulto"), ("Straccetti in gelatina", "adulto"), ("Mousse kitten", "gattino"), ("Patè sterilizzato", "sterilizzato")), _CAT_FOOD, ("85 g", "4 × 85 g", "12 × 85 g", "24 × 85 g"), 99, 2.5, ("umido", "cibo")),
    Range("crocchette", "cane", 150, (("Crocchette", "adulto"), ("Crocchette puppy", "cucciolo"), ("Crocchette senior", "senior"), ("Crocchette grain free", "senza-cereali")), _DOG_FOOD, ("800 g", "3 kg", "12 kg"), 690, 2.4, ("crocchette", "cibo")),
    Range("crocchette", "gatto", 130, (("Crocchette", "adulto"), ("Crocchette kitten", "gattino"), ("Crocchette sterilizzato", "sterilizzato"), ("Crocchette indoor", "indoor")), _CAT_FOOD, ("400 g", "1,5 kg", "7,5 kg"), 490, 2.6, ("crocchette", "cibo")),
    Range("snack", "cane", 110, (("Biscotti", "premio"), ("Stick dentali", "igiene-dentale"), ("Strisce essiccate", "premio"), ("Ossi da masticare", "premio")), _DOG_FOOD, ("70 g", "200 g", "500 g"), 249, 1.9, ("snack",)),
    Range("snack", "gatto", 70, (("Croccantini premio", "premio"), ("Crema da leccare", "premio"), ("Bastoncini", "premio")), _CAT_FOOD, ("15 g", "60 g", "5 × 15 g"), 149, 1.8, ("snack",)),
    Range("antiparassitari", "cane", 60, (("Collare", "zecche"), ("Gocce spot-on", "pulci"), ("Spray", "zanzare")), ("alla citronella", "al geraniolo", "all'olio di neem", "otto mesi"), ("fino a 10 kg", "10-25 kg", "oltre 25 kg"), 1190, 1.3, ("antiparassitari", "salute")),
    Range("antiparassitari", "gatto", 40, (("Collare", "zecche"), ("Gocce spot-on", "pulci"), ("Spray", "zanzare")), ("alla citronella", "al geraniolo", "all'olio di neem"), ("gattino", "adulto"), 990, 1.3, ("antiparassitari", "salute")),
    Range("lettiere", "gatto", 70, (("Lettiera agglomerante", "agglomerante"), ("Lettiera vegetale", "vegetale"), ("Lettiera al silicio", "silicio")), ("al carbone attivo", "al talco", "naturale", "alla lavanda"), ("5 l", "10 l", "20 l"), 590, 1.7, ("lettiere", "igiene")),
    Range("giochi", "cane", 80, (("Pallina", "lancio"), ("Corda", "tiro"), ("Osso di gomma", "masticare"), ("Peluche sonoro", "compagnia")), ("rossa", "verde", "arancio", "menta"), ("piccola", "media", "grande"), 390, 1.4, ("giochi",)),
    Range("giochi", "gatto", 50, (("Topolino", "caccia"), ("Canna con piume", "caccia"), ("Tunnel", "corsa"), ("Tiragraffi", "unghie")), ("con erba gatta", "sonoro", "in feltro", "in juta"), ("piccolo", "grande"), 490, 1.8, ("giochi",)),
    Range("integratori", "cane", 30, (("Compresse articolazioni", "articolazioni"), ("Olio pelo lucido", "pelo"), ("Polvere digestione", "digestione")), ("al pollo", "neutro"), ("30 dosi", "60 dosi", "120 dosi"), 1490, 1.6, ("integratori", "salute")),
    Range("integratori", "gatto", 20, (("Pasta boli di pelo", "pelo"), ("Gocce calma", "calma"), ("Polvere vie urinarie", "urinario")), ("al malto", "neutro"), ("20 dosi", "50 dosi"), 1190, 1.6, ("integratori", "salute")),
    Range("accessori", "cane", 50, (("Pettorina", "passeggiata"), ("Guinzaglio", "passeggiata"), ("Cuccia imbottita", "casa"), ("Ciotola antingozzo", "pappa")), ("blu", "verde salvia", "terracotta", "grigio"), ("S", "M", "L"), 1290, 1.3, ("accessori",)),
)  # fmt: skip


def make_products(*, now: datetime) -> int:
    """Write the catalogue; return how many products it has."""
    shelf = [
        Product(shopify_id=PRODUCTS_FROM + number, updated_at=now, **described)
        for number, described in enumerate(catalogue(), 1)
    ]
    Product.objects.bulk_create(shelf)
    return len(shelf)


def catalogue() -> Iterator[dict[str, object]]:
    """Every product in the fields of the model, in a fixed order."""
    for offered in RANGES:
        yield from islice(_products(offered), offered.count)


def _products(offered: Range) -> Iterator[dict[str, object]]:
    """Every form and size of one brand and flavour, then of the next ones."""
    pairs = zip(cycle(BRANDS), cycle(offered.flavours), strict=False)
    families = islice(pairs, len(BRANDS) * len(offered.flavours))
    for (brand, flavour), form, size in product(families, offered.forms, enumerate(offered.sizes)):
        title = f"{form[0]} {brand} {flavour} per {offered.animal}, {size[1]}"
        chance = crc32(title.encode())
        yield {
            "title": title,
            "product_type": offered.type,
            "vendor": brand,
            "tags": [*offered.tags, offered.animal, form[1], *_extras(offered, chance)],
            "price_cents": _price(offered, size=size[0], chance=chance),
            "stock": 0 if chance % 29 == 0 else chance % 240,
            "is_active": chance % 41 != 0,
        }


def _extras(offered: Range, chance: int) -> list[str]:
    rare = [("novità", 15), ("outlet", 25), *([("bio", 7)] if "cibo" in offered.tags else [])]
    return [tag for tag, every in rare if chance % every == 0]


def _price(offered: Range, *, size: int, chance: int) -> int:
    """Cents that end in 9, up to a fifth above the range's own price."""
    cents = offered.cents * offered.step**size * (1 + chance % 20 / 100)
    return int(cents) // 10 * 10 + 9
