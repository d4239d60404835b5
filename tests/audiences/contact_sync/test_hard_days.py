"""The sync on its hard days: many people, a Spoki that throttles, a line that is cut."""

from datetime import timedelta
from itertools import count, pairwise

import pytest
from django.db import connection

from audiences.contact_sync.payload import wanted_sql
from audiences.models import Contact, ContactPush
from spoki import SpokiThrottled
from tests.audiences.contact_sync.world import PHONE
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_crowd

pytestmark = pytest.mark.django_db
MANY = 60_000

_TOLD = f"""
INSERT INTO audiences_contactpush
    (contact_id, digest, filled, consent, pushed_at, is_alone, refused_digest, error)
SELECT contact_id, wanted, '{{first_name,last_name}}', marketing_consent, %(now)s, false, '', ''
FROM ({wanted_sql()}) w
"""  # noqa: S608 - our own text


def everybody_was_told(world):
    """Have Spoki know every contact as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"codes": [], "now": world.now})


def throttle_every_second_call(world):
    turns = count(1)

    def refuse(operation):
        world.wait(1)
        if next(turns) % 2 == 0:
            raise SpokiThrottled(operation, retry_after=30)

    world.spoki.before_call = refuse


def until_complete(world, turn, *, most):
    """Do what beat does, turn after turn, until the run is complete; return it."""
    for _ in range(most):
        run = turn()
        if run.is_complete:
            return run
        world.wait(60)
    raise AssertionError("it does not end")


def test_sixty_thousand_contacts_that_did_not_change_cost_no_call_that_writes(world):
    make_crowd(MANY)
    everybody_was_told(world)

    run = world.push()

    assert (run.unchanged, run.pushed, run.is_complete) == (MANY, 0, True)
    assert (run.calls, world.writes()) == (0, 0)


def test_of_sixty_thousand_contacts_only_those_that_changed_are_written(world):
    make_crowd(MANY)
    everybody_was_told(world)
    changed = list(Contact.objects.order_by("pk").values_list("pk", flat=True)[7:60_000:20_000])
    Contact.objects.filter(pk__in=changed).update(first_name="Nuova")

    run = world.push()

    assert (run.unchanged, run.pushed) == (MANY - 3, 3)
    assert [write.first_name for write in world.spoki.synced] == ["Nuova"] * 3


def test_a_spoki_that_throttles_every_second_call_is_agreed_with_in_the_end(world):
    make_crowd(1_050)
    world.spoki.contact_page_size = 2
    for number in range(7):
        world.knows(phone=f"+3934711{number:05d}")
    throttle_every_second_call(world)

    swept = until_complete(world, world.sweep, most=10)
    pushed = until_complete(world, world.push, most=100)

    phones = [write.phone for write in world.spoki.synced]
    assert (swept.pulled, swept.created, pushed.pushed) == (7, 7, 1_050)
    assert len(phones) == len(set(phones)) == 1_050
    assert swept.throttled > 0
    assert pushed.throttled > 0


def test_a_throttled_spoki_is_asked_at_most_once_a_minute_for_each_kind_of_call(world):
    make_crowd(600)
    Contact.objects.update(updated_at=world.now - timedelta(days=1))
    moments = []

    def refuse(operation):
        moments.append((operation, world.now))
        raise SpokiThrottled(operation, retry_after=None)

    world.push(patience=0)
    world.spoki.before_call = refuse
    for _ in range(20):
        world.push(patience=0)
        world.wait(9)

    bulk = [at for operation, at in moments if operation == "sync_contacts"]
    assert 1 <= len(bulk) <= 4
    assert all((later - sooner).total_seconds() >= 60 for sooner, later in pairwise(bulk))


def test_an_account_without_custom_fields_is_not_asked_for_them_at_every_push(world):
    make_crowd(30)

    for _ in range(5):
        world.push()
        world.wait(60)

    assert world.spoki.calls.count("custom_fields") == 1


def test_a_429_to_the_single_calls_does_not_hold_up_the_batches(world):
    make_crowd(600)
    Contact.objects.update(updated_at=world.now)
    world.spoki.fail("sync_contact", SpokiThrottled("sync_contact", retry_after=60))

    run = world.push(patience=10)

    assert (run.throttled, run.pushed) == (1, 500)


def test_the_same_phone_at_spoki_twice_in_one_page_is_one_person_here(world):
    world.knows(first_name="Giulia")
    world.knows(first_name="Giulietta")

    world.sweep()

    assert Contact.objects.filter(phone=PHONE).count() == 1


def test_a_person_changed_during_a_cut_push_is_sent_as_she_is_at_the_end(world):
    make_crowd(1_050)
    world.push(patience=10)
    last = Contact.objects.latest("pk")
    Contact.objects.filter(pk=last.pk).update(first_name="Cambiata")

    world.wait(62)
    world.push()

    written = [write for write in world.spoki.synced if write.phone == last.phone]
    assert [write.first_name for write in written] == ["Cambiata"]


def test_a_person_who_came_during_a_cut_push_is_sent_too(world):
    make_crowd(1_050)
    world.push(patience=10)
    newcomer = make_contact(phone=PHONE)

    world.wait(62)
    world.push()
    world.push()

    assert ContactPush.objects.exclude(digest="").count() == 1_051
    assert [write.phone for write in world.spoki.synced].count(newcomer.phone) == 1
