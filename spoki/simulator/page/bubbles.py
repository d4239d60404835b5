"""Conversations as HTML: bubbles, formatting, ticks, buttons. Everything from outside is escaped."""

import re
from datetime import date, datetime, timedelta
from html import escape
from textwrap import shorten
from zoneinfo import ZoneInfo

from spoki.simulator.messages import Message
from spoki.simulator.wire import Json

_ROME = ZoneInfo("Europe/Rome")
_MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
    "ottobre", "novembre", "dicembre",
)  # fmt: skip
# WhatsApp's own marks: a mark opens after a space or a sign and closes before one.
_MARKS = (
    (re.compile(r"```(.+?)```", re.DOTALL), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
)
_STATES = {
    "pending": ("In partenza", "clock"),
    "sent": ("Inviato", "one"),
    "delivered": ("Consegnato", "two"),
    "read": ("Letto", "two is-read"),
    "error": ("Non consegnato", "failed"),
    "failed": ("Non consegnato", "failed"),
}
_MARK_PATHS = {
    "clock": '<circle cx="8" cy="6" r="4.6"/><path d="M8 3.4V6l1.8 1.2"/>',
    "one": '<path d="M4 6.4 6.8 9.2 12.4 2.8"/>',
    "two": '<path d="M1 6.4 3.8 9.2 9.4 2.8M7 8.6l.6.6L13.2 2.8"/>',
    "failed": '<circle cx="8" cy="6" r="4.8"/><path d="M8 3.4v3.2M8 8.6v.2"/>',
}
_CONTENT = {"Image": "Foto", "Video": "Video", "Document": "Documento", "Audio": "Audio"}
_PICTURE = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="3" y="5" width="18" height="14" rx="2"/>'
    '<circle cx="9" cy="10" r="1.6"/><path d="m4 17.5 5-4.5 3.5 3 3-2.5 4.5 4"/></svg>'
)


def formatted(text: str) -> str:
    """Escape, then apply *bold*, _italic_, ~strike~, ```code``` and mark the links."""
    pieces = []
    for number, piece in enumerate(re.split(r"(https?://[^\s]+)", text)):
        safe = escape(piece)
        if number % 2:
            safe = f'<span class="link">{safe}</span>'
        else:
            for pattern, replacement in _MARKS:
                safe = pattern.sub(replacement, safe)
        pieces.append(safe)
    return "".join(pieces).replace("\n", "<br>")


def plain(message: Message) -> str:
    """One line for the list of conversations."""
    text = message.text or _CONTENT.get(message.content_type, f"[{message.content_type}]")
    return " ".join(re.sub(r"[*_~]|```", "", text).split())


def clock_text(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, tz=_ROME).strftime("%H:%M")


def day_text(epoch: float, *, now: float) -> str:
    day, today = _day(epoch), _day(now)
    if day == today:
        return "Oggi"
    if day == today - timedelta(days=1):
        return "Ieri"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _day(epoch: float) -> date:
    return datetime.fromtimestamp(epoch, tz=_ROME).date()


def ticks(message: Message) -> str:
    """The state of a message, as a mark with its word for those who do not see it."""
    if message.is_inbound:
        word, look = "Inviato dal cliente", "two"
    else:
        word, look = _STATES.get(message.status.lower(), (message.status, "one"))
    shape = _MARK_PATHS[look.split()[0]]
    return (
        f'<span class="ticks {look}" title="{escape(word)}">'
        f'<svg viewBox="0 0 16 12" aria-hidden="true">{shape}</svg>'
        f'<span class="unseen">{escape(word)}</span></span>'
    )


def conversation(messages: list[Message], *, now: float) -> str:
    """All bubbles with a line for each new day; oldest first."""
    if not messages:
        return '<p class="empty-chat">Ancora nessun messaggio. Scrivi tu per primo.</p>'
    texts = {one.uuid: plain(one) for one in messages}
    rows, last_day = [], ""
    for message in messages:
        day = day_text(message.created, now=now)
        if day != last_day:
            rows.append(f'<p class="day"><span>{day}</span></p>')
            last_day = day
        rows.append(_bubble(message, texts))
    return "".join(rows)


def _bubble(message: Message, texts: dict[str, str]) -> str:
    side = "mine" if message.is_inbound else "theirs"
    failed = " is-failed" if message.error_code else ""
    return (
        f'<article class="message {side}{failed}"><div class="bubble">'
        f"{_quote(message, texts)}{_media(message)}{_texts(message)}{_meta(message)}{_error(message)}"
        f"</div>{_buttons(message)}</article>"
    )


def _quote(message: Message, texts: dict[str, str]) -> str:
    quoted = texts.get(message.reply_to or "")
    if not quoted:
        return ""
    return f'<p class="quote">{escape(shorten(quoted, 90, placeholder="…"))}</p>'


def _media(message: Message) -> str:
    if message.content_type in {"Text", "Interactive", "List"}:
        return ""
    label = _CONTENT.get(message.content_type, f"Contenuto «{message.content_type}»")
    return f'<p class="media">{_PICTURE}{escape(label)}</p>'


def _texts(message: Message) -> str:
    header = f'<p class="head">{formatted(message.header)}</p>' if message.header else ""
    body = f'<p class="text">{formatted(message.text)}</p>' if message.text else ""
    footer = f'<p class="foot">{formatted(message.footer)}</p>' if message.footer else ""
    return header + body + footer


def _meta(message: Message) -> str:
    at = datetime.fromtimestamp(message.created, tz=_ROME).isoformat(timespec="seconds")
    return (
        f'<p class="meta"><time datetime="{at}">{clock_text(message.created)}</time>'
        f"{ticks(message)}</p>"
    )


def _error(message: Message) -> str:
    if not message.error_code:
        return ""
    code = escape(message.error_code)
    return f'<p class="error">Il cliente non lo ha ricevuto <code>{code}</code></p>'


def _buttons(message: Message) -> str:
    if not message.buttons or message.error_code:
        return ""
    return f'<div class="buttons">{"".join(_button(message, one) for one in message.buttons)}</div>'


def _button(message: Message, button: Json) -> str:
    label = escape(str(button["text"]))
    if button["type"] in {"quick_reply", "row"}:
        return (
            '<form method="post" action="/_page/answer" data-answer>'
            f'<input type="hidden" name="phone" value="{escape(message.phone)}">'
            '<input type="hidden" name="kind" value="button">'
            f'<input type="hidden" name="reply_to" value="{escape(message.uuid)}">'
            f'<button name="button" value="{label}">{label}</button></form>'
        )
    url = str(button.get("url") or "")
    if url.startswith(("http://", "https://")):
        href = escape(url)
        return f'<a href="{href}" target="_blank" rel="noopener noreferrer">{label} ↗</a>'
    return f'<span class="inert">{label}</span>'
