"""What the shop has at the start: a few products and customers, the same every time."""

from datetime import datetime, timedelta

from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Address, Consent, Customer, Product

# title, type, cents, tags, whether it is shipped
_PRODUCTS = (
    ("Crocchette Zampa agnello e patate per cane, 3 kg", "crocchette", 2190, "crocchette, cibo, cane", True),
    ("Crocchette Fusa sterilizzato salmone per gatto, 1,5 kg", "crocchette", 1490, "crocchette, cibo, gatto", True),
    ("Patè Bosco Amico manzo e carote per cane, 6 × 400 g", "umido", 1299, "umido, cibo, cane", True),
    ("Mousse Baffo tonno e gamberetti per gatto, 12 × 85 g", "umido", 1149, "umido, cibo, gatto", True),
    ("Stick dentali Codalunga pollo e riso per cane, 200 g", "snack", 499, "snack, cane", True),
    ("Gocce spot-on Zampa all'olio di neem per cane, 10-25 kg", "antiparassitari", 1549, "antiparassitari, salute, cane", True),
    ("Lettiera agglomerante Fusa naturale per gatto, 10 l", "lettiere", 999, "lettiere, igiene, gatto", True),
    ("Cuccia imbottita Zampa terracotta per cane, M", "accessori", 3990, "accessori, cane", True),
    ("Buono regalo digitale da 25 €", "buoni", 2500, "buoni", False),
)  # fmt: skip

# first name, last name, phone, street, zip, town, province, language, WhatsApp consent
_CUSTOMERS = (
    ("Ada", "Ferri", "+393471234567", "Via Roma 12", "20121", "Milano", "MI", "it", "subscribed"),
    ("Bruno", "Conti", "+393331112233", "Corso Francia 41", "10138", "Torino", "TO", "it", "subscribed"),
    ("Carla", "De Luca", "+393409876543", "Via Toledo", "80134", "Napoli", "NA", "it", "subscribed"),
    ("Dario", "Serra", "+390270123456", "Via Garibaldi 8", "09125", "Cagliari", "CA", "it", None),
    ("Elena", "Moretti", "+393286543210", "Via Libia 30", "40138", "Bologna", "BO", "it", None),
    ("Emily", "Carter", "+447700900123", "Via del Corso 101", "00186", "Roma", "RM", "en", "subscribed"),
)  # fmt: skip


def plant(shop: Shop) -> None:
    """Fill an empty shop; nobody is told of it. What is there stays."""
    now = shop.now()
    if not shop.state.products:
        for product in _PRODUCTS:
            plant_product(shop, product, now)
    if not shop.state.customers:
        for customer in _CUSTOMERS:
            plant_customer(shop, customer, now)
    shop.changed()


def plant_product(shop: Shop, row: tuple[str, str, int, str, bool], now: datetime) -> Product:
    title, kind, cents, tags, is_shipped = row
    made = Product(
        id=shop.ids.new("Product"),
        variant_id=shop.ids.new("ProductVariant"),
        title=title,
        price_cents=cents,
        created_at=now - timedelta(days=400),
        updated_at=now - timedelta(days=40),
        product_type=kind,
        vendor="Zampa",
        tags=tags.split(", "),
        requires_shipping=is_shipped,
    )
    shop.state.products[made.id] = made
    return made


def plant_customer(shop: Shop, row: tuple[str | None, ...], now: datetime) -> Customer:
    first, last, phone, street, code, town, province, language, consent = (one or "" for one in row)
    since = now - timedelta(days=90)
    address = Address(
        id=shop.ids.new("MailingAddress"),
        first_name=first,
        last_name=last,
        address1=street,
        zip=code,
        city=town,
        province_code=province,
        phone=phone,
    )
    made = Customer(
        id=shop.ids.new("Customer"),
        created_at=since,
        updated_at=since,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}@posta.example".lower().replace(" ", ""),
        phone=phone,
        locale=language,
        addresses=[address],
        whatsapp_consent=Consent(state=consent, updated_at=since) if consent else None,
    )
    shop.state.customers[made.id] = made
    return made
