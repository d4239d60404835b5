"""Who posts: everything that is given to the hands is answered for, once."""

import threading
from typing import Any

from campaigns.routes import Route
from campaigns.sender.bulk import Call, Called
from campaigns.sender.hands import Hands
from campaigns.sender.post import Parcel, Posted
from spoki import TextSend
from tests.campaigns.sender.gate import Gate, Hanging
from tests.campaigns.sender.steps import make_reserved


class Tray:
    """Takes what came of things."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.calls: list[Called] = []
        self.has_call = threading.Event()

    def answered(self, posted: Posted) -> None:
        self.posted.append(posted)

    def called(self, called: Called) -> None:
        self.calls.append(called)
        self.has_call.set()


class Once:
    """A factory that builds `gate`, and fails ever after."""

    def __init__(self, gate: Gate) -> None:
        self._left = [gate]

    def __call__(self) -> Any:
        return self._left.pop()


def parcel(number: int) -> Parcel:
    row = make_reserved(id=number, phone=f"+3934700000{number:02d}")
    return Parcel(row, TextSend(phone=row.phone, text="Ciao!"))


def test_one_client_serves_one_post_after_the_other():
    gate, tray = Gate(), Tray()
    hands = Hands(Once(gate), tray, most=1)

    for number in (1, 2, 3):
        hands.post(parcel(number))
    hands.close()

    assert [posted.row.id for posted in tray.posted] == [1, 2, 3]
    assert [posted.outcome.status for posted in tray.posted if posted.outcome] == ["accepted"] * 3
    assert gate.is_closed


def test_what_finds_no_client_surely_never_left():
    hanging = Hanging()
    gate, tray = Gate(hanging), Tray()
    hands = Hands(Once(gate), tray, most=3)

    hands.post(parcel(1))
    assert hanging.flying.wait(20)
    hands.post(parcel(2))
    row = make_reserved(id=3)
    hands.call(Call(Route(id=1, uuid="u", secret="s"), (row,)))
    assert tray.has_call.wait(20)
    hanging.land.set()
    hands.close()

    outcomes = {posted.row.id: posted.outcome for posted in tray.posted}
    assert outcomes[2] is None
    assert outcomes[1] is not None
    assert [[one.outcome for one in called.posted] for called in tray.calls] == [[None]]
    assert gate.phones == ["+393470000001"]
