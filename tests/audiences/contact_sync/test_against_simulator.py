"""Both directions over real HTTP with the local Spoki."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from audiences.contact_sync.edge import budget
from audiences.contact_sync.pushing import push_contacts
from audiences.contact_sync.requests import ask_again
from audiences.contact_sync.rereading import read_contacts_again
from audiences.contact_sync.sweeping import sweep_contacts
from audiences.models import Contact, ContactPush, ContactToRead, SpokiPace, SyncConflict
from spoki import ConsentStatus, ContactWrite, SpokiClient
from spoki.simulator import SimulatorProcess
from tests.audiences.contact_sync.world import PHONE, states
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_crowd

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running():
    with SimulatorProcess() as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    running.control.reset()
    return running


@pytest.fixture
def client(simulator):
    client = SpokiClient(base_url=simulator.url, api_key="simulator-key", timeout=(1.0, 5.0))
    yield client
    client.close()


def unhurried():
    """Turns without waiting: what holds the pace is tested elsewhere."""
    SpokiPace.objects.all().delete()
    return budget(timedelta(seconds=5))


def push(client):
    return push_contacts(gateway=client, budget=unhurried())


def sweep(client):
    return sweep_contacts(gateway=client, budget=unhurried())


def test_contacts_are_told_once_and_read_back_as_they_are(simulator, client):
    # So many that, whatever leaves one by one meanwhile, the second push needs a batch too.
    make_crowd(700)
    Contact.objects.update(updated_at=timezone.now())
    first = push(client)
    # The simulator's own limit: a second batch within the minute is refused, and nobody is lost.
    second = push(client)
    simulator.control.config(limits={"contacts_sync_all": None})
    third = push(client)

    swept = sweep(client)
    of_withdrawals = push(client)
    again = push(client)

    assert (first.pk, second.pk) == (third.pk, third.pk)
    assert (second.throttled, third.pushed, third.is_complete) == (1, 700, True)
    assert swept.is_complete
    # One contact of the simulator is blocked, one has a twin that unsubscribed: now it is told of both.
    assert of_withdrawals.pushed == 2
    assert (again.pushed, again.failed, again.unchanged) == (0, 0, 700 + swept.created)


def test_who_unsubscribes_on_spoki_is_withdrawn_after_the_webhook_and_the_refusal_is_kept(
    simulator, client
):
    giulia = make_contact(
        phone=PHONE,
        email="giulia@example.com",
        marketing_consent_at=timezone.now() - timedelta(days=1),
    )
    make_contact(phone="+393472222222", email="senza-chiocciola")
    run = push(client)
    assert (run.pushed, run.failed) == (1, 1)
    assert "email" in ContactPush.objects.get(refused_at__isnull=False).error

    [there] = list(client.contacts(phone=PHONE))
    client.sync_contact(ContactWrite(phone=PHONE, status=ConsentStatus.UNSUBSCRIBED))
    ask_again(spoki_id=there.id, now=timezone.now())
    read_contacts_again(gateway=client, budget=unhurried())

    assert states(giulia)[0] == "withdrawn"
    assert giulia.spoki_contact_id == there.id
    assert SyncConflict.objects.get(contact=giulia).winner == "spoki"
    assert not ContactToRead.objects.exists()


def test_the_command_does_both_ways_and_says_so(simulator, settings, capsys):
    settings.SPOKI_BASE_URL = simulator.url
    settings.SPOKI_API_KEY = "simulator-key"
    make_contact(phone=PHONE)

    call_command("sync_contacts")
    call_command("sync_contacts")

    assert ContactPush.objects.exclude(digest="").filter(contact__phone=PHONE).exists()
    assert "Spoki" in capsys.readouterr().out


def test_a_batch_whose_answer_is_cut_is_sent_again_and_each_person_is_there_once(simulator, client):
    make_crowd(30)
    Contact.objects.update(updated_at=timezone.now() - timedelta(days=1))
    simulator.control.config(limits={"contacts_sync_all": None})
    simulator.control.fault("reset_after", lane="contacts_sync_all", times=1)
    cut = push(client)
    told_before = ContactPush.objects.exclude(digest="").count()

    run = push(client)

    phones = [row.phone for row in client.contacts() if (row.phone or "").startswith("+39340")]
    assert (cut.error, cut.finished_at, told_before) == ("unreachable", None, 0)
    assert (run.pk, run.pushed, run.is_complete) == (cut.pk, 30, True)
    assert len(phones) == len(set(phones)) == 30
