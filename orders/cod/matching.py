"""Which order an answer is about, and which of its questions.

In the order of what proves most: the payload of a button that we sent, the message that is quoted, the words. A text by
itself answers the question if nobody has written to the person since; one that names what to do, or says no, answers a
question that is still open all the same.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.functional import cached_property

from audiences.models import Contact
from campaigns.models import FlowEntry, FlowTest, Lane, OutboundMessage
from orders.cod.life import Meaning
from orders.cod.question import BOTH
from orders.cod.reading import Reading, read_label, read_text
from orders.cod.rounds import FIRST, asked_by, subject_of
from orders.models import AddressChange, Order
from spoki import normalise_uuid

# Between two clocks, of which one may tell whole seconds.
SLACK: Final = timedelta(seconds=5)
# So long a text by itself is taken for an answer, and a story for one about the order.
ANSWERS_WITHIN: Final = timedelta(days=7)
ASKS_WITHIN: Final = timedelta(hours=48)
_PAYLOAD = re.compile(r"([0-9a-f]{32}):(\d{1,2})")
_NAMED = re.compile(r"#\s*([\w-]*\d[\w-]*)|\b(\d{3,})\b")
_NEVER_LEFT = (
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.EXPIRED,
    OutboundMessage.Status.FAILED,
)
Status = Order.CodStatus
_STILL_OPEN = frozenset(
    {
        Status.TO_ASK,
        Status.ASKED,
        Status.UNANSWERED,
        Status.CHANGE_REQUESTED,
        Status.CANCEL_REQUESTED,
    }
)
_OPEN_CHANGES = (AddressChange.State.ASKED, AddressChange.State.TYPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message of a customer. `others_wrote_at`: when somebody but us last wrote to her before it."""

    contact: Contact
    text: str
    payload: str
    reply_to: str
    key: str
    at: datetime
    others_wrote_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a message is about. `reading` None: nothing clear. `how`: button, reply, text.

    `message` is the question it answers, None where it only names the order. `is_at_hand`: it was the last word.
    """

    order_id: int
    how: str
    round: int = 1
    reading: Reading | None = None
    message: OutboundMessage | None = None
    is_at_hand: bool = True
    # Since the question nothing but marketing came in between.
    is_after_marketing: bool = False

    @property
    def meaning(self) -> Meaning | None:
        return self.reading.meaning if self.reading else None


def match(written: Written) -> Match | None:
    """Return what the message is about; None where it is about no order's confirmation."""
    tapped = _PAYLOAD.fullmatch(written.payload.strip())
    if tapped and (message := _message_of(tapped)) is not None:
        # A button of another message of ours, a test of a flow as well, says nothing about an order.
        return _by_button(message, int(tapped[2]))
    # Without a payload of ours the label of the button is all that is told.
    said = written.text or written.payload
    if quoted := _quoted(written.reply_to):
        return _by_reply(quoted, said)
    return _by_words(written, said)


def _message_of(tapped: re.Match[str]) -> OutboundMessage | None:
    # A message that a person released for a second try has another key since.
    keys = Q(key=tapped[1]) | Q(settlements__former_key=tapped[1])
    return OutboundMessage.objects.filter(keys).select_related("template_version").first()


def _by_button(message: OutboundMessage, button: int) -> Match | None:
    found = _about(message, how="button")
    if found is None:
        return None
    label = next((text for order, text in _labels(message) if order == button), "")
    return replace(found, reading=_explicit(read_label(label)))


def _quoted(reply_to: str) -> OutboundMessage | None:
    uuid = normalise_uuid(reply_to)
    if not uuid:
        return None
    ours = OutboundMessage.objects.select_related("template_version")
    return ours.filter(Q(provider_uuid=uuid) | Q(earlier_uuids__contains=[uuid])).first()


def _by_reply(quoted: OutboundMessage, said: str) -> Match | None:
    """A label as it stands is the tap of that button; a reply to another message of ours is about that one."""
    found = _about(quoted, how="reply")
    if found is None:
        return None
    if any(text.strip().casefold() == said.strip().casefold() for _order, text in _labels(quoted)):
        return replace(found, how="button", reading=_explicit(read_label(said)))
    return replace(found, reading=read_text(said))


def _labels(message: OutboundMessage) -> list[tuple[int, str]]:
    version = message.template_version
    buttons = version.buttons if version else []
    return [(int(b.get("order") or 0), str(b.get("text") or "")) for b in buttons]


def _explicit(meaning: Meaning | None) -> Reading | None:
    return Reading(meaning, is_explicit=True) if meaning else None


def _about(message: OutboundMessage, *, how: str) -> Match | None:
    """Return the order that the message asks about; None for a message that asks about none."""
    subject = (
        FlowEntry.objects.filter(message=message, flow__trigger__in=BOTH)
        .values_list("subject", flat=True)
        .first()
    )
    asked = asked_by(subject) if subject else None
    if asked is None or not Order.objects.filter(pk=asked.order_id).exists():
        return None
    return Match(order_id=asked.order_id, how=how, round=asked.round, message=message)


def _by_words(written: Written, said: str) -> Match | None:
    conversation = _Conversation(written)
    reading = read_text(said)
    if (named := conversation.named(said)) is not None:
        is_over = reading is None and named.cod_status not in _STILL_OPEN
        return None if is_over else conversation.about(named, reading)
    found = conversation.answered(reading)
    is_bare = reading is None or not reading.is_explicit
    if (change := conversation.open_change) is not None and is_bare:
        # “Sì” to the question of another order that came since is no address.
        is_newer = found is not None and found.is_at_hand and conversation.is_asked_since_change
        return found if reading and is_newer else conversation.about(change, reading)
    return _weighed(found, conversation) if found else None


def _weighed(found: Match, conversation: "_Conversation") -> Match | None:
    """A word by itself answers what was just asked; anything else only while the question is open.

    Where something else was written in between, only what names the order's business counts; after marketing a “no” does
    too, since nobody has to answer an offer: it costs a look, a cancellation that is missed costs a parcel.
    """
    if found.reading is not None and found.is_at_hand:
        return found
    if not conversation.is_open(found.order_id):
        return None
    if found.reading is None:
        return found if found.is_at_hand and conversation.is_recent else None
    is_no = found.reading.meaning is Meaning.CANCEL and found.is_after_marketing
    return found if found.reading.is_explicit or is_no else None


def _sent(message: OutboundMessage) -> datetime:
    return message.sending_at or message.created_at


class _Conversation:
    """The orders that whoever wrote may mean, and the questions she got about them."""

    def __init__(self, written: Written) -> None:
        self._written = written

    @cached_property
    def orders(self) -> list[Order]:
        """Return her latest COD orders: her own, those of her account, those of her number."""
        contact = self._written.contact
        hers = Q(contact=contact) | Q(customer__contact=contact)
        if contact.phone:
            hers |= Q(phone=contact.phone)
        since = self._written.at - timedelta(days=30)
        found = Order.objects.filter(hers, is_cod=True, placed_at__gte=since).exclude(
            cod_status=Status.NOT_COD
        )
        return list(found.order_by("-placed_at")[:20])

    def named(self, text: str) -> Order | None:
        """Return the order that the text names by its number, if it is one of hers."""
        said = {(a or b).casefold() for a, b in _NAMED.findall(text)}
        for order in self.orders:
            name = order.name.lstrip("#").casefold()
            if name and name in said:
                return order
        return None

    @cached_property
    def _change(self) -> AddressChange | None:
        since = self._written.at - ASKS_WITHIN
        return (
            AddressChange.objects.filter(
                Q(asked_at__gte=since) | Q(typed_at__gte=since),
                order__in=self.orders,
                state__in=_OPEN_CHANGES,
                asked_at__lte=self._written.at + SLACK,
            )
            .order_by("-asked_at")
            .first()
        )

    @property
    def open_change(self) -> Order | None:
        """Return the order for which we wait for a new address, or got part of it."""
        change = self._change
        return next((o for o in self.orders if change and o.pk == change.order_id), None)

    @property
    def is_asked_since_change(self) -> bool:
        """Say whether another order was asked about after the one whose address is open."""
        change, asked = self._change, self.last_question
        if change is None or asked is None or asked[0].pk == change.order_id:
            return False
        return _sent(asked[1]) > max(change.asked_at, change.typed_at or change.asked_at)

    @cached_property
    def last_question(self) -> tuple[Order, OutboundMessage, int] | None:
        """Return the last question or reminder that had left when she wrote, its order and its round."""
        found = self._last_about(self.orders)
        is_lately = found and _sent(found[1]) >= self._written.at - ANSWERS_WITHIN
        return found if is_lately else None

    def _last_about(self, orders: Iterable[Order]) -> tuple[Order, OutboundMessage, int] | None:
        known = {order.pk: order for order in orders}
        subjects = [
            subject_of(order.pk, round_)
            for order in known.values()
            for round_ in range(1, order.cod_round + 1)
        ]
        entry = (
            FlowEntry.objects.filter(
                flow__trigger__in=BOTH,
                subject__in=subjects,
                message__sending_at__lte=self._written.at + SLACK,
            )
            .exclude(message__status__in=_NEVER_LEFT)
            .select_related("message")
            .order_by("-message__sending_at")
            .first()
        )
        asked = asked_by(entry.subject) if entry else None
        if entry is None or entry.message is None or asked is None:
            return None
        return known[asked.order_id], entry.message, asked.round

    def answered(self, reading: Reading | None) -> Match | None:
        """Return the last question as what was answered, None where none was asked lately.

        Nor where a test of a flow came since: it looks like the question, and is about nothing.
        """
        if self.last_question is None:
            return None
        order, message, round_ = self.last_question
        if self._was_tried_since(message):
            return None
        since = self._written_since(message)
        return Match(
            order_id=order.pk,
            how="text",
            round=round_,
            reading=reading,
            message=message,
            is_at_hand=not since,
            is_after_marketing=since <= {Lane.MARKETING},
        )

    def is_open(self, order_id: int) -> bool:
        return any(o.pk == order_id and o.cod_status in _STILL_OPEN for o in self.orders)

    @property
    def is_recent(self) -> bool:
        asked = self.last_question
        return asked is not None and self._written.at - _sent(asked[1]) <= ASKS_WITHIN

    def about(self, order: Order, reading: Reading | None) -> Match:
        """Return the order as what is meant; what she agrees to is what she was last asked about it."""
        asked = self._last_about([order])
        return Match(
            order_id=order.pk,
            how="text",
            round=asked[2] if asked else FIRST,
            reading=reading,
            message=asked[1] if asked else None,
        )

    def _was_tried_since(self, message: OutboundMessage) -> bool:
        return FlowTest.objects.filter(
            message__contact__in={message.contact_id, self._written.contact.pk},
            message__sending_at__gt=_sent(message),
            message__sending_at__lte=self._written.at + SLACK,
        ).exists()

    def _written_since(self, message: OutboundMessage) -> set[int]:
        """Return the lanes in which she was written to since; what others wrote counts as replies.

        What the shop answers by itself belongs to this conversation.
        """
        sent, at = _sent(message), self._written.at
        since = OutboundMessage.objects.filter(
            contact__in={message.contact_id, self._written.contact.pk},
            sending_at__gt=sent,
            sending_at__lte=at,
        ).exclude(status__in=_NEVER_LEFT)
        lanes = set(since.exclude(lane=Lane.REPLY).values_list("lane", flat=True))
        others = self._written.others_wrote_at
        if others is not None and sent < others <= at:
            lanes.add(int(Lane.REPLY))
        return lanes
