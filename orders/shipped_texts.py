"""What the shipped flows say: templates in Italian, written to be approved as they are.

Order messages are utility for Meta only while nothing in them sells: no offer, no recommendation, no
“buy again” (Meta, Template categorization). Those that do are marketing and say how to stop them.
"""

from typing import Final

from templates_sync.wording import QUICK_REPLY, ButtonWords, Wording

MARKETING, UTILITY = "marketing", "utility"
STOP: Final = "Non vuoi più riceverne? Rispondi STOP"
# An answer is recognised by these words: see the answers of a COD confirmation.
CONFIRM, CHANGE, CANCEL = "Conferma", "Modifica", "Annulla"
_EXAMPLES: Final = {
    "FIRST_NAME": "Giulia",
    "ORDER_NAME": "#1042",
    "AMOUNT_DUE": "64,90 €",
    "ORDER_SUMMARY": "2 × Crocchette agnello 3 kg",
    "SHIPPING_ADDRESS": "Via Roma 12, 20121 Milano MI",
    "COURIER": "BRT",
    "TRACKING_URL": "https://vas.brt.it/vas/sped_det_show.hsm?Nspediz=123456",
    "PRODUCT": "Umido manzo e carote 400 g",
    "CART_AMOUNT": "58,40 €",
    "CART_URL": "https://shop.example.com/carrello/8f2c6a0e",
}


def _text(
    name: str,
    body: str,
    *,
    category: str = UTILITY,
    footer: str = "",
    replies: tuple[str, ...] = (),
) -> Wording:
    wording = Wording(
        name=name,
        category=category,
        body=body,
        footer=footer,
        buttons=tuple(ButtonWords(QUICK_REPLY, reply) for reply in replies),
    )
    return Wording(
        name=name, category=category, body=body, footer=footer, buttons=wording.buttons,
        examples={code: _EXAMPLES[code] for code in wording.variables},
    )  # fmt: skip


COD_CONFIRMATION: Final = _text(
    "conferma_ordine_cod",
    "Ciao %%FIRST_NAME%%, abbiamo ricevuto il tuo ordine *%%ORDER_NAME%%* con pagamento alla "
    "consegna.\n\nContiene: %%ORDER_SUMMARY%%\nDa pagare al corriere: *%%AMOUNT_DUE%%*\n"
    "Indirizzo: %%SHIPPING_ADDRESS%%\n\nÈ tutto giusto? Rispondi con un tocco: con Conferma "
    "prepariamo la spedizione, con Modifica cambiamo l'indirizzo, con Annulla fermiamo l'ordine.",
    replies=(CONFIRM, CHANGE, CANCEL),
)
COD_REMINDER: Final = _text(
    "promemoria_ordine_cod",
    "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* da *%%AMOUNT_DUE%%* con pagamento alla "
    "consegna aspetta ancora una tua risposta.\n\nIndirizzo: %%SHIPPING_ADDRESS%%\n\n"
    "È tutto giusto? Basta un tocco qui sotto.",
    replies=(CONFIRM, CHANGE, CANCEL),
)
SHIPPED: Final = _text(
    "ordine_partito",
    "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è partito con %%COURIER%%.\n\n"
    "Puoi seguirlo qui: %%TRACKING_URL%%\n\nSe qualcosa non va, rispondi a questo messaggio.",
)
OUT_FOR_DELIVERY: Final = _text(
    "consegna_in_arrivo",
    "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è in consegna oggi con %%COURIER%%.\n\n"
    "Indirizzo: %%SHIPPING_ADDRESS%%\nDa pagare alla consegna: *%%AMOUNT_DUE%%*\n\n"
    "Se oggi non puoi riceverlo, rispondi qui e ti aiutiamo.",
)
DELIVERY_ATTEMPTED: Final = _text(
    "consegna_non_riuscita",
    "Ciao %%FIRST_NAME%%, il corriere ha provato a consegnare il tuo ordine *%%ORDER_NAME%%*, ma "
    "non ci è riuscito.\n\nIndirizzo: %%SHIPPING_ADDRESS%%\n\nVuoi che riprovi? Rispondi con un "
    "tocco e ci pensiamo noi.",
    replies=("Riprovate", "Ho bisogno di aiuto"),
)
DELIVERED: Final = _text(
    "ordine_arrivato_tutto_bene",
    "Ciao %%FIRST_NAME%%, il tuo ordine *%%ORDER_NAME%%* è arrivato da qualche giorno: è tutto come "
    "doveva essere? Se qualcosa non va, rispondi qui e lo sistemiamo.",
    replies=("Tutto bene", "Ho un problema"),
)
REFILL_DUE: Final = _text(
    "scorta_quasi_finita",
    "Ciao %%FIRST_NAME%%, a quest'ora la scorta di %%PRODUCT%% dovrebbe essere quasi finita. Se ti "
    "serve, la trovi in negozio; se hai un dubbio, rispondi qui.",
    category=MARKETING,
    footer=STOP,
)
ABANDONED_CHECKOUT: Final = _text(
    "carrello_in_sospeso",
    "Ciao %%FIRST_NAME%%, nel carrello sono rimasti articoli per %%CART_AMOUNT%%. Li ritrovi qui: "
    "%%CART_URL%%\n\nHai un dubbio prima di ordinare? Rispondi a questo messaggio.",
    category=MARKETING,
    footer=STOP,
)
WIN_BACK: Final = _text(
    "e_passato_un_po",
    "Ciao %%FIRST_NAME%%, è passato un po' dal tuo ultimo ordine. Se ti serve qualcosa, o se "
    "l'ultima volta non è andata come speravi, scrivici qui: ci fa piacere sentirti.",
    category=MARKETING,
    footer=STOP,
)
