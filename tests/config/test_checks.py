"""Each wrong value of the environment gets its id and a sentence on what to do."""

import pytest

from config import checks, checks_shopify, environment
from config.database import MALFORMED, database

GOOD = "a" * 24


def ids(check):
    return [message.id for message in check()]


@pytest.mark.parametrize(
    ("setting", "value", "check", "expected"),
    [
        ("CELERY_BROKER_URL", "kafka://host", checks.broker_url, ["house.E002"]),
        ("CELERY_BROKER_URL", "amqp://user:pw@host//", checks.broker_url, []),
        ("CELERY_BROKER_URL", "redis+socket:///run/v.sock", checks.broker_url, []),
        ("SPOKI_BASE_URL", "api.spoki.com", checks.spoki_base_url, ["house.E003"]),
        ("SPOKI_BASE_URL", "http://api.spoki.com", checks.spoki_base_url, ["house.E004"]),
        ("SPOKI_BASE_URL", "http://127.0.0.1:8090", checks.spoki_base_url, []),
        ("SPOKI_BASE_URL", "https://api.spoki.com", checks.spoki_base_url, []),
        ("SEND_ALLOWLIST", ["3331234567"], checks.send_allowlist, ["house.E005"]),
        ("SEND_ALLOWLIST", ["+39333"], checks.send_allowlist, ["house.E005"]),
        ("SEND_ALLOWLIST", ["+39 333 1234567"], checks.send_allowlist, ["house.E005"]),
        ("SEND_ALLOWLIST", ["+393331234567", "+41791234567"], checks.send_allowlist, []),
        ("SPOKI_HISTORY_PATH", "api/1/messages/", checks.history_path, ["house.E008"]),
        ("SPOKI_HISTORY_PATH", "/api/1/messages/", checks.history_path, []),
        ("SPOKI_WEBHOOK_URL", "", checks.spoki_webhook_url, []),
        ("SPOKI_WEBHOOK_URL", "https://a.it/webhooks/spoki/", checks.spoki_webhook_url, []),
        ("SPOKI_WEBHOOK_URL", "http://127.0.0.1:1/x/", checks.spoki_webhook_url, []),
        ("SPOKI_WEBHOOK_URL", "http://a.it/x/", checks.spoki_webhook_url, ["house.E019"]),
        ("SPOKI_WEBHOOK_URL", "a.it", checks.spoki_webhook_url, ["house.E019"]),
        ("SPOKI_MEDIA_HOSTS", ["spoki.com", "files.example.it"], checks.media_hosts, []),
        ("SPOKI_MEDIA_HOSTS", ["https://spoki.com"], checks.media_hosts, ["house.E020"]),
        ("SPOKI_MEDIA_HOSTS", ["*.spoki.com"], checks.media_hosts, ["house.E020"]),
        ("ALLOWED_HOSTS", ["https://app.example.com"], checks.trusted_origins, ["house.E009"]),
        ("ALLOWED_HOSTS", ["app.example.com"], checks.trusted_origins, []),
        ("SECRET_KEY", "insecure-development-key", checks.secret_key, ["house.W001"]),
        ("SECRET_KEY", "a-key-of-its-own", checks.secret_key, []),
        ("SPOKI_API_KEY", "", checks.spoki_api_key, ["house.W002"]),
        ("SPOKI_API_KEY", GOOD, checks.spoki_api_key, []),
        ("SPOKI_WEBHOOK_SECRETS", [], checks.webhook_secrets, ["house.W003"]),
        ("SPOKI_WEBHOOK_SECRETS", [GOOD, "short"], checks.webhook_secrets, ["house.W004"]),
        ("SPOKI_WEBHOOK_SECRETS", [GOOD], checks.webhook_secrets, []),
        (
            "SHOPIFY_SHOP_DOMAIN",
            "https://prova.myshopify.com",
            checks_shopify.shopify_shop_domain,
            ["house.E014"],
        ),
        ("SHOPIFY_SHOP_DOMAIN", "www.prova.it", checks_shopify.shopify_shop_domain, ["house.W010"]),
        ("SHOPIFY_SHOP_DOMAIN", "prova.myshopify.com", checks_shopify.shopify_shop_domain, []),
        ("SHOPIFY_SHOP_DOMAIN", "", checks_shopify.shopify_shop_domain, []),
        ("SHOPIFY_ADMIN_URL", "prova", checks_shopify.shopify_admin_url, ["house.E015"]),
        ("SHOPIFY_ADMIN_URL", "http://prova.it", checks_shopify.shopify_admin_url, ["house.E016"]),
        ("SHOPIFY_ADMIN_URL", "http://127.0.0.1:9000", checks_shopify.shopify_admin_url, []),
        ("SHOPIFY_API_VERSION", "2026-11", checks_shopify.shopify_api_version, ["house.E017"]),
        ("SHOPIFY_API_VERSION", "2025-10", checks_shopify.shopify_api_version, ["house.W006"]),
        ("SHOPIFY_API_VERSION", "2026-10", checks_shopify.shopify_api_version, []),
        ("SHOPIFY_CLIENT_ID", "abc", checks_shopify.shopify_keys, ["house.E018"]),
        ("SHOPIFY_CLIENT_SECRET", "abc", checks_shopify.shopify_keys, ["house.E018"]),
        ("SHOPIFY_WEBHOOK_SECRETS", [GOOD], checks_shopify.shopify_without_domain, ["house.W011"]),
        ("SHOPIFY_WEBHOOK_SECRETS", [], checks_shopify.shopify_without_domain, []),
        ("DEMO_MODE", True, checks.demo_in_deploy, ["house.W005"]),
        ("DEMO_MODE", False, checks.demo_in_deploy, []),
    ],
)
def test_a_value_is_judged(settings, setting, value, check, expected):
    setattr(settings, setting, value)

    assert ids(check) == expected


def test_a_shop_that_can_neither_be_heard_nor_asked_is_warned_of(settings):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"

    assert ids(checks_shopify.shopify_connection) == ["house.W007", "house.W009"]

    settings.SHOPIFY_WEBHOOK_SECRETS = [GOOD, "short"]
    settings.SHOPIFY_ADMIN_TOKEN = "shpat_a"
    assert ids(checks_shopify.shopify_connection) == ["house.W008"]


def test_a_token_stands_in_for_the_pair_of_keys(settings):
    settings.SHOPIFY_CLIENT_ID = "abc"
    settings.SHOPIFY_ADMIN_TOKEN = "shpat_a"

    assert ids(checks_shopify.shopify_keys) == []


def test_demo_mode_with_a_real_account_is_refused(settings):
    settings.DEMO_MODE = True
    settings.SPOKI_BASE_URL = "https://api.spoki.com"

    assert ids(checks.demo_mode) == ["house.E006"]


def test_demo_mode_with_a_real_shop_is_refused(settings):
    settings.DEMO_MODE = True
    settings.SPOKI_BASE_URL = "http://127.0.0.1:8090"
    settings.SHOPIFY_SHOP_DOMAIN, settings.SHOPIFY_ADMIN_URL = "zampa.myshopify.com", ""

    assert ids(checks.demo_mode) == ["house.E006"]


def test_a_wrong_phone_is_told_by_its_position_and_not_repeated(settings):
    settings.SEND_ALLOWLIST = ["+393331234567", "3331234567"]

    [message] = checks.send_allowlist()

    assert "position 2" in message.msg
    assert "3331234567" not in message.msg


@pytest.mark.parametrize(
    ("name", "value", "check", "expected"),
    [
        ("SEND_ALLOWLIST", " , ", checks.empty_allowlist, ["house.E010"]),
        ("SEND_ALLOWLIST", "", checks.empty_allowlist, []),
        ("SENDER_THREADS", "many", checks.numbers, ["house.E011"]),
        ("SENDER_THREADS", "0", checks.numbers, ["house.E011"]),
        ("SENDER_THREADS", "8", checks.numbers, []),
        ("MEDIA_MAX_MEGABYTES", "big", checks.numbers, ["house.E011"]),
        ("DEBUG", "maybe", checks.switches, ["house.E012"]),
        ("DEBUG", "False", checks.switches, []),
        ("DEMO_MODE", "si", checks.switches, ["house.E012"]),
    ],
)
def test_a_value_of_the_environment_is_judged(monkeypatch, settings, name, value, check, expected):
    settings.SEND_ALLOWLIST = []
    monkeypatch.setenv(name, value)

    assert ids(check) == expected


def test_blanks_around_commas_are_no_part_of_a_value(monkeypatch):
    monkeypatch.setenv("SPOKI_WEBHOOK_SECRETS", " one , two,, ")

    assert environment.listed("SPOKI_WEBHOOK_SECRETS") == ["one", "two"]


def test_a_number_that_is_none_does_not_crash_the_settings(monkeypatch):
    monkeypatch.setenv("SENDER_THREADS", "many")

    assert environment.whole("SENDER_THREADS", default=32) == 32


def test_a_port_that_is_none_is_an_error(monkeypatch):
    monkeypatch.setenv("PORT", "http")

    assert ids(checks.listening_port) == ["house.E007"]


@pytest.mark.parametrize("url", ["mysql://host/name", "postgres://host", "nonsense", "sqlite:///x"])
def test_a_malformed_database_address_is_an_error_and_not_a_crash(tmp_path, url):
    entry = database(url, tmp_path)

    assert entry == MALFORMED
    assert [message.id for message in checks.database_entry(entry)] == ["house.E001"]


def test_a_database_address_is_taken_as_it_is(tmp_path):
    entry = database("postgres://user:p%40ss@db.example.com:5433/house", tmp_path)

    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.com", 5433, "house")
    assert entry["PASSWORD"] == "p@ss"


def test_every_message_says_what_to_do(settings):
    settings.SPOKI_API_KEY = ""
    settings.SPOKI_WEBHOOK_SECRETS = []
    settings.SPOKI_BASE_URL = "x"
    settings.DEMO_MODE = True

    messages = checks.check_environment() + checks.check_deployment()

    assert len(messages) >= 5
    assert all(message.hint for message in messages)
