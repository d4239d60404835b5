"""The flows the demo starts with."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from campaigns.models import Flow, FlowEntry, OutboundMessage
from config import demo_auth
from config.demo.flows import ASKED, ON, prepare_flows
from config.demo.questions import write_questions
from config.to_do import to_do
from orders.shipped_flows import SHIPPED
from tests.conftest import NOW
from tests.factories.campaigns import make_account, make_number
from tests.factories.orders import make_order
from tests.orders.test_shipped_flows import make_approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def prepared():
    demo_auth.make_users()
    make_number(account=make_account())
    for one in SHIPPED:
        make_approved(one.wording, last_seen_at=NOW)
    assert prepare_flows(now=NOW) is True


def test_those_of_an_order_are_on_and_one_waits_for_the_approver(prepared, rf):
    on = Flow.objects.filter(status=Flow.Status.ENABLED)
    asked = Flow.objects.filter(requested_at__isnull=False)
    request = rf.get("/admin/")
    request.user = User.objects.get(username="approver")

    assert set(on.values_list("shipped_key", flat=True)) == set(ON)
    assert set(asked.values_list("shipped_key", flat=True)) == set(ASKED)
    assert {(flow.author.username, flow.enabled_by and flow.enabled_by.username) for flow in on} == {("marketer", "approver")}  # fmt: skip
    assert Flow.objects.get(shipped_key="cod_confirmation").delay_minutes == 0
    assert any("flow" in task.link for task in to_do(request))


def test_a_second_start_leaves_what_people_did(prepared):
    Flow.objects.filter(shipped_key="win_back").update(name="Il nostro nome")
    before = list(Flow.objects.order_by("pk").values())

    assert prepare_flows(now=NOW) is False
    assert list(Flow.objects.order_by("pk").values()) == before


def test_each_question_of_the_last_month_has_its_message_and_whoever_answered_has_read_it(prepared):
    asked = make_order(is_cod=True, cod_status="confirmed", asked_at=NOW - timedelta(days=3), answered_at=NOW - timedelta(days=2))  # fmt: skip
    long_ago = make_order(is_cod=True, cod_status="confirmed", asked_at=NOW - timedelta(days=31), answered_at=NOW - timedelta(days=31))  # fmt: skip

    assert write_questions(now=NOW) == 1

    entry = FlowEntry.objects.get(flow__shipped_key="cod_confirmation")
    message = OutboundMessage.objects.get(flow_entry=entry)
    assert entry.subject == f"order:{asked.pk}"
    assert message.status == "read"
    assert message.sending_at
    assert message.read_at
    assert asked.answered_at
    assert message.sending_at < message.read_at < asked.answered_at
    assert asked.name in message.params.values()
    assert not OutboundMessage.objects.filter(contact=long_ago.contact).exists()
