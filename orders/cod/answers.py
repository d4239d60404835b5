"""What a customer answers to the question about a cash-on-delivery order."""

from datetime import datetime

from django.db import transaction

from audiences.models import Contact
from orders.cod import acting
from orders.cod.follow import tend
from orders.cod.matching import Written, match
from orders.cod.moves import lock
from orders.cod.words import Verb
from orders.models import Order

# A person must read these: the message belongs into the inbox as well.
_FOR_A_PERSON = frozenset({Verb.QUESTION, Verb.LATE})


def take_answer(
    *,
    contact: Contact,
    text: str,
    payload: str,
    reply_to: str,
    message_key: str,
    at: datetime,
    now: datetime,
    others_wrote_at: datetime | None = None,
) -> bool:
    """Do what the message says about an order; True if that settles it. The same message again changes nothing.

    `payload` is that of the tapped button, `reply_to` Spoki's identifier of the message that is quoted, `message_key`
    the identifier of the message itself, `at` when it was written (UTC), `others_wrote_at` when somebody else (an
    operator, an automation) last wrote to the person before. False as well for what is noted as a question about the
    order: a person must read it. Asking for no more marketing (STOP) is never an answer: it does not come here.
    """
    written = Written(
        contact=contact,
        text=text,
        payload=payload,
        reply_to=reply_to,
        key=message_key,
        at=at,
        others_wrote_at=others_wrote_at,
    )
    with transaction.atomic():
        found = match(written)
        if found is None:
            return False
        order = lock(found.order_id)
        verb = _taken_before(order, message_key)
        if verb is None and order.is_cod:
            # The answer may be here before the news that its question has left.
            tend(order, now=now)
            verb = acting.act(order, found, written, now=now)
    return verb is not None and verb not in _FOR_A_PERSON


def _taken_before(order: Order, message_key: str) -> Verb | None:
    """Return what this very message did before: Spoki may tell it twice."""
    if not message_key:
        return None
    events = order.cod_events.filter(figures__message=message_key)
    verb = events.order_by("pk").values_list("verb", flat=True).first()
    return Verb(verb) if verb else None
