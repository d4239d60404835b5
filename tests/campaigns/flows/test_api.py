"""Flows over HTTP: shapes, refusals with the field that cures them, and who may do what."""

import pytest
import time_machine
from rest_framework.test import APIClient

from campaigns.models import Flow, FlowEntry, WhatsAppNumber
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.campaigns.flows.conftest import KEY
from tests.conftest import NOW
from tests.factories.campaigns import FIRST_NAME, make_number
from tests.factories.flows import make_entry, make_flow
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
URL = "/api/v1/flows/"
TREE = {"v": 1, "groups": [{"mode": "all", "rules": [["order.amount_due", "at_least", "40,00"]]}]}


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(role):
    client = APIClient()
    client.force_authenticate(make_member(role))
    return client


def payload(**changes):
    return {
        "name": "Conferma contrassegno",
        "trigger": KEY,
        "template_version": make_version(category="utility").pk,
        "variables": FIRST_NAME,
    } | changes


def test_a_marketer_writes_a_flow_which_is_off():
    number = make_number()
    body = payload(
        number=number.pk, delay_minutes=15, conditions=TREE, holdout_share="0.1", hours="marketing"
    )

    answer = client_of(MARKETER).post(URL, body, format="json")

    assert answer.status_code == 201, answer.data
    flow = Flow.objects.get(pk=answer.data["id"])
    assert answer.data["status"] == "disabled"
    assert (answer.data["lane"], answer.data["hours"]) == ("transactional", "marketing")
    assert (flow.number_id, flow.delay_minutes, str(flow.holdout_share)) == (number.pk, 15, "0.100")
    rules = flow.conditions["groups"][0]["rules"]
    assert rules == [["order.amount_due", "at_least", "40.00"]]


def test_unknown_fields_are_refused_by_name():
    answer = client_of(MARKETER).post(URL, payload(delay=5, status="enabled"), format="json")

    assert answer.status_code == 400
    assert set(answer.data) == {"delay", "status"}
    assert Flow.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"trigger": "order.nothing"}, "trigger"),
        ({"template_version": 0}, "template_version"),
        ({"variables": {}}, "variables"),
        (
            {"conditions": {"v": 1, "groups": [{"mode": "all", "rules": [["x", "is", 1]]}]}},
            "conditions",
        ),
        ({"conditions": "everybody"}, "conditions"),
        ({"lane": "reply"}, "lane"),
        ({"lane": "marketing", "hours": "transactional"}, "hours"),
        ({"delay_minutes": -1}, "delay_minutes"),
        ({"holdout_share": "0.6"}, "holdout_share"),
    ],
)
def test_a_wrong_choice_is_told_beside_its_field(wrong, field):
    answer = client_of(MARKETER).post(URL, payload(**wrong), format="json")

    assert answer.status_code == 400, answer.data
    assert list(answer.data) == [field]
    assert Flow.objects.count() == 0


def test_an_approver_switches_it_on_and_off():
    flow, approver = make_flow(), client_of(APPROVER)
    fingerprint = approver.get(f"{URL}{flow.pk}/").data["fingerprint"]

    on = approver.post(f"{URL}{flow.pk}/enable/", {"fingerprint": fingerprint}, format="json")
    entry = make_entry(flow)
    off = approver.post(f"{URL}{flow.pk}/disable/", {"reason": "saldi"}, format="json")

    assert (on.status_code, on.data["status"]) == (200, "enabled")
    assert (off.status_code, off.data["status"]) == (200, "disabled")
    entry.refresh_from_db()
    assert entry.status == FlowEntry.Status.LEFT
    assert flow.events.get(verb="disabled").figures["reason"] == "saldi"


def test_switching_on_needs_no_body():
    flow = make_flow()

    assert client_of(APPROVER).post(f"{URL}{flow.pk}/enable/").status_code == 200


def test_who_wrote_it_does_not_switch_it_on():
    admin = make_member(ADMIN)
    flow = make_flow(author=admin)
    client = APIClient()
    client.force_authenticate(admin)

    answer = client.post(f"{URL}{flow.pk}/enable/")

    assert answer.status_code == 403
    flow.refresh_from_db()
    assert flow.status == Flow.Status.DISABLED


def test_everything_that_stands_against_it_is_told_beside_its_field():
    flow = make_flow(template_version=make_version(category="utility", status="paused"))
    WhatsAppNumber.objects.all().delete()

    answer = client_of(APPROVER).post(f"{URL}{flow.pk}/enable/")

    assert answer.status_code == 400
    assert set(answer.data) == {"template_version", "number"}


def test_a_flow_that_is_on_is_not_changed_and_says_why():
    flow = make_flow(enabled=True)

    answer = client_of(MARKETER).patch(f"{URL}{flow.pk}/", {"delay_minutes": 9}, format="json")

    assert answer.status_code == 409
    assert list(answer.data) == ["status"]
    flow.refresh_from_db()
    assert flow.delay_minutes == 0


def test_a_flow_that_is_off_is_changed_in_part():
    flow = make_flow()

    answer = client_of(MARKETER).patch(
        f"{URL}{flow.pk}/", {"delay_minutes": 9, "lane": "marketing"}, format="json"
    )

    assert answer.status_code == 200, answer.data
    assert (answer.data["delay_minutes"], answer.data["hours"]) == (9, "marketing")
    assert answer.data["name"] == flow.name


def test_what_a_machine_stopped_says_why():
    flow = make_flow(stop_code="conditions_broken")

    found = client_of(APPROVER).get(f"{URL}{flow.pk}/").data

    assert found["stop_code"] == "conditions_broken"
    assert "condizioni" in found["stop_reason"] or "conditions" in found["stop_reason"]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (MARKETER, {"read", "write", "disable"}),
        (APPROVER, {"read", "enable", "disable"}),
        (AGENT, set()),
        (ADMIN, {"read", "write", "enable", "disable"}),
    ],
)
def test_each_role_does_its_part(role, may):
    client, off, on = client_of(role), make_flow(), make_flow(enabled=True)
    tried = {
        "read": client.get(URL).status_code,
        "write": client.post(URL, payload(), format="json").status_code,
        "enable": client.post(f"{URL}{off.pk}/enable/").status_code,
        "disable": client.post(f"{URL}{on.pk}/disable/").status_code,
    }

    assert {verb for verb, code in tried.items() if code in {200, 201}} == may
    assert {code for verb, code in tried.items() if verb not in may} <= {403}


def test_what_may_set_a_flow_off_is_listed():
    found = {one["key"]: one for one in client_of(MARKETER).get(f"{URL}triggers/").data}

    assert found[KEY]["parameters"] == {"order.name": "Order number"}
    assert found[KEY]["conditions"] == ["order.amount_due"]


def test_the_list_is_filtered_by_trigger_and_state():
    make_flow()
    on = make_flow(enabled=True)

    found = client_of(MARKETER).get(URL, {"status": "enabled", "trigger": KEY}).data

    assert [one["id"] for one in found["results"]] == [on.pk]
