"""The pages of flows in a real browser: live parts, the way of a flow from two people, accessibility."""

import pytest
from django.utils import timezone

from campaigns.models import Flow
from config.roles import APPROVER, MARKETER
from tests.campaigns.flows.pages.conftest import VALUES, address
from tests.campaigns.test_browser import chromium, open_as, overflow, pytestmark, violations
from tests.factories.flows import make_entry, make_flow, make_flow_version
from tests.factories.people import make_member

__all__ = ["chromium", "open_as", "pytestmark"]


def test_a_flow_is_written_asked_for_and_switched_on_by_two_people(world, fresh, open_as):
    fresh()
    page = open_as(make_member(MARKETER), address("add"))

    page.fill("#id_name", "Ordine partito")
    page.select_option("#id_trigger", "test.happened")
    page.fill("#id_delay", "5")
    page.get_by_label("ordine_partito").check()
    page.wait_for_selector("#variable-ORDER_NAME-from")
    page.fill("#variable-FIRST_NAME-fallback", "di nuovo")
    page.get_by_role("button", name="+ gruppo").click()
    page.wait_for_selector("#id_g1-r1-value")
    page.fill("#id_g1-r1-value", "40")
    page.press("#id_g1-r1-value", "Tab")
    page.wait_for_function(
        "document.querySelector('#cp-panel').innerText.includes('almeno 40,00 €')"
    )
    assert "aspetta 5 minuti, poi manda «ordine_partito v1»" in page.inner_text("#cp-panel")
    assert page.input_value("#variable-ORDER_NAME-from") == "order.name"
    page.get_by_role("button", name="Salva e chiedi di accenderlo").click()
    page.wait_for_url("**/request/")
    page.get_by_role("button", name="Chiedi di accenderlo").click()
    page.wait_for_url("**/change/")
    assert page.complaints == []

    flow = Flow.objects.get()
    looking = open_as(make_member(APPROVER), address("enable", flow))
    looking.focus("form.cp-question button[type=submit]")
    looking.keyboard.press("Enter")
    looking.wait_for_url("**/change/")

    flow.refresh_from_db()
    assert flow.status == Flow.Status.ENABLED


# On a phone what is wide, on a screen what is asked before something moves.
NARROW = ("changelist", "change", "edit", "compare")
WIDE = ("change", "request", "try", "people", "ready")


@pytest.mark.parametrize(
    ("width", "scheme", "names"), [(1280, "light", WIDE), (390, "dark", NARROW)]
)
def test_the_pages_are_accessible_and_fit(world, fresh, open_as, width, scheme, names):
    marketer = make_member(MARKETER)
    version = fresh()
    now = timezone.now()
    flow = make_flow(enabled=True, template_version=version, variables=VALUES)
    make_entry(flow, status="left", reason="too_late", happened_at=now, ended_at=now)
    make_entry(flow, happened_at=now)
    make_flow_version(flow)
    draft = make_flow(template_version=version, variables=VALUES, author=marketer)
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page = open_as(marketer, address("changelist"), **seen)
    home = page.url.split("/admin")[0]

    for name in names:
        one = {"changelist": None, "ready": None, "edit": draft, "request": draft}.get(name, flow)
        page.goto(home + address(name, one) + ("?left=1&right=2" if name == "compare" else ""))
        page.wait_for_load_state("networkidle")
        assert (name, violations(page)) == (name, [])
        assert (name, overflow(page) <= 0) == (name, True)
    assert page.complaints == []
