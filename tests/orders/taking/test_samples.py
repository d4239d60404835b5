"""Bodies that nobody here wrote: from Shopify's reference and from captures of other integrations."""

import json
from pathlib import Path

import pytest

from orders.handlers import HANDLERS
from orders.models import Order, Parcel
from tests.orders.taking.bodies import hear

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "samples" / "shopify"
SAMPLES = sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else []

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES, reason="the shared folder of sample bodies is not here"),
]


def topic_of(path: Path) -> str:
    """The file's name writes the slash of the topic as its last underscore that makes a known topic."""
    name = path.name.split("__")[0]
    cuts = [at for at, letter in enumerate(name) if letter == "_"]
    candidates = [f"{name[:cut]}/{name[cut + 1 :]}" for cut in cuts]
    return next((topic for topic in [*candidates, name] if topic in HANDLERS), name)


def test_every_sample_is_accepted_and_accepted_again():
    words: dict[str, list[str]] = {}
    for path in [*SAMPLES, *reversed(SAMPLES)]:
        topic = topic_of(path)
        if topic not in HANDLERS:
            continue
        words.setdefault(path.name, []).append(hear(topic, json.loads(path.read_bytes())).word)

    assert len(words) >= 40
    assert Order.objects.filter(shopify_id=999999999).get().name == "#1001"
    assert Order.objects.filter(shopify_id=820982911946154508).get().cancel_reason == "customer"


def test_each_sample_of_an_order_makes_one_row():
    named = [path for path in SAMPLES if path.name.startswith("orders_")]
    for path in named:
        if "orders_edited" not in path.name:
            hear(topic_of(path), json.loads(path.read_bytes()))

    ids = Order.objects.order_by("shopify_id").values_list("shopify_id", flat=True)
    assert list(ids) == [
        450789469,
        999999999,
        1073459980,
        1073459983,
        5778367414385,
        820982911946154508,
    ]
    # Embedded, and failed before it was shipped: nothing went out.
    assert Parcel.objects.get(order__shopify_id=450789469).status == Parcel.Status.FAILED
