"""What an answer does to its order, which the caller holds: always one step, with the customer's words as evidence."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.cod import follow, marks, replies, typed
from orders.cod.eligibility import has_shipped
from orders.cod.life import AFTER, Deed, Meaning, Standing, deed_of, is_overtaken
from orders.cod.matching import Match, Written
from orders.cod.moves import Status, move, step, write
from orders.cod.words import Verb
from orders.models import AddressChange, CodEvent, Order, ShopCall
from orders.order_words import lacks_house_number

State = AddressChange.State
OPEN = (State.ASKED, State.TYPED)
_VERBS = {
    Deed.CONFIRM: Verb.CONFIRMED,
    Deed.CHANGE: Verb.CHANGE_REQUESTED,
    Deed.CANCEL: Verb.CANCEL_REQUESTED,
    Deed.NOTHING: Verb.REPEATED,
    Deed.OLD: Verb.OLD,
    Deed.LATE: Verb.LATE,
}
_NOTES = {
    Deed.CONFIRM: _("Cash on delivery: confirmed by the customer on WhatsApp."),
    Deed.CHANGE: _("Cash on delivery: the customer asks on WhatsApp for another address."),
    Deed.CANCEL: _("Cash on delivery: the customer asks on WhatsApp to cancel."),
}


def act(order: Order, found: Match, written: Written, *, now: datetime) -> Verb:
    """Do it, and return the step that was written down."""
    change = open_change(order)
    is_bare = found.reading is None or not found.reading.is_explicit
    if change is not None and is_bare:
        return _for_the_address(order, change, found, written, now=now)
    if found.reading is None:
        return _unclear(order, found, written, now=now)
    return _clear(order, found.reading.meaning, found, written, now=now)


def open_change(order: Order) -> AddressChange | None:
    """Return the change of address for which the customer's words still count."""
    return AddressChange.objects.filter(order=order, state__in=OPEN).first()


def _clear(
    order: Order, meaning: Meaning, found: Match, written: Written, *, now: datetime
) -> Verb:
    answered = order.answered_at.timestamp() if order.answered_at else None
    at = written.at.timestamp()
    if is_overtaken(meaning, order.cod_status, at=at, answered_at=answered):
        return _overtaken(order, meaning, found, written, now=now)
    deed = deed_of(meaning, standing_of(order, round_=found.round))
    if deed is Deed.LATE:
        return ask_a_person(order, Verb.LATE, found, written, now=now)
    if deed not in AFTER:
        return _note(order, _VERBS[deed], found, written, now=now)
    event = move(
        order,
        AFTER[deed],
        _VERBS[deed],
        now=now,
        evidence=written.text,
        figures=_figures(found, written),
        answered_at=written.at,
    )
    if event is None:
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    follow.let_go(order, "order_answered", now=now)
    marks.note(order, event, _NOTES[deed], now=now)
    _AFTERWARDS[deed](order, found, written, now)
    return _VERBS[deed]


def standing_of(order: Order, *, round_: int) -> Standing:
    """Return how the held order stands for an answer to its question of this round."""
    changes = AddressChange.objects.filter(order=order)
    return Standing(
        status=order.cod_status,
        has_shipped=has_shipped(order),
        is_current=round_ == order.cod_round,
        has_typed=changes.filter(state__in=[State.TYPED, State.APPLYING]).exists(),
        is_cancelling=is_cancelling(order),
    )


def is_cancelling(order: Order) -> bool:
    """Say whether Shopify was asked to cancel it, and has not said no."""
    return order.shop_calls.filter(
        kind=ShopCall.Kind.CANCEL_ORDER, state=ShopCall.State.WAITING
    ).exists()


def _overtaken(
    order: Order, meaning: Meaning, found: Match, written: Written, *, now: datetime
) -> Verb:
    """A later answer stands; where that was an agent's, somebody must look at what the customer said before."""
    if AFTER[Deed(meaning.value)] == order.cod_status:
        return _note(order, Verb.REPEATED, found, written, now=now)
    decided = order.cod_events.filter(verb__in=list(_VERBS.values())).order_by("-pk").first()
    is_agents = decided is not None and decided.by_id is not None
    if is_agents:
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    return _note(order, Verb.OVERTAKEN, found, written, now=now)


def _for_the_address(
    order: Order, change: AddressChange, found: Match, written: Written, *, now: datetime
) -> Verb:
    """While an address is awaited what she writes is that address, in as many messages as she likes."""
    if found.meaning is Meaning.CONFIRM:
        return _note(order, Verb.REPEATED, found, written, now=now)
    is_question = "?" in written.text
    if found.meaning is not None or is_question or not written.text.strip():
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    return take_typed(order, change, found, written, now=now)


def _unclear(order: Order, found: Match, written: Written, *, now: datetime) -> Verb:
    """A house number where one is missing, or a whole address, is a change; anything else a person reads."""
    lacks_number = lacks_house_number(order.shipping_address)
    is_number = lacks_number and bool(typed.house_number(written.text))
    if not is_number and not typed.looks_like_address(written.text):
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    standing = standing_of(order, round_=found.round)
    if standing.has_shipped or standing.has_typed or standing.is_cancelling:
        return ask_a_person(order, Verb.LATE, found, written, now=now)
    can_change = Status.CHANGE_REQUESTED in Order.COD_NEXT[Status(order.cod_status)]
    if not can_change or order.cod_status == Status.CANCEL_REQUESTED:
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    return take_typed(order, begin_change(order, now=now), found, written, now=now)


def take_typed(
    order: Order, change: AddressChange, found: Match, written: Written, *, now: datetime
) -> Verb:
    """Keep what she wrote of the address; the parts stand in the order in which they were written."""
    if has_shipped(order):
        return ask_a_person(order, Verb.LATE, found, written, now=now)
    text = written.text.strip()[:1000]
    is_earlier = change.typed_at is not None and written.at < change.typed_at
    parts = [text, change.typed_text] if is_earlier else [change.typed_text, text]
    # Whoever writes to a change holds its order, as we do.
    kept = AddressChange.objects.filter(pk=change.pk, state__in=OPEN).update(
        state=State.TYPED,
        typed_text="\n".join(part for part in parts if part),
        typed_at=max(change.typed_at or written.at, written.at),
    )
    if kept != 1:
        return ask_a_person(order, Verb.QUESTION, found, written, now=now)
    figures = _figures(found, written) | {"change": change.pk}
    if order.cod_status != Status.CHANGE_REQUESTED:
        event = move(
            order, Status.CHANGE_REQUESTED, Verb.CHANGE_REQUESTED, now=now, evidence=text,
            figures=figures, answered_at=written.at,
        )  # fmt: skip
        if event is not None:
            follow.let_go(order, "order_answered", now=now)
            marks.note(order, event, _NOTES[Deed.CHANGE], now=now)
    step(order, Verb.TYPED, now=now, evidence=text, figures=figures)
    return Verb.TYPED


def begin_change(order: Order, *, now: datetime) -> AddressChange:
    """Return the open change of the held order, a new one if there is none."""
    return open_change(order) or AddressChange.objects.create(
        order=order, asked_at=now, old_address=order.shipping_address
    )


def ask_a_person(
    order: Order, verb: Verb, found: Match, written: Written, *, now: datetime
) -> Verb:
    """Leave it to a person: it stands in the list of questions until somebody has seen to it."""
    since = order.cod_question_at
    write(order, cod_question_at=min(since, written.at) if since else written.at)
    return _note(order, verb, found, written, now=now)


def _note(order: Order, verb: Verb, found: Match, written: Written, *, now: datetime) -> Verb:
    step(order, verb, now=now, evidence=written.text, figures=_figures(found, written))
    return verb


def _figures(found: Match, written: Written) -> dict[str, Any]:
    told: dict[str, Any] = {
        "message": written.key,
        "how": found.how,
        "round": found.round,
        "written_at": written.at.isoformat(),
    }
    return told | ({"meaning": found.meaning.value} if found.meaning else {})


def _confirmed(order: Order, found: Match, written: Written, now: datetime) -> None:
    """What was not written yet is not awaited any more; a missing house number is asked for."""
    follow.close_changes(order, now=now)
    if order.asked_amount_cents is None:
        # Confirmed before it was asked: this is the amount that another one is compared with.
        write(order, asked_amount_cents=order.amount_due_cents)
    if has_shipped(order) or not lacks_house_number(order.shipping_address):
        return
    number = found.message.number if found.message else None
    asked = replies.say(
        replies.ASK_NUMBER, order=order, contact=written.contact, number=number, now=now
    )
    if asked is not None:
        begin_change(order, now=now)


def _change_asked(order: Order, found: Match, written: Written, now: datetime) -> None:
    begin_change(order, now=now)
    number = found.message.number if found.message else None
    asked = replies.say(
        replies.ASK_ADDRESS, order=order, contact=written.contact, number=number, now=now
    )
    if asked is None:
        # No window: only a person can ask.
        write(order, cod_question_at=order.cod_question_at or written.at)


def _cancel_asked(order: Order, found: Match, written: Written, now: datetime) -> None:
    follow.close_changes(order, now=now)


_AFTERWARDS = {
    Deed.CONFIRM: _confirmed,
    Deed.CHANGE: _change_asked,
    Deed.CANCEL: _cancel_asked,
}


def last_words(order: Order) -> CodEvent | None:
    """Return the latest thing the customer said about the order."""
    said = [Verb.QUESTION, Verb.LATE, Verb.TYPED, *_VERBS.values()]
    return order.cod_events.filter(verb__in=said, by=None).order_by("-at", "-pk").first()
