"""An exported chat, line by line: what each tells, or why it tells nothing. Nothing is written."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from audiences.identity import HOME_ZONE
from audiences.importing.sheet import Row, UnreadableFile, read_rows
from conversations.told import Told
from conversations.upload.columns import Columns, columns_of, suggest
from conversations.upload.moments import Moment, Order, moment_of, order_of
from conversations.upload.reasons import Bad
from conversations.upload.sides import HERS, OURS, Customer, Side, Sides, is_side, plain_word
from spoki import ContentKind, normalise_uuid
from spoki.content import kind_of
from spoki.reading import is_uuid

MOST_ROWS: Final = 20_000
# A template with its footer may have many lines.
MOST_LINES: Final = 200
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[<(]\s*([^\]>)]{3,30})\s*[\]>)]")
_ITALIAN_KINDS: Final = {
    "testo": "text", "messaggio": "text", "immagine": "image", "foto": "image", "documento": "document",
    "allegato": "document", "posizione": "location", "contatto": "contact", "vocale": "audio",
    "nota vocale": "audio", "messaggio vocale": "audio", "filmato": "video", "modello": "template",
    "pulsante": "button", "reazione": "reaction", "adesivo": "image",
}  # fmt: skip


class TooManyRows(UnreadableFile):
    """More than `MOST_ROWS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How the file is to be read: a meaning per column, the side of each name, the zone of its clock, where the day is."""

    meanings: tuple[str, ...]
    sides: Mapping[str, str] = field(default_factory=dict)
    zone: str = HOME_ZONE
    order: Order = Order.DAY_FIRST

    def to_record(self) -> dict[str, Any]:
        return {
            "meanings": list(self.meanings),
            "sides": dict(self.sides),
            "zone": self.zone,
            "order": self.order.value,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Answers:
        return cls(
            meanings=tuple(record["meanings"]),
            sides=dict(record["sides"]),
            zone=str(record["zone"]),
            order=Order(record["order"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The lines of the file as they stand."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]

    def values(self, place: int) -> list[str]:
        """Return what stands in a column, blanks left out."""
        cells = (row.values[place] for row in self.rows if place < len(row.values))
        return [cell.strip() for cell in cells if cell.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What the file tells: messages, oldest first, lines that are not taken, names whose side nobody knows.

    `others` lines are about other numbers.
    """

    told: tuple[Told, ...]
    bad: tuple[Bad, ...]
    unknown_words: tuple[str, ...]
    others: int
    lacking: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether no line between the first and the last message is missing."""
        return not self.bad


def open_sheet(content: bytes) -> Sheet:
    """Split the file into lines and cells.

    :raises UnreadableFile: it is empty, no text, or holds nothing but headings.
    :raises TooManyRows: for the same reason as its name.
    """
    with closing(read_rows(io.BytesIO(content), most_lines=MOST_LINES)) as lines:
        header = next(lines)
        rows: list[Row] = []
        for row in lines:
            if len(rows) == MOST_ROWS:
                raise TooManyRows
            rows.append(row)
    return Sheet(headings=tuple(cell.strip() for cell in header.values), rows=tuple(rows))


def first_answers(sheet: Sheet) -> Answers:
    """Return how the file is probably meant."""
    meanings = suggest(sheet.headings)
    if "side" not in meanings and "kind" in meanings:
        place = meanings.index("kind")
        values = sheet.values(place)
        if values and all(is_side(value) for value in values):
            # “Type: received” is no kind of message.
            meanings[place] = "side"
    columns = columns_of(meanings)
    texts = [text for row in sheet.rows if (text := _moment_text(columns, row.values))]
    return Answers(meanings=tuple(meanings), order=order_of(texts[:2_000]))


def read_chat(sheet: Sheet, answers: Answers, *, customer: Customer, now: datetime) -> Chat:
    """Read every line. `now` bounds what can have been written."""
    columns = columns_of(answers.meanings)
    if columns.lacking:
        return Chat(told=(), bad=(), unknown_words=(), others=0, lacking=tuple(columns.lacking))
    sides = _with_guesses(Sides(columns, customer, answers.sides), sheet)
    zone = ZoneInfo(answers.zone)
    told: list[Told] = []
    bad: list[Bad] = []
    unknown: dict[str, None] = {}
    for row in sheet.rows:
        values = [cell.replace("\x00", "") for cell in row.values]
        if row.problem is not None:
            bad.append(_bad(row, row.problem.code, row.problem.values))
            continue
        side = sides.of(values)
        if side.is_other:
            bad.append(_bad(row, "other_number"))
            continue
        moment, why = _moment(columns, values, order=answers.order, zone=zone, now=now)
        if not side.side and side.word:
            unknown[side.word] = None
        problem = why or _side_problem(side)
        one = None if problem or moment is None else _told(columns, values, side, moment)
        if problem or one is None:
            code, text = problem or ("nothing", "")
            bad.append(_bad(row, code, {"text": text[:60]}))
            continue
        told.append(one)
    ordered = _named(_oldest_first(told), customer)
    others = sum(one.code == "other_number" for one in bad)
    return Chat(
        told=ordered, bad=tuple(bad), unknown_words=tuple(unknown), others=others, lacking=()
    )


def _with_guesses(sides: Sides, sheet: Sheet) -> Sides:
    """Where the customer is among those who wrote, every other name is one of ours."""
    if sides.columns.has("side") or not sides.customer.name or not sides.columns.has("author"):
        return sides
    names = {plain_word(name) for name in sheet.values(sides.columns.places["author"])}
    if plain_word(sides.customer.name) not in names:
        return sides
    guessed = {name: OURS for name in names if name != plain_word(sides.customer.name)}
    hers = {phone for phone in guessed if phone.lstrip("+") in _digits(sides.customer)}
    return replace(sides, said=guessed | dict.fromkeys(hers, HERS) | dict(sides.said))


def _digits(customer: Customer) -> set[str]:
    return {phone.lstrip("+") for phone in customer.phones}


def _side_problem(side: Side) -> tuple[str, str] | None:
    if side.side:
        return None
    return ("side", side.word) if side.word else ("no_side", "")


def _moment_text(columns: Columns, values: Sequence[str]) -> str:
    return columns.cell("moment", values) or " ".join(
        filter(None, (columns.cell("date", values), columns.cell("time", values)))
    )


def _moment(
    columns: Columns, values: Sequence[str], *, order: Order, zone: ZoneInfo, now: datetime
) -> tuple[Moment | None, tuple[str, str] | None]:
    """Return the moment, or why there is none."""
    text = _moment_text(columns, values)
    if not text:
        return None, ("no_moment", "")
    moment = moment_of(text, order=order, zone=zone)
    if moment is None:
        return None, ("moment", text)
    return (moment, None) if moment.at <= now else (None, ("future", text))


def _told(columns: Columns, values: Sequence[str], side: Side, moment: Moment) -> Told | None:
    """Return the message, None where the line holds neither words nor a file."""
    text, kind = columns.cell("text", values), columns.cell("kind", values)
    address = _ADDRESS.search(columns.cell("file", values))
    in_brackets = _BRACKETS.fullmatch(text)
    if in_brackets and _kind(in_brackets[1]):
        text, kind = "", in_brackets[1]
    found = _kind(kind) or (_kind_of_file(address[0]) if address else "")
    if not text and not address and found in {"", ContentKind.TEXT, ContentKind.TEMPLATE}:
        return None
    uuid = normalise_uuid(columns.cell("uuid", values)) or ""
    return Told(
        is_inbound=side.side == HERS,
        at=moment.at,
        precision=moment.within,
        text=text,
        kind=found or ContentKind.TEXT.value,
        uuid=uuid if is_uuid(uuid) else None,
        author=side.author[:100],
        media=({"url": address[0]},) if address else (),
    )


def _kind(word: str) -> str:
    plain = plain_word(word)
    if not plain:
        return ""
    kind = kind_of({"content_type": _ITALIAN_KINDS.get(plain, plain)}, (), is_inbound=True)
    return "" if kind is ContentKind.UNSUPPORTED else kind.value


def _kind_of_file(address: str) -> str:
    family = (mimetypes.guess_type(address.partition("?")[0])[0] or "").partition("/")[0]
    return family if family in {"image", "video", "audio"} else ContentKind.DOCUMENT.value


def _oldest_first(told: list[Told]) -> list[Told]:
    """Lines of one minute keep their order; a file that begins with the latest is turned round."""
    if told and told[0].at > told[-1].at:
        told.reverse()
    return sorted(told, key=lambda one: one.at)


def _named(told: Sequence[Told], customer: Customer) -> tuple[Told, ...]:
    """Give each message its place in its moment, and a name that is the same each time the file is read."""
    places: Counter[datetime] = Counter()
    equals: Counter[tuple[bool, datetime, str]] = Counter()
    named = []
    for one in told:
        same = (one.is_inbound, one.at, one.says)
        text = "|".join(
            map(str, [*sorted(customer.phones)[:1], *same, one.precision, equals[same]])
        )
        key = f"file:{hashlib.sha256(text.encode()).hexdigest()[:40]}"
        named.append(replace(one, own_key="" if one.uuid else key, place=places[one.at]))
        places[one.at] += 1
        equals[same] += 1
    return tuple(named)


def _bad(row: Row, code: str, values: Mapping[str, Any] | None = None) -> Bad:
    return Bad(row.line, code, values or {}, tuple(row.values))
