"""What wakes what: a file that came, a look at the webhooks, the end of what is kept."""

from datetime import timedelta

import pytest
from kombu.exceptions import OperationalError

from conversations import deliveries, registration, tasks
from conversations.models import SpokiDelivery, SpokiWebhook
from spoki import SpokiServerError
from spoki.fake import FakeSpoki
from tests.conftest import NOW
from tests.conversations.payloads import inbound

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch):
    calls: list[bool] = []
    monkeypatch.setattr(tasks.fetch_files, "apply_async", lambda **_: calls.append(True))
    return calls


def process(body):
    deliveries.store_delivery(body=body, now=NOW - timedelta(days=365))
    tasks.process_deliveries()


def test_a_file_is_fetched_as_soon_as_its_message_is_kept(woken):
    process(inbound("", content_type="Image", mediamessage_set=["https://x.spoki.com/1"]))

    assert woken == [True]


def test_a_message_without_a_file_wakes_nobody(woken):
    process(inbound("Ciao"))

    assert woken == []


def test_without_a_broker_the_message_is_kept_all_the_same(monkeypatch):
    def away(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.fetch_files, "apply_async", away)

    process(inbound("", content_type="Image", mediamessage_set=["https://x.spoki.com/1"]))

    assert SpokiDelivery.objects.get().state == "done"


@pytest.fixture
def spoki(monkeypatch):
    fake = FakeSpoki()
    monkeypatch.setattr(tasks, "import_string", lambda path: lambda: fake)
    return fake


def test_without_a_key_spoki_is_not_asked(spoki, settings):
    settings.SPOKI_API_KEY = ""

    tasks.look_after_webhooks()

    assert spoki.calls == []


def test_a_look_that_fails_is_made_again_at_the_next_hour(spoki):
    spoki.fail("webhooks", SpokiServerError("webhooks"))

    tasks.look_after_webhooks()
    tasks.look_after_webhooks()

    assert SpokiWebhook.objects.count() == len(registration.EVENTS)


def test_the_night_lets_go_of_what_is_old(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    process(b"{}")
    SpokiDelivery.objects.update(received_at=NOW.replace(year=2020))

    tasks.forget_old()

    assert not SpokiDelivery.objects.exists()
