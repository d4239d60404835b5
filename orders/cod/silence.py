"""Who does not answer: one reminder, then the list of people to call. Run every ten minutes."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from campaigns.flows import engine
from campaigns.models import FlowEntry
from campaigns.sender.hours import WritingHours, zone_named
from orders.cod import drawing, follow
from orders.cod.life import Question
from orders.cod.moves import Status, lock, move, step, write
from orders.cod.question import LASTS, UNANSWERED
from orders.cod.rounds import subject_of
from orders.cod.waking import awake_for
from orders.cod.words import Verb
from orders.models import Order, Shop
from orders.shops import current_shop

# A reminder that waits for the morning holds the list back no longer than this.
LONGEST_WAIT: Final = timedelta(hours=24)
AT_ONCE: Final = 2_000
# What may have changed about the person since: a consent that came after the order, a number put right.
_MAY_CHANGE: Final = (
    "no_orders_consent", "no_phone", "invalid_phone", "blocked", "not_a_mobile", "orders_withdrawn",
    "contact_gone", "phone_changed",
)  # fmt: skip


def follow_up(*, now: datetime) -> dict[str, int]:
    """Notice what was missed, ask who can be asked by now, remind the silent ones, list who stays silent.

    Each order in a transaction of its own; return how many were reminded and listed.
    """
    shop = current_shop()
    follow.tend_all(order_ids=_to_look_at(now), now=now)
    return {"reminded": _remind(shop, now=now), "listed": _list_silent(shop, now=now)}


def _to_look_at(now: datetime) -> list[int]:
    pending = Order.objects.filter(is_cod=True, cancelled_at__isnull=True, is_imported=False)
    asked = Q(cod_status__in=[Status.TO_ASK, Status.ASKED], asked_amount_cents__isnull=False)
    perhaps = Q(
        cod_status=Status.NOT_ELIGIBLE, cod_reason__in=_MAY_CHANGE, placed_at__gte=now - LASTS
    )
    found = pending.filter(asked | perhaps, delivery_state=Order.DeliveryState.PENDING)
    return list(found.order_by("placed_at").values_list("pk", flat=True)[:AT_ONCE])


def _remind(shop: Shop, *, now: datetime) -> int:
    since = now - timedelta(minutes=shop.remind_after_minutes)
    silent = Order.objects.filter(
        is_cod=True,
        cod_status=Status.ASKED,
        asked_at__lte=since,
        reminded_at__isnull=True,
        delivery_state=Order.DeliveryState.PENDING,
    )
    ids = list(silent.order_by("asked_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_remind_one(pk, shop, now=now) for pk in ids)


def _remind_one(order_id: int, shop: Shop, *, now: datetime) -> bool:
    with transaction.atomic():
        order = lock(order_id)
        if order.cod_status != Status.ASKED or order.reminded_at is not None:
            return False
        if order.asked_at is None or order.contact is None:
            return False
        silent_since = order.asked_at + timedelta(minutes=shop.remind_after_minutes)
        if not drawing.is_flow_on(UNANSWERED, since=silent_since):
            return False
        entries = engine.happened(
            trigger=UNANSWERED,
            subject=subject_of(order.pk, order.cod_round),
            contact=order.contact,
            happened_at=silent_since,
            now=now,
        )
        if not entries:
            return False
        write(order, reminded_at=now)
        step(order, Verb.REMINDED, now=now, figures={"round": order.cod_round})
    return True


def _list_silent(shop: Shop, *, now: datetime) -> int:
    since = now - timedelta(minutes=shop.unanswered_after_minutes)
    silent = Order.objects.filter(is_cod=True, cod_status=Status.ASKED, asked_at__lte=since)
    ids = list(silent.order_by("asked_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_list_one(pk, shop, now=now) for pk in ids)


def _list_one(order_id: int, shop: Shop, *, now: datetime) -> bool:
    with transaction.atomic():
        order = lock(order_id)
        if order.cod_status != Status.ASKED or not is_silent(order, shop, now=now):
            return False
        follow.let_go(order, "order_unanswered", now=now)
        return move(order, Status.UNANSWERED, Verb.UNANSWERED, now=now) is not None


def is_silent(order: Order, shop: Shop, *, now: datetime) -> bool:
    """Say whether an asked order waited long enough: for the question, and for its reminder once that has left.

    A reminder prepared in the evening leaves in the morning; whoever gets it then has time to answer. Nobody answers by
    night: without a reminder, and after it, only hours in which order messages may arrive count.
    """
    whole = timedelta(minutes=shop.unanswered_after_minutes)
    if order.asked_at is None or now < order.asked_at + whole:
        return False
    if now >= order.asked_at + max(LONGEST_WAIT, whole):
        return True
    if order.reminded_at is None:
        return now >= _awake(order, whole, since=order.asked_at)
    reminder = _reminder_of(order)
    state = follow.state_of(reminder)
    if state in {Question.WAITING, Question.WRITTEN}:
        return False
    sent_at = reminder.message.sending_at if reminder and reminder.message else None
    if state is not Question.GONE or sent_at is None:
        return now >= _awake(order, whole, since=order.asked_at)
    rest = max(0, shop.unanswered_after_minutes - shop.remind_after_minutes)
    return now >= _awake(order, timedelta(minutes=rest), since=sent_at)


def _awake(order: Order, wanted: timedelta, *, since: datetime) -> datetime:
    """Return when the person had `wanted` of her waking hours: those of order messages, by her own clock."""
    question = follow.question_of(order)
    if question is None or question.message is None:
        return since + wanted
    account = question.message.account
    return awake_for(
        wanted,
        since=since,
        hours=WritingHours.parse(account.transactional_hours),
        zone=zone_named(question.message.zone),
    )


def _reminder_of(order: Order) -> FlowEntry | None:
    entries = FlowEntry.objects.filter(
        subject=subject_of(order.pk, order.cod_round), flow__trigger=UNANSWERED
    )
    return entries.select_related("message").order_by("-pk").first()
