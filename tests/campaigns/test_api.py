"""Campaigns over HTTP: shapes, refusals with the field that cures them, and who may do what."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from rest_framework.test import APIClient

from audiences.models import Snapshot
from campaigns.models import Campaign, OutboundMessage
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import FIRST_NAME, make_campaign, make_message, make_number
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
Status = Campaign.Status
URL = "/api/v1/campaigns/"


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def marketer():
    return make_member(MARKETER)


@pytest.fixture
def approver():
    return make_member(APPROVER)


def payload(**changes):
    return {
        "name": "Natale crocchette",
        "template_version": make_version().pk,
        "segment": make_segment().segment.pk,
        "variables": FIRST_NAME,
    } | changes


def test_a_marketer_writes_a_draft(marketer):
    number = make_number()
    excluded = make_segment().segment.pk
    body = payload(
        number=number.pk,
        exclude_segments=[excluded],
        send_after="2026-11-24T10:00:00+01:00",
        spread_hours="6",
        holdout_share="0.1",
    )

    answer = client_of(marketer).post(URL, body, format="json")

    assert answer.status_code == 201, answer.data
    campaign = Campaign.objects.get(pk=answer.data["id"])
    assert (campaign.status, campaign.author, campaign.spread_hours) == (
        "draft",
        marketer,
        Decimal(6),
    )
    assert (campaign.holdout_share, campaign.number) == (Decimal("0.100"), number)
    assert answer.data["exclude_segments"] == [excluded]


def test_an_unknown_field_is_refused_by_name(marketer):
    answer = client_of(marketer).post(URL, payload(throttle=60), format="json")

    assert answer.status_code == 400
    assert list(answer.data) == ["throttle"]
    assert not Campaign.objects.exists()


def test_a_template_that_may_not_be_sent_is_refused_on_its_field(marketer):
    pending = make_version(status="pending")

    answer = client_of(marketer).post(URL, payload(template_version=pending.pk), format="json")

    assert (answer.status_code, list(answer.data)) == (400, ["template_version"])
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"variables": {}}, "variables"),
        ({"variables": {"FIRST_NAME": {"value": "a\nb"}}}, "variables"),
        ({"variables": []}, "variables"),
        ({"variables": {"FIRST_NAME": {"value": "a\0b"}}}, "variables"),
        ({"template_version": None, "variables": {"A": {"value": "a\0b"}}}, "variables"),
        ({"template_version": None, "variables": {"a\0b": {"value": "a"}}}, "variables"),
        ({"template_version": None, "variables": {"A": {"wert": "a"}}}, "variables"),
        ({"send_before": "2026-11-01T10:00:00+01:00"}, "send_before"),
        ({"canary_share": "0.6"}, "canary_share"),
        ({"holdout_share": "0.9"}, "holdout_share"),
        ({"name": ""}, "name"),
        ({"segment": 999_999}, "segment"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_on_its_field(marketer, change, field):
    answer = client_of(marketer).post(URL, payload(**change), format="json")

    assert (answer.status_code, list(answer.data)) == (400, [field])
    assert isinstance(answer.data[field], list)


def test_some_fields_of_a_draft_are_changed(marketer):
    campaign = make_campaign()

    answer = client_of(marketer).patch(f"{URL}{campaign.pk}/", {"spread_hours": "8"}, format="json")

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.spread_hours) == (200, Decimal(8))
    assert campaign.last_editor == marketer
    assert campaign.variables == FIRST_NAME


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.APPROVED, Status.SENDING])
def test_only_a_draft_is_changed(marketer, status):
    campaign = make_campaign(status=status)

    answer = client_of(marketer).patch(f"{URL}{campaign.pk}/", {"name": "Altro"}, format="json")

    campaign.refresh_from_db()
    assert (answer.status_code, list(answer.data)) == (409, ["status"])
    assert (campaign.status, campaign.name == "Altro") == (status, False)


def test_the_whole_life_goes_through_two_people(marketer, approver):
    make_contact()
    make_number()
    author, other = client_of(marketer), client_of(approver)
    pk = author.post(URL, payload(), format="json").data["id"]

    submitted = author.post(f"{URL}{pk}/submit/")
    approved = other.post(f"{URL}{pk}/approve/", {"fingerprint": submitted.data["fingerprint"]})
    launched = author.post(f"{URL}{pk}/launch/", {"confirm": "Natale crocchette"})
    paused = other.post(f"{URL}{pk}/pause/")
    resumed = author.post(f"{URL}{pk}/resume/")
    cancelled = author.post(f"{URL}{pk}/cancel/")

    states = [a.data["status"] for a in (submitted, approved, launched, paused, resumed, cancelled)]
    assert states == ["in_review", "approved", "scheduled", "paused", "scheduled", "cancelled"]
    assert (approved.data["approved_recipients"], launched.data["total"]) == (1, 1)
    assert OutboundMessage.objects.get().status == "skipped"


def test_who_wrote_it_cannot_approve_it_even_with_every_permission():
    make_contact()
    boss = make_member(ADMIN, is_superuser=True)
    campaign = make_campaign(status=Status.IN_REVIEW, author=boss)

    answer = client_of(boss).post(f"{URL}{campaign.pk}/approve/")

    campaign.refresh_from_db()
    assert (answer.status_code, list(answer.data)) == (403, ["non_field_errors"])
    assert campaign.status == Status.IN_REVIEW


def test_launching_twice_answers_already_launched(marketer):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)
    address, body = f"{URL}{campaign.pk}/launch/", {"confirm": campaign.name}
    client = client_of(marketer)

    first, second = client.post(address, body), client.post(address, body)

    assert (first.status_code, second.status_code) == (200, 409)
    assert Snapshot.objects.count() == OutboundMessage.objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"confirm": "sbagliato"}])
def test_a_launch_without_the_right_name_does_nothing(marketer, body):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    answer = client_of(marketer).post(f"{URL}{campaign.pk}/launch/", body)

    assert (answer.status_code, list(answer.data)) == (400, ["confirm"])
    assert not Snapshot.objects.exists()


def test_a_rejection_needs_a_reason(approver):
    campaign = make_campaign(status=Status.IN_REVIEW)

    answer = client_of(approver).post(f"{URL}{campaign.pk}/reject/", {})

    assert (answer.status_code, list(answer.data)) == (400, ["reason"])


ACTIONS = {
    "submit": (Status.DRAFT, {MARKETER, ADMIN}),
    "approve": (Status.IN_REVIEW, {APPROVER, ADMIN}),
    "reject": (Status.IN_REVIEW, {APPROVER, ADMIN}),
    "launch": (Status.APPROVED, {MARKETER, ADMIN}),
    "pause": (Status.SENDING, {MARKETER, APPROVER, ADMIN}),
    "resume": (Status.PAUSED, {MARKETER, APPROVER, ADMIN}),
    "cancel": (Status.SENDING, {MARKETER, APPROVER, ADMIN}),
}


@pytest.mark.parametrize("role", [MARKETER, APPROVER, AGENT, ADMIN])
@pytest.mark.parametrize("verb", ACTIONS)
def test_each_action_is_open_to_its_roles_and_to_no_other(verb, role):
    status, roles = ACTIONS[verb]
    make_contact()
    campaign = make_campaign(status=status)
    body = {"confirm": campaign.name} if verb == "launch" else {}
    body |= {"reason": "Rivedere"} if verb == "reject" else {}

    answer = client_of(make_member(role)).post(f"{URL}{campaign.pk}/{verb}/", body)

    assert answer.status_code == (200 if role in roles else 403), answer.data
    campaign.refresh_from_db()
    assert (campaign.status != status) == (role in roles)


@pytest.mark.parametrize("address", ["", "1/", "1/progress/", "1/recipients/", "1/forecast/"])
def test_nobody_reads_campaigns_without_a_login(address):
    assert APIClient().get(URL + address).status_code in {401, 403}


def test_agents_do_not_read_campaigns():
    assert client_of(make_member(AGENT)).get(URL).status_code == 403


def test_progress_adds_up_over_http(marketer):
    campaign = make_campaign(status=Status.SENDING)
    for status in ("queued", "delivered", "failed"):
        make_message(campaign=campaign, status=status)

    told = client_of(marketer).get(f"{URL}{campaign.pk}/progress/").data

    states = ["queued", "sending", "accepted", "sent", "delivered", "read", "failed", "skipped", "unknown", "expired"]  # fmt: skip
    assert told["total"] == sum(told[state] for state in states) == 3
    assert isinstance(told["waiting_for"], list)


def test_the_forecast_tells_people_end_and_cost(marketer):
    for _ in range(3):
        make_contact()
    make_contact(marketing_consent="unknown")
    campaign = make_campaign()

    told = client_of(marketer).get(f"{URL}{campaign.pk}/forecast/").data

    assert (told["recipients"], told["left_out"]) == (3, {"no_consent": 1})
    assert (told["cost"], told["currency"], told["is_estimate"]) == ("0.17", "EUR", True)
    assert told["finish_at"] is not None
    assert told["finishes_today"] is True


def test_a_forecast_without_a_segment_says_what_is_missing(marketer):
    make_number()
    pk = client_of(marketer).post(URL, {"name": "Vuota"}, format="json").data["id"]

    answer = client_of(marketer).get(f"{URL}{pk}/forecast/")

    assert (answer.status_code, list(answer.data)) == (400, ["segment"])


def test_the_forecast_of_a_launched_campaign_is_of_the_frozen_people(marketer):
    people = [make_contact(), make_contact()]
    campaign = make_campaign(status=Status.SENDING, contacts=people)
    make_contact()

    told = client_of(marketer).get(f"{URL}{campaign.pk}/forecast/").data

    assert (told["recipients"], told["cost"]) == (2, "0.11")


def test_recipients_are_paged_with_state_and_reason(marketer):
    campaign = make_campaign(status=Status.SENDING)
    make_message(campaign=campaign, status="skipped", reason="consent_withdrawn")
    make_message(campaign=campaign, status="delivered")

    told = client_of(marketer).get(f"{URL}{campaign.pk}/recipients/", {"state": "skipped"}).data

    assert (told["count"], told["next"]) == (1, None)
    (row,) = told["results"]
    assert (row["state"], row["reason"]) == ("skipped", "consent_withdrawn")
    assert row["reason_text"]


@pytest.mark.parametrize("state", ["sleeping", "\0"])
def test_a_state_that_there_is_not_is_refused_on_its_field(marketer, state):
    campaign = make_campaign(status=Status.SENDING)

    answer = client_of(marketer).get(f"{URL}{campaign.pk}/recipients/", {"state": state})

    assert (answer.status_code, list(answer.data)) == (400, ["state"])


@pytest.mark.parametrize(("role", "sees_phone"), [(MARKETER, False), (ADMIN, True)])
def test_phones_are_shown_only_to_who_may_export_people(role, sees_phone):
    from django.contrib.auth.models import Permission

    campaign = make_campaign(status=Status.SENDING)
    make_message(campaign=campaign)
    user = make_member(role)
    if sees_phone:
        user.user_permissions.add(Permission.objects.get(codename="export_snapshot"))

    (row,) = client_of(user).get(f"{URL}{campaign.pk}/recipients/").data["results"]

    assert ("phone" in row) == sees_phone


def test_the_list_is_paged_and_filtered_by_state(marketer):
    make_campaign()
    running = make_campaign(status=Status.SENDING, started_at=NOW - timedelta(hours=1))

    told = client_of(marketer).get(URL, {"status": "sending"}).data

    assert [row["id"] for row in told["results"]] == [running.pk]
    assert set(told) == {"count", "next", "previous", "results"}


def test_the_forecast_tells_days_rests_and_costs_and_minutes_only_when_asked(marketer):
    make_contact()
    campaign = make_campaign()
    address = f"{URL}{campaign.pk}/forecast/"

    told = client_of(marketer).get(address).data
    by_minute = client_of(marketer).get(address, {"minutes": "1"}).data

    assert sum(day["count"] for day in told["days"]) == 1
    assert (told["expired"], told["unsent"], told["minutes"]) == (0, 0, None)
    assert told["costs"][0]["market"] == "IT"
    assert sum(minute["count"] for minute in by_minute["minutes"]) == 1


def test_a_forecast_asked_by_something_else_than_minutes_is_refused(marketer):
    make_contact()
    campaign = make_campaign()

    answer = client_of(marketer).get(f"{URL}{campaign.pk}/forecast/", {"minutes": "often"})

    assert (answer.status_code, list(answer.data)) == (400, ["minutes"])
