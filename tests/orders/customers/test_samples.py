"""Bodies that Shopify and others published, where they lie beside the project: none of them is an exception."""

import json
from pathlib import Path

import pytest

from orders.customers.handlers import HANDLERS
from orders.deliveries import Received
from tests.conftest import NOW

FOLDER = Path(__file__).parents[4] / "shared" / "samples" / "shopify"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of samples is not here"),
]
# The first part of a file's name is its topic, the slash written as "_".
TOPICS = {topic.replace("/", "_"): topic for topic in HANDLERS}


def test_every_published_body_about_customers_is_accepted():
    files = [path for path in sorted(FOLDER.glob("*.json")) if path.name.split("__")[0] in TOPICS]

    words = {}
    for path in files:
        topic = TOPICS[path.name.split("__")[0]]
        received = Received(
            topic=topic,
            shop_domain="prova.myshopify.com",
            triggered_at=NOW,
            received_at=NOW,
            webhook_id=path.name,
        )
        words[path.name] = HANDLERS[topic](json.loads(path.read_text()), received, NOW).word

    assert len(words) > 10
    assert all(words.values())
