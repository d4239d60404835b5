"""A marketer's walk in a browser: a text from its first word to Meta's yes, a segment, a launch.

Nothing is done but what people do on pages, and what Meta and a customer do at the simulator.
"""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

DRAFTS = "/admin/templates_sync/templatedraft/"
SEGMENTS = "/admin/audiences/segment/"
# What happens in the background is shown by pages that move by themselves.
SLOWLY = 60_000
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
DESK = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def meta(house):
    """Meta at the simulator, which judges when it is told to; its own pace is put back."""
    pace = house.spoki.config()["review_seconds"]
    house.spoki.config(review_seconds=3600)
    yield lambda spoki_id: house.spoki.post("template", id=spoki_id, decide=True)
    house.spoki.config(review_seconds=pace)


def test_a_marketer_writes_a_text_has_it_approved_and_launches_it_to_a_segment(
    person, house, meta, patience
):
    giulia, marco = person("marketer", **DESK), person("approver", **DESK)
    andrea = person("admin", **DESK)

    draft = write_draft(giulia, "novita_allevatori", "abbiamo nuove crocchette per chi alleva")
    send_to_review(giulia)
    give_back(marco, draft)
    mend(giulia, draft)
    approve_draft(marco, draft)
    spoki_id = submit_to_meta(giulia, draft)
    meta(spoki_id)
    follow_answer(giulia, draft)
    segment = build_segment(giulia, "Allevatori italiani", "allevatore")
    reachable = int(giulia.page.inner_text("#panel .au-figure"))
    campaign = write_campaign(giulia, draft, segment, "Novità per gli allevatori", reachable)
    approve_campaign(marco, campaign)
    stop_everything(andrea)
    launch(giulia, campaign, "Novità per gli allevatori")
    leaver = somebody_waiting(giulia, campaign)
    unsubscribe(giulia, house, leaver, patience)
    let_everything_go_on(andrea)
    counters = until_done(giulia, campaign)

    sends = [row for row in house.spoki.sends() if row["template"] == spoki_id]
    assert reachable > 2
    assert counters["skipped"] == 1
    assert len(sends) == len({row["phone"] for row in sends}) == reachable - 1
    assert leaver not in {row["phone"] for row in sends}
    assert "Si è disiscritto prima che il messaggio partisse" in giulia.page.inner_text(
        "#cp-progress"
    )


def test_the_same_walk_fits_a_telephone(person, house, meta):
    giulia, marco = person("marketer", **PHONE), person("approver", **PHONE)

    draft = write_draft(giulia, "novita_tessera", "chi ha la tessera trova nuovi premi")
    send_to_review(giulia)
    approve_draft(marco, draft)
    spoki_id = submit_to_meta(giulia, draft)
    meta(spoki_id)
    follow_answer(giulia, draft)
    segment = build_segment(giulia, "Tesserati senza fretta", "tessera")
    reachable = int(giulia.page.inner_text("#panel .au-figure"))
    campaign = write_campaign(giulia, draft, segment, "Premi nuovi", reachable)
    approve_campaign(marco, campaign)
    giulia.page.goto(campaign)
    giulia.press("launch")
    giulia.look()

    assert giulia.page.is_visible("#id_confirm")


def write_draft(giulia, name: str, message: str) -> str:
    """Begin with what Meta would refuse, see it told beside the field, mend it; return the address."""
    giulia.go(DRAFTS)
    giulia.look()
    giulia.go(f"{DRAFTS}add/")
    page = giulia.page
    page.fill("#id_name", name)
    page.select_option("#id_category", "marketing")
    page.fill("#id_body", f"*Novità*: {message}. Vieni a vedere, %%FIRST_NAME%%")
    page.fill("#id_footer", "Rispondi STOP per non ricevere altro")
    page.wait_for_selector("#td-lint-body .td-problem--error")
    assert "Regola di Meta" in page.inner_text("#td-lint-body")
    giulia.look()
    page.fill("#id_body", f"Ciao %%FIRST_NAME%%, *novità*: {message}. Vieni a vedere.")
    page.fill("#td-example-FIRST_NAME", "Ada")
    page.select_option("#td-type-0", "url")
    page.fill("#td-text-0", "Vai al negozio")
    page.fill("#td-target-0", "https://zampa.example/novita")
    page.press("#td-target-0", "Tab")
    page.wait_for_selector(".td-verdict--good")
    assert "Ciao Ada, novità:" in page.inner_text("#td-panel .wa-body")
    assert page.inner_text("#td-panel .wa-body strong") == "novità"
    giulia.look()
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/templatedraft/\d+/change/"))
    page.wait_for_selector(".td-verdict--good")
    giulia.look()
    return str(page.url)


def send_to_review(giulia) -> None:
    giulia.page.click("button[name=_review]")
    giulia.page.wait_for_url("**/to-review/")
    giulia.look()
    giulia.answer()
    giulia.look()
    assert giulia.page.locator("a[href$='/approve/']").count() == 0


def give_back(marco, draft: str) -> None:
    """He finds it on his first page; without a comment it is not given back."""
    marco.go("/admin/")
    marco.look()
    marco.page.click("text=aspetta la tua revisione")
    marco.page.wait_for_selector("#result_list")
    marco.look()
    marco.page.click("#result_list a:text('novita_allevatori')")
    marco.page.wait_for_url(re.compile(re.escape(draft)))
    marco.look()
    marco.press("send-back")
    marco.answer()
    marco.look()
    assert marco.page.is_visible(".td-errors")
    marco.page.fill("#id_comment", "Di' anche che la spedizione è gratis.")
    marco.answer()


def mend(giulia, draft: str) -> None:
    giulia.page.goto(draft)
    assert "la spedizione è gratis" in giulia.page.inner_text(".td-alert")
    giulia.look()
    text = giulia.page.input_value("#id_body")
    giulia.page.fill("#id_body", text.replace("Vieni a vedere", "La spedizione è gratis"))
    send_to_review(giulia)


def approve_draft(marco, draft: str) -> None:
    marco.page.goto(draft)
    marco.press("approve")
    marco.look()
    marco.page.fill("#id_comment", "Così va bene.")
    marco.answer()
    marco.look()


def submit_to_meta(giulia, draft: str) -> int:
    """Hand it over and watch until Meta has it; return its id at Spoki."""
    giulia.page.goto(draft)
    assert "Così va bene." in giulia.page.inner_text("#td-story + ol")
    giulia.press("submit")
    giulia.look()
    giulia.answer()
    giulia.page.wait_for_selector("text=Ora è da Meta.", timeout=SLOWLY)
    giulia.page.goto(draft)
    giulia.look()
    return int(giulia.page.inner_text("[data-spoki-id]"))


def follow_answer(giulia, draft: str) -> None:
    """Ask Spoki at once instead of waiting for the next read; the page follows by itself."""
    giulia.page.goto(draft)
    giulia.page.click(".td-ask button")
    giulia.page.wait_for_selector(".td-next--good", timeout=SLOWLY)
    giulia.look()


def build_segment(giulia, name: str, tag: str) -> str:
    """Two conditions, an unfinished one among them; the count comes by itself. Return the address."""
    giulia.go(f"{SEGMENTS}add/")
    page = giulia.page
    page.fill("#id_name", name)
    page.select_option("#id_g1-r1-key", "contact.tag")
    page.wait_for_selector("#id_g1-r1-op option[value=has]", state="attached")
    giulia.look()
    page.fill("#id_g1-r1-value", tag)
    page.wait_for_selector("#panel .au-figure")
    alone = int(page.inner_text("#panel .au-figure"))
    page.click("#id_g1-add")
    page.wait_for_selector("#id_g1-r2-key")
    page.select_option("#id_g1-r2-key", "contact.language")
    page.wait_for_selector("#id_g1-r2-value option[value=it]", state="attached")
    page.select_option("#id_g1-r2-value", "it")
    page.wait_for_function("document.querySelector('#panel').innerText.includes('italiano')")
    assert int(page.inner_text("#panel .au-figure")) <= alone
    giulia.look()
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/segment/\d+/change/"))
    giulia.look()
    return str(page.url)


def write_campaign(giulia, draft: str, segment: str, name: str, reachable: int) -> str:
    """Begin from the approved text, choose the segment, see the same count; send it to review."""
    giulia.page.goto(draft)
    giulia.page.click(".td-next--good a")
    giulia.page.wait_for_url("**/campaign/add/**")
    page = giulia.page
    assert page.input_value("#variable-FIRST_NAME-from") == "contact.first_name"
    page.fill("#id_name", name)
    page.fill("#variable-FIRST_NAME-fallback", "amico")
    page.select_option("#id_segment", re.findall(r"/segment/(\d+)/", segment)[0])
    page.wait_for_selector("#cp-panel .cp-figure strong")
    page.wait_for_function(
        f"document.querySelector('#cp-panel .cp-figure strong').innerText == '{reachable}'"
    )
    giulia.look()
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/campaign/\d+/change/"))
    campaign = str(page.url)
    page.click("button[name=_review]")
    page.wait_for_url("**/submit/")
    giulia.look()
    giulia.answer()
    return campaign


def approve_campaign(marco, campaign: str) -> None:
    marco.page.goto(campaign)
    marco.look()
    marco.press("approve")
    marco.look()
    marco.answer()


def stop_everything(andrea) -> None:
    """So that somebody can unsubscribe between the launch and her turn."""
    andrea.go("/admin/campaigns/spokiaccount/")
    andrea.press("stop")
    andrea.answer()
    andrea.page.wait_for_selector("text=Tutti gli invii sono fermi")


def launch(giulia, campaign: str, name: str) -> None:
    giulia.page.goto(campaign)
    giulia.press("launch")
    giulia.look()
    giulia.page.fill("#id_confirm", name)
    giulia.answer()
    giulia.page.wait_for_url("**/progress/")
    giulia.page.wait_for_selector("[data-counter=queued] a")
    giulia.look()


def somebody_waiting(giulia, campaign: str) -> str:
    """Return the phone of one who waits for the message, as the page shows it."""
    giulia.page.goto(campaign.replace("/change/", "/progress/"))
    giulia.page.click("[data-counter=queued] a")
    giulia.page.wait_for_selector("#result_list")
    found = re.search(r"\+39\d{9,10}", giulia.page.inner_text("#result_list").replace(" ", ""))
    assert found is not None
    return found[0]


def unsubscribe(giulia, house, phone: str, patience) -> None:
    """She writes STOP; the page of contacts says it within seconds."""
    house.spoki.inbound(phone, kind="stop")

    def is_told() -> bool:
        giulia.go(f"/admin/audiences/contact/?q={phone.removeprefix('+')}")
        return bool("disiscritto" in giulia.page.inner_text("#result_list").lower())

    assert patience(is_told, 30)


def let_everything_go_on(andrea) -> None:
    andrea.go("/admin/campaigns/spokiaccount/")
    andrea.press("resume")
    andrea.answer()


def until_done(giulia, campaign: str) -> dict[str, int]:
    """Watch the page, which moves by itself, until everybody's turn has come."""
    giulia.page.goto(campaign.replace("/change/", "/progress/"))
    settled = "['queued', 'sending', 'accepted', 'sent'].every((key) => { const box = document.querySelector(`[data-counter=${key}]`); return !box || box.innerText === '0' })"
    giulia.page.wait_for_function(settled, timeout=120_000)
    giulia.look()
    counters: dict[str, int] = giulia.counters()
    return counters
