"""How the flows call an order, and the question of before its amount changed. Pure."""

from typing import NamedTuple

FIRST = 1
_KIND = "order"


class Asked(NamedTuple):
    """Which order a message asks about, and in which round: 2 and more after the amount changed."""

    order_id: int
    round: int


def subject_of(order_id: int, round_: int = FIRST) -> str:
    """Return "order:17", from the second round on "order:17:2"."""
    return f"{_KIND}:{order_id}" if round_ == FIRST else f"{_KIND}:{order_id}:{round_}"


def asked_by(subject: str) -> Asked | None:
    """Return what `subject` names, None if it is no order."""
    kind, *numbers = subject.split(":")
    if kind != _KIND or len(numbers) not in {1, 2} or not all(n.isdecimal() for n in numbers):
        return None
    return Asked(int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else FIRST)
