"""The ways to the card: from wherever a customer is named, for whoever may open it."""

import pytest
from django.urls import reverse

from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.conversations.card.steps import client_of
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.conversations import make_inbound
from tests.factories.flows import make_entry, make_flow, make_flow_version
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def giulia():
    return make_contact(phone="+393475550199", first_name="Giulia", last_name="Rossi")


def links(role, address, contact):
    """How many links on the page lead to the card of the contact."""
    page = client_of(make_member(role)).get(address)
    assert page.status_code == 200
    return page.content.decode().count(f'href="{reverse("customer", args=[contact.pk])}')


def contact_page(giulia):
    return reverse("admin:audiences_contact_change", args=[giulia.pk])


def order_page(giulia):
    return reverse("admin:orders_order_change", args=[make_order(contact=giulia).pk])


def work_page(giulia):
    make_order(contact=giulia, is_cod=True, amount_due_cents=2_500, cod_status="cancel_requested")
    return reverse("admin:orders_cod_work")


def messages_page(giulia):
    make_inbound(contact=giulia)
    return reverse("admin:conversations_message_changelist")


def judge_page(giulia):
    make_inbound(contact=giulia, text="Troppe mail", opt_out="to_judge")
    return reverse("admin:conversations_message_judge")


def outbox_page(giulia):
    make_message(contact=giulia)
    return reverse("admin:campaigns_outboundmessage_changelist")


def unknown_page(giulia):
    make_message(contact=giulia, status="unknown", sending_at=NOW)
    return reverse("admin:campaigns_outboundmessage_unknown")


def flow_page(giulia):
    flow = make_flow()
    make_entry(flow, contact=giulia, version=make_flow_version(flow))
    return reverse("admin:campaigns_flow_people", args=[flow.pk])


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (AGENT, contact_page), (AGENT, order_page), (AGENT, work_page), (AGENT, messages_page),
        (AGENT, judge_page), (ADMIN, outbox_page), (ADMIN, unknown_page), (ADMIN, flow_page),
    ],
)  # fmt: skip
def test_who_may_open_cards_gets_there_from_where_the_customer_is_named(giulia, role, page):
    assert links(role, page(giulia), giulia) == 1


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (MARKETER, contact_page), (MARKETER, outbox_page), (MARKETER, flow_page),
        (APPROVER, unknown_page),
    ],
)  # fmt: skip
def test_who_may_not_open_cards_sees_no_link_to_them(giulia, role, page):
    assert links(role, page(giulia), giulia) == 0
