"""How much the demo loads, what a second load leaves alone, and what the first sync adds."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from audiences.models import Contact, Segment
from campaigns.account import current_account
from campaigns.models import Campaign
from campaigns.models.account import always
from config.demo.campaigns import NotSyncedYet, prepare_campaigns
from config.demo.first_read import read_and_prepare
from config.demo.load import DemoSummary, load_demo
from orders.models import Order
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess

LATER = timedelta(hours=3)
TABLES = (
    "audiences_contact",
    "audiences_consentrecord",
    "audiences_segment",
    "audiences_segmentversion",
    "orders_product",
    "orders_order",
    "orders_orderline",
    "orders_checkout",
    "campaigns_spokiaccount",
    "auth_user",
)


def content() -> dict[str, str]:
    """A digest of every row of every table of the demo."""
    with connection.cursor() as cursor:
        digests = {}
        for table in TABLES:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '\n' ORDER BY id), '')) FROM {table} AS t"  # noqa: S608
            )
            digests[table] = cursor.fetchone()[0]
    return digests


def test_small_scale_has_a_thousand_people_and_eight_with_trouble(demo):
    assert demo == DemoSummary(
        contacts=1_008, products=1_200, orders=2_508, checkouts=300, segments=15, is_new=True
    )


def test_a_second_load_changes_nothing(demo, now):
    before = content()

    again = load_demo(scale="small", now=now + LATER)

    assert again.is_new is False
    assert content() == before


def test_a_smaller_scale_takes_nobody_away(db, now, demo):
    load_demo(scale="default", now=now)

    assert load_demo(scale="small", now=now).contacts == 5_008


def test_a_larger_scale_adds_people_and_leaves_those_who_are_there(demo, now):
    names = dict(Contact.objects.values_list("pk", "email"))

    grown = load_demo(scale="default", now=now + LATER)

    assert (grown.contacts, grown.orders, grown.products) == (5_008, 12_508, 1_200)
    assert dict(Contact.objects.filter(pk__in=names).values_list("pk", "email")) == names
    assert Order.objects.values("name").distinct().count() == 12_508


def test_what_people_did_survives_the_next_load(demo, now):
    Contact.objects.filter(first_name="Ada", last_name="Non-Raggiungibile").update(first_name="Ida")
    account = current_account()
    account.marketing_hours = always() | {"sunday": None}
    account.save()
    Segment.objects.filter(name="Clienti VIP").update(name="Amici speciali")

    load_demo(scale="default", now=now + LATER)

    assert Contact.objects.filter(last_name="Non-Raggiungibile").get().first_name == "Ida"
    assert current_account().marketing_hours["sunday"] is None
    assert not Segment.objects.filter(name="Clienti VIP").exists()


def test_people_are_the_same_every_time(demo):
    first = Contact.objects.exclude(phone=None).order_by("pk")[:3]

    assert [(person.full_name, person.phone) for person in first] == [
        ("Veronica Barone", "+393467587413"),
        ("Samuele Parisi", "+393517274826"),
        ("Alessandro Villa", "+393716662239"),
    ]


def test_demo_accounts_have_no_password_and_their_own_group(demo):
    users = User.objects.order_by("username")

    assert [(user.first_name, user.groups.get().name) for user in users] == [
        ("Andrea", "Admin"),
        ("Sara", "CS agent"),
        ("Marco", "Approver"),
        ("Giulia", "Marketer"),
    ]
    assert [user.has_usable_password() for user in users] == [False] * 4
    assert [user.username for user in users if user.is_superuser] == ["admin"]


def test_demo_writes_at_any_hour_of_any_day(demo):
    account = current_account()

    assert account.marketing_hours == account.transactional_hours == always()


def test_nothing_is_prepared_before_the_first_sync(demo, now):
    with pytest.raises(NotSyncedYet, match="natale_umido"):
        prepare_campaigns(now=now)

    assert Campaign.objects.count() == 0


def test_first_read_brings_templates_account_and_campaigns(demo, now):
    with SimulatorProcess(api_key="demo-key") as simulator:
        gateway = SpokiClient(base_url=simulator.url, api_key="demo-key")
        was_first = read_and_prepare(gateway=gateway, now=now)
        is_first_again = read_and_prepare(gateway=gateway, now=now)
        gateway.close()

    assert (was_first, is_first_again) == (True, False)
    assert Campaign.objects.count() == 4
    assert current_account().refreshed_at == now
