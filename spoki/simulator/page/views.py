"""The page's addresses: the whole page, its two live parts, and the customer's answers."""

import re
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path
from urllib.parse import quote, urlencode

from aiohttp import web

from spoki.simulator.contacts import Contact
from spoki.simulator.inbound import receive
from spoki.simulator.page.bubbles import clock_text, conversation, day_text, plain, ticks
from spoki.simulator.server import WORLD
from spoki.simulator.wire import Json, Refused, digits
from spoki.simulator.world import World

_STATIC = Path(__file__).parent / "static"
_LISTED = 60
_SHOWN = 150
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_CONSENT = {
    "Subscribed": ("Iscritto alle offerte", "good"),
    "Unsubscribed": ("Ha chiesto di non ricevere offerte", "bad"),
    "Not Declared": ("Consenso non espresso", "plain"),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """A phone of the list, known from its messages, from the address book, or only typed."""

    phone: str
    name: str

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[0].isalpha()]
        return "".join(word[0] for word in words[:2]).upper() or "?"


def page_routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", whole_page),
        web.get("/_page/list", list_part),
        web.get("/_page/chat", chat_part),
        web.post("/_page/answer", answer),
        web.static("/_page/static", _STATIC),
    ]


def _html(text: str) -> web.Response:
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


def _asked_phone(request: web.Request) -> str:
    """A number as typed; a `+` that an address turned into a space is forgiven."""
    number = digits(request.query.get("phone", ""))
    return f"+{number}" if 7 <= len(number) <= 15 else ""


def _customer(world: World, phone: str) -> Customer:
    contact = world.contacts.first(phone)
    return Customer(phone=f"+{digits(phone)}", name=_name(contact))


def _name(contact: Contact | None) -> str:
    return f"{contact.first_name} {contact.last_name}".strip() if contact else ""


def readable(phone: str) -> str:
    """Italian mobiles in groups of three; other numbers as they are."""
    found = re.fullmatch(r"\+39(\d{3})(\d{3})(\d{4})", phone)
    return f"+39 {found[1]} {found[2]} {found[3]}" if found else phone


def _found(world: World, search: str) -> list[Customer]:
    """The busiest conversations, then people of the address book; filtered by number or name."""
    wanted, number = search.lower().strip(), digits(search)
    # Read only as far as the list is long: an account may have 60,000 contacts.
    seen: set[str] = set()
    found: list[Customer] = []
    for key in chain(world.messages.recent_phones(), world.contacts.numbers()):
        if key in seen:
            continue
        seen.add(key)
        customer = _customer(world, key)
        if not wanted or wanted in customer.name.lower() or (number and number in key):
            found.append(customer)
        if len(found) == _LISTED:
            break
    if not found and 7 <= len(number) <= 15:
        found.append(Customer(phone=f"+{number}", name="Nuovo cliente"))
    return found


def _list(world: World, search: str, chosen: str) -> str:
    found = _found(world, search)
    if not found:
        return '<p class="empty">Nessun cliente trovato. Scrivi un numero intero per aprirlo.</p>'
    items = "".join(_item(world, one, search, is_chosen=one.phone == chosen) for one in found)
    return f"<ul>{items}</ul>"


def _item(world: World, customer: Customer, search: str, *, is_chosen: bool) -> str:
    messages = world.messages.with_phone(customer.phone)
    query = urlencode({"phone": customer.phone, **({"q": search} if search else {})})
    current = ' aria-current="true"' if is_chosen else ""
    number = readable(customer.phone)
    title = escape(customer.name or number)
    number = f'<small class="number">{escape(number)}</small>' if customer.name else ""
    detail, when = '<span class="none">Nessun messaggio</span>', ""
    if messages:
        last, now = messages[-1], world.clock.epoch()
        day = day_text(last.created, now=now)
        when = clock_text(last.created) if day == "Oggi" else day
        detail = f"{ticks(last)}<span>{escape(plain(last)[:80])}</span>"
    return (
        f'<li><a href="/?{escape(query)}"{current}><span class="avatar" aria-hidden="true">'
        f'{escape(customer.initials)}</span><span class="who"><strong>{title}</strong>{number}</span>'
        f'<small class="when">{when}</small><span class="last">{detail}</span></a></li>'
    )


def _chat(world: World, phone: str) -> str:
    return conversation(world.messages.with_phone(phone)[-_SHOWN:], now=world.clock.epoch())


def _facts(world: World, phone: str) -> str:
    contact = world.contacts.first(phone)
    text, look = _CONSENT.get(contact.status if contact else "", ("Mai visto prima", "plain"))
    marks = [f'<span class="mark {look}">{text}</span>']
    is_open = world.open_window(phone)
    window = "Finestra di 24 ore aperta" if is_open else "Finestra di 24 ore chiusa"
    marks.append(f'<span class="mark {"good" if is_open else "plain"}">{window}</span>')
    if contact and contact.is_blocked:
        marks.append('<span class="mark bad">Bloccato</span>')
    if contact and contact.has_invalid_phone:
        marks.append('<span class="mark bad">Numero non valido</span>')
    return "".join(marks)


async def whole_page(request: web.Request) -> web.Response:
    world, phone, search = request.app[WORLD], _asked_phone(request), request.query.get("q", "")
    frame = (_STATIC / "frame.html").read_text(encoding="utf-8")
    parts = {
        "SEARCH": escape(search),
        "LIST": _list(world, search, phone),
        "PHONE": escape(phone),
        "LEVEL": "h2" if phone else "h1",
        "VIEW": "chat-view" if phone else "list-view",
        "MAIN": _phone_panel(world, phone, search) if phone else _invitation(),
    }
    return _html(re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found[1]], frame))


def _invitation() -> str:
    return (
        '<div class="invitation"><svg viewBox="0 0 48 48" aria-hidden="true"><path d="M13 9h22a6 '
        '6 0 0 1 6 6v12a6 6 0 0 1-6 6H24l-9 8v-8h-2a6 6 0 0 1-6-6V15a6 6 0 0 1 6-6z"/></svg>'
        "<h2>Scegli un cliente</h2><p>Qui vedi quello che arriva sul suo telefono e rispondi al "
        "suo posto. Per scrivere da un numero nuovo, cercalo per intero.</p></div>"
    )


def _phone_panel(world: World, phone: str, search: str) -> str:
    customer = _customer(world, phone)
    title = escape(customer.name or readable(phone))
    business = escape(str(world.account.get("name", "")))
    back = f"/?q={quote(search)}" if search else "/"
    hidden = f'<input type="hidden" name="phone" value="{escape(phone)}">'
    return (
        f'<header class="person"><a class="back" href="{back}" aria-label="Torna ai clienti">←</a>'
        f"<div><h1>{title}</h1><p>Il telefono di {escape(readable(phone))}</p></div></header>"
        f'<div class="facts" data-facts>{_facts(world, phone)}</div>'
        f'<section class="phone" aria-label="Telefono di {title}"><div class="bar">'
        f'<span class="avatar" aria-hidden="true">{business[:1]}</span><div>'
        f"<strong>{business}</strong><small>Account Business</small></div></div>"
        f'<div class="screen" data-chat role="log" tabindex="0" aria-label="Messaggi">'
        f"{_chat(world, phone)}</div>"
        f'<p class="notice" data-notice role="status"></p>'
        f'<div class="composer"><form method="post" action="/_page/answer" data-answer>{hidden}'
        '<input name="text" aria-label="Risposta del cliente" placeholder="Messaggio" '
        'autocomplete="off" maxlength="4096" required>'
        '<button class="send" aria-label="Invia"><svg viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="M4 12 20 4l-4.5 16-3.5-6.5z"/></svg></button></form>'
        f'<form method="post" action="/_page/answer" data-answer>{hidden}'
        '<input type="hidden" name="kind" value="stop">'
        '<button class="stop" title="Il cliente scrive STOP">STOP</button></form>'
        f'<form method="post" action="/_page/answer" data-answer>{hidden}'
        '<button class="photo" name="kind" value="image" title="Il cliente manda una foto">Foto</button>'
        "</form></div></section>"
    )


async def list_part(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    if request.query.get("since") == str(world.messages.version):
        return web.Response(status=204)
    response = _html(_list(world, request.query.get("q", ""), _asked_phone(request)))
    response.headers["X-Version"] = str(world.messages.version)
    return response


async def chat_part(request: web.Request) -> web.Response:
    """The bubbles, or 204 while nothing changed in this conversation since `since`."""
    world, phone = request.app[WORLD], _asked_phone(request)
    messages = world.messages.with_phone(phone)
    version = f"{len(messages)}.{max((one.version for one in messages[-_SHOWN:]), default=0)}"
    if request.query.get("since") == version:
        return web.Response(status=204)
    # One answer, two parts: the facts about the person, a form feed, the bubbles.
    response = _html(f"{_facts(world, phone)}\f{_chat(world, phone)}")
    response.headers["X-Version"] = version
    return response


async def answer(request: web.Request) -> web.Response:
    """Take what the customer wrote or tapped, then show the conversation again."""
    form: Json = {name: str(value) for name, value in (await request.post()).items()}
    request.app[WORLD].origin = f"{request.scheme}://{request.host}"
    try:
        message = receive(request.app[WORLD], form)
    except Refused:
        return web.Response(status=400, text="Questo messaggio non si può inviare.")
    raise web.HTTPSeeOther(f"/?{urlencode({'phone': message.phone})}")
