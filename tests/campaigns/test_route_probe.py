"""The test of an automation route: what is sent, what proves it, and what does not."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.models import AutomationRoute, Grant, RouteProbe, SpokiAccount, TierRecipient
from campaigns.route_probe import (
    PATIENCE,
    News,
    give_up_silent,
    note_keyless,
    record_probe,
    start_probe,
)
from campaigns.routes import RouteRefused, routes_of
from spoki import (
    MessageStatus,
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)
from spoki.fake import FakeSpoki
from tests.campaigns.sender.steps import aside
from tests.factories.audiences import make_contact
from tests.factories.campaigns import ensure_number, make_user
from tests.factories.routes import TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State
Probe = RouteProbe.State
PHONE = "+393471234567"


@pytest.fixture
def spoki() -> FakeSpoki:
    return FakeSpoki()


@pytest.fixture
def account() -> SpokiAccount:
    return ensure_number().account


@pytest.fixture
def route(account) -> AutomationRoute:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    return make_route(state=State.OFF, version=make_version(first_seen_at=an_hour_ago))


@pytest.fixture
def probe(route, account, spoki):
    """Send one probe of `route`, with what a test changes."""

    def send(**changes: Any) -> RouteProbe:
        asked = {
            "route": route,
            "account_id": account.pk,
            "phone": PHONE,
            "values": {"FIRST_NAME": "Ada"},
            "by": make_user(),
            "gateway": spoki,
            "allowlist": [],
        }
        return start_probe(**asked | changes)

    return send


def came_back(probe: RouteProbe, **changes: Any) -> bool:
    fields = {"key": probe.key.hex, "uuid": uuid4().hex, "status": MessageStatus.SENT}
    return record_probe(news=News(**fields | changes), now=timezone.now())


def refusal(call, *args: Any, **changes: Any) -> str:
    with pytest.raises(RouteRefused) as refused:
        call(*args, **changes)
    assert str(refused.value) != refused.value.code
    return refused.value.code


# What is sent


def test_a_probe_is_the_very_call_that_campaigns_use_with_one_person_in_it(probe, spoki, route):
    sent = probe()

    ((trigger, contact),) = spoki.started
    assert spoki.calls == ["start_automation_bulk"]
    assert (trigger, contact.phone, contact.language) == (TRIGGER, PHONE, "it")
    assert contact.variables == {"FIRST_NAME": "Ada"}
    assert contact.metadata == {"msg": sent.key.hex}
    route.refresh_from_db()
    assert (sent.state, route.state) == (Probe.WAITING, State.PROBING)


def test_a_probe_counts_in_the_ledger_like_any_send(probe):
    probe()

    assert [grant.count for grant in Grant.objects.all()] == [1]
    assert TierRecipient.objects.get().phone == PHONE


def test_a_probe_needs_no_consent_but_not_a_blocked_phone(probe, spoki):
    make_contact(phone=PHONE, is_blocked=True)

    assert refusal(probe) == "blocked"
    assert spoki.calls == []


def test_a_probe_goes_to_nobody_outside_the_allowlist(probe, spoki, route):
    assert refusal(probe, allowlist=["+393330000009"]) == "not_on_allowlist"

    route.refresh_from_db()
    assert (spoki.calls, route.state) == ([], State.OFF)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("phone", ["", "ciao", "+390212345678"])
def test_a_probe_needs_a_phone_that_has_whatsapp(probe, spoki, phone):
    assert refusal(probe, phone=phone) == "not_a_mobile"
    assert spoki.calls == []


def test_a_route_that_is_on_is_not_tested_under_its_campaigns(probe, spoki, account):
    assert refusal(probe, route=make_route()) == "route_cannot_be_tested"
    assert spoki.calls == []


def test_a_second_probe_waits_for_the_first(probe, spoki):
    probe()

    assert refusal(probe) == "route_cannot_be_tested"
    assert len(spoki.started) == 1


def test_nothing_is_tested_while_the_account_is_stopped(probe, spoki, account):
    SpokiAccount.objects.update(paused_at=timezone.now(), pause_code="spam_limit")

    assert refusal(probe) == "account_paused"
    assert spoki.calls == []


def test_a_probe_waits_where_the_minute_is_full(probe, spoki, account):
    Grant.objects.create(account=account, at=timezone.now(), kind="template", count=60)

    assert refusal(probe) == "minute_limit"
    assert spoki.calls == []


def test_a_version_that_was_replaced_is_not_tested(probe, spoki, route):
    route.version.superseded_at = timezone.now()
    route.version.save()

    assert refusal(probe) == "route_superseded"
    assert spoki.calls == []


def test_a_template_that_may_not_be_sent_is_not_tested(probe, spoki):
    paused = make_route(state=State.OFF, version=make_version(status="paused"))

    assert refusal(probe, route=paused) == "template_not_sendable"
    assert spoki.calls == []


# What Spoki answers


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpokiAuthError("start_automation_bulk", status=401), "route_secret_refused"),
        (SpokiAuthError("start_automation_bulk", status=403), "route_secret_refused"),
        (SpokiNotFound("start_automation_bulk", status=404), "route_not_found"),
    ],
)
def test_a_wrong_secret_or_trigger_breaks_the_route_and_stops_nothing_else(
    probe, spoki, route, account, error, code
):
    spoki.fail("start_automation_bulk", error)

    sent = probe()

    route.refresh_from_db()
    account.refresh_from_db()
    assert (sent.state, sent.error_code) == (Probe.FAILED, code)
    assert (route.state, route.error_code) == (State.BROKEN, code)
    assert account.paused_at is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpokiUnreachable("x"), "unreachable"),
        (SpokiThrottled("x", status=429), "unreachable"),
        (SpokiRefused("x", status=400, code="whatsapp::132000"), "refused"),
    ],
)
def test_a_probe_that_surely_did_not_leave_is_given_back_and_may_be_repeated(
    probe, spoki, route, error, code
):
    spoki.fail("start_automation_bulk", error)

    sent = probe()

    route.refresh_from_db()
    assert (sent.state, sent.error_code, route.state) == (Probe.FAILED, code, State.OFF)
    assert [grant.count for grant in Grant.objects.all()] == [0]
    assert not TierRecipient.objects.exists()
    assert probe().state == Probe.WAITING


def test_a_probe_whose_answer_was_lost_waits_for_the_webhook_and_stays_in_the_ledger(probe, spoki):
    spoki.fail("start_automation_bulk", SpokiOutcomeUnknown("x"))

    sent = probe()

    assert (sent.state, sent.error_code) == (Probe.WAITING, "no_answer")
    assert [grant.count for grant in Grant.objects.all()] == [1]


def test_no_error_text_shows_the_secret_or_the_phone(probe, spoki, caplog):
    spoki.fail("start_automation_bulk", SpokiNotFound("start_automation_bulk", status=404))

    probe()

    assert "segreto" not in caplog.text
    assert PHONE not in caplog.text


# What comes back


def test_a_route_is_proven_only_when_the_metadata_came_back(probe, route):
    sent = probe()
    assert routes_of([route.version_id]) == {}

    assert came_back(sent, text="Ciao Ada", template_id=route.version.template.spoki_id)

    route.refresh_from_db()
    sent.refresh_from_db()
    assert route.state == State.PROVEN
    assert route.proven_at >= route.version.first_seen_at
    assert (sent.state, sent.seen_text) == (Probe.SEEN, "Ciao Ada")


def test_a_proven_route_is_not_on(probe, route):
    came_back(probe())

    assert routes_of([route.version_id]) == {}


def test_what_came_back_twice_or_out_of_order_ends_the_same(probe, route):
    sent, uuid = probe(), uuid4().hex

    for status in ("delivered", "sent", "delivered", "read", "pending"):
        assert came_back(sent, uuid=uuid, status=MessageStatus(status))

    sent.refresh_from_db()
    assert (sent.state, sent.provider_status, sent.provider_uuid) == (Probe.SEEN, "read", uuid)
    assert route.events.filter(verb="proven").count() == 1


def test_later_news_without_our_key_are_known_by_their_uuid(probe):
    sent, uuid = probe(), uuid4().hex
    came_back(sent, uuid=uuid)

    assert came_back(sent, key=None, uuid=uuid, status=MessageStatus.DELIVERED)

    sent.refresh_from_db()
    assert sent.provider_status == "delivered"


def test_a_message_that_is_no_probe_is_left_to_others(probe):
    sent = probe()

    assert not came_back(sent, key=uuid4().hex)
    assert not came_back(sent, key=None, uuid=None)
    assert not came_back(sent, key="not a key")


def test_another_template_than_the_versions_own_breaks_the_route(probe, route):
    sent = probe()

    came_back(sent, template_id=999)

    route.refresh_from_db()
    assert (route.state, route.error_code) == (State.BROKEN, "route_wrong_template")


def test_another_template_seen_later_takes_even_a_route_that_is_on_out_of_service(probe, route):
    sent, uuid = probe(), uuid4().hex
    came_back(sent, uuid=uuid)
    by = make_user()
    AutomationRoute.objects.update(state=State.ON, switched_on_at=timezone.now(), switched_on_by=by)

    came_back(sent, uuid=uuid, template_id=999, status=MessageStatus.DELIVERED)

    assert routes_of([route.version_id]) == {}


def test_a_probe_that_failed_at_whatsapp_proves_nothing(probe, route):
    sent = probe()

    came_back(sent, status=MessageStatus.FAILED, error_code="whatsapp::131026")

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, sent.state) == (State.OFF, Probe.FAILED)
    assert sent.error_code == "whatsapp::131026"


def test_a_probe_of_which_nothing_comes_back_ends_and_says_what_to_check(probe, route):
    sent = probe()

    assert give_up_silent(now=sent.started_at + PATIENCE - timedelta(seconds=1)) == 0
    assert give_up_silent(now=sent.started_at + PATIENCE) == 1

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, route.error_code) == (State.OFF, "route_no_webhook")
    assert sent.state == Probe.SILENT


def test_a_webhook_that_comes_after_all_still_proves(probe, route):
    sent = probe()
    give_up_silent(now=sent.started_at + PATIENCE)

    came_back(sent)

    route.refresh_from_db()
    assert (route.state, route.error_code) == (State.PROVEN, "")


def test_an_older_probe_that_comes_late_proves_nothing_while_a_newer_one_runs(probe, route):
    first = probe()
    give_up_silent(now=first.started_at + PATIENCE)
    probe()

    came_back(first)

    route.refresh_from_db()
    assert route.state == State.PROBING


def test_a_message_without_our_key_says_that_metadata_is_lost(probe, route):
    sent = probe()
    news = News(
        key=None,
        uuid=uuid4().hex,
        status=MessageStatus.SENT,
        phone=PHONE,
        text="Ciao Ada",
        written_at=sent.started_at + timedelta(seconds=2),
    )

    assert note_keyless(news=news, now=sent.started_at + timedelta(seconds=3))
    give_up_silent(now=sent.started_at + PATIENCE)

    route.refresh_from_db()
    sent.refresh_from_db()
    assert (route.state, route.error_code) == (State.OFF, "route_metadata_lost")
    assert sent.seen_text == "Ciao Ada"


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "+393330000009"},
        {"template_id": 999},
        {"written_at": None},
        {"written_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_other_messages_without_a_key_say_nothing_about_a_probe(probe, changes):
    sent = probe()
    fields = {
        "key": None,
        "uuid": None,
        "status": MessageStatus.SENT,
        "phone": PHONE,
        "written_at": sent.started_at,
    }

    assert not note_keyless(news=News(**fields | changes), now=timezone.now())

    sent.refresh_from_db()
    assert sent.error_code == ""


def test_every_step_of_a_test_is_in_the_story_of_the_route(probe, route):
    came_back(probe())

    assert list(route.events.order_by("pk").values_list("verb", flat=True)) == ["probed", "proven"]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_test_at_once_send_one_message(probe, route, spoki):
    by = make_user()

    def press() -> str:
        try:
            return str(probe(by=by).state)
        except RouteRefused as refused:
            return refused.code

    ends = [aside(press), aside(press)]

    assert sorted(end.result(timeout=20) for end in ends) == ["route_cannot_be_tested", "waiting"]
    assert len(spoki.started) == 1
    assert Grant.objects.count() == 1
