"""Our webhooks on Spoki: made switched off, shown once, on only when their secret is known here."""

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns.models import Alert
from config.roles import ADMIN, AGENT
from conversations import registration
from conversations.management.commands import register_webhooks
from conversations.models import SpokiWebhook
from conversations.registration import EVENTS, NEEDED, RegistrationRefused
from spoki import SpokiAuthError, SpokiRefused, SpokiServerError
from spoki.fake import FakeSpoki
from tests.conftest import NOW
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db

URL = "https://app.example.com/webhooks/spoki/"


@pytest.fixture
def spoki(settings):
    settings.SPOKI_WEBHOOK_URL = URL
    settings.SPOKI_WEBHOOK_SECRETS = []
    return FakeSpoki()


def make(spoki):
    return list(registration.make_missing(client=spoki, address=URL, now=NOW))


def look(spoki):
    return {row.event: row for row in registration.look(client=spoki, now=NOW)}


def open_alarms():
    return {alert.code: alert.detail for alert in Alert.objects.filter(over_at=None)}


def test_there_is_one_webhook_per_event_each_with_its_own_secret_and_none_is_on(spoki):
    made = make(spoki)

    assert {one.event for one in made} == set(EVENTS)
    assert len({one.secret for one in made}) == len(EVENTS)
    assert [webhook.is_active for webhook in spoki.webhooks()] == [False] * len(EVENTS)
    assert {webhook.url for webhook in spoki.webhooks()} == {URL}


def test_a_second_run_makes_nothing(spoki):
    make(spoki)

    assert make(spoki) == []
    assert len(spoki.webhooks()) == len(EVENTS)


def test_no_secret_is_kept_and_none_is_shown_by_mistake(spoki):
    made = make(spoki)

    kept = [str(row.__dict__) for row in SpokiWebhook.objects.all()]
    assert not any(one.secret in row for one in made for row in kept)
    assert not any(one.secret in repr(one) for one in made)


def test_a_failure_half_way_keeps_what_was_made_before_it(spoki):
    making = registration.make_missing(client=spoki, address=URL, now=NOW)
    assert next(making).event == EVENTS[0]

    spoki.fail("create_webhook", SpokiServerError("create_webhook"))
    with pytest.raises(SpokiServerError):
        next(making)

    assert SpokiWebhook.objects.get().event == EVENTS[0]


def test_webhooks_of_others_at_other_addresses_are_left_alone(spoki):
    other = spoki.create_webhook(event=EVENTS[0], url="https://other.it/hook/", is_active=True)

    make(spoki)

    assert {webhook.id: webhook.is_active for webhook in spoki.webhooks()}[other.id] is True
    assert len(spoki.webhooks()) == len(EVENTS) + 1


@pytest.mark.parametrize(
    "address", ["", "http://app.example.com/webhooks/spoki/", "https://app.example.com/", "spoki"]
)
def test_an_address_that_will_not_do_is_refused_and_nothing_is_made(spoki, address):
    with pytest.raises(RegistrationRefused):
        list(registration.make_missing(client=spoki, address=address, now=NOW))

    assert spoki.webhooks() == []


def test_nothing_is_switched_on_while_its_secret_is_not_configured(spoki, settings):
    made = make(spoki)
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_of_somebody_else", made[0].secret]

    on, refused = registration.activate(client=spoki, address=URL, now=NOW)

    assert on == [made[0].event]
    assert set(refused) == {one.event for one in made[1:]}
    active = [webhook.event for webhook in spoki.webhooks() if webhook.is_active]
    assert active == [made[0].event]


def test_all_are_switched_on_once_their_secrets_are(spoki, settings):
    settings.SPOKI_WEBHOOK_SECRETS = [one.secret for one in make(spoki)]

    on, refused = registration.activate(client=spoki, address=URL, now=NOW)

    assert (set(on), refused) == (set(EVENTS), [])
    assert all(row.is_active for row in SpokiWebhook.objects.all())


@pytest.mark.parametrize("is_configured", [True, False])
def test_a_secret_is_recognised_where_spoki_never_shows_it_again(
    spoki, settings, monkeypatch, is_configured
):
    secrets = [one.secret for one in make(spoki)]
    settings.SPOKI_WEBHOOK_SECRETS = secrets if is_configured else ["whsec_another"]
    shown = spoki.webhooks
    monkeypatch.setattr(
        spoki, "webhooks", lambda: [replace(webhook, secret=None) for webhook in shown()]
    )

    on, refused = registration.activate(client=spoki, address=URL, now=NOW)

    assert set(on if is_configured else refused) == set(EVENTS)
    assert any(webhook.is_active for webhook in shown()) is is_configured


def test_a_webhook_made_by_hand_whose_secret_nobody_told_stays_off(spoki, settings, monkeypatch):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_something"]
    made = spoki.create_webhook(event=EVENTS[0], url=URL)
    hidden = [type(made)(made.id, made.event, made.url, is_active=False)]
    monkeypatch.setattr(spoki, "webhooks", lambda: hidden)

    assert registration.activate(client=spoki, address=URL, now=NOW) == ([], [EVENTS[0]])


def test_a_webhook_made_anew_by_hand_does_not_inherit_the_secret_of_the_one_before(
    spoki, settings, monkeypatch
):
    made = make(spoki)
    settings.SPOKI_WEBHOOK_SECRETS = [one.secret for one in made]
    spoki.delete_webhook(made[0].spoki_id)
    spoki.create_webhook(event=made[0].event, url=URL)
    shown = spoki.webhooks
    monkeypatch.setattr(
        spoki, "webhooks", lambda: [replace(webhook, secret=None) for webhook in shown()]
    )
    look(spoki)

    _on, refused = registration.activate(client=spoki, address=URL, now=NOW)

    assert refused == [made[0].event]


def test_lost_secrets_are_made_anew_for_what_is_off_only(spoki, settings):
    made = make(spoki)
    settings.SPOKI_WEBHOOK_SECRETS = [made[0].secret]
    registration.activate(client=spoki, address=URL, now=NOW)

    renewed = list(registration.renew_secrets(client=spoki, address=URL, now=NOW))

    assert {one.event for one in renewed} == {one.event for one in made[1:]}
    settings.SPOKI_WEBHOOK_SECRETS = [made[0].secret, *(one.secret for one in renewed)]
    assert registration.activate(client=spoki, address=URL, now=NOW)[1] == []


def test_an_event_that_the_account_has_not_is_done_without_if_we_can(spoki, monkeypatch):
    create = spoki.create_webhook

    def refuse(*, event, url, is_active=False):
        if event not in NEEDED:
            raise SpokiRefused("create_webhook", status=400)
        return create(event=event, url=url, is_active=is_active)

    monkeypatch.setattr(spoki, "create_webhook", refuse)

    assert {one.event for one in make(spoki)} == set(NEEDED)


def test_a_look_tells_what_is_missing_and_what_is_switched_off(spoki):
    spoki.create_webhook(event="message.inbound", url=URL, is_active=True)
    spoki.create_webhook(event="message.outbound", url=URL, is_active=False)

    rows = look(spoki)

    assert (rows["message.inbound"].is_active, rows["message.outbound"].is_there) == (True, True)
    assert not rows["contact.updated"].is_there
    assert open_alarms() == {
        "spoki_webhooks_missing": {"events": "contact.updated"},
        "spoki_webhooks_inactive": {"events": "message.outbound"},
    }


def test_the_alarms_end_when_all_is_well_again(spoki, settings):
    look(spoki)
    assert "spoki_webhooks_missing" in open_alarms()

    settings.SPOKI_WEBHOOK_SECRETS = [one.secret for one in make(spoki)]
    registration.activate(client=spoki, address=URL, now=NOW)

    assert open_alarms() == {}


def test_a_webhook_that_leads_elsewhere_is_missing_here(spoki):
    for event in NEEDED:
        spoki.create_webhook(
            event=event, url="https://old.example.com/webhooks/spoki/", is_active=True
        )

    look(spoki)

    assert set(open_alarms()) == {"spoki_webhooks_missing"}


def test_a_refused_key_is_told_and_a_passing_fault_is_not(spoki):
    spoki.fail("webhooks", SpokiServerError("webhooks"))
    with pytest.raises(SpokiServerError):
        look(spoki)
    assert open_alarms() == {}

    spoki.fail("webhooks", SpokiAuthError("webhooks"))
    with pytest.raises(SpokiAuthError):
        look(spoki)
    assert set(open_alarms()) == {"spoki_webhooks_unread"}


@pytest.mark.parametrize(
    ("set_url", "origins", "present", "found"),
    [
        (URL, ["https://x.it"], [], URL),
        ("", ["http://x.it", "https://*.it", "https://x.it"], [], "https://x.it/webhooks/spoki/"),
        ("", [], [URL, "https://other.it/hook/"], URL),
        ("", [], [URL, "https://b.it/webhooks/spoki/"], ""),
        ("", [], [], ""),
    ],
)
def test_where_spoki_delivers_to_is_said_or_found(
    spoki, settings, set_url, origins, present, found
):
    settings.SPOKI_WEBHOOK_URL, settings.CSRF_TRUSTED_ORIGINS = set_url, origins
    for url in present:
        spoki.create_webhook(event="message.inbound", url=url)

    assert registration.our_address(spoki.webhooks()) == found


@pytest.fixture
def command(spoki, monkeypatch):
    monkeypatch.setattr(register_webhooks, "import_string", lambda path: lambda: spoki)

    def run(*words):
        out = StringIO()
        call_command("register_webhooks", *words, stdout=out)
        return out.getvalue()

    return run


def test_the_command_prints_each_secret_once_and_what_to_do_next(spoki, command):
    first, second = command(), command()

    secrets = [webhook.secret for webhook in spoki.webhooks()]
    assert all(first.count(secret) == 2 for secret in secrets)
    assert f"SPOKI_WEBHOOK_SECRETS={','.join(secrets)}" in first
    assert "Nothing to make." in second
    assert not any(secret in second for secret in secrets)


def test_the_command_refuses_to_switch_on_what_we_could_not_read(spoki, command):
    command()

    with pytest.raises(CommandError, match="Left off"):
        command("--activate")

    assert not any(webhook.is_active for webhook in spoki.webhooks())


def test_the_command_switches_on_and_says_how_they_stand(spoki, command, settings):
    command()
    settings.SPOKI_WEBHOOK_SECRETS = [webhook.secret for webhook in spoki.webhooks()]

    assert "message.inbound: active" in command("--activate")


def test_the_command_only_looks_when_asked_for_the_status(spoki, command):
    assert "message.inbound: missing" in command("--status")
    assert spoki.webhooks() == []


def test_without_an_address_the_command_says_what_to_set(command, settings):
    settings.SPOKI_WEBHOOK_URL, settings.CSRF_TRUSTED_ORIGINS = "", []

    with pytest.raises(CommandError, match="SPOKI_WEBHOOK_URL"):
        command()


@pytest.fixture
def page():
    return reverse("admin:conversations_spokiwebhook_changelist")


def test_the_page_shows_how_they_stand_and_looks_again_by_post(client, spoki, page, monkeypatch):
    monkeypatch.setattr("conversations.admin.webhooks.import_string", lambda path: lambda: spoki)
    client.force_login(make_member(ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:conversations_spokiwebhook_look")

    assert client.get(address).status_code == 405
    client.post(address)

    shown = client.get(page).content.decode()
    assert "message.inbound" in shown
    assert "Manca" in shown
    assert SpokiWebhook.objects.count() == len(EVENTS)


def test_agents_neither_see_nor_ask(client, page):
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(page).status_code == 403
    assert client.post(reverse("admin:conversations_spokiwebhook_look")).status_code == 403
