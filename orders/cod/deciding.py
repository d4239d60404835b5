"""What people decide about a confirmation: on the phone, or after a look at what the customer wrote.

Everybody says what they had in front of them (`seen`): whoever decides on something that has changed meanwhile is told
so, and nothing is done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.provinces import PROVINCES
from orders import shop_calls
from orders.cod import acting, follow, marks, replies
from orders.cod.eligibility import has_shipped
from orders.cod.moves import Status, lock, move, step, write
from orders.cod.words import Verb
from orders.models import AddressChange, Order, ShopCall
from orders.order_words import address_line

State = AddressChange.State
Kind = ShopCall.Kind
FIELDS = (
    "first_name", "last_name", "company", "address1", "address2", "zip", "city", "province_code",
    "country_code", "phone",
)  # fmt: skip
_WITH_PROVINCES = frozenset({"", "IT"})
_BY_PHONE = gettext_lazy("Cash on delivery: confirmed by phone, by %(who)s.")
_KEPT = gettext_lazy("Cash on delivery: kept, not cancelled, by %(who)s.")
_CANCELLING = gettext_lazy("Cash on delivery: cancelled by %(who)s: %(why)s")
_APPLIED = gettext_lazy(
    "Cash on delivery: new address at the customer's wish, by %(who)s: %(address)s"
)


class DecisionRefused(Exception):
    """It cannot be decided so, or not any more; `str()` says why, for a person."""


class Moved(DecisionRefused):
    """Something happened since the person looked."""


def seen_of(order: Order) -> str:
    """Return what a page remembers of an order, to see whether it moved since."""
    change = AddressChange.objects.filter(order=order).order_by("-pk").first()
    typed = change.typed_at.isoformat() if change and change.typed_at else ""
    answered = order.answered_at.isoformat() if order.answered_at else ""
    question = order.cod_question_at.isoformat() if order.cod_question_at else ""
    parts = [order.cod_status, order.cod_round, order.amount_due_cents, answered, question]
    tail = [change.pk, change.state, typed] if change else []
    return "|".join(str(part) for part in (*parts, *tail, has_shipped(order)))


def confirm_by_phone(*, order_id: int, by: User, seen: str, now: datetime) -> None:
    """The customer said yes on the phone.

    :raises DecisionRefused: no longer possible; Moved if something happened meanwhile.
    """
    with transaction.atomic():
        order = held(order_id, seen)
        event = move(
            order, Status.CONFIRMED, Verb.CONFIRMED, now=now, by=by, answered_at=now,
            asked_amount_cents=order.amount_due_cents,
        )  # fmt: skip
        if event is None:
            raise DecisionRefused(_("This order cannot be confirmed any more: look at its state."))
        follow.let_go(order, "order_answered", now=now)
        follow.close_changes(order, now=now)
        marks.note(order, event, _BY_PHONE, now=now, who=_name(by))


def keep_order(*, order_id: int, by: User, seen: str, now: datetime) -> None:
    """The customer wants it after all: nothing is cancelled.

    :raises DecisionRefused: nobody asked to cancel, or Shopify is at it; Moved if something happened meanwhile.
    """
    with transaction.atomic():
        order = held(order_id, seen)
        if order.cod_status != Status.CANCEL_REQUESTED:
            raise DecisionRefused(_("Nobody asks to cancel this order: look at its state."))
        if acting.is_cancelling(order):
            raise DecisionRefused(_("Shopify was asked to cancel it: this cannot be stopped."))
        event = move(
            order, Status.CONFIRMED, Verb.KEPT, now=now, by=by, answered_at=now,
            asked_amount_cents=order.amount_due_cents,
        )  # fmt: skip
        if event is not None:
            marks.note(order, event, _KEPT, now=now, who=_name(by))


def cancel_order(*, order_id: int, by: User, why: str, seen: str, now: datetime) -> None:
    """Have Shopify cancel it; the order is cancelled once Shopify says so.

    :raises DecisionRefused: it has left, is cancelled or being cancelled; Moved if something happened meanwhile.
    """
    with transaction.atomic():
        order = held(order_id, seen)
        if has_shipped(order):
            raise DecisionRefused(_("The order has left: stop the parcel at the courier."))
        if acting.is_cancelling(order):
            raise DecisionRefused(_("Shopify was asked to cancel it already."))
        if order.cod_status != Status.CANCEL_REQUESTED:
            _ask_to_cancel(order, by=by, now=now)
        follow.let_go(order, "order_answered", now=now)
        follow.close_changes(order, now=now)
        event = step(order, Verb.CANCELLING, now=now, by=by, evidence=why)
        payload = {"reason": "CUSTOMER", "staff_note": why[:255]}
        _call(order, Kind.CANCEL_ORDER, "cancel", payload, now=now)
        marks.note(order, event, _CANCELLING, now=now, who=_name(by), why=why or "–")


def apply_address(
    *, order_id: int, address: Mapping[str, str], by: User, seen: str, now: datetime
) -> AddressChange:
    """Have Shopify write the address; it holds once Shopify says so. By phone there need be no wish before.

    :raises DecisionRefused: incomplete, the order has left, somebody else is at it; Moved if something happened.
    """
    new = _complete(address)
    with transaction.atomic():
        order = held(order_id, seen)
        _check_changeable(order)
        change = acting.begin_change(order, now=now)
        if change.state == State.ASKED:
            AddressChange.objects.filter(pk=change.pk, state=State.ASKED).update(
                state=State.TYPED, typed_at=now
            )
        if order.cod_status != Status.CHANGE_REQUESTED:
            move(
                order,
                Status.CHANGE_REQUESTED,
                Verb.CHANGE_REQUESTED,
                now=now,
                by=by,
                answered_at=now,
            )
            follow.let_go(order, "order_answered", now=now)
        moved = AddressChange.objects.filter(pk=change.pk, state=State.TYPED).update(
            state=State.APPLYING,
            new_address=dict(order.shipping_address) | new,
            old_address=order.shipping_address,
            decided_by=by,
            decided_at=now,
            reason="",
        )
        if moved != 1:
            raise Moved(_("Somebody else is just applying this address."))
        step(
            order,
            Verb.APPLYING,
            now=now,
            by=by,
            evidence=address_line(new),
            figures={"change": change.pk},
        )
        payload = {"address": new, "change": change.pk}
        _call(order, Kind.UPDATE_ADDRESS, f"address:{change.pk}", payload, now=now)
    change.refresh_from_db()
    return change


def refuse_change(*, order_id: int, by: User, why: str, seen: str, now: datetime) -> None:
    """The address stays as it is; the order goes on as confirmed.

    :raises DecisionRefused: there is no open wish; Moved if something happened meanwhile.
    """
    with transaction.atomic():
        order = held(order_id, seen)
        moved = AddressChange.objects.filter(order=order, state__in=acting.OPEN).update(
            state=State.REFUSED, decided_by=by, decided_at=now, reason=why[:300]
        )
        if not moved:
            raise DecisionRefused(_("There is no wish for another address to decide about."))
        if (
            move(
                order, Status.CONFIRMED, Verb.REFUSED, now=now, by=by, evidence=why, answered_at=now
            )
            is None
        ):
            step(order, Verb.REFUSED, now=now, by=by, evidence=why)
        follow.tend(order, now=now)


def note_nobody(*, order_id: int, by: User, now: datetime) -> None:
    """Somebody called and nobody answered: the order stays on the list, the try is kept."""
    with transaction.atomic():
        step(lock(order_id), Verb.NOBODY, now=now, by=by)


def settle_question(*, order_id: int, by: User, seen: str, now: datetime) -> None:
    """Somebody has read what the customer wrote and seen to it.

    :raises Moved: she wrote again meanwhile, or a colleague was faster.
    """
    with transaction.atomic():
        order = held(order_id, seen)
        if order.cod_question_at is None:
            raise DecisionRefused(_("A colleague has seen to it already."))
        write(order, cod_question_at=None)
        step(order, Verb.QUESTION_DONE, now=now, by=by)


def address_told(call: ShopCall, error: str) -> None:
    """Shopify has written the address, or will not: called in the transaction that ends the call."""
    now = call.done_at or call.created_at
    order = lock(call.order_id or 0)
    change = AddressChange.objects.filter(pk=call.payload.get("change"), order=order).first()
    if change is None:
        return
    if error:
        _not_applied(order, change, call, now=now)
        return
    # A failed call may be repeated after the change went back to be looked at.
    moved = AddressChange.objects.filter(
        pk=change.pk, state__in=[State.APPLYING, State.TYPED]
    ).update(state=State.APPLIED, reason="")
    if moved:
        _applied(order, change, now=now)


def cancellation_told(call: ShopCall, error: str) -> None:
    """Shopify has cancelled the order, or will not: called in the transaction that ends the call."""
    now = call.done_at or call.created_at
    order = lock(call.order_id or 0)
    if error:
        step(order, Verb.NOT_CANCELLED, now=now, figures={"error": call.error})
        write(order, cod_question_at=order.cod_question_at or now)
        return
    move(order, Status.CANCELLED, Verb.CANCELLED, now=now, figures={"reason": "customer"})


def register_callbacks() -> None:
    """Hear what becomes of our calls to Shopify; called when the application starts."""
    shop_calls.register_after(Kind.UPDATE_ADDRESS, address_told)
    shop_calls.register_after(Kind.CANCEL_ORDER, cancellation_told)


def _applied(order: Order, change: AddressChange, *, now: datetime) -> None:
    event = move(
        order, Status.CHANGED, Verb.CHANGED, now=now, by=change.decided_by,
        evidence=address_line(change.new_address), figures={"change": change.pk},
    )  # fmt: skip
    event = event or step(order, Verb.CHANGED, now=now, by=change.decided_by)
    write(order, shipping_address=change.new_address)
    who = _name(change.decided_by) if change.decided_by else ""
    marks.note(order, event, _APPLIED, now=now, who=who, address=address_line(change.new_address))
    if order.contact is not None and order.cod_status == Status.CHANGED:
        replies.say(replies.APPLIED, order=order, contact=order.contact, number=None, now=now)
    # The amount may have changed while the address was awaited.
    follow.tend(order, now=now)


def _not_applied(order: Order, change: AddressChange, call: ShopCall, *, now: datetime) -> None:
    AddressChange.objects.filter(pk=change.pk, state=State.APPLYING).update(
        state=State.TYPED, reason=call.error[:300]
    )
    figures = {"change": change.pk, "error": call.error}
    step(order, Verb.NOT_APPLIED, now=now, figures=figures)


def held(order_id: int, seen: str) -> Order:
    """Return the locked order, inside the caller's transaction. :raises Moved: it is not what the person saw."""
    order = lock(order_id)
    if seen_of(order) != seen:
        raise Moved(_("Something happened to this order meanwhile: look at it again, then decide."))
    return order


def _check_changeable(order: Order) -> None:
    if order.cancelled_at is not None or order.cod_status == Status.CANCELLED:
        raise DecisionRefused(_("The order was cancelled: there is nothing to change."))
    if has_shipped(order):
        raise DecisionRefused(_("The order has left: the address cannot be changed any more."))
    if AddressChange.objects.filter(order=order, state=State.APPLYING).exists():
        raise Moved(_("Somebody else is just applying this address."))


def _ask_to_cancel(order: Order, *, by: User, now: datetime) -> None:
    event = move(
        order, Status.CANCEL_REQUESTED, Verb.CANCEL_REQUESTED, now=now, by=by, answered_at=now
    )
    if event is None:
        raise DecisionRefused(_("This order cannot be cancelled any more: look at its state."))


def _complete(address: Mapping[str, str]) -> dict[str, str]:
    """Return the fields we know. :raises DecisionRefused: the courier could not find the house."""
    new = {
        name: " ".join(str(address.get(name) or "").split())[:255]
        for name in FIELDS
        if name in address
    }
    country = new["country_code"] = new.get("country_code", "").upper()
    new["province_code"] = new.get("province_code", "").upper()
    if not all(new.get(name) for name in ("address1", "zip", "city")):
        raise DecisionRefused(_("Street, postcode and town are needed."))
    if country in _WITH_PROVINCES:
        if not (new["zip"].isdigit() and len(new["zip"]) == 5):
            raise DecisionRefused(_("An Italian postcode has five digits."))
        if new["province_code"] not in PROVINCES:
            raise DecisionRefused(_("Write the province with its two letters, as MI for Milano."))
    return new


def _call(order: Order, kind: Kind, word: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Ask once per decision: a call that failed is not the same as the next one."""
    before = order.shop_calls.filter(kind=kind).count()
    shop_calls.ask(order=order, key=f"{word}:{before + 1}", kind=kind, payload=payload, now=now)


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()
