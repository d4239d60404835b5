import pytest
import requests

from spoki.simulator.messages import Message
from spoki.simulator.page.bubbles import conversation, formatted
from tests.spoki.simulator.conftest import PHONE


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*Ciao* _a_ ~b~ ```c```", "<strong>Ciao</strong> <em>a</em> <s>b</s> <code>c</code>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("a\nb", "a<br>b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("https://x.it/a_b_c", '<span class="link">https://x.it/a_b_c</span>'),
    ],
)
def test_text_is_shown_as_whatsapp_shows_it(text, html):
    assert formatted(text) == html


def test_nothing_that_comes_from_outside_becomes_markup():
    evil = "<script>alert(1)</script>\"'"
    message = Message(
        uuid=evil, id=1, phone=evil, business="1", created=0, text=evil, header=evil, footer=evil,
        content_type=evil, status=evil, error_code=None,
        buttons=[{"type": "quick_reply", "text": evil}, {"type": "url", "text": evil,
                                                         "url": "javascript:alert(1)"}],
    )  # fmt: skip

    html = conversation([message], now=0)

    assert "<script" not in html
    assert 'href="javascript' not in html


def test_the_page_lists_people_and_shows_the_phone_of_one(api, process, control):
    api.send(template=1008)

    listed = requests.get(f"{process.url}/", timeout=5)
    shown = requests.get(f"{process.url}/", params={"phone": PHONE}, timeout=5)

    assert "+39 347 123 4567" in listed.text
    assert "Ciao Ada, ci manchi!" in shown.text
    assert "Non inviarmi più offerte" in shown.text
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]


def test_the_page_finds_by_name_and_opens_a_new_number(process, control):
    def listed(words):
        return requests.get(f"{process.url}/_page/list", params={"q": words}, timeout=5).text

    assert "Bruno" in listed("bru")
    assert "Ada" not in listed("bru")
    assert "Nuovo cliente" in listed("+39 320 555 6666")
    assert "Nessun cliente trovato" in listed("zzz")


def test_what_the_customer_types_on_the_page_is_delivered(process, control, receiver):
    answer = requests.post(
        f"{process.url}/_page/answer", data={"phone": PHONE, "text": "Ciao"}, timeout=5
    )
    control.wait(idle=True)

    assert answer.history[0].status_code == 303
    assert [event["data"]["text"] for event in receiver.events] == ["Ciao"]


def test_the_live_part_is_sent_only_when_something_changed(process, control):
    url = f"{process.url}/_page/chat"
    control.inbound(PHONE, text="Uno")
    first = requests.get(url, params={"phone": PHONE}, timeout=5)
    version = first.headers["X-Version"]
    same = requests.get(url, params={"phone": PHONE, "since": version}, timeout=5)
    control.inbound(PHONE, text="Due")
    later = requests.get(url, params={"phone": PHONE, "since": version}, timeout=5)

    assert (first.status_code, same.status_code, later.status_code) == (200, 204, 200)
    assert "Due" in later.text


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_the_page_brings_its_own_files(process, name):
    assert requests.get(f"{process.url}/_page/static/{name}", timeout=5).status_code == 200


def test_a_photo_is_not_coloured_like_a_stop(process):
    page = requests.get(f"{process.url}/?phone=%2B393330000001", timeout=5).text

    assert '<button class="stop" title=' in page
    assert '<button class="photo" name="kind" value="image"' in page
