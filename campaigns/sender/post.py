"""One POST: a started row becomes a request, the answer becomes an outcome. No database here."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from campaigns.models import Lane, WhatsAppNumber
from campaigns.sender import outcome
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.reserve import Reserved
from spoki import (
    ButtonPayload,
    Courier,
    InteractiveSend,
    Media,
    ReplyButton,
    SendReceipt,
    SpokiError,
    SpokiGateway,
    TemplateSend,
    TextSend,
)
from templates_sync.models import TemplateVersion
from templates_sync.wording import QUICK_REPLY

logger = logging.getLogger(__name__)

Body = TemplateSend | TextSend | InteractiveSend


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request ready to go: made by the main thread, posted by another."""

    row: Reserved
    body: Body
    policy: Policy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it; `outcome` None means that it surely never began.

    `was_late`: the answer came after the lease, so the request may have reached Spoki that late.
    """

    row: Reserved
    outcome: Outcome | None
    was_late: bool = False
    # Whether it sets off what its outcome demands: of one call with many rows, only the first does.
    is_told: bool = True


# Where the parameters of a text keep the words on its buttons.
BUTTONS = "buttons"
# A template's picture and a number's channel may change at any sync; a busy sender need not ask for
# every message.
REMEMBERED_SECONDS = 1.0


class Packer:
    """Turns rows into requests, remembering for `seconds` what versions and numbers look like."""

    def __init__(self, *, seconds: float = REMEMBERED_SECONDS) -> None:
        self._seconds = seconds
        self._since = time.monotonic()
        self._templates: dict[int, tuple[int, str, Media | None, tuple[int, ...]]] = {}
        self._channels: dict[int, int | None] = {}

    def pack(self, rows: Sequence[Reserved]) -> dict[int, Body]:
        """Return row id → request; done before the rows start, since it may still fail."""
        self._learn(rows)
        return {row.id: self._body(row) for row in rows}

    def _learn(self, rows: Sequence[Reserved]) -> None:
        if time.monotonic() - self._since >= self._seconds:
            self._since = time.monotonic()
            self._templates.clear()
            self._channels.clear()
        versions = {r.template_version_id for r in rows if r.template_version_id is not None}
        if unknown := versions - self._templates.keys():
            self._learn_versions(unknown)
        numbers = {r.number_id for r in rows if r.number_id is not None}
        if strange := numbers - self._channels.keys():
            for number in WhatsAppNumber.objects.filter(pk__in=strange):
                # The primary channel is Spoki's default; naming it is not in the documented fields.
                self._channels[number.pk] = None if number.is_default else number.spoki_channel_id

    def _learn_versions(self, ids: Collection[int]) -> None:
        found = TemplateVersion.objects.select_related("template").filter(pk__in=ids)
        for version in found:
            template = version.template
            media = Media.from_payload(version.header_media)
            replies = tuple(
                int(button.get("order") or 0)
                for button in version.buttons
                if button.get("type") == QUICK_REPLY
            )
            known = (template.spoki_id or 0, template.language, media, replies)
            self._templates[version.pk] = known

    def _body(self, row: Reserved) -> Body:
        metadata = {"msg": row.key.hex}
        channel = self._channels.get(row.number_id) if row.number_id is not None else None
        if row.template_version_id is None:
            return _text(row, metadata=metadata, channel_id=channel)
        template_id, language, media, replies = self._templates[row.template_version_id]
        return TemplateSend(
            phone=row.phone,
            template_id=template_id,
            language=language,
            variables=row.params,
            buttons=_payloads(row, replies),
            header_media=media,
            metadata=metadata,
            channel_id=channel,
        )


def _text(
    row: Reserved, *, metadata: Mapping[str, str], channel_id: int | None
) -> TextSend | InteractiveSend:
    """Return a text, with the buttons that its parameters name: a tap tells which message it answers."""
    labels = buttons_of(row.params)
    if not labels:
        return TextSend(phone=row.phone, text=row.text, metadata=metadata, channel_id=channel_id)
    buttons = [ReplyButton(label, f"{row.key.hex}:{order}") for order, label in enumerate(labels)]
    return InteractiveSend(
        phone=row.phone, text=row.text, buttons=buttons, metadata=metadata, channel_id=channel_id
    )


def buttons_of(params: Mapping[str, object]) -> list[str]:
    """Return what stands on the buttons of a text of ours, from its parameters."""
    found = params.get(BUTTONS)
    return [str(label) for label in found] if isinstance(found, list) else []


def _payloads(row: Reserved, replies: Sequence[int]) -> tuple[ButtonPayload, ...]:
    """Name each reply button of an order message, so that a tap tells which message it answers, and with what.

    A tap on marketing is read by its words, as Spoki's own automations do (unsubscribing).
    """
    if row.lane != Lane.TRANSACTIONAL:
        return ()
    return tuple(ButtonPayload(order, f"{row.key.hex}:{order}") for order in replies)


def post(parcel: Parcel, gateway: SpokiGateway) -> Posted:
    """Send one message and say what became of it; never raises.

    A parcel whose lease is over is not sent: its grant no longer covers it.
    """
    if time.monotonic() > parcel.row.start_by:
        return Posted(parcel.row, None)
    try:
        became = _send(parcel, gateway)
    except Exception:
        # Whatever it was, the message may have left: only the webhook or a person can tell.
        logger.exception("a send ended in an unexpected way", extra={"row": parcel.row.id})
        return _posted(parcel, Outcome("unknown", "no_answer"))
    return _posted(parcel, became)


def post_by(courier: Courier, parcel: Parcel, tell: Callable[[Posted], None]) -> None:
    """Give one message to the courier; `tell` hears what became of it as `post` says it."""

    def done(became: SendReceipt | SpokiError | None) -> None:
        if became is None:
            tell(Posted(parcel.row, None))
        elif isinstance(became, SpokiError):
            tell(_posted(parcel, _outcome_of(became, parcel)))
        else:
            tell(_posted(parcel, outcome.of_receipt(became)))

    courier.post(parcel.body, until=parcel.row.start_by, done=done)


def _posted(parcel: Parcel, became: Outcome) -> Posted:
    return Posted(parcel.row, became, was_late=time.monotonic() > parcel.row.start_by)


def _send(parcel: Parcel, gateway: SpokiGateway) -> Outcome:
    try:
        if isinstance(parcel.body, TextSend):
            return outcome.of_receipt(gateway.send_text(parcel.body))
        if isinstance(parcel.body, InteractiveSend):
            return outcome.of_receipt(gateway.send_interactive(parcel.body))
        return outcome.of_receipt(gateway.send_template(parcel.body))
    except SpokiError as error:
        return _outcome_of(error, parcel)


def _outcome_of(error: SpokiError, parcel: Parcel) -> Outcome:
    row = parcel.row
    # Whoever rests a day does so for a time of its own: the key is as good as dice.
    dice = row.key.int % 1000 / 1000
    return outcome.of_error(error, attempts=row.attempts + 1, policy=parcel.policy, dice=dice)
