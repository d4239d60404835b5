"""Two workers at the same moment."""

import threading

import pytest
from django.db import connections

from audiences.contacts import ContactData
from audiences.identity import normalise_phone
from audiences.merging import merge_contacts
from audiences.models import Contact
from audiences.new_owner import create_new_owner
from conversations import deliveries
from conversations.models import SpokiDelivery
from tests.conftest import NOW
from tests.conversations.payloads import inbound
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, workers=6):
    """Call `work` from several threads, each with its own connection; return the answers."""
    barrier, answers = threading.Barrier(workers), []

    def run():
        barrier.wait(timeout=10)
        try:
            answers.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def test_the_same_delivery_posted_several_times_at_once_is_kept_once():
    ids = at_once(lambda: deliveries.store_delivery(body=inbound(), now=NOW))

    assert len(ids) == 6
    assert [found for found in ids if found is not None] == [SpokiDelivery.objects.get().pk]


def test_one_of_several_workers_claims_a_delivery():
    deliveries.store_delivery(body=inbound(), now=NOW)
    delivery_id = SpokiDelivery.objects.get().pk

    claimed = at_once(lambda: deliveries.claim(delivery_id=delivery_id, now=NOW))

    assert sorted(claimed) == [False] * 5 + [True]


def test_a_new_owner_made_by_several_clicks_at_once_is_one_contact():
    kept, double = make_contact(phone="+393331234567"), make_contact(phone="+393475550199")
    merge_contacts(survivor=kept, merged=double, by=None, now=NOW)
    data, sara = ContactData(phone=normalise_phone("347 555 0199")), make_user()

    made = at_once(lambda: create_new_owner(data=data, by=sara, now=NOW))

    heir = Contact.objects.get(phone="+393475550199")
    assert [done.contact_id for done, _freed in made] == [heir.pk] * 6
    assert sorted(freed for _done, freed in made) == [[]] * 5 + [[kept.pk]]
