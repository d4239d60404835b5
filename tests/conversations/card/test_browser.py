"""The card in a real browser: live, kept drafts and places, keyboard, phone, dark, accessible."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.merging import merge_contacts
from config.roles import AGENT
from conversations.assigning import assign
from conversations.models import Note
from tests.campaigns.test_browser import chromium, open_as, overflow, pytestmark, violations
from tests.conversations.card.steps import answered, card_of, wrote
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.orders import make_order
from tests.factories.people import make_member

__all__ = ["chromium", "open_as", "pytestmark"]
AT_END = "(() => { const s = document.querySelector('#card-scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight < 5; })()"


@pytest.fixture
def shop():
    """An agent and a customer with a long conversation, orders, a failed answer."""
    now = timezone.now()
    make_number(account=make_account(refreshed_at=now))
    sara = make_member(AGENT, username="sara", first_name="Sara")
    giulia = make_contact(
        email="giulia@example.it", tags=["vip"], attributes={"pet_name": "Argo", "pet_kind": "cane"}
    )
    make_message(
        contact=giulia, campaign=make_campaign(status="sending", name="Natale"), status="read", sending_at=now - timedelta(days=1),
    )  # fmt: skip
    for number in range(58):
        wrote(giulia, f"messaggio {number:02d}", at=now - timedelta(minutes=120 - number))
    answered(giulia, sara, status="failed", reason="undeliverable", at=now - timedelta(minutes=40))
    for number in range(7):
        make_order(contact=giulia, is_cod=number == 0, cod_status="cancel_requested" if number == 0 else "not_cod", placed_at=now - timedelta(days=number))  # fmt: skip
    return {"sara": sara, "giulia": giulia}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_of_a_customer_are_accessible_and_fit(open_as, shop, width, scheme):
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    giulia = shop["giulia"]

    for path in (
        card_of(giulia),
        card_of(giulia, "customer-opt-out"),
        card_of(giulia, "customer-why"),
        "/customers/",
        "/customers/?phone=%2B393339998877",
    ):
        page = open_as(shop["sara"], path, **seen)

        if folder := os.environ.get("SHOTS"):
            name = path.strip("/").replace("/", "_").replace("?", "_")
            page.screenshot(path=f"{folder}/card_{scheme}_{name}.png", full_page=True)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
        assert page.complaints == [], path


def test_new_messages_come_in_and_the_place_where_somebody_reads_is_kept(open_as, shop):
    giulia = shop["giulia"]
    page = open_as(shop["sara"], card_of(giulia))
    assert page.evaluate(AT_END)

    wrote(giulia, "eccomi", at=timezone.now())
    page.locator(".cc-text", has_text="eccomi").wait_for()
    assert page.evaluate(AT_END)

    page.evaluate("document.querySelector('#card-scroll').scrollTop = 200")
    wrote(giulia, "e poi?", at=timezone.now())
    page.get_by_role("button", name="1 nuovo messaggio").wait_for()
    assert page.evaluate("document.querySelector('#card-scroll').scrollTop") == 200
    page.get_by_role("button", name="1 nuovo messaggio").click()
    assert page.evaluate(AT_END)

    older = page.get_by_role("button", name="Mostra i messaggi precedenti")
    page.evaluate("document.querySelector('#card-scroll').scrollTop = 0")
    older.click()
    page.get_by_text("messaggio 00").wait_for()
    assert page.locator("[data-key]", has_text="messaggio 30").count() == 1
    keys = page.evaluate(
        "[...document.querySelectorAll('#card-talk > li')].map(l => l.dataset.key)"
    )
    assert len(keys) == len(set(keys))
    assert page.complaints == []


def test_a_note_is_written_by_keyboard_and_its_draft_outlives_the_page(open_as, shop):
    page = open_as(shop["sara"], card_of(shop["giulia"]))
    note = page.get_by_label("Nuova nota (il cliente non la vede mai)")

    note.fill("Chiamare dopo le 18")
    page.reload()
    assert note.input_value() == "Chiamare dopo le 18"
    note.press("Control+Enter")
    page.locator(".cc-note-text", has_text="Chiamare dopo le 18").wait_for()

    assert note.input_value() == ""
    page.reload()
    assert note.input_value() == ""
    assert Note.objects.get().text == "Chiamare dopo le 18"
    assert page.complaints == []


def test_without_connection_the_card_says_so_and_keeps_what_was_typed(open_as, shop):
    page = open_as(shop["sara"], card_of(shop["giulia"]))
    note = page.get_by_label("Nuova nota (il cliente non la vede mai)")
    note.fill("Chiamare")

    page.context.set_offline(True)
    note.press("Control+Enter")
    page.get_by_text("Niente connessione").wait_for()
    assert note.input_value() == "Chiamare"
    page.context.set_offline(False)
    note.press("Control+Enter")
    page.locator(".cc-note-text", has_text="Chiamare").wait_for()

    assert Note.objects.count() == 1
    assert page.complaints == []


def test_what_changes_under_somebodys_fingers_is_shown_once_they_are_gone(open_as, shop):
    giulia, luca = shop["giulia"], make_member(AGENT, first_name="Luca")
    page = open_as(shop["sara"], card_of(giulia))
    page.locator("#card-header .cc-copy").focus()

    assign(contact=giulia, to=luca, by=luca, now=timezone.now())
    wrote(giulia, "eccomi", at=timezone.now())
    page.locator(".cc-text", has_text="eccomi").wait_for()
    page.locator("#card-scroll").focus()

    page.get_by_text("Se ne occupa Luca").wait_for()
    assert page.complaints == []


def test_who_logged_in_again_elsewhere_goes_on_writing_here(open_as, shop):
    page = open_as(shop["sara"], card_of(shop["giulia"]))
    page.evaluate(f"document.cookie = 'csrftoken={'N' * 32}; path=/'")
    note = page.get_by_label("Nuova nota (il cliente non la vede mai)")

    note.fill("Richiamare")
    note.press("Control+Enter")

    page.locator(".cc-note-text", has_text="Richiamare").wait_for()
    assert page.complaints == []


def test_the_keyboard_stays_where_a_button_was_pressed(open_as, shop):
    page = open_as(shop["sara"], card_of(shop["giulia"]))

    page.get_by_role("button", name="Me ne occupo io").press("Enter")
    page.get_by_text("Te ne occupi tu").wait_for()

    page.wait_for_function("document.activeElement.id === 'cc-mine'")
    assert page.complaints == []


def test_who_is_logged_out_and_who_looks_at_a_joined_contact_is_told_so(open_as, shop):
    giulia, kept = shop["giulia"], make_contact(first_name="Ada", last_name="Riva")
    page = open_as(shop["sara"], card_of(giulia))
    cookies = page.context.cookies()

    page.context.clear_cookies(name="sessionid")
    page.get_by_text("La sessione è terminata").wait_for()
    assert page.get_by_text("Niente connessione").is_hidden()
    page.context.add_cookies(cookies)
    merge_contacts(survivor=kept, merged=giulia, by=None, now=timezone.now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page.get_by_text("Questo cliente è stato unito a Ada Riva.").wait_for()
    assert page.get_by_role("link", name="Apri quella scheda").get_attribute("href") == card_of(
        kept
    )
