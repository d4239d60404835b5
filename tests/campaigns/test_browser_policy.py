"""The pages of policy and rates in a real browser: readable, narrow, reachable, nothing complains."""

from dataclasses import replace

import pytest
from django.urls import reverse

from campaigns.models import SendingPolicy
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.policy_shape import figures_of
from config.roles import ADMIN
from tests.campaigns import test_browser
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.conftest import NOW
from tests.factories.people import make_member

pytestmark = test_browser.pytestmark
SHAPES = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]
EDIT = reverse("admin:campaigns_sendingpolicy_add")


@pytest.fixture
def anna():
    """An Admin who made the second version at least."""
    anna = make_member(ADMIN, first_name="Anna", last_name="Neri")
    for number, size in enumerate((500, 100), start=SendingPolicy.objects.count() + 1):
        figures = figures_of(replace(DEFAULT_POLICY, canary_size=size))
        SendingPolicy.objects.create(
            number=number, figures=figures, why="prova", made_by=anna, made_at=NOW
        )
    return anna


def address(model, name, *args):
    return reverse(f"admin:campaigns_{model}_{name}", args=args)


@pytest.mark.parametrize("shape", SHAPES, ids=["wide and light", "narrow and dark"])
def test_pages_of_policy_and_rates_fit_and_are_accessible(open_as, anna, shape):  # noqa: F811
    older = SendingPolicy.objects.order_by("number")[0].pk
    paths = [
        address("sendingpolicy", "changelist"),
        address("sendingpolicy", "change", older),
        address("sendingpolicy", "restore", older),
        address("messagerate", "changelist"),
        address("messagerate", "add"),
    ]

    for path in paths:
        page = open_as(anna, path, **shape)

        assert (path, test_browser.overflow(page)) == (path, 0)
        assert (path, test_browser.violations(page)) == (path, [])
        assert page.complaints == []


@pytest.mark.parametrize("shape", SHAPES, ids=["wide and light", "narrow and dark"])
def test_a_refused_change_leads_to_what_is_wrong_and_keeps_what_was_typed(open_as, anna, shape):  # noqa: F811
    page = open_as(anna, EDIT, **shape)
    page.fill("[name=canary_size]", "0")
    page.fill("[name=why]", "Meno reclami")

    page.get_by_role("button", name="Salva come nuova versione").click()
    page.get_by_role("link", name="Persone nella prima quota, al massimo").click()

    assert page.url.endswith("#id_canary_size")
    assert page.input_value("[name=why]") == "Meno reclami"
    assert test_browser.overflow(page) == 0
    assert test_browser.violations(page) == []

    page.fill("[name=canary_size]", "50")
    page.get_by_role("button", name="Salva come nuova versione").click()
    page.get_by_text("è in vigore: chi invia la segue").wait_for()

    newest = SendingPolicy.objects.order_by("number").last()
    assert newest is not None
    assert (newest.figures["canary_size"], newest.made_by) == (50, anna)
