"""The pages of automation routes: who may do what, what is asked before, what is never shown."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AutomationRoute, RouteProbe
from campaigns.route_probe import News, record_probe
from campaigns.routes import secret_of
from campaigns.sealing import seal
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from spoki import MessageStatus, SpokiNotFound, SpokiUnreachable
from spoki.fake import FakeSpoki
from tests.factories.campaigns import ensure_number, make_user
from tests.factories.people import make_member
from tests.factories.routes import SECRET, TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State
PHONE = "+393471234567"


@pytest.fixture
def spoki(settings) -> FakeSpoki:
    """The Spoki behind the pages."""
    settings.SPOKI_GATEWAY = "tests.campaigns.test_admin_routes.gateway"
    _behind.append(FakeSpoki())
    return _behind[-1]


_behind: list[FakeSpoki] = []


def gateway() -> FakeSpoki:
    """What the setting SPOKI_GATEWAY names."""
    return _behind[-1]


@pytest.fixture(autouse=True)
def number():
    return ensure_number()


@pytest.fixture
def as_role(client):
    def log_in(role: str):
        client.force_login(make_member(role))
        return client

    return log_in


@pytest.fixture
def admin(as_role, spoki):
    return as_role(ADMIN)


@pytest.fixture
def version():
    return make_version(first_seen_at=timezone.now() - timedelta(hours=1))


def url(name: str, route: AutomationRoute | None = None) -> str:
    return reverse(f"admin:campaigns_automationroute_{name}", args=[route.pk] if route else [])


# Who may


@pytest.mark.parametrize("role", [MARKETER, APPROVER])
def test_who_plans_campaigns_reads_routes_and_changes_nothing(as_role, role, spoki):
    client, route = as_role(role), make_route(state=State.PROVEN)

    assert client.get(url("changelist")).status_code == 200
    page = client.get(url("change", route))
    assert page.status_code == 200
    assert page.context["offered"] == []
    for name in ("edit", "probe", "switch_on", "switch_off"):
        assert client.get(url(name, route)).status_code == 403
        assert client.post(url(name, route)).status_code == 403
    for name in ("add", "choose"):
        assert client.get(url(name)).status_code == 403
    route.refresh_from_db()
    assert (route.state, spoki.calls) == (State.PROVEN, [])


def test_an_agent_sees_no_routes(as_role):
    client, route = as_role(AGENT), make_route()

    assert client.get(url("changelist")).status_code == 403
    assert client.get(url("change", route)).status_code == 403
    assert client.get(url("live", route)).status_code == 403


def test_nobody_without_a_login_sees_a_route(client):
    assert client.get(url("change", make_route())).status_code == 302


# Writing it down


def test_an_admin_writes_a_route_down_pasting_the_whole_address(admin, version):
    answer = admin.post(
        url("add"),
        {
            "version": version.pk,
            "automation_name": "Promo",
            "trigger_uuid": f"https://api.spoki.com/wh/ap/{TRIGGER}/",
            "secret": SECRET,
        },
    )

    route = AutomationRoute.objects.get()
    assert answer.url == url("change", route)
    assert (route.trigger_uuid, route.state, secret_of(route)) == (TRIGGER, State.OFF, SECRET)


def test_only_templates_that_an_automation_can_send_are_offered(admin, version):
    make_version(header={"format": "image", "text": ""})
    make_version(status="paused")
    make_version(superseded_at=timezone.now())
    make_route()

    form = admin.get(url("add")).context["form"]

    assert list(form.fields["version"].queryset) == [version]


def test_a_trigger_that_is_none_is_told_on_its_field_and_the_secret_is_not_sent_back(
    admin, version
):
    asked = {"version": version.pk, "trigger_uuid": "una frase", "secret": SECRET}

    answer = admin.post(url("add"), asked)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["trigger_uuid"]
    assert SECRET not in answer.content.decode()
    assert not AutomationRoute.objects.exists()


def test_an_automation_is_chosen_from_spokis_list_and_its_secret_never_shown(admin, spoki, version):
    spoki.add_automation(uuid=TRIGGER, secret=SECRET, name="Natale")

    page = admin.get(url("choose"))
    answer = admin.post(url("choose"), {"version": version.pk, "trigger": TRIGGER})

    route = AutomationRoute.objects.get()
    assert "Natale" in page.content.decode()
    assert SECRET not in page.content.decode()
    assert (route.automation_name, secret_of(route)) == ("Natale", SECRET)
    assert answer.url == url("change", route)
    assert SECRET not in admin.get(answer.url).content.decode()


def test_a_list_that_cannot_be_read_leads_back_with_a_sentence(admin, spoki):
    spoki.fail("automations", SpokiUnreachable("automations"))

    answer = admin.get(url("choose"), follow=True)

    assert answer.redirect_chain[-1][0] == url("changelist")
    assert len(list(answer.context["messages"])) == 1


def test_an_automation_whose_secret_spoki_hides_is_written_by_hand(admin, spoki, version):
    spoki.add_automation(uuid=TRIGGER, secret="")

    answer = admin.post(url("choose"), {"version": version.pk, "trigger": TRIGGER})

    assert answer.status_code == 422
    assert not AutomationRoute.objects.exists()


def test_changing_keeps_the_secret_that_was_not_written_again(admin):
    route = make_route(state=State.PROVEN)

    admin.post(url("edit", route), {"automation_name": "Nuovo nome", "trigger_uuid": TRIGGER})

    route.refresh_from_db()
    assert (route.automation_name, route.state) == ("Nuovo nome", State.PROVEN)
    assert secret_of(route) == SECRET


# Testing it


def test_looking_at_the_question_sends_nothing(admin, spoki, version):
    route = make_route(state=State.OFF, version=version)

    page = admin.get(url("probe", route))

    assert page.status_code == 200
    assert page.context["form"].fields["value_FIRST_NAME"].initial == "Ada"
    assert spoki.calls == []


def test_a_test_goes_to_the_phone_that_was_typed_with_the_values_that_were_typed(
    admin, spoki, version
):
    route = make_route(state=State.OFF, version=version)

    answer = admin.post(url("probe", route), {"phone": "347 123 4567", "value_FIRST_NAME": "Bea"})

    ((_, contact),) = spoki.started
    assert (contact.phone, contact.variables) == (PHONE, {"FIRST_NAME": "Bea"})
    assert answer.url == url("change", route)
    assert spoki.is_closed


def test_a_phone_outside_the_allowlist_is_told_in_words(admin, spoki, version, settings):
    settings.SEND_ALLOWLIST = ["+393330000009"]
    route = make_route(state=State.OFF, version=version)

    answer = admin.post(url("probe", route), {"phone": PHONE, "value_FIRST_NAME": "Bea"})

    assert answer.status_code == 422
    assert "SEND_ALLOWLIST" in answer.content.decode()
    assert spoki.calls == []


def test_a_second_click_sends_no_second_test(admin, spoki, version):
    route = make_route(state=State.OFF, version=version)

    for _ in range(2):
        answer = admin.post(url("probe", route), {"phone": PHONE, "value_FIRST_NAME": "Bea"})

    assert answer.status_code == 422
    assert len(spoki.started) == 1


def test_a_trigger_that_spoki_does_not_know_is_told_in_words(admin, spoki, version):
    spoki.fail("start_automation_bulk", SpokiNotFound("start_automation_bulk", status=404))
    route = make_route(state=State.OFF, version=version)

    page = admin.post(url("probe", route), {"phone": PHONE, "value_FIRST_NAME": "Bea"}, follow=True)

    assert "404" in page.content.decode()
    route.refresh_from_db()
    assert route.state == State.BROKEN


def test_a_secret_that_no_key_opens_any_more_is_told_in_words_and_nothing_leaves(
    admin, spoki, version
):
    foreign = seal(SECRET, key="the key of another installation", purpose="of another trigger")
    route = make_route(state=State.OFF, version=version, sealed_secret=foreign)

    assert admin.get(url("change", route)).status_code == 200
    answer = admin.post(url("probe", route), {"phone": PHONE, "value_FIRST_NAME": "Bea"})

    assert answer.status_code == 422
    assert "scrivilo di nuovo" in answer.content.decode()
    assert spoki.calls == []


def test_the_page_asks_again_while_a_test_runs_and_then_stops(admin, spoki, version):
    route = make_route(state=State.OFF, version=version)
    admin.post(url("probe", route), {"phone": PHONE, "value_FIRST_NAME": "Bea"})
    waiting = admin.get(url("live", route))

    probe = RouteProbe.objects.get()
    record_probe(
        news=News(key=probe.key.hex, uuid="a" * 32, status=MessageStatus.SENT, text="Ciao Bea"),
        now=timezone.now(),
    )
    came = admin.get(url("live", route))

    assert (waiting.status_code, came.status_code) == (200, 286)
    assert "Ciao Bea" in came.content.decode()


def test_a_text_that_is_not_the_templates_is_pointed_out(admin, version):
    route = make_route(state=State.PROVEN, version=version)
    RouteProbe.objects.create(
        route=route,
        trigger_uuid=TRIGGER,
        phone=PHONE,
        values={"FIRST_NAME": "Bea"},
        state="seen",
        started_at=timezone.now(),
        seen_at=timezone.now(),
        seen_text="Un altro testo",
    )

    assert admin.get(url("change", route)).context["seen"]["differs"]


# Switching it


def test_switching_on_is_confirmed_by_who_has_seen_the_message(admin, version):
    route = make_route(state=State.PROVEN, version=version, proven_at=timezone.now())

    unconfirmed = admin.post(url("switch_on", route))
    route.refresh_from_db()
    assert (unconfirmed.status_code, route.state) == (422, State.PROVEN)

    admin.post(url("switch_on", route), {"is_right": "on"})
    route.refresh_from_db()
    assert route.state == State.ON
    assert route.switched_on_by is not None
    assert route.switched_on_by.groups.get().name == ADMIN


def test_looking_at_the_questions_switches_nothing(admin):
    route = make_route()

    assert admin.get(url("switch_off", route)).status_code == 200
    assert admin.get(url("switch_on", route)).status_code == 200
    route.refresh_from_db()
    assert route.state == State.ON


def test_two_people_switch_off_at_once_and_the_second_is_told(admin):
    route = make_route()

    first, second = (admin.post(url("switch_off", route)) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 422)
    route.refresh_from_db()
    assert route.state == State.PROVEN


def test_a_route_that_is_not_proven_has_no_button_to_switch_it_on(admin):
    page = admin.get(url("change", make_route(state=State.OFF)))

    assert [button["name"] for button in page.context["offered"]] == ["probe", "edit"]


def test_a_route_of_a_replaced_version_says_that_it_is_not_used(admin):
    old = make_version(superseded_at=timezone.now())

    page = admin.get(url("change", make_route(version=old)))

    assert [button["name"] for button in page.context["offered"]] == ["switch_off"]
    assert page.context["meaning"].endswith("Questa non si usa più.")


def test_a_route_that_is_not_there_is_not_found(admin):
    assert (
        admin.get(reverse("admin:campaigns_automationroute_change", args=[4711])).status_code == 404
    )


def test_the_list_shows_state_and_trouble_and_no_secret(admin):
    make_route(state=State.BROKEN, error_code="route_not_found", switched_on_by=make_user())

    text = admin.get(url("changelist")).content.decode()

    assert "404" in text
    assert SECRET not in text
