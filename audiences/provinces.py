"""The Italian provinces: code → name, as used in addresses."""

import unicodedata

PROVINCES = {
    "AG": "Agrigento", "AL": "Alessandria", "AN": "Ancona", "AO": "Aosta", "AR": "Arezzo",
    "AP": "Ascoli Piceno", "AT": "Asti", "AV": "Avellino", "BA": "Bari",
    "BT": "Barletta-Andria-Trani", "BL": "Belluno", "BN": "Benevento", "BG": "Bergamo",
    "BI": "Biella", "BO": "Bologna", "BZ": "Bolzano", "BS": "Brescia", "BR": "Brindisi",
    "CA": "Cagliari", "CL": "Caltanissetta", "CB": "Campobasso", "CE": "Caserta", "CT": "Catania",
    "CZ": "Catanzaro", "CH": "Chieti", "CO": "Como", "CS": "Cosenza", "CR": "Cremona",
    "KR": "Crotone", "CN": "Cuneo", "EN": "Enna", "FM": "Fermo", "FE": "Ferrara", "FI": "Firenze",
    "FG": "Foggia", "FC": "Forlì-Cesena", "FR": "Frosinone", "GE": "Genova", "GO": "Gorizia",
    "GR": "Grosseto", "IM": "Imperia", "IS": "Isernia", "AQ": "L'Aquila", "SP": "La Spezia",
    "LT": "Latina", "LE": "Lecce", "LC": "Lecco", "LI": "Livorno", "LO": "Lodi", "LU": "Lucca",
    "MC": "Macerata", "MN": "Mantova", "MS": "Massa-Carrara", "MT": "Matera", "ME": "Messina",
    "MI": "Milano", "MO": "Modena", "MB": "Monza e Brianza", "NA": "Napoli", "NO": "Novara",
    "NU": "Nuoro", "OR": "Oristano", "PD": "Padova", "PA": "Palermo", "PR": "Parma", "PV": "Pavia",
    "PG": "Perugia", "PU": "Pesaro e Urbino", "PE": "Pescara", "PC": "Piacenza", "PI": "Pisa",
    "PT": "Pistoia", "PN": "Pordenone", "PZ": "Potenza", "PO": "Prato", "RG": "Ragusa",
    "RA": "Ravenna", "RC": "Reggio Calabria", "RE": "Reggio Emilia", "RI": "Rieti", "RN": "Rimini",
    "RM": "Roma", "RO": "Rovigo", "SA": "Salerno", "SS": "Sassari", "SV": "Savona", "SI": "Siena",
    "SR": "Siracusa", "SO": "Sondrio", "SU": "Sud Sardegna", "TA": "Taranto", "TE": "Teramo",
    "TR": "Terni", "TO": "Torino", "TP": "Trapani", "TN": "Trento", "TV": "Treviso",
    "TS": "Trieste", "UD": "Udine", "VA": "Varese", "VE": "Venezia",
    "VB": "Verbano-Cusio-Ossola", "VC": "Vercelli", "VR": "Verona", "VV": "Vibo Valentia",
    "VI": "Vicenza", "VT": "Viterbo",
}  # fmt: skip

# As the law, the post or people also call them.
_OTHER_NAMES = {
    "Bolzano/Bozen": "BZ", "Alto Adige": "BZ", "Forlì e Cesena": "FC", "Massa e Carrara": "MS",
    "Monza Brianza": "MB", "Monza": "MB", "Monza e della Brianza": "MB", "Pesaro": "PU",
    "Pesaro Urbino": "PU", "Reggio di Calabria": "RC", "Reggio nell'Emilia": "RE",
    "Valle d'Aosta": "AO", "Valle d'Aosta/Vallée d'Aoste": "AO", "Verbania": "VB", "Barletta": "BT",
}  # fmt: skip


def _letters(text: str) -> str:
    """The small letters alone: accents, hyphens and apostrophes are written in many ways."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalpha())


_CODES = {
    _letters(name): code
    for name, code in [*((name, code) for code, name in PROVINCES.items()), *_OTHER_NAMES.items()]
}


def province_code(text: str) -> str:
    """The code of a province written by code or by name; anything else stays as it is, in capitals."""
    return _CODES.get(_letters(text), text.strip().upper())
