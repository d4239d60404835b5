"""What customers wrote, and what others wrote to them, as it stands in a timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from audiences.models import Contact
from campaigns.models import OutboundMessage
from conversations.error_words import problem_of
from conversations.kind_words import in_words
from conversations.media import files_of, may_ask_again
from conversations.media import problem_of as problem_of_file
from conversations.models import MediaFile, Message
from conversations.timeline.entry import Entry, FileShown
from conversations.timeline.ours import words_of
from conversations.timeline.places import Place
from spoki.content import FILES
from templates_sync.models import Template

_QUOTE = 120


def entries_of_others(places: Sequence[Place], *, person: Contact) -> dict[str, Entry]:
    """Return key → entry of these messages, with files, templates by name and what they answer."""
    if not places:
        return {}
    rows = Message.objects.select_related("number").in_bulk([place.pk for place in places])
    messages = list(rows.values())
    files = _files(messages)
    templates = _templates(messages)
    quotes = _quotes(messages, person=person)
    return {
        place.key: _entry(
            place,
            rows[place.pk],
            person=person,
            files=files.get(place.pk, ()),
            template=templates.get(rows[place.pk].template_id or 0, ""),
            quoted=quotes.get(rows[place.pk].reply_to, ""),
        )
        for place in places
        if place.pk in rows
    }


def _entry(
    place: Place,
    message: Message,
    *,
    person: Contact,
    files: tuple[FileShown, ...],
    template: str,
    quoted: str,
) -> Entry:
    is_inbound = message.direction == Message.Direction.INBOUND
    author, author_kind = _author(message, person=person, template=template)
    return Entry(
        key=place.key,
        at=place.at,
        is_inbound=is_inbound,
        author=author,
        author_kind=author_kind,
        kind=message.kind,
        text=message.text,
        status="" if is_inbound else _status(message),
        word="" if is_inbound else str(message.status),
        problem="" if is_inbound else problem_of(message),
        files=files,
        quoted=quoted,
        details=_details(message, template),
        uuid=message.uuid if ":" not in message.uuid else "",
        reply_to=message.reply_to,
        source=str(message.source),
        number=message.number.phone if message.number else message.business_phone,
    )


def _author(message: Message, *, person: Contact, template: str) -> tuple[str, str]:
    """Spoki does not say which of its operators or automations wrote, unless it does."""
    if message.direction == Message.Direction.INBOUND:
        return person.full_name or message.phone or _("Customer"), "customer"
    named = message.details.get("author")
    if isinstance(named, str) and named:
        return named, "agent"
    if template:
        return _("From Spoki · %(template)s") % {"template": template}, "automation"
    return _("From Spoki (operator or automation)"), "automation"


def _status(message: Message) -> str:
    return "sending" if message.status == Message.Status.PENDING else str(message.status)


def _details(message: Message, template: str) -> dict[str, object]:
    told = dict(message.details)
    if template:
        told["template"] = template
    if message.payload:
        told["payload"] = message.payload
    if message.opt_out:
        told["opt_out"] = str(message.opt_out)
    return told


def _files(messages: Sequence[Message]) -> Mapping[int, tuple[FileShown, ...]]:
    """Return message id → files, in one query where any may have one."""
    asked = [one.pk for one in messages if one.media or one.content_type in FILES]
    found = files_of(asked)
    return {pk: tuple(_file(row) for row in found.get(pk, ())) for pk in asked}


def _file(row: MediaFile) -> FileShown:
    return FileShown(
        pk=row.pk,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        state=str(row.state),
        problem=str(problem_of_file(row)),
        may_ask_again=may_ask_again(row),
    )


def _templates(messages: Sequence[Message]) -> Mapping[int, str]:
    """Return Spoki's template id → name, of the templates that others sent."""
    wanted = {message.template_id for message in messages if message.template_id is not None}
    if not wanted:
        return {}
    found = Template.objects.filter(spoki_id__in=wanted).values_list("spoki_id", "name")
    return {spoki_id: name for spoki_id, name in found if spoki_id is not None}


def _quotes(messages: Sequence[Message], *, person: Contact) -> Mapping[str, str]:
    """Return the identifier of what is answered → its beginning, from the conversation of this person alone."""
    wanted = {message.reply_to for message in messages if message.reply_to}
    if not wanted:
        return {}
    people = {person.pk, *(message.contact_id for message in messages if message.contact_id)}
    said = {
        message.provider_uuid or "": words_of(message)
        for message in OutboundMessage.objects.filter(
            provider_uuid__in=wanted, contact__in=people
        ).select_related("template_version")
    }
    if wanted - said.keys():
        theirs = Message.objects.filter(uuid__in=wanted - said.keys(), contact__in=people)
        said |= {message.uuid: message.text or in_words(message.kind) for message in theirs}
    unknown = _("a message that is not here")
    return {uuid: Truncator(said.get(uuid, unknown)).chars(_QUOTE) for uuid in wanted}
