"""The whole state of one simulated Spoki: an account with its numbers, people and messages."""

import secrets
import time
from collections import OrderedDict
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from spoki.simulator.arrivals import ArrivalLog
from spoki.simulator.clock import Clock, iso
from spoki.simulator.config import Config
from spoki.simulator.contacts import Contact, ContactBook
from spoki.simulator.courier import Courier, Webhook
from spoki.simulator.faults import FaultPlan
from spoki.simulator.messages import MessageBook
from spoki.simulator.templates import StoredTemplate
from spoki.simulator.timeline import Timeline
from spoki.simulator.windows import RateLimiter
from spoki.simulator.wire import Json, digits


@dataclass(slots=True)
class Automation:
    """An automation whose only step sends a template; started by its own secret."""

    id: int
    name: str
    uuid: str
    secret: str
    template: int
    is_active: bool = True

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "is_active": self.is_active,
            "is_favorite": False,
            "created_datetime": "2026-01-12T09:00:00.000000+00:00",
            "updated_datetime": "2026-01-12T09:00:00.000000+00:00",
            "first_message_text": None,
            "webhook_set": [
                {
                    "uuid": self.uuid,
                    "link": f"/wh/ap/{self.uuid}/",
                    "secret": self.secret,
                    "is_active": self.is_active,
                }
            ],
        }


@dataclass(slots=True)
class PeopleReached:
    """Unique people in a rolling span, O(1) amortised: the tier of the number."""

    last_at: OrderedDict[str, float] = field(default_factory=OrderedDict)
    worst: int = 0

    def count(self, *, now: float, seconds: float) -> int:
        while self.last_at and next(iter(self.last_at.values())) <= now - seconds:
            self.last_at.popitem(last=False)
        return len(self.last_at)

    def add(self, phone: str, *, now: float) -> None:
        self.last_at[phone] = now
        self.last_at.move_to_end(phone)
        self.worst = max(self.worst, len(self.last_at))


class World:
    """State and nothing else; the rules are in the modules that take it as an argument.

    With a `seed` both the behaviour and every identifier repeat exactly. Without one,
    identifiers never repeat between two runs, so that a database which outlives the simulator
    is not told of an old message twice.
    """

    def __init__(self, *, config: Config, api_keys: frozenset[str], seed: int | None) -> None:
        self.config = config
        self._first_config = config.as_dict()
        self.api_keys = api_keys
        self.seed = seed
        self.clock = Clock()
        self.timeline = Timeline(self.clock)
        self.rng = Random()  # noqa: S311  (behaviour that must repeat, no secret)
        self.rules = config.rules()
        self.account: Json = {}
        self.channels: dict[int, Json] = {}
        self.agencies: list[Json] = []
        self.custom_fields: dict[int, Json] = {}
        self.lists: dict[int, Json] = {}
        self.tags: dict[int, Json] = {}
        self.automations: dict[str, Automation] = {}
        self.operators = {"agente@example.com"}
        # By which address the simulator was last asked: there its files are.
        self.origin = ""
        self.courier = Courier(
            config=config, clock=self.clock, timeline=self.timeline, rng=self.rng, account_id=501
        )
        self.clear(seed=seed)

    def clear(self, *, seed: int | None) -> None:
        """Forget people, messages, templates and figures; webhooks and config stay."""
        first = 1_000 if seed is not None else int(time.time())
        if seed is not None:
            self.rng.seed(seed)
        self._identity = Random(seed if seed is not None else secrets.randbits(64))  # noqa: S311
        self._next_id = first + 1_000
        self.clock.offset = 0.0
        self.timeline.forget()
        self.courier.forget()
        self.templates: dict[int, StoredTemplate] = {}
        self.contacts = ContactBook(first_id=first)
        self.messages = MessageBook(first_id=first)
        self.people = PeopleReached()
        self.faults = FaultPlan()
        self.limiter = RateLimiter()
        self.arrivals = ArrivalLog(self.config.window_lengths())
        self.requested_texts: set[str] = set()
        self.journeys = 0
        for table in (self.custom_fields, self.lists, self.tags, self.channels, self.automations):
            table.clear()

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def new_uuid(self) -> str:
        """32 hex digits without dashes, as messages are named."""
        return f"{self._identity.getrandbits(128):032x}"

    def new_secret(self) -> str:
        return f"whsec_{self._identity.getrandbits(192):048x}"

    def restore_config(self) -> None:
        """Go back to the settings that the simulator was started with."""
        for name, value in deepcopy(self._first_config).items():
            setattr(self.config, name, value)
        self.config_changed()

    def config_changed(self) -> None:
        self.rules = self.config.rules()
        self.arrivals.use_lengths(self.config.window_lengths())

    def event_uuid(self, message_uuid: str) -> str:
        """By default the uuid of the message with dashes, the same for all its updates."""
        if self.config.event_uuid == "unique":
            message_uuid = self.new_uuid()
        return "-".join(
            message_uuid[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        )

    def business_phone(self, channel_id: Any = None) -> str:
        """The number of the account without `+`, as webhooks print it."""
        channel = self.channels.get(channel_id) if isinstance(channel_id, int) else None
        return digits(str((channel or self.account).get("phone", "")))

    def contact_for(self, phone: str) -> Contact:
        """Return the contact of a number, made when there is none, as a send does."""
        known = self.contacts.first(phone)
        if known is not None:
            return known
        contact = self.contacts.add(phone, now=self.clock.epoch())
        self.tell_contact("contact.created", contact)
        return contact

    def tell_contact(self, event: str, contact: Contact) -> None:
        if any(webhook.event == event for webhook in self.courier.webhooks.values()):
            self.courier.emit(event, contact.as_json(), event_uuid=self.event_uuid(self.new_uuid()))

    def add_webhook(
        self, *, event: str, url: str, secret: str | None = None, is_active: bool = True
    ) -> Webhook:
        webhook = Webhook(
            id=self.new_id(),
            event=event,
            url=url,
            secret=secret or self.new_secret(),
            is_active=is_active,
            created=self.clock.epoch(),
        )
        self.courier.webhooks[webhook.id] = webhook
        return webhook

    def open_window(self, phone: str) -> bool:
        return self.messages.has_open_window(
            phone, now=self.clock.epoch(), seconds=self.config.conversation_seconds
        )

    def account_json(self) -> Json:
        reached = self.people.count(now=self.clock.monotonic(), seconds=self.config.tier_seconds)
        extra = int(self.account.get("contacted_elsewhere_in_24h", 0))
        shown = {k: v for k, v in self.account.items() if k != "contacted_elsewhere_in_24h"}
        return {
            **shown,
            "contacted_in_24h": reached + extra,
            "contacted_in_7d": reached + extra,
            "channels": [
                {
                    "name": channel["name"],
                    "identifier": channel["phone"],
                    "platform": 1,
                    "status": channel["status"],
                    "phone_status": channel["phone_status"],
                    "quality_score": channel["quality_score"],
                    "is_primary": channel["is_primary"],
                }
                for channel in self.channels.values()
            ],
        }

    def stamp(self) -> str:
        return iso(self.clock.epoch())

    @property
    def is_idle(self) -> bool:
        """Whether every message reached its end and every delivery was made."""
        return self.journeys == 0 and self.courier.open == 0
