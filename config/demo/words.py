"""The vocabulary the invented people are drawn from. A word that comes often stands here often."""


def _words(text: str) -> list[str]:
    """Words between blanks; a blank inside a word is written ~."""
    return [word.replace("~", " ") for word in text.split()]


FEMALE = _words(
    "Giulia Chiara Sara Martina Francesca Valentina Alessia Elisa Silvia Federica Laura Giorgia "
    "Elena Ilaria Roberta Paola Simona Cristina Anna Alice Beatrice Claudia Daniela Debora "
    "Eleonora Emma Erica Gaia Greta Irene Jessica Linda Lucia Maria Marta Michela Monica Noemi "
    "Patrizia Rosa Serena Sofia Stefania Teresa Vanessa Veronica Viola Caterina Arianna Carla"
)
MALE = _words(
    "Marco Andrea Luca Francesco Matteo Alessandro Davide Lorenzo Simone Giuseppe Antonio Federico "
    "Stefano Roberto Riccardo Paolo Daniele Gabriele Giovanni Fabio Nicola Michele Alberto Claudio "
    "Massimo Salvatore Vincenzo Pietro Tommaso Emanuele Enrico Filippo Giacomo Mattia Nicolò Omar "
    "Samuele Sergio Tiziano Valerio"
)
SURNAMES = _words(
    "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti "
    "Costa Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso "
    "Ferrara Galli Martini Leone Longo Gentile Martinelli Vitale Lombardo Serra Coppola Marchetti "
    "Parisi Villa Conte Ferraro Ferri Fabbri Bianco Marini Grasso Valentini Messina Sala Gatti "
    "Pellegrini Palumbo Sanna Farina Rizzi Monti Cattaneo Morelli Amato Silvestri Mazza Testa "
    "Grassi Pellegrino Carbone Giuliani Benedetti Barone Rossetti Caputo Montanari Guerra Palmieri "
    "Bernardi Martino Fiore Ferretti Bellini Basile Riva Donati Piras Vitali Battaglia Sartori "
    "Neri Costantini Milani Pagano Ruggiero Sorrentino Orlando Negri D'Angelo D'Amico De~Luca "
    "De~Santis Di~Stefano Lo~Presti Dell'Acqua"
)
FOREIGN_FIRST = _words(
    "Emily James Sophie Oliver Hannah Lukas Anna Jonas Camille Hugo Marie Louis Carmen Diego Lucía "
    "Andrei Ioana Elena Kate William"
)
FOREIGN_LAST = _words(
    "Smith Taylor Brown Wilson Müller Schmidt Weber Wagner Dubois Moreau Laurent Bernard García "
    "Fernández López Popescu Ionescu Keller Huber Steiner"
)

# Province, city, postcode; the large ones stand here more than once.
_PLACES = """
MI Milano 20121|MI Milano 20135|MI Milano 20154|MI Rho 20017|MI Legnano 20025|MI Cologno~Monzese 20093
RM Roma 00184|RM Roma 00152|RM Roma 00199|RM Fiumicino 00054|RM Tivoli 00019|RM Pomezia 00071
TO Torino 10121|TO Torino 10134|TO Moncalieri 10024|NA Napoli 80121|NA Napoli 80138|NA Pozzuoli 80078
BO Bologna 40121|BO Imola 40026|FI Firenze 50123|FI Scandicci 50018|GE Genova 16121|GE Rapallo 16035
PA Palermo 90133|PA Bagheria 90011|BA Bari 70121|BA Altamura 70022|CT Catania 95124|CT Acireale 95024
VE Venezia 30121|VE Mestre 30174|VR Verona 37121|VR Legnago 37045|PD Padova 35121|PD Abano~Terme 35031
BS Brescia 25121|BS Desenzano~del~Garda 25015|BG Bergamo 24121|BG Treviglio 24047|MB Monza 20900
MB Desio 20832|VA Varese 21100|VA Gallarate 21013|CO Como 22100|MO Modena 41121|MO Carpi 41012
RE Reggio~Emilia 42121|PR Parma 43121|RN Rimini 47921|RA Ravenna 48121|AN Ancona 60121|PG Perugia 06121
TN Trento 38122|BZ Bolzano 39100|UD Udine 33100|TS Trieste 34121|TV Treviso 31100|VI Vicenza 36100
LU Lucca 55100|PI Pisa 56121|LI Livorno 57123|SI Siena 53100|PE Pescara 65121|AQ L'Aquila 67100
SA Salerno 84121|CE Caserta 81100|LE Lecce 73100|TA Taranto 74121|FG Foggia 71121|CS Cosenza 87100
RC Reggio~Calabria 89121|ME Messina 98121|SR Siracusa 96100|CA Cagliari 09124|SS Sassari 07100
"""
_TRIPLES = [place.split(" ") for line in _PLACES.split("\n") for place in line.split("|") if place]
PROVINCES = [province for province, _city, _postcode in _TRIPLES]
CITIES = [city.replace("~", " ") for _province, city, _postcode in _TRIPLES]
POSTCODES = [postcode for _province, _city, postcode in _TRIPLES]
STREETS = [
    "Via Roma", "Via Garibaldi", "Corso Italia", "Via Mazzini", "Via Dante Alighieri", "Via Verdi",
    "Viale della Repubblica", "Via Cavour", "Piazza San Marco", "Via Marconi", "Via dei Tigli",
    "Via Leopardi", "Corso Vittorio Emanuele II", "Via XX Settembre", "Via Manzoni", "Via Volta",
    "Viale Europa", "Via Galilei", "Via Colombo", "Via San Francesco d'Assisi",
]  # fmt: skip

DOG_NAMES = _words(
    "Argo Luna Rocky Maya Zoe Leo Kira Max Birba Lucky Nala Otto Pippo Stella Thor Mia Balto Bella "
    "Chicco Daisy Ettore Frida Gino Holly Ira Joy Kobe Lilla Milo Nina Oliver Penny Ringo Sissi "
    "Teo Uma Vasco Willy Yuki Zeus"
)
CAT_NAMES = _words(
    "Micio Romeo Minù Simba Luna Birba Nerone Oreo Pallina Sushi Mia Leo Tigro Matisse Gigi Cleo "
    "Nuvola Biscotto Ginger Felix Grigia Lulù Maya Pepe Ombra Polpetta Ugo Zelda Artù Briciola"
)
DOG_BREEDS = _words(
    "meticcio meticcio meticcio labrador golden~retriever pastore~tedesco chihuahua "
    "jack~russell barboncino bassotto border~collie beagle cocker~spaniel setter~inglese "
    "maltese bulldog~francese cavalier~king shih~tzu lagotto~romagnolo maremmano"
)
CAT_BREEDS = _words(
    "europeo europeo europeo europeo siamese persiano maine~coon certosino ragdoll "
    "sacro~di~Birmania norvegese british~shorthair bengala sphynx"
)

# Prefixes of Italian mobiles. With one more digit and six of the row every number is valid.
MOBILE_PREFIXES = _words(
    "320 327 328 329 331 333 334 335 338 339 340 342 345 346 347 348 349 351 366 370 371 375 377 "
    "380 388 389 391 392 393"
)
# Six more digits make a whole landline.
LANDLINES = ("+390230", "+390645", "+390115", "+390812", "+390512", "+390552")
# Beginning of a number (six more digits make it whole), country, time zone, language, city.
ABROAD = (
    ("+4915123", "DE", "Europe/Berlin", "en", "München"),
    ("+41792", "CH", "Europe/Zurich", "it", "Lugano"),
    ("+43664123", "AT", "Europe/Vienna", "en", "Innsbruck"),
    ("+33612", "FR", "Europe/Paris", "en", "Nice"),
    ("+447400", "GB", "Europe/London", "en", "London"),
    ("+34612", "ES", "Europe/Madrid", "en", "Barcelona"),
    ("+40722", "RO", "Europe/Bucharest", "it", "Timișoara"),
    ("+351912", "PT", "Europe/Lisbon", "en", "Porto"),
    ("+12122", "US", "America/New_York", "en", "New York"),
)

# Where a consent was given, and what proves it.
SOURCES = ("checkout", "checkout", "checkout", "iscrizione newsletter", "negozio di Milano")
EVIDENCE = (
    "Casella «Offerte su WhatsApp» spuntata al checkout, testo v3 del 12/01/2025",
    "Casella «Offerte su WhatsApp» spuntata al checkout, testo v4 del 03/06/2025",
    "Casella «Offerte su WhatsApp» spuntata al checkout, testo v4 del 03/06/2025",
    "Modulo newsletter del sito, doppia conferma per email",
    "Modulo cartaceo firmato in negozio, archivio 2025",
)
