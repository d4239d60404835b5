"""The shop: all it holds, its clock, and how others hear what happened."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orders.shopify.simulator.bucket import Bucket
from orders.shopify.simulator.config import Config
from orders.shopify.simulator.deliveries import Deliveries
from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.ids import Ids
from orders.shopify.simulator.things import (
    Checkout,
    Customer,
    Order,
    Product,
    Subscription,
)
from orders.shopify.simulator.topics import COMPLIANCE, TOPICS
from spoki.simulator.clock import Clock
from spoki.simulator.timeline import Timeline

SHOP_ID = 61_234_567_890
_CALLS_KEPT = 5_000


@dataclass(slots=True)
class State:
    """What outlives a restart, if a folder is given."""

    orders: dict[int, Order] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    checkouts: dict[int, Checkout] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    last_number: int = 1000
    last_ids: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class App:
    """The app that talks to the shop: what proves that it does."""

    client_id: str = "simulator-client"
    client_secret: str = "simulator-client-secret"  # noqa: S105  (guards nothing but the simulator)
    static_tokens: frozenset[str] = frozenset({"simulator-token"})
    # Token → when it ends, in seconds since 1970.
    issued: dict[str, float] = field(default_factory=dict)


class Shop:
    """One shop with one app. Times are the clock's, which tests may move on."""

    def __init__(
        self,
        *,
        domain: str = "zampa-demo.myshopify.com",
        app: App | None = None,
        config: Config | None = None,
        seed: int | None = None,
        state: State | None = None,
    ) -> None:
        self.domain = domain
        self.app = app or App()
        self.config = config or Config()
        self.state = state or State()
        self.ids = Ids(seed)
        self.ids.last.update(self.state.last_ids)
        self.clock = Clock()
        self.timeline = Timeline(self.clock)
        self.calls: deque[Json] = deque(maxlen=_CALLS_KEPT)
        self.deliveries = Deliveries(self)
        self.bulk: dict[int, Json] = {}
        self.bucket = Bucket()
        # Orders, so to say, for the next calls: {"status": 503, "times": 2, "match": "orderUpdate"}.
        self.faults: list[Json] = []
        # The faults that are not switched, but counted.
        self.calls_seen = 0
        # Grows with every change: pages ask whether there is news, the folder whether to write.
        self.version = 0
        # Where the customers read their messages, for the page to point at.
        self.phones_url = ""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.epoch(), tz=UTC).replace(microsecond=0)

    def exactly_now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.epoch(), tz=UTC)

    def changed(self) -> None:
        self.version += 1

    def customer_of(self, thing: Order | Checkout) -> Customer | None:
        return self.state.customers.get(thing.customer_id or 0)

    def tell(self, topic: str, body: Json, *, event_id: str) -> None:
        """Deliver to every subscription of the topic; the body is what it is now, also on retries."""
        self.changed()
        for subscription in list(self.state.subscriptions.values()):
            if subscription.topic == topic:
                self.deliveries.post(subscription, body, event_id=event_id)

    def subscribe(
        self,
        topic: str,
        uri: str,
        *,
        is_from_config: bool = False,
        include_fields: tuple[str, ...] = (),
    ) -> Subscription:
        now = self.now()
        made = Subscription(
            id=self.ids.new("WebhookSubscription"),
            topic=topic,
            uri=uri,
            created_at=now,
            updated_at=now,
            is_from_config=is_from_config,
            include_fields=list(include_fields),
        )
        self.state.subscriptions[made.id] = made
        self.changed()
        return made

    def subscribe_to_all(self, uri: str, *, is_from_config: bool = False) -> None:
        """Every topic there is, compliance among them."""
        known = {(one.topic, one.uri) for one in self.state.subscriptions.values()}
        for topic in TOPICS.values():
            if (topic, uri) not in known:
                self.subscribe(topic, uri, is_from_config=is_from_config)
        self.subscribe_compliance(uri)

    def subscribe_compliance(self, uri: str) -> None:
        """Compliance topics are declared in the app's file and nowhere else: one address for each."""
        held = self.state.subscriptions
        for number in [one.id for one in held.values() if one.topic in COMPLIANCE]:
            del held[number]
        for topic in COMPLIANCE:
            self.subscribe(topic, uri, is_from_config=True)
