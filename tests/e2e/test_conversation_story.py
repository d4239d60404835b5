"""A customer and an agent write to each other: one on her phone, the other at the inbox and the card.

Nothing is done but what people do on pages, and what Spoki does by itself.
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from config.demo.chats import script

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What happens behind the pages is shown by pages that move by themselves.
SLOWLY = 30_000
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
# A window closes for us ten minutes before it does for Meta.
CLOSES_AFTER = 23 * 3600 + 50 * 60


@pytest.fixture
def phone_of(browser, house) -> Iterator[Callable[[str], Any]]:
    """Open the customer's own phone."""
    context = browser.new_context(locale="it-IT", viewport={"width": 390, "height": 844})

    def open_phone(number: str) -> Any:
        page = context.new_page()
        page.set_default_timeout(SLOWLY)
        page.goto(f"{house.phones}/?phone={quote(number)}")
        return page

    yield open_phone
    context.close()


def test_a_customer_writes_is_answered_and_sends_a_picture(person, phone_of):
    sara, renata = person("agent", **DESK), phone_of(script.LOYAL.phone)
    sara.go("/inbox/")
    sara.look()

    write(renata, "Avete anche il cervo senza cereali?")
    line = sara.page.locator(".ci-open", has_text=script.LOYAL.last_name).filter(has_text="cervo")
    line.click(timeout=SLOWLY)
    talk = sara.page.locator("#card-talk")
    talk.get_by_text("Avete anche il cervo senza cereali?").wait_for()
    # What only Spoki remembered has been fetched meanwhile.
    older = sara.page.get_by_role("button", name="Mostra i messaggi precedenti")
    older.wait_for(timeout=SLOWLY)

    answer(sara, "Sì, Renata: glielo mettiamo da parte.")
    renata.wait_for_selector(".message.theirs:has-text('glielo mettiamo da parte')")
    mine = talk.locator("li", has_text="glielo mettiamo da parte")
    mine.locator(".cc-tick[title='Consegnato'], .cc-tick[title='Letto']").wait_for(timeout=SLOWLY)
    assert "Sara Conti" in mine.inner_text()

    renata.get_by_role("button", name="Foto").click()
    picture = talk.locator("li.cc-row--in img").last
    picture.wait_for(timeout=SLOWLY)
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    sara.look()
    card = sara.page.url.split("?")[0]
    for page in ("opt-out/", "why/", "history/upload/"):
        sara.page.goto(f"{card}{page}")
        sara.look()
    sara.go("/customers/?q=renata")
    sara.go("/customers/?phone=%2B393330100199")
    sara.look()


def test_the_window_closes_under_the_agents_hands_and_a_template_goes_instead(
    person, phone_of, house
):
    sara, buyer = person("agent", **DESK), house.shop.customers()[5]
    wrote_at = time.time() - CLOSES_AFTER + 15
    house.spoki.inbound(buyer["phone"], text="Mi richiamate per il reso?", at=wrote_at)
    to_card(sara, buyer["phone"], "Mi richiamate per il reso?")
    page = sara.page
    box = page.locator("textarea#cc-reply")
    box.fill("Certo, la chiamo subito")

    page.locator("#card-reply .cc-template").first.wait_for(timeout=SLOWLY)
    assert "Finestra chiusa" in page.inner_text("#card-window")
    assert box.input_value() == "Certo, la chiamo subito"
    assert not box.is_editable()
    sara.look()
    utility = page.locator("#card-reply .cc-template").first
    name = utility.locator("strong").inner_text()
    assert re.search(r"\d,\d+ €", utility.inner_text())
    utility.click()
    for value in page.locator("#card-reply .cc-values input").all():
        if not value.input_value():
            value.fill("domani")
    sara.look()
    page.click("#cc-reply-send")

    sent = page.locator("#card-talk li.cc-row--out").last
    sent.get_by_text(name).wait_for(timeout=SLOWLY)
    phone = phone_of(buyer["phone"])
    phone.wait_for_selector(".message.mine:has-text('Mi richiamate') ~ .message.theirs")
    assert "Certo, la chiamo subito" not in phone.inner_text("[data-chat]")


def test_on_a_telephone_in_the_dark_an_answer_fails_and_a_stop_is_obeyed(person, phone_of):
    sara = person("agent", **PHONE)
    sara.go("/inbox/")
    sara.look()
    ada = phone_of("+393330131026")
    write(ada, "Ci siete?")
    to_card(sara, "+393330131026", "Ci siete?")
    answer(sara, "Eccoci!")
    failed = sara.page.locator("#card-talk li", has_text="Eccoci!")
    failed.locator(".cc-problem").wait_for(timeout=SLOWLY)
    sara.look()

    olga = phone_of(script.OVER.phone)
    to_card(sara, script.OVER.phone, "È arrivato tutto")
    olga.get_by_role("button", name="STOP").click()
    sara.page.locator("#card-header", has_text=re.compile("Disiscritt", re.IGNORECASE)).wait_for()
    olga.wait_for_selector(".message.mine:has-text('STOP') ~ .message.theirs:has-text('START')")
    sara.page.click("#cc-reply-templates")
    sara.page.get_by_text("Le offerte sono escluse").wait_for()
    assert not sara.page.locator("#card-reply .cp-label--warn").count()
    sara.look()


def write(phone: Any, text: str) -> None:
    phone.fill("input[name=text]", text)
    phone.click("button.send")
    phone.wait_for_selector(f".message.mine:has-text('{text}')")


def to_card(sara: Any, number: str, words: str) -> None:
    """The telephone rings: her card opens, and what she wrote comes by itself."""
    sara.go(f"/customers/?phone={quote(number)}")
    sara.page.locator("#card-talk").get_by_text(words).first.wait_for(timeout=SLOWLY)


def answer(sara: Any, text: str) -> None:
    """By the keyboard; the box is empty once the words have been taken."""
    sara.page.fill("textarea#cc-reply", text)
    sara.page.press("textarea#cc-reply", "Control+Enter")
    sara.page.locator("#card-talk li.cc-row--out", has_text=text).wait_for(timeout=SLOWLY)
    assert sara.page.input_value("textarea#cc-reply") == ""
