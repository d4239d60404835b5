"""The row `spoki`: what taking Spoki's deliveries costs beside the limit, whether any is lost, whether the end is
exact, and how soon a status is seen.
"""

import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from typing import Any

import requests
from django.db import connection, connections
from django.utils import timezone
from rest_framework.authtoken.models import Token

from campaigns.models import Campaign, OutboundMessage
from conversations import deliveries, intake
from conversations.models import SpokiDelivery
from spoki.signature import HEADER, sign
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.bench.webhooks.servers import OURS, SPOKI_BARE, LoadedServer, a_broker, a_worker, loaded
from tests.bench.webhooks.spoki_bodies import PATH, SECRET, status
from tests.factories.campaigns import make_user
from tests.factories.crowds import make_running_campaign

SECONDS, ROUNDS = 4, 5
CONNECTIONS = 16
WARM_UP_SECONDS = 5
# Of the run's own maximum, for a minute.
SHARE, STEADY_SECONDS = 0.6, 60
STATUSES = 30_000
WATCHED = 40
# The page asks again this often.
PAGE_SECONDS = 2.0
_STEPS = ("Sent", "Delivered", "Read")
_WORKERS = 4

_ACCEPT = """
UPDATE campaigns_outboundmessage SET status = 'accepted', sending_at = now(), accepted_at = now(),
    provider_uuid = lpad(to_hex(id), 32, '0')
"""


def spoki_webhooks(
    *,
    seconds: int = SECONDS,
    rounds: int = ROUNDS,
    steady_seconds: int = STEADY_SECONDS,
    statuses: int = STATUSES,
    watched: int = WATCHED,
) -> list[Figure]:
    """Measure all four; about eight minutes."""
    with a_broker() as broker:
        figures, most = _ingest(broker, seconds=seconds, rounds=rounds)
        figures += _steady(broker, rate=most * SHARE, seconds=steady_seconds)
        # A third of the people get one status, a third two, a third three.
        campaign = _sent_to(statuses // 2)
        figures += _seen(broker, campaign, watched=watched)
    return [*figures, *_exact(campaign)]


def _ingest(broker: str, *, seconds: int, rounds: int) -> tuple[list[Figure], float]:
    """In turns, each on an empty table, with nobody who processes. Returns our median as well (a second)."""
    rates: dict[str, list[float]] = defaultdict(list)
    with (
        loaded(OURS, broker=broker, whose="spoki_bodies") as ours,
        loaded(SPOKI_BARE, broker=broker, whose="spoki_bodies") as bare,
    ):
        for server in (ours, bare):
            server.run(connections=CONNECTIONS, seconds=WARM_UP_SECONDS)
        for _ in range(rounds):
            for name, server in (("ours", ours), ("bare", bare)):
                _empty()
                rates[name].append(_all_taken(server, connections=CONNECTIONS, seconds=seconds))
    mine, limit = median(rates["ours"]), median(rates["bare"])
    beside = (
        f"ours {mine:.0f}/s [{min(rates['ours']):.0f}…{max(rates['ours']):.0f}], bare {limit:.0f}/s"
    )
    name = "Spoki ingest / bare WSGI + psycopg"
    return [Figure(name, mine / limit, 0.5, ">=", beside)], mine


def _all_taken(server: LoadedServer, **run: float) -> float:
    found = server.run(**run)
    kept = SpokiDelivery.objects.count()
    if set(found["statuses"]) != {"200"} or kept != found["statuses"]["200"]:
        raise RuntimeError(f"{found['statuses']} answered, {kept} kept")
    return float(found["rate"])


def _steady(broker: str, *, rate: float, seconds: int) -> list[Figure]:
    """So many a second come whatever the answers do; each is to be answered and kept."""
    with loaded(OURS, broker=broker, whose="spoki_bodies") as server:
        server.run(connections=CONNECTIONS, seconds=WARM_UP_SECONDS)
        _empty()
        found = server.run(rate=round(rate), seconds=seconds)
        kept = SpokiDelivery.objects.count()
    asked = round(rate) * seconds
    name = f"Spoki at 60 % of the maximum for {seconds} s"
    beside = (
        f"{round(rate)}/s; p99 {found['p99'] * 1000:.0f} ms, most {found['most'] * 1000:.0f} ms"
    )
    lost = asked - min(kept, found["statuses"].get("200", 0))
    return [Figure(f"{name}: lost", lost, 0, "==", beside)]


def _sent_to(people: int) -> Campaign:
    _empty()
    campaign = make_running_campaign(people)
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT)
    return campaign


def _seen(broker: str, campaign: Campaign, *, watched: int) -> list[Figure]:
    """From the 200 that Spoki gets to the figure that the page reads, with the page's own pause at its worst."""
    reader = make_user(is_staff=True, is_superuser=True)
    key = Token.objects.create(user=reader).key
    sent = list(OutboundMessage.objects.filter(campaign=campaign).order_by("pk")[: watched + 1])
    with a_worker(broker=broker), loaded(OURS, broker=broker, whose="spoki_bodies") as server:
        base = f"http://127.0.0.1:{server.port}"
        address = f"{base}/api/v1/campaigns/{campaign.pk}/progress/"
        # The first one waits for the worker to start.
        waits = [_wait(base, address, key, message) for message in sent][1:]
    worst = p95(waits) + PAGE_SECONDS
    beside = (
        f"{len(waits)} statuses: known here after {median(waits):.2f} s (median), "
        f"{max(waits):.2f} s at most; the page asks every {PAGE_SECONDS:.0f} s"
    )
    return [
        Figure("status on the progress page: p95 after its webhook (s)", worst, 3, "<=", beside)
    ]


def _wait(base: str, address: str, key: str, message: OutboundMessage) -> float:
    """Tell that the message was delivered; return how long until the figures say so (seconds)."""
    pause = threading.Event()
    before = _delivered(address, key)
    body = status(str(message.provider_uuid), message.phone)
    signed = {HEADER: sign(SECRET, int(time.time()), body)}
    requests.post(f"{base}{PATH}", data=body, headers=signed, timeout=10).raise_for_status()
    began = time.perf_counter()
    while _delivered(address, key) <= before:
        if time.perf_counter() - began > 30:
            raise RuntimeError("a status was never seen")
        pause.wait(0.02)
    return time.perf_counter() - began


def _delivered(address: str, key: str) -> int:
    answer = requests.get(address, headers={"Authorization": f"Token {key}"}, timeout=10)
    answer.raise_for_status()
    return int(answer.json()["delivered"])


def _exact(campaign: Campaign) -> list[Figure]:
    """Every status in random order, and all of them again; the counts must be exact."""
    _empty()
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT)
    sent = list(
        OutboundMessage.objects.filter(campaign=campaign)
        .order_by("pk")
        .values_list("provider_uuid", "phone")
    )
    bodies = [
        status(str(uuid), phone, word)
        for place, (uuid, phone) in enumerate(sent)
        for word in _STEPS[: place % 3 + 1]
    ]
    dice = random.Random(11)
    began = time.perf_counter()
    for again in range(2):
        dice.shuffle(bodies)
        # The second time half of them come as they were, half told anew.
        told = [
            body if place % 2 or not again else body + b" " for place, body in enumerate(bodies)
        ]
        _take(told)
    speed = SpokiDelivery.objects.count() / (time.perf_counter() - began)
    wanted = Counter(_STEPS[place % 3].lower() for place in range(len(sent)))
    found = Counter(
        OutboundMessage.objects.filter(campaign=campaign).values_list("status", flat=True)
    )
    wrong = sum((wanted - found).values()) + sum((found - wanted).values())
    beside = f"{dict(sorted(found.items()))}; {speed:.0f} processed a second by {_WORKERS} hands"
    return [
        Figure(f"{len(bodies):,} statuses in random order, twice: wrong", wrong, 0, "==", beside)
    ]


def _take(bodies: list[bytes]) -> None:
    now = timezone.now() + timedelta(seconds=1)
    ids = [deliveries.store_delivery(body=body, now=now) for body in bodies]
    with ThreadPoolExecutor(_WORKERS) as hands:
        list(hands.map(_process, [pk for pk in ids if pk is not None], chunksize=100))
        list(hands.map(_let_go, range(_WORKERS)))


def _process(pk: int) -> None:
    intake.process_delivery(delivery_id=pk, now=timezone.now())


def _let_go(_: Any) -> None:
    connections.close_all()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE conversations_spokidelivery")
