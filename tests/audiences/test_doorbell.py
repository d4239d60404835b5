"""The bell that wakes workers off the path of a request."""

from threading import Event

from audiences.doorbell import Doorbell


def test_the_bell_wakes_once_for_what_came_together_and_again_for_what_came_after():
    is_woken, goes_on = Event(), Event()
    calls: list[None] = []

    def wake():
        calls.append(None)
        is_woken.set()
        assert goes_on.wait(5)
        goes_on.clear()

    bell = Doorbell(wake, pause_seconds=0)

    bell.ring()
    assert is_woken.wait(5)
    is_woken.clear()
    for _ in range(5):
        bell.ring()
    goes_on.set()
    assert is_woken.wait(5)
    goes_on.set()

    assert len(calls) == 2


def test_the_bell_survives_whatever_the_broker_does():
    is_woken = Event()

    def wake():
        is_woken.set()
        raise OSError("no route to the broker")

    bell = Doorbell(wake, pause_seconds=0)
    for _ in range(2):
        is_woken.clear()
        bell.ring()
        assert is_woken.wait(5)
