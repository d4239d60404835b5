"""The pages of flows as a role sees them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Flow
from config.roles import APPROVER, MARKETER
from tests.factories.campaigns import make_account, make_number
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version


def address(name: str, flow: Flow | None = None) -> str:
    return reverse(f"admin:campaigns_flow_{name}", args=[flow.pk] if flow else [])


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def said(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def giulia():
    return make_member(MARKETER, username="giulia", first_name="Giulia")


@pytest.fixture
def marco():
    return make_member(APPROVER, username="marco", first_name="Marco")


@pytest.fixture
def marketer(giulia) -> Client:
    return as_user(giulia)


@pytest.fixture
def approver(marco) -> Client:
    return as_user(marco)


@pytest.fixture
def fresh() -> Callable[..., object]:
    """An account read now, and a template seen now: nothing of the outside stands against a flow."""
    make_number(account=make_account(refreshed_at=timezone.now()))

    def version(**changes):
        changes.setdefault("template", make_template(name="ordine_partito"))
        changes.setdefault("body", "Ciao %%FIRST_NAME%%, ecco il tuo ordine %%ORDER_NAME%%, grazie")
        changes.setdefault("examples", {"FIRST_NAME": "Ada", "ORDER_NAME": "#1042"})
        return make_version(category="utility", last_seen_at=timezone.now(), **changes)

    return version


VALUES = {
    "FIRST_NAME": {"parameter": "contact.first_name", "fallback": "di nuovo"},
    "ORDER_NAME": {"parameter": "order.name"},
}
