"""What Shopify's news, and news of the question itself, mean for a confirmation.

Everything ends in `tend`: it looks at the order as it is and does what that asks for. So it does not matter in which
order things were told, how often, or by whom.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from campaigns.flows import engine
from campaigns.models import FlowEntry, OutboundMessage
from orders.cod import drawing
from orders.cod.eligibility import has_shipped, why_not_asked, why_over
from orders.cod.life import Facts, Question, Step, next_step
from orders.cod.marks import mark_as_cod, mark_new_as_cod
from orders.cod.moves import Status, lock, move, refuse_new, step, write
from orders.cod.question import BOTH, PLACED
from orders.cod.rounds import FIRST, asked_by, subject_of
from orders.cod.words import Verb
from orders.models import AddressChange, CodEvent, Order
from orders.shops import current_shop
from orders.taking.results import Taken, TakenParcel

# More steps than any order takes at once.
_MOST_STEPS: Final = 6
_OPEN_CHANGES = (AddressChange.State.ASKED, AddressChange.State.TYPED)
# What a confirmation hangs on. Tags and notes, our own among them, are not.
_MATTERS = frozenset(
    {
        "amount_due_cents",
        "cancelled_at",
        "contact",
        "delivery_state",
        "fulfillment_status",
        "is_cod",
        "is_test",
        "lines",
        "name",
        "needs_shipping",
        "shipping_address",
    }
)
_SAID_BY_THE_QUESTION = frozenset({"shipping_address", "lines", "name"})
_MessageStatus = OutboundMessage.Status
_ON_ITS_WAY = frozenset({_MessageStatus.QUEUED})
_LOST = frozenset({_MessageStatus.FAILED, _MessageStatus.SKIPPED, _MessageStatus.EXPIRED})


def order_taken(taken: Taken, *, now: datetime) -> None:
    """Follow news of an order, inside the transaction that keeps it.

    Our own tags and notes come back as news too: they change nothing that is looked at here.
    """
    if not taken.order.is_cod:
        if "is_cod" in taken.changes:
            let_go(taken.order, "order_paid", now=now)
        return
    # A consent may come with anything: whoever could not be asked is always looked at.
    is_refused = taken.order.cod_status == Status.NOT_ELIGIBLE
    if not (taken.is_new or is_refused or taken.changes & _MATTERS):
        return
    # It is held since it was read: nobody has moved it since.
    order = taken.order
    is_first_seen = taken.is_new or "is_cod" in taken.changes
    if is_first_seen and not order.is_imported and not _was_seen(order):
        step(order, Verb.SEEN, now=now, figures={"rule": order.cod_rule})
        mark_as_cod(order, current_shop(), now=now)
    has_new_words = not taken.is_new and bool(taken.changes & _SAID_BY_THE_QUESTION)
    tend(order, has_new_address=has_new_words, now=now)


def _was_seen(order: Order) -> bool:
    """An order may turn out to be paid otherwise, and at the door after all: it was seen once."""
    return order.cod_events.filter(verb=Verb.SEEN).exists()


def new_orders_taken(orders: Sequence[Order], *, now: datetime) -> None:
    """As `order_taken` for orders that this transaction made: no step, no passage is of them yet."""
    ids = [order.pk for order in orders if order.is_cod]
    # Read again: what one of them said of a consent may count for another.
    held = list(Order.objects.select_related("contact").filter(pk__in=ids).order_by("pk"))
    if not held:
        return
    CodEvent.objects.bulk_create(
        CodEvent(order=order, at=now, verb=Verb.SEEN, figures={"rule": order.cod_rule})
        for order in held
    )
    mark_new_as_cod(held, current_shop(), now=now)
    refused = {}
    for order in held:
        facts = facts_of(order, None)
        if next_step(facts) is Step.REFUSE:
            refused[order.pk] = facts.why_not
        else:
            tend(order, now=now)
    refuse_new(refused, now=now)


def parcel_changed(taken: TakenParcel, *, now: datetime) -> None:
    """A parcel left: what was not asked yet will not be."""
    order_id = taken.parcel.order_id
    if Order.objects.filter(pk=order_id, is_cod=True, cod_status=Status.TO_ASK).exists():
        tend(lock(order_id), now=now)


def message_told(message_id: int, now: datetime) -> None:
    """Follow what became of a message, if it asks about an order; who holds the order just now looks anyway.

    What is missed here, the round of every ten minutes finds.
    """
    subject = (
        FlowEntry.objects.filter(message=message_id, flow__trigger=PLACED)
        .values_list("subject", flat=True)
        .first()
    )
    asked = asked_by(subject) if subject else None
    if asked is not None:
        tend_all(order_ids=[asked.order_id], now=now)


def tend(order: Order, *, now: datetime, has_new_address: bool = False) -> None:
    """Do what the held order asks for as it is now, step after step."""
    for _step in range(_MOST_STEPS):
        question = question_of(order)
        drawing.note_flow_draw(order, question)
        facts = facts_of(order, question, has_new_address=has_new_address)
        wanted = next_step(facts)
        if wanted is Step.NOTHING or not _STEPS[wanted](order, facts, now):
            return
        if wanted in {Step.ASK_AGAIN, Step.REFRESH}:
            has_new_address = False


def facts_of(order: Order, question: FlowEntry | None, *, has_new_address: bool = False) -> Facts:
    """Return what decides about the order and the passage that asks about it, read now."""
    basis = current_shop().is_contract_basis
    return Facts(
        status=order.cod_status,
        due_cents=order.amount_due_cents,
        asked_cents=order.asked_amount_cents,
        question=state_of(question),
        why_not=why_not_asked(order, order.contact, is_contract_basis=basis),
        is_cancelled=order.cancelled_at is not None,
        has_shipped=has_shipped(order),
        has_new_address=has_new_address,
        is_elsewhere=_is_elsewhere(order, question),
    )


def _is_elsewhere(order: Order, question: FlowEntry | None) -> bool:
    contact = order.contact
    if question is None or contact is None:
        return False
    return question.contact_id not in {contact.pk, contact.merged_into_id}


def question_of(order: Order) -> FlowEntry | None:
    """Return the passage that asks the present question, the one that got furthest."""
    entries = FlowEntry.objects.filter(
        subject=subject_of(order.pk, order.cod_round), flow__trigger=PLACED
    ).select_related("message")
    return max(entries, key=lambda entry: _RANK[state_of(entry)], default=None)


def state_of(entry: FlowEntry | None) -> Question:
    """Return what became of a passage, whether the answer of the send or a webhook told."""
    if entry is None:
        return Question.NONE
    if entry.status == FlowEntry.Status.WAITING:
        return Question.WAITING
    message = entry.message
    if message is None or message.status in _LOST:
        return Question.FAILED
    return Question.WRITTEN if message.status in _ON_ITS_WAY else Question.GONE


_RANK: Final = {
    Question.NONE: 0,
    Question.FAILED: 1,
    Question.WAITING: 2,
    Question.WRITTEN: 3,
    Question.GONE: 4,
}


def _cancel(order: Order, facts: Facts, now: datetime) -> bool:
    let_go(order, "order_cancelled", now=now)
    close_changes(order, now=now)
    figures = {"reason": order.cancel_reason}
    return move(order, Status.CANCELLED, Verb.CANCELLED, now=now, figures=figures) is not None


def _close(order: Order, facts: Facts, now: datetime) -> bool:
    reason = why_over(order)
    let_go(order, reason, now=now)
    figures = {"reason": reason}
    return bool(
        move(order, Status.NOT_ELIGIBLE, Verb.CLOSED, now=now, figures=figures, cod_reason=reason)
    )


def _refuse(order: Order, facts: Facts, now: datetime) -> bool:
    reason = facts.why_not or _why_lost(question_of(order))
    let_go(order, reason, now=now)
    verb = Verb.HELD_OUT if order.is_cod_holdout else Verb.NOT_ELIGIBLE
    figures = {"reason": reason}
    return bool(move(order, Status.NOT_ELIGIBLE, verb, now=now, figures=figures, cod_reason=reason))


def _why_lost(entry: FlowEntry | None) -> str:
    """A flow says itself why somebody left; a message that was sent and failed is lost."""
    if entry is None:
        return "question_lost"
    skipped = entry.message is not None and entry.message.status == _MessageStatus.SKIPPED
    told = entry.message.reason if skipped and entry.message else entry.reason
    return told or "question_lost"


def _ask(order: Order, facts: Facts, now: datetime) -> bool:
    """Have the flow ask; without one that was on when the order was placed it stays to ask."""
    if order.cod_status == Status.NOT_ELIGIBLE:
        return bool(move(order, Status.TO_ASK, Verb.CAN_BE_ASKED, now=now, cod_reason=""))
    contact = order.contact
    happened_at = order.placed_at if order.cod_round == FIRST else now
    if contact is None or not drawing.is_flow_on(PLACED, since=happened_at):
        return False
    if drawing.draw(order, current_shop()):
        return True
    _next_free_round(order)
    write(order, asked_amount_cents=order.amount_due_cents)
    entries = engine.happened(
        trigger=PLACED,
        subject=subject_of(order.pk, order.cod_round),
        contact=contact,
        happened_at=happened_at,
        now=now,
    )
    if not entries:
        write(order, asked_amount_cents=None)
        return False
    return True


def _next_free_round(order: Order) -> None:
    """A flow takes each subject once: who was let go before is asked under the next number."""
    if question_of(order) is not None:
        write(order, cod_round=order.cod_round + 1)


def _ask_again(order: Order, facts: Facts, now: datetime) -> bool:
    """Take the question back where it has not gone, and put the next one."""
    let_go(order, "order_changed", now=now)
    if order.cod_status == Status.TO_ASK and state_of(question_of(order)) is Question.GONE:
        return True  # it left just now: that is noticed first
    figures = {"asked": order.asked_amount_cents, "due": order.amount_due_cents}
    columns: dict[str, Any] = {
        "cod_round": order.cod_round + 1,
        "asked_amount_cents": None,
        "reminded_at": None,
    }
    if order.cod_status == Status.TO_ASK:
        write(order, **columns)
        step(order, Verb.ASK_AGAIN, now=now, figures=figures)
        return True
    return bool(move(order, Status.TO_ASK, Verb.ASK_AGAIN, now=now, figures=figures, **columns))


def _refresh(order: Order, facts: Facts, now: datetime) -> bool:
    write(order, asked_amount_cents=order.amount_due_cents)
    return True


def _notice(order: Order, facts: Facts, now: datetime) -> bool:
    entry = question_of(order)
    message = entry.message if entry else None
    sent_at = (message.sending_at if message else None) or now
    figures = {
        "round": order.cod_round,
        "cents": order.asked_amount_cents,
        "key": message.key.hex if message else "",
    }
    return bool(move(order, Status.ASKED, Verb.ASKED, now=now, figures=figures, asked_at=sent_at))


_STEPS: Final[dict[Step, Callable[[Order, Facts, datetime], bool]]] = {
    Step.CANCEL: _cancel,
    Step.CLOSE: _close,
    Step.REFUSE: _refuse,
    Step.ASK: _ask,
    Step.ASK_AGAIN: _ask_again,
    Step.REFRESH: _refresh,
    Step.NOTICE: _notice,
}


def let_go(order: Order, reason: str, *, now: datetime) -> None:
    """Have nobody ask or remind any more: waiting passages leave, what has not left is not sent."""
    subject = subject_of(order.pk, order.cod_round)
    engine.leave(subject=subject, triggers=BOTH, reason=reason, now=now)


def close_changes(order: Order, *, now: datetime) -> None:
    """Nobody waits for a new address any more; one that is being written to Shopify is let finish."""
    AddressChange.objects.filter(order=order, state__in=_OPEN_CHANGES).update(
        state=AddressChange.State.WITHDRAWN, decided_at=now
    )


def tend_all(*, order_ids: Collection[int], now: datetime) -> int:
    """Look at each of these orders in a transaction of its own, those that nobody holds; return how many."""
    seen = 0
    for order_id in order_ids:
        with transaction.atomic():
            found = Order.objects.select_for_update(of=("self",), skip_locked=True)
            order = found.select_related("contact").filter(pk=order_id, is_cod=True).first()
            if order is not None:
                tend(order, now=now)
                seen += 1
    return seen
