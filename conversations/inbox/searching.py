"""Looking for a conversation: by name, phone in any spelling, number of an order, words of a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, IntegerField, Max, QuerySet, When

from audiences.admin.finding import by_any_number
from audiences.identity import normalise_phone
from audiences.models import Contact
from audiences.patience import OutOfPatience, at_most
from conversations.card.finding import orders_named
from conversations.models import Conversation, Message, Reply

MOST: Final = 50
LONGEST: Final = 200
# Longer than this nobody waits for a list.
_PATIENCE_MS: Final = 2_000
# So many people a name may have, and so many messages a word, to be sorted by the latest.
_PEOPLE, _MESSAGES = 2_000, 20_000
_DIGITS_OF_A_PHONE: Final = 5
_AROUND: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The latest first, those whose name, phone or order was meant before those who only wrote the words.

    `words` has, by contact id, the message in which they were found; `is_part` says that there are more, or that it
    took too long.
    """

    rows: list[Conversation] = field(default_factory=list)
    words: Mapping[int, str] = field(default_factory=dict)
    is_part: bool = False


def search(text: str, *, among: QuerySet[Conversation] | None = None, most: int = MOST) -> Found:
    """Find at most `most` conversations by whatever was typed, `among` those or all; nothing for nothing."""
    wanted = text.strip().replace("\x00", "")[:LONGEST]
    if not wanted:
        return Found()
    try:
        with at_most(_PATIENCE_MS):
            rows = Conversation.objects.all() if among is None else among
            return _search(wanted, rows, most)
    except OutOfPatience:
        return Found(is_part=True)


def _search(wanted: str, among: QuerySet[Conversation], most: int) -> Found:
    people, wrote = _people(wanted), _who_wrote(wanted)
    meant = people | wrote
    rank = Case(When(contact__in=people, then=0), default=1, output_field=IntegerField())
    found = among.filter(contact__in=meant).annotate(rank=rank)
    people_first = found.order_by("rank", "-last_message_at", "-pk")
    shown = people_first.select_related("contact", "assignee", "done_by")
    rows: list[Conversation] = [*shown[: most + 1]]
    return Found(rows=rows[:most], words=_excerpts(rows, wrote, wanted), is_part=len(rows) > most)


def _people(wanted: str) -> set[int]:
    """Contacts by phone, name, e-mail address, or the number of an order of theirs."""
    phone = normalise_phone(wanted)
    if phone.e164:
        return set(_ids(Contact.objects.filter(by_any_number(phone.e164))))
    found = {order.contact_id for order in orders_named(wanted) if order.contact_id}
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= _DIGITS_OF_A_PHONE and not re.search(r"[^\d\s()+./-]", wanted):
        found |= set(_ids(Contact.objects.filter(phone__contains=digits)))
    elif query := _words_of(wanted):
        named = Contact.objects.annotate(names=NAMES).filter(names=query)
        found |= set(_ids(named))
    return found


def _ids(contacts: QuerySet[Contact]) -> list[int]:
    alive = contacts.filter(merged_into__isnull=True, conversation__isnull=False)
    return list(alive.order_by().values_list("pk", flat=True)[:_PEOPLE])


def _who_wrote(wanted: str) -> set[int]:
    """Contacts in whose conversation the words are, be it theirs or an answer of ours."""
    query = _words_of(wanted)
    if query is None:
        return set()
    told = _told(query).values_list("contact", flat=True)[:_MESSAGES]
    answered = _answered(query).values_list("contact", flat=True)[:_MESSAGES]
    return {pk for pk in (*told, *answered) if pk}


def _told(query: SearchQuery) -> QuerySet[Message]:
    return Message.objects.annotate(told=WORDS).filter(told=query).order_by()


def _answered(query: SearchQuery) -> QuerySet[Reply]:
    """What a template says is looked for by nobody: thousands have the same."""
    written = Reply.objects.exclude(message__text="").annotate(told=ANSWERS)
    return written.filter(told=query).order_by()


def _excerpts(rows: list[Conversation], wrote: set[int], wanted: str) -> dict[int, str]:
    """Return, of the latest message of each that has the words, else of our latest answer, the part around them."""
    query = _words_of(wanted)
    shown = [row.contact_id for row in rows if row.contact_id in wrote]
    if query is None or not shown:
        return {}
    answers = _answered(query).filter(contact__in=shown).order_by("at", "pk")
    texts = dict(answers.values_list("contact", "message__text"))
    latest = _told(query).filter(contact__in=shown).values("contact").annotate(pk_=Max("pk"))
    told = Message.objects.filter(pk__in=[one["pk_"] for one in latest])
    texts |= dict(told.values_list("contact", "text"))
    return {pk: around(text, wanted) for pk, text in texts.items() if pk}


def around(text: str, wanted: str) -> str:
    """Return the words of a text around the first of those that were looked for, on one line."""
    line = " ".join(text.split())
    places = [line.lower().find(word.lower()) for word in wanted.split()]
    start = max(0, min((at for at in places if at >= 0), default=0) - _AROUND)
    end = start + 3 * _AROUND
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def _words_of(text: str) -> SearchQuery | None:
    """All words, each from its beginning; split as PostgreSQL splits the texts. None where there is none."""
    # A telephone writes “D’Angelo” with a sign that not every PostgreSQL takes for the end of a word.
    plain = text.replace("’", "'").replace("\\", " ")
    words = [word.replace("'", "''") for word in plain.split()[:8]]
    asked = [f"'{word}':*" for word in words if re.search(r"\w", word)]
    if not asked:
        return None
    return SearchQuery(" & ".join(asked), config="simple", search_type="raw")


# As the indexes have them: `contact_names`, `message_words`, `outbound_words`.
NAMES: Final = SearchVector("first_name", "last_name", "email", config="simple")
WORDS: Final = SearchVector("text", config="simple")
ANSWERS: Final = SearchVector("message__text", config="simple")
