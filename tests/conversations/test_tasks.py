"""What wakes what: a file that came, a look at the webhooks, the end of what is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns.models import OutboundMessage
from conversations import deliveries, registration, tasks
from conversations.models import SpokiDelivery, SpokiWebhook
from spoki import SpokiServerError
from spoki.fake import FakeSpoki
from tests.conftest import NOW
from tests.conversations.payloads import PHONE, inbound, outbound
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

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
def looks(monkeypatch):
    """Rings for a look in a second."""
    calls: list[bool] = []
    monkeypatch.setattr(tasks._later, "ring", lambda: calls.append(True))
    return calls


def send(phone=PHONE):
    """A message of ours whose answer is on its way."""
    return make_message(
        contact=make_contact(phone=phone), status="sending", sending_at=timezone.now()
    )


def tell(uuid, **data):
    """Have a delivery of a status without our mark processed."""
    body = outbound("Delivered", uuid=uuid, at=timezone.now(), **data)
    deliveries.store_delivery(body=body, now=timezone.now())
    tasks.process_deliveries()


def test_a_status_that_overtook_its_send_is_taken_at_the_first_look_after_the_answer(looks):
    sent = send()
    tell("a" * 32)
    assert (SpokiDelivery.objects.get().outcome, looks) == ("waiting", [True])

    tasks.process_deliveries()
    assert (SpokiDelivery.objects.get().state, looks) == ("received", [True, True])

    OutboundMessage.objects.update(status="accepted", provider_uuid="a" * 32)
    tasks.process_deliveries()

    sent.refresh_from_db()
    assert (SpokiDelivery.objects.get().state, sent.status) == ("done", "delivered")
    assert looks == [True, True]


def test_the_answer_of_one_send_hurries_no_status_of_another(looks):
    send()
    tell("a" * 32)
    due_at = SpokiDelivery.objects.get().due_at
    make_message(contact=make_contact(), status="accepted", provider_uuid="c" * 32)

    tasks.process_deliveries()

    assert SpokiDelivery.objects.get().due_at == due_at


def test_of_a_send_that_was_not_answered_for_a_minute_nobody_looks_often(looks):
    send()
    tell("a" * 32)
    SpokiDelivery.objects.update(received_at=timezone.now() - deliveries.ANSWERS_WITHIN)
    looks.clear()

    tasks.process_deliveries()

    assert looks == []


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
