"""The pages in a real browser: live parts, keyboard, accessibility, no sideways scrolling."""

import shutil
from decimal import Decimal
from threading import Event

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

from campaigns.alerts import raise_alert
from campaigns.models import Campaign
from config.roles import APPROVER, MARKETER
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.people import make_member
from tests.factories.templates import make_version

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium"),
]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # Of what is in order it need not tell every element: the answer would be megabytes.
    "resultTypes": ["violations"],
}
Status = Campaign.Status


@pytest.fixture
def chromium(monkeypatch):
    # Playwright's own loop makes Django believe that this thread is asynchronous.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        for page in [page for context in browser.contexts for page in context.pages]:
            page.goto("about:blank")
        # What the server still answers ends before the tables are emptied.
        Event().wait(0.5)
        browser.close()
        # Under that loop Django keeps connections of its own: nobody else would close them.
        connections.close_all()


@pytest.fixture
def open_as(chromium, live_server):
    """Open a page as somebody; who opens several of one shape keeps styles and scripts, as people do."""
    contexts = {}

    def _log_in(user, **options):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        context = chromium.new_context(locale="it-IT", timezone_id="Europe/Rome", **options)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        context.add_cookies([{**cookie, "url": live_server.url}])
        return context

    def _open(user, path, **options):
        key = (user.pk, repr(sorted(options.items())))
        if key not in contexts:
            contexts[key] = _log_in(user, **options)
        page = contexts[key].new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    return _open


def violations(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


def overflow(page):
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def address(campaign, name="change"):
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


@pytest.fixture
def shop():
    """A marketer's world: an account read now, two templates, one person."""
    number = make_number(account=make_account(refreshed_at=timezone.now()))
    make_contact(first_name="Francesca")
    greeting = make_version(last_seen_at=timezone.now())
    coupon = make_version(
        body="Ciao %%FIRST_NAME%%, usa %%CODE%% oggi", last_seen_at=timezone.now()
    )
    make_version(status="paused")
    return {"number": number, "greeting": greeting, "coupon": coupon, "segment": make_segment()}


def test_rows_and_panel_follow_what_is_typed(shop, open_as):
    page = open_as(make_member(MARKETER), reverse("admin:campaigns_campaign_add"))

    page.get_by_label(shop["coupon"].template.name).check()
    page.wait_for_selector("#variable-CODE-from")
    page.select_option("#variable-CODE-from", "value")
    page.fill("#variable-CODE-text", "NATALE2")
    page.select_option("#id_segment", str(shop["segment"].segment_id))
    page.press("#variable-CODE-text", "0")
    page.wait_for_function("document.querySelector('#cp-panel').innerText.includes('NATALE20')")

    assert "Francesca" in page.inner_text("#cp-panel .wa-body")
    assert page.input_value("#variable-FIRST_NAME-from") == "contact.first_name"
    assert page.is_visible("#variable-CODE-text")
    assert not page.is_visible("#variable-CODE-fallback")
    assert page.complaints == []
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_form_launch_and_progress_are_accessible_and_fit(shop, open_as, width, scheme):
    author = make_member(MARKETER)
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    common = {
        "author": author,
        "template_version": shop["greeting"],
        "segment_version": shop["segment"],
        "spread_hours": Decimal(30),
    }
    draft = make_campaign(**common)
    ready = make_campaign(status=Status.APPROVED, **common)
    running = make_campaign(status=Status.SENDING, **common)
    make_message(campaign=running, status="failed", reason="undeliverable", error_code="131026")
    make_message(campaign=running)

    for campaign, name, part in (
        (draft, "change", "#cp-panel .cp-figure"),
        (ready, "launch", "#id_confirm"),
        (running, "progress", ".cp-tiles"),
    ):
        page = open_as(author, address(campaign, name), **seen)
        page.wait_for_selector(part)

        assert (name, violations(page)) == (name, [])
        assert (name, overflow(page)) == (name, 0)
        assert page.complaints == []


def test_a_campaign_is_approved_and_launched_with_the_keyboard(shop, open_as):
    campaign = make_campaign(
        status=Status.IN_REVIEW, template_version=shop["greeting"], segment_version=shop["segment"]
    )

    approving = open_as(make_member(APPROVER), address(campaign, "approve"))
    approving.focus("form.cp-question button[type=submit]")
    approving.keyboard.press("Enter")
    approving.wait_for_url(f"**{address(campaign)}")
    launching = open_as(make_member(MARKETER), address(campaign, "launch"))
    launching.fill("#id_confirm", campaign.name)
    launching.keyboard.press("Enter")
    launching.wait_for_url(f"**{address(campaign, 'progress')}")

    campaign.refresh_from_db()
    assert (campaign.status, campaign.total) == (Status.SCHEDULED, 1)


def test_the_progress_page_moves_by_itself(shop, open_as):
    campaign = make_campaign(
        status=Status.SENDING, template_version=shop["greeting"], segment_version=shop["segment"]
    )
    message = make_message(campaign=campaign)
    page = open_as(make_member(MARKETER), address(campaign, "progress"))
    before = page.inner_text("[data-counter=queued]")

    type(message).objects.update(status="delivered", sending_at=timezone.now())
    page.wait_for_function(
        "document.querySelector('[data-counter=delivered]').innerText === '1'", timeout=15_000
    )

    assert (before, page.inner_text("[data-counter=queued]")) == ("1", "0")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_an_alert_is_readable_everywhere_and_goes_when_it_was_seen(shop, open_as, width, scheme):
    figures = {"why": "template_mismatch", "detail": "whatsapp::132000"}
    campaign = make_campaign(name="Natale con un nome piuttosto lungo per un telefono stretto")
    raise_alert(code="campaign_stopped", campaign=campaign, figures=figures, now=timezone.now())
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page = open_as(make_member(MARKETER), reverse("admin:campaigns_campaign_changelist"), **seen)

    assert page.is_visible("text=è stata fermata")
    assert overflow(page) <= 0
    assert [found for found in violations(page) if "house-alert" in str(found)] == []
    page.get_by_role("button", name="Visto").click()
    page.wait_for_load_state("networkidle")

    assert page.locator(".house-alert").count() == 0
    assert page.url.endswith(reverse("admin:campaigns_campaign_changelist"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_stopping_everything_asks_first_on_a_page_that_everybody_can_read(
    shop, open_as, width, scheme
):
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page = open_as(
        make_member(MARKETER), reverse("admin:campaigns_spokiaccount_changelist"), **seen
    )
    page.get_by_role("link", name="Ferma tutti gli invii").click()
    page.wait_for_load_state("networkidle")

    assert overflow(page) <= 0
    assert violations(page) == []
    page.get_by_role("button", name="Ferma tutti gli invii").click()
    page.wait_for_load_state("networkidle")

    assert page.is_visible("text=Tutti gli invii sono fermi")
