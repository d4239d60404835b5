"""A COD order from the shop to the door, walked in a browser by a buyer and an agent.

Nothing is done but what people do on pages: at the shop, on the customer's phone, in the application.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What happens behind the pages is shown by pages that move by themselves.
SLOWLY = 60_000
DESK = {"viewport": {"width": 1280, "height": 900}}
STEPS = (
    "orders", "asked", "delivered", "read", "confirmed", "changed", "cancelled", "silent",
    "shipped", "refused",
)  # fmt: skip


@pytest.fixture
def buyer(browser, house) -> Iterator[Callable[[str], Any]]:
    """Open a page of the shop, or of the phones, as the customer has it in front of her."""
    context = browser.new_context(locale="it-IT", viewport={"width": 390, "height": 844})

    def open_page(address: str) -> Any:
        page = context.new_page()
        page.set_default_timeout(SLOWLY)
        page.goto(address)
        return page

    yield open_page
    context.close()


def test_an_order_is_asked_about_its_address_changed_by_an_agent_and_told_to_the_shop(
    person, buyer, house, patience
):
    andrea, sara = person("admin", **DESK), person("agent", **DESK)
    ada = house.shop.customers()[0]
    before = funnel(andrea)

    bought = order(buyer(f"{house.shop_url}/"), ada)
    name = bought.inner_text("h1").removeprefix("Ordine ")
    phone = buyer(f"{house.phones}/?phone={quote(ada['phone'])}")
    ask_for_another_address(phone, name, "Via Giuseppe Verdi 7, 80138 Napoli")
    apply_address(sara, name, "Via Giuseppe Verdi 7", patience)

    bought.wait_for_selector("[data-address]:has-text('Via Giuseppe Verdi 7')")
    for tag in ("COD", "COD-modifica"):
        bought.wait_for_selector(f"[data-tags] .tag:text-is('{tag}')", timeout=SLOWLY)
    after = funnel_that_moved(andrea, before, patience)
    assert {step: after[step] - before[step] for step in ("orders", "asked", "changed")} == {
        "orders": 1,
        "asked": 1,
        "changed": 1,
    }
    questions = [one for one in house.spoki.messages(phone=ada["phone"]) if name in one["text"]]
    assert sum("Conferma" in str(one["buttons"]) for one in questions) == 1


def order(shop: Any, customer: dict[str, Any]) -> Any:
    """Buy one thing, to be paid at the door, and forget the house number; the order's page is left open."""
    shop.select_option("[data-customer]", str(customer["id"]))
    shop.check("[name=without_number]")
    shop.click("button[value=order]")
    shop.wait_for_url("**/orders/*")
    return shop


def ask_for_another_address(phone: Any, name: str, address: str) -> None:
    """The question arrives; she taps, is asked, and types."""
    question = phone.locator(".message.theirs", has_text=name).first
    question.get_by_role("button", name="Modifica").click()
    phone.wait_for_selector(".message.mine:has-text('Modifica') ~ .message.theirs")
    phone.fill("input[name=text]", address)
    phone.click("button.send")
    phone.wait_for_selector(f".message.mine:has-text('{address}')")


def apply_address(sara: Any, name: str, street: str, patience: Callable[..., bool]) -> None:
    """Old and new stand side by side; she looks, and applies."""
    row = sara.page.locator("#changes li", has_text=name)

    def has_come() -> bool:
        sara.go("/admin/orders/addresschange/work/")
        return bool(row.count() and street in row.inner_text())

    assert patience(has_come, 4)
    sara.look()
    row.locator("a[href*='/address/']").click()
    sara.page.wait_for_selector("#id_address1")
    assert sara.page.input_value("#id_address1") == street
    assert sara.page.is_visible(".cod-old")
    sara.look()
    sara.page.click("form.cod-sides button[type=submit]")
    sara.page.wait_for_url("**/addresschange/work/**")
    sara.look()


def funnel(someone: Any) -> dict[str, int]:
    """Read the bars of the page of figures."""
    someone.go("/admin/orders/order/figures/")
    counts = someone.page.locator(".fg-funnel strong").all_inner_texts()
    return dict(zip(STEPS, (int(re.sub(r"\D", "", count)) for count in counts), strict=True))


def funnel_that_moved(
    someone: Any, before: dict[str, int], patience: Callable[..., bool]
) -> dict[str, int]:
    found = dict(before)

    def has_moved() -> bool:
        found.update(funnel(someone))
        return found["changed"] > before["changed"]

    assert patience(has_moved, 4)
    someone.look()
    return found
