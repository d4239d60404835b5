"""Where a confirmation goes next. Pure: what an order looks like now decides, never the order in which news came."""

from dataclasses import dataclass
from enum import StrEnum

from orders.models import Order

Status = Order.CodStatus

# Nobody has decided yet: whoever finds the order paid or shipped has nothing left to ask.
OPEN = frozenset({Status.TO_ASK, Status.ASKED, Status.UNANSWERED})
# An amount that changes takes these back to the question; the others wait for a person.
_AGREED = frozenset({Status.ASKED, Status.UNANSWERED, Status.CONFIRMED, Status.CHANGED})


class Question(StrEnum):
    """What became of the message that asks the present question."""

    NONE = "none"
    WAITING = "waiting"  # not written yet: it will say what the order says then
    WRITTEN = "written"  # in the outbox, not gone
    GONE = "gone"
    FAILED = "failed"  # it will not arrive any more


class Step(StrEnum):
    """What an order needs now."""

    NOTHING = "nothing"
    CANCEL = "cancel"  # Shopify cancelled it
    CLOSE = "close"  # there is nothing left to ask
    REFUSE = "refuse"  # it cannot be asked
    ASK = "ask"
    ASK_AGAIN = "ask_again"
    REFRESH = "refresh"  # the question waits: let it say what the order says now
    NOTICE = "notice"  # the question has gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An order as it is now. Amounts are cents; `asked_cents` is what the present question says, None without one.

    `why_not`: why it cannot be asked (a code of `orders.cod.eligibility`), empty if it can. `has_new_address`: what the
    question says of the address is old. `is_elsewhere`: it goes, or went, to somebody the order is not about any more.
    """

    status: str
    due_cents: int
    asked_cents: int | None
    question: Question
    why_not: str = ""
    is_cancelled: bool = False
    has_shipped: bool = False
    has_new_address: bool = False
    is_elsewhere: bool = False


def next_step(facts: Facts) -> Step:
    """Return the one thing to do; after it is done, ask again."""
    if facts.status in {Status.NOT_COD, Status.CANCELLED}:
        return Step.NOTHING
    if facts.is_cancelled:
        # After it left, a cancellation says how the parcel ended, not what the customer answered.
        return _closed(facts) if facts.has_shipped else Step.CANCEL
    if facts.status == Status.TO_ASK and facts.question is Question.GONE:
        return Step.NOTICE
    if facts.has_shipped or facts.due_cents == 0:
        return _closed(facts)
    if facts.status in {Status.TO_ASK, Status.NOT_ELIGIBLE}:
        return _unasked(facts)
    return _agreed(facts) if facts.status in _AGREED else Step.NOTHING


def _agreed(facts: Facts) -> Step:
    """Asked or answered: all is well as long as the right person was asked, about the amount that is due."""
    is_unseen = facts.is_elsewhere and facts.status in OPEN
    if facts.asked_cents in {None, facts.due_cents} and not is_unseen:
        is_lost = facts.status == Status.ASKED and facts.question is Question.FAILED
        return Step.REFUSE if is_lost else Step.NOTHING
    if not facts.why_not:
        return Step.ASK_AGAIN
    return Step.REFUSE if facts.status in OPEN else Step.NOTHING


def _closed(facts: Facts) -> Step:
    """Whoever was asked and stays silent is silent; what was never asked will not be."""
    is_paid = facts.due_cents == 0 and not facts.has_shipped
    closes = OPEN if is_paid else {Status.TO_ASK}
    return Step.CLOSE if facts.status in closes else Step.NOTHING


def _unasked(facts: Facts) -> Step:
    if facts.why_not:
        return Step.REFUSE if facts.status == Status.TO_ASK else Step.NOTHING
    if facts.status == Status.NOT_ELIGIBLE or facts.question is Question.NONE:
        return Step.ASK
    if facts.is_elsewhere:
        return Step.ASK_AGAIN
    is_old = facts.asked_cents != facts.due_cents or facts.has_new_address
    if not is_old:
        return Step.REFUSE if facts.question is Question.FAILED else Step.NOTHING
    return Step.REFRESH if facts.question is Question.WAITING else Step.ASK_AGAIN


class Meaning(StrEnum):
    """What a customer wants with an order."""

    CONFIRM = "confirm"
    CHANGE = "change"
    CANCEL = "cancel"


# Of two answers of the same moment the more careful one counts.
_CARE = {Meaning.CONFIRM: 0, Meaning.CHANGE: 1, Meaning.CANCEL: 2}
_CARE_OF = {
    Status.CONFIRMED: 0,
    Status.CHANGED: 0,
    Status.CHANGE_REQUESTED: 1,
    Status.CANCEL_REQUESTED: 2,
    Status.CANCELLED: 2,
}


class Deed(StrEnum):
    """What an answer does to its order."""

    CONFIRM = "confirm"
    CHANGE = "change"
    CANCEL = "cancel"
    NOTHING = "nothing"  # it says what was said before
    OLD = "old"  # it agrees to an amount that is no longer asked
    LATE = "late"  # a person must see to it: the order cannot follow any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an order stands when an answer comes."""

    status: str
    has_shipped: bool = False
    # The answer is to the question as it stands, not to one of before the amount changed.
    is_current: bool = True
    # A new address was written, or is being written to Shopify.
    has_typed: bool = False
    # The cancellation was handed to Shopify.
    is_cancelling: bool = False


def deed_of(meaning: Meaning, standing: Standing) -> Deed:
    """Return what the answer does; the status that follows is in `AFTER`."""
    if standing.status == Status.CANCELLED or standing.is_cancelling:
        return Deed.NOTHING if meaning is Meaning.CANCEL else Deed.LATE
    if standing.has_shipped and meaning is not Meaning.CONFIRM:
        return Deed.LATE
    if meaning is Meaning.CONFIRM:
        return _confirmed(standing)
    if meaning is Meaning.CHANGE:
        return Deed.NOTHING if standing.status == Status.CHANGE_REQUESTED else Deed.CHANGE
    return Deed.NOTHING if standing.status == Status.CANCEL_REQUESTED else Deed.CANCEL


def _confirmed(standing: Standing) -> Deed:
    if standing.status in {Status.CONFIRMED, Status.CHANGED}:
        return Deed.NOTHING
    if not standing.is_current:
        return Deed.OLD
    # “I confirm” after a new address confirms the order with it: a person still has to write it down.
    if standing.status == Status.CHANGE_REQUESTED and standing.has_typed:
        return Deed.NOTHING
    return Deed.CONFIRM


AFTER = {
    Deed.CONFIRM: Status.CONFIRMED,
    Deed.CHANGE: Status.CHANGE_REQUESTED,
    Deed.CANCEL: Status.CANCEL_REQUESTED,
}


def is_overtaken(meaning: Meaning, status: str, *, at: float, answered_at: float | None) -> bool:
    """Say whether an answer of `at` comes after one that was given later (moments in epoch seconds)."""
    if answered_at is None or at > answered_at:
        return False
    return at < answered_at or _CARE[meaning] <= _CARE_OF.get(Status(status), -1)
