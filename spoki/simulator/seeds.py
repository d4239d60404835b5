"""The account as it is at the start: a pet-care shop with templates in every status."""

from typing import Any

from spoki.simulator.templates import STANDARD_CODES, Localization, Review, StoredTemplate, button
from spoki.simulator.wire import Json
from spoki.simulator.world import Automation, World

_EXAMPLES = {
    "FIRST_NAME": "Giulia",
    "ORDER_NAME": "#1042",
    "AMOUNT_DUE": "64,90 €",
    "ORDER_SUMMARY": "2 × Crocchette agnello 3 kg",
    "SHIPPING_ADDRESS": "Via Roma 12, 20121 Milano MI",
    "PET_NAME": "Argo",
    "CODE": "NATALE20",
    "COURIER": "BRT",
    "TRACKING_CODE": "BRT123456",
    "PRODUCT": "umido al salmone",
    "CART_AMOUNT": "58,40 €",
    "CART_PATH": "c/8f2c6a0e",
    "TRACKING_URL": "https://vas.brt.it/vas/sped_det_show.hsm?Nspediz=123456",
    "CART_URL": "https://shop.example.com/carrello/8f2c6a0e",
}
_STOP = ("quick_reply", "Non inviarmi più offerte")
_STOP_LINE = "Non vuoi più riceverne? Rispondi STOP"
_COD_ANSWERS = [
    ("quick_reply", "Conferma"),
    ("quick_reply", "Modifica"),
    ("quick_reply", "Annulla"),
]
_REVIEWED_AT = "2026-10-05T08:12:00.000000+00:00"

# id, name, category, status, header, body, footer, buttons, variant
_TEMPLATES: tuple[tuple[Any, ...], ...] = (
    (1001, "natale_umido", "MARKETING", "APPROVED", "Natale a quattro zampe 🎄",
     "Ciao %%FIRST_NAME%%, per te e %%PET_NAME%% c'è il *20%* di sconto su tutto l'umido "
     "fino a domenica. Usa il codice *%%CODE%%* alla cassa.", "Zampa · cura e pappa",
     [("url", "Scopri le offerte", {"url": "https://shop.example.com/natale/%%CODE%%"}), _STOP],
     "current"),
    (1002, "conferma_ordine_contrassegno", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, abbiamo ricevuto il tuo ordine *%%ORDER_NAME%%* con pagamento alla "
     "consegna.\n\n%%ORDER_SUMMARY%%\nTotale: *%%AMOUNT_DUE%%*\nIndirizzo: %%SHIPPING_ADDRESS%%"
     "\n\nLo confermi? Lo spediamo appena ci rispondi.", None,
     [("quick_reply", "Confermo"), ("quick_reply", "Cambio indirizzo"), ("quick_reply", "Annullo")],
     "current"),
    (1003, "promemoria_conferma_ordine", "UTILITY", "approved", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine %%ORDER_NAME%% da %%AMOUNT_DUE%% aspetta ancora la tua "
     "conferma. Rispondi con un tocco e parte subito.", None,
     [("quick_reply", "Confermo"), ("quick_reply", "Annullo")], "short"),
    (1004, "ordine_spedito", "UTILITY", "APPROVED", None,
     "Buone notizie %%FIRST_NAME%%: l'ordine %%ORDER_NAME%% è partito con %%COURIER%%. "
     "Seguilo dal pulsante qui sotto.", None,
     [("url", "Segui il pacco", {"url": "https://track.example.com/%%TRACKING_CODE%%"})], "short"),
    (1005, "in_consegna_oggi", "UTILITY", "Approved", None,
     "Ciao %%FIRST_NAME%%, l'ordine %%ORDER_NAME%% è in consegna oggi. Tieni pronti "
     "%%AMOUNT_DUE%% per il corriere, grazie!", None, [], "plain"),
    (1006, "carrello_abbandonato", "MARKETING", 2, None,
     "Ciao %%FIRST_NAME%%, nel carrello ti aspettano prodotti per %%CART_AMOUNT%%. Li teniamo "
     "da parte ancora per un giorno.", "Zampa · cura e pappa",
     [("url", "Riprendi il carrello", {"url": "https://shop.example.com/%%CART_PATH%%"}), _STOP],
     "current"),
    (1007, "riacquisto_umido", "MARKETING", 4, None,
     "Ciao %%FIRST_NAME%%, la scorta di %%PRODUCT%% per %%PET_NAME%% sta finendo? Questa "
     "settimana la spedizione è in regalo.", "Zampa · cura e pappa", [_STOP], "short"),
    (1008, "ritorno_clienti", "MARKETING", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, ci manchi! Torna a trovarci: per te un _pensiero_ in omaggio con il "
     "prossimo ordine.", None, [_STOP], "current"),
    (1009, "consegnato_com_e_andata", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine %%ORDER_NAME%% è arrivato. È andato tutto bene?", None,
     [("quick_reply", "Tutto bene"), ("quick_reply", "Ho un problema")], "current"),
    # What a shop's flows say, approved: the very texts that ship with the application.
    (1010, "conferma_ordine_cod", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, abbiamo ricevuto il tuo ordine *%%ORDER_NAME%%* con pagamento alla "
     "consegna.\n\nContiene: %%ORDER_SUMMARY%%\nDa pagare al corriere: *%%AMOUNT_DUE%%*\n"
     "Indirizzo: %%SHIPPING_ADDRESS%%\n\nÈ tutto giusto? Rispondi con un tocco: con Conferma "
     "prepariamo la spedizione, con Modifica cambiamo l'indirizzo, con Annulla fermiamo l'ordine.",
     None, _COD_ANSWERS, "current"),
    (1011, "promemoria_ordine_cod", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* da *%%AMOUNT_DUE%%* con pagamento alla "
     "consegna aspetta ancora una tua risposta.\n\nIndirizzo: %%SHIPPING_ADDRESS%%\n\n"
     "È tutto giusto? Basta un tocco qui sotto.", None, _COD_ANSWERS, "current"),
    (1012, "ordine_partito", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è partito con %%COURIER%%.\n\n"
     "Puoi seguirlo qui: %%TRACKING_URL%%\n\nSe qualcosa non va, rispondi a questo messaggio.",
     None, [], "current"),
    (1013, "consegna_in_arrivo", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è in consegna oggi con %%COURIER%%.\n\n"
     "Indirizzo: %%SHIPPING_ADDRESS%%\nDa pagare alla consegna: *%%AMOUNT_DUE%%*\n\n"
     "Se oggi non puoi riceverlo, rispondi qui e ti aiutiamo.", None, [], "current"),
    (1014, "consegna_non_riuscita", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il corriere ha provato a consegnare il tuo ordine *%%ORDER_NAME%%*, ma "
     "non ci è riuscito.\n\nIndirizzo: %%SHIPPING_ADDRESS%%\n\nVuoi che riprovi? Rispondi con un "
     "tocco e ci pensiamo noi.", None,
     [("quick_reply", "Riprovate"), ("quick_reply", "Ho bisogno di aiuto")], "current"),
    (1015, "ordine_arrivato_tutto_bene", "UTILITY", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è arrivato da qualche giorno: è tutto come "
     "doveva essere? Se qualcosa non va, rispondi qui e lo sistemiamo.", None,
     [("quick_reply", "Tutto bene"), ("quick_reply", "Ho un problema")], "current"),
    (1016, "scorta_quasi_finita", "MARKETING", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, a quest'ora la scorta di %%PRODUCT%% dovrebbe essere quasi finita. Se ti "
     "serve, la trovi in negozio; se hai un dubbio, rispondi qui.", _STOP_LINE, [], "current"),
    (1017, "carrello_in_sospeso", "MARKETING", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, nel carrello sono rimasti articoli per %%CART_AMOUNT%%. Li ritrovi qui: "
     "%%CART_URL%%\n\nHai un dubbio prima di ordinare? Rispondi a questo messaggio.", _STOP_LINE,
     [], "current"),
    (1018, "e_passato_un_po", "MARKETING", "APPROVED", None,
     "Ciao %%FIRST_NAME%%, è passato un po' dal tuo ultimo ordine. Se ti serve qualcosa, o se "
     "l'ultima volta non è andata come speravi, scrivici qui: ci fa piacere sentirti.", _STOP_LINE,
     [], "current"),
    (1020, "saldi_gennaio", "MARKETING", "DRAFT", None,
     "Ciao %%FIRST_NAME%%, dal 3 gennaio partono i saldi sugli accessori. Ti aspettiamo!",
     None, [_STOP], "current"),
    (1021, "cucciolo_benvenuto", "MARKETING", "PENDING", None,
     "Benvenuto %%PET_NAME%%! Ciao %%FIRST_NAME%%, ecco i nostri consigli per i primi mesi.",
     None, [_STOP], "current"),
    (1022, "gattino_benvenuto", "MARKETING", "REVIEW", None,
     "Un nuovo gattino in casa, %%FIRST_NAME%%? Ecco la guida per i primi giorni.",
     None, [_STOP], "short"),
    (1023, "offerta_lampo", "MARKETING", "REJECTED", None,
     "Solo oggi %%FIRST_NAME%%: compra ora o te ne pentirai!", None, [_STOP], "current"),
    (1024, "antiparassitari_estate", "MARKETING", "PAUSED", None,
     "Ciao %%FIRST_NAME%%, con il caldo tornano le zecche: proteggi %%PET_NAME%% in tempo.",
     None, [_STOP], "current"),
    (1025, "vecchio_listino", "MARKETING", "DISABLED", None,
     "Ciao %%FIRST_NAME%%, ecco il nuovo listino.", None, [], "plain"),
    (1026, "in_limbo", "UTILITY", "IN_APPEAL", None,
     "Ciao %%FIRST_NAME%%, una prova di stato sconosciuto.", None, [], "current"),
    (1027, "spedizione_gratis", "UTILITY", "DRAFT", None,
     "Ciao %%FIRST_NAME%%, questa settimana la spedizione è gratis su tutti gli ordini.",
     None, [], "current"),
    (1028, "parole_vietate", "MARKETING", "DRAFT", None,
     "Ciao %%FIRST_NAME%%, testo che la revisione non accetta.", None, [], "current"),
)  # fmt: skip

_REVIEWS = {
    # Meta turns a utility template that sells into a marketing one and approves it as such.
    1027: Review(category="MARKETING"),
    1028: Review(outcome="REJECTED", reason="ABUSIVE_CONTENT"),
}
_ENGLISH = {
    1001: "Hi %%FIRST_NAME%%, *20%* off all wet food for you and %%PET_NAME%% until Sunday. "
    "Use code *%%CODE%%* at checkout.",
}


def plant(world: World) -> None:
    """Fill an empty world with the account, its templates and some contacts."""
    _plant_account(world)
    for row in _TEMPLATES:
        template = _template(row)
        world.templates[template.id] = template
    _plant_fields(world)
    _plant_contacts(world)
    uuid, secret = "0b7c1f6e-5d3a-4c1e-9f68-2f1f6f0f1a01", "auto-secret-natale"
    world.automations[uuid] = Automation(301, "Campagna Natale", uuid, secret, template=1001)
    world.tags[11] = {"id": 11, "name": "vip", "color": "#c0392b", "order": 1}
    world.tags[12] = {"id": 12, "name": "cane", "color": "#2980b9", "order": 2}


def _template(row: tuple[Any, ...]) -> StoredTemplate:
    id_, name, category, status, header, body, footer, buttons, variant = row
    shown = [
        button(order, kind, text, **(extra[0] if extra else {}))
        for order, (kind, text, *extra) in enumerate(buttons)
    ]
    italian = Localization(
        id=id_ * 10, language="it", status=status, body=body, footer=footer, buttons=shown,
        header={"format": "text", "text": header} if header else None,
        rejection_reason="PROMOTIONAL" if status == "REJECTED" else None,
        status_updated_at=None if status == "DRAFT" else _REVIEWED_AT,
    )  # fmt: skip
    languages = [italian]
    if english := _ENGLISH.get(id_):
        languages.append(
            Localization(id=id_ * 10 + 1, language="en", status="PENDING", body=english)
        )
    for entry in languages:
        entry.examples = {code: _EXAMPLES.get(code, "esempio") for code in entry.codes}
    return StoredTemplate(
        id=id_, name=name, category=category, localizations=languages, variant=variant,
        review=_REVIEWS.get(id_, Review()),
    )  # fmt: skip


def _plant_account(world: World) -> None:
    world.account.clear()
    world.account.update({
        "id": 501, "name": "Zampa Petcare", "status": "Active", "is_active": True,
        "phone": "+390212345678", "phone_status": "Connected", "quality_score": "High",
        "quality_reasons": None, "daily_limit": 100_000, "current_credit": 5_000_000,
        "low_credit_threshold": 50_000, "has_low_credit_alert": False,
        "min_credit_balance_millicents": 0, "estimated_available_conversations": 87_719,
        "account_type": 2, "timezone": "Europe/Rome", "default_language": "it",
        "default_prefix": "+39", "default_country_code": "IT", "country_code": "IT",
        "has_official_verification": True, "default_pricing_delta": 0, "primary_channel_id": 701,
    })  # fmt: skip
    for id_, name, phone, is_primary in (
        (701, "Zampa Petcare", "+390212345678", True),
        (702, "Zampa Assistenza", "+390298765432", False),
    ):
        world.channels[id_] = {
            "id": id_, "name": name, "phone": phone, "status": "Active",
            "phone_status": "Connected", "quality_score": "High", "quality_reasons": None,
            "has_official_verification": True, "daily_limit": 100_000, "account_type": 2,
            "is_active": True, "is_primary": is_primary, "platform": 1,
            "whatsapp_business_account": "109000000000001",
        }  # fmt: skip
    world.agencies[:] = [{"id": 61, "name": "Agenzia Zampa"}]


def _plant_fields(world: World) -> None:
    codes = {code for t in world.templates.values() for e in t.localizations for code in e.codes}
    for number, code in enumerate(sorted(codes - set(STANDARD_CODES)), start=401):
        label = code.replace("_", " ")
        world.custom_fields[number] = custom_field(number, label, code)


def custom_field(id_: int, label: str, code: str, kind: int = 1, example: Any = None) -> Json:
    return {"id": id_, "label": label, "code": code, "field_type": kind, "example": example}


def _plant_contacts(world: World) -> None:
    now = world.clock.epoch()
    for phone, values in (
        (
            "+393330000001",
            {"first_name": "Ada", "status": "Subscribed", "email": "ada@example.com"},
        ),
        ("393330000002", {"first_name": "Bruno", "status": "Subscribed"}),
        ("+393330000003", {"first_name": "Carla", "status": "Unsubscribed"}),
        ("+393330000004", {"first_name": "Dario", "status": "Not Declared"}),
        ("+393330000005", {"first_name": "Elena", "is_blocked": True}),
        ("+393330000006", {"first_name": "Fabio", "has_invalid_phone": True}),
        ("+393330000007", {"first_name": "Gaia", "status": "Subscribed"}),
        ("393330000007", {"first_name": "Gaia (doppia)", "status": "Unsubscribed"}),
    ):
        world.contacts.add(phone, now=now, **values)
