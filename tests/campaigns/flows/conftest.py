"""A trigger whose owner says what the test wants."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from campaigns.flows import engine, triggers
from campaigns.flows.triggers import Trigger, amount_condition
from campaigns.models import FlowEntry, OutboundMessage
from tests.conftest import NOW
from tests.factories.audiences import make_contact

KEY = "test.happened"


@dataclass(slots=True)
class World:
    """What the owner of the trigger knows: who must not be written to, values, amounts in cents."""

    stopped: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    cents: dict[str, int] = field(default_factory=dict)
    is_broken: bool = False
    asked: list[set[str]] = field(default_factory=list)

    def why_not(self, subjects: Collection[str], now: datetime) -> Mapping[str, str]:
        if self.is_broken:
            raise RuntimeError("the owner of the trigger broke")
        self.asked.append(set(subjects))
        return {one: self.stopped[one] for one in subjects if one in self.stopped}

    def values_of(self, subject: str) -> Mapping[str, str]:
        return self.values.get(subject, {})

    def offer(self, key: str = KEY, **changes: Any) -> Trigger:
        """Register the trigger as it should be."""
        words: dict[str, Any] = {
            "label": "Something happened",
            "group": "Tests",
            "parameters": {"order.name": "Order number"},
            "values": self.values_of,
            "why_not": self.why_not,
            "conditions": [
                amount_condition(
                    key="order.amount_due", label="Amount", group="Order", cents_of=self.cents.get
                )
            ],
            "reasons": {"order_over": "The order is over."},
        }
        trigger = Trigger(key=key, **words | changes)
        triggers.register(trigger)
        return trigger


@pytest.fixture
def world() -> Iterator[World]:
    known = World()
    before = {trigger.key for trigger in triggers.all_triggers()}
    known.offer()
    yield known
    for trigger in triggers.all_triggers():
        if trigger.key not in before:
            triggers.forget(trigger.key)


def happen(subject: str = "order:1", **changes: Any) -> list[FlowEntry]:
    """Tell the engine that it happened at NOW, to a new contact unless one is given."""
    contact = changes.pop("contact", None) or make_contact()
    told: dict[str, Any] = {"trigger": KEY, "happened_at": NOW, "now": NOW}
    return engine.happened(subject=subject, contact=contact, **told | changes)


def written(entry: FlowEntry) -> OutboundMessage:
    """Return the message that the entry became."""
    assert entry.message is not None
    return entry.message
