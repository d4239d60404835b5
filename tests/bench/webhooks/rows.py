"""The row `webhooks`: what taking a delivery costs beside the limit, how it holds with the sender at work, and how
fast one worker processes what is stored.
"""

import time
from collections import Counter, defaultdict
from datetime import timedelta
from statistics import median

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from config.celery import app
from orders import deliveries, intake
from orders.deliveries import Arrival
from orders.models import ShopifyDelivery
from tests.bench.database import vacuum
from tests.bench.report import Figure
from tests.bench.stubbed import stub
from tests.bench.webhooks import bodies
from tests.bench.webhooks.servers import BARE, OURS, LoadedServer, a_broker, a_worker, loaded
from tests.factories.crowds import make_running_campaign
from tests.senders import sender_at

SECONDS, ROUNDS = 4, 5
CONNECTIONS = 16
# Each process loads what wakes the workers with its first delivery, and connects each thread.
WARM_UP_SECONDS = 5
RATE, STEADY_SECONDS = 100, 60
# The business' peak; the sender keeps it for as long as deliveries come.
SENDS_PER_MINUTE = 4_800
STORED = 10_000
# Their numbers begin where those that were delivered beside the sender never come.
_NEW = 1_000_000


def webhooks(
    *,
    seconds: int = SECONDS,
    rounds: int = ROUNDS,
    steady_seconds: int = STEADY_SECONDS,
    stored: int = STORED,
) -> list[Figure]:
    """Measure all three; about four minutes."""
    with a_broker() as broker:
        figures = _ingest(broker, seconds=seconds, rounds=rounds)
        figures += _beside_the_sender(broker, seconds=steady_seconds)
        # What handlers hand to other workers is handed over, as in a worker.
        app.conf.update(broker_url=broker)
        return [*figures, _processing(stored)]


def _ingest(broker: str, *, seconds: int, rounds: int) -> list[Figure]:
    """In turns, each on an empty table, with nobody who processes."""
    rates: dict[str, list[float]] = defaultdict(list)
    medians: dict[str, list[float]] = defaultdict(list)
    with loaded(OURS, broker=broker) as ours, loaded(BARE, broker=broker) as bare:
        for server in (ours, bare):
            server.run(connections=CONNECTIONS, seconds=WARM_UP_SECONDS)
        for _ in range(rounds):
            for name, server in (("ours", ours), ("bare", bare)):
                _empty()
                found = _all_taken(server, seconds=seconds)
                rates[name].append(found["rate"])
                medians[name].append(found["p50"] * 1000)
    mine, limit = median(rates["ours"]), median(rates["bare"])
    beside = (
        f"ours {mine:.0f}/s [{min(rates['ours']):.0f}…{max(rates['ours']):.0f}], bare {limit:.0f}/s; "
        f"median answer {median(medians['ours']):.1f} ms, bare {median(medians['bare']):.1f} ms"
    )
    return [Figure("webhook ingest / bare WSGI + psycopg", mine / limit, 0.5, ">=", beside)]


def _all_taken(server: LoadedServer, *, seconds: int) -> dict:
    found = server.run(connections=CONNECTIONS, seconds=seconds)
    kept = ShopifyDelivery.objects.count()
    if set(found["statuses"]) != {"200"} or kept != found["statuses"]["200"]:
        raise RuntimeError(f"{found['statuses']} answered, {kept} kept")
    return found


def _beside_the_sender(broker: str, *, seconds: int) -> list[Figure]:
    """So many a second come, are kept and processed, while a campaign leaves at the business' peak."""
    _empty()
    people = SENDS_PER_MINUTE * (seconds + 30) // 60
    make_running_campaign(people, account={"template_sends_per_minute": SENDS_PER_MINUTE})
    with (
        stub() as spoki,
        sender_at(spoki.url, threads=64),
        a_worker(broker=broker),
        loaded(OURS, broker=broker) as server,
    ):
        while not spoki.count():
            server.run(rate=10, seconds=1)
        # Every thread of the server has its connection to the database by then, as after a minute in production.
        server.run(connections=CONNECTIONS, seconds=2)
        _empty()
        before = spoki.count()
        found = server.run(rate=RATE, seconds=seconds)
        sends = (spoki.count() - before) / seconds
        kept, waiting = (
            ShopifyDelivery.objects.count(),
            ShopifyDelivery.objects.unfinished().count(),
        )
    lost = RATE * seconds - min(kept, found["statuses"].get("200", 0))
    beside = (
        f"most {found['most'] * 1000:.0f} ms; {sends:.0f} messages a second left beside; "
        f"{kept - waiting:,} of {kept:,} processed when the last came"
    )
    name = f"{RATE} deliveries/s for {seconds} s with the sender"
    return [
        Figure(f"{name}: p50 (ms)", found["p50"] * 1000, 50, "<=", beside),
        Figure(f"{name}: p99 (ms)", found["p99"] * 1000, 250, "<="),
        Figure(f"{name}: lost", lost, 0, "=="),
    ]


def _processing(stored: int) -> Figure:
    """One worker alone, with everything that its handlers do."""
    _empty()
    _store(stored)
    vacuum()
    with override_settings(SHOPIFY_SHOP_DOMAIN=bodies.SHOP):
        began = time.perf_counter()
        done = intake.work(clock=timezone.now, is_time_up=lambda: False) or 0
        speed = done / (time.perf_counter() - began)
    became = Counter(ShopifyDelivery.objects.values_list("state", "outcome", "error"))
    if done < stored or {state for state, *_ in became} != {"done"}:
        raise RuntimeError(f"not every delivery was used: {became.most_common()}")
    return Figure(
        f"{stored:,} stored deliveries: processed a second by one worker", speed, 150, ">=",
        "six of ten new COD orders with their customers, two changed, two shipped",
    )  # fmt: skip


def _store(stored: int) -> None:
    # In the order of their arrival, all of them due.
    first = timezone.now() - timedelta(hours=1)
    orders = stored * 6 // 10
    made = [("orders/create", bodies.order(_NEW + number)) for number in range(orders)]
    changed = range(_NEW, _NEW + stored // 5)
    made += [("orders/updated", bodies.changed_order(number)) for number in changed]
    shipped = range(_NEW, _NEW + stored - len(made))
    made += [("fulfillments/create", bodies.fulfillment(number)) for number in shipped]
    for number, (topic, body) in enumerate(made):
        arrival = Arrival(shop_domain=bodies.SHOP, webhook_id=str(number), topic=topic)
        deliveries.store_delivery(
            arrival=arrival, body=body, now=first + timedelta(milliseconds=number)
        )


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders_shopifydelivery")
