"""The file at the head of a template: a picture of our own address, else its name."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from conversations import header_files
from spoki.files import AddressRefused, Fetched
from tests.conftest import NOW
from tests.conversations.card.steps import card_of
from tests.factories.campaigns import make_message
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 60
OURS = "https://files.spoki.com/offerta%20estate.png"


@pytest.fixture(autouse=True)
def _kept_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


def head(kind="image", url=OURS, **media):
    version = make_version(
        header={"format": kind, "text": ""}, header_media={"url": url, **media} if url else None
    )
    return version, reverse("template-header", args=[version.pk])


def card_with(browser, contact, version):
    make_message(contact=contact, template_version=version, status="read", sending_at=NOW)
    return browser.get(card_of(contact)).content.decode()


def answering(monkeypatch, content):
    asked = []

    def download(url, into, **_limits):
        asked.append(url)
        if content is None:
            raise AddressRefused("private_address")
        into.write(content)
        return Fetched(size=len(content), head=content[:64])

    monkeypatch.setattr(header_files, "download", download)
    return asked


def test_the_picture_of_a_template_is_shown_from_our_own_address(browser, giulia):
    version, address = head()

    page = card_with(browser, giulia, version)

    assert f'<img src="{address}?' in page
    assert "Foto: offerta estate.png" in page or "Immagine: offerta estate.png" in page
    assert "files.spoki.com" not in page


@pytest.mark.parametrize(
    ("kind", "url", "name"),
    [
        ("image", "https://elsewhere.example/gatto.png", "gatto.png"),
        ("image", "https://spoki.com.evil.example/gatto.png", "gatto.png"),
        ("document", "https://files.spoki.com/listino.pdf", "listino.pdf"),
        ("video", "https://files.spoki.com/film.mp4", "film.mp4"),
        ("image", "", "Foto del modello"),
        ("document", "", "Documento del modello"),
    ],
)
def test_what_cannot_be_shown_stands_there_by_its_name(browser, giulia, kind, url, name):
    version, address = head(kind, url)

    page = card_with(browser, giulia, version)

    assert address not in page
    assert f"<div>{name}</div>" in page


def test_the_name_that_was_given_counts_more_than_the_address(browser, giulia):
    version, _address = head("document", "https://files.spoki.com/8f3a", filename="Listino.pdf")

    assert "<div>Listino.pdf</div>" in card_with(browser, giulia, version)


def test_the_preview_of_a_reply_shows_the_picture_as_the_bubble_does(browser, giulia):
    version, address = head()

    page = browser.get(
        reverse("customer-template", args=[giulia.pk, version.pk]), headers={"HX-Request": "true"}
    ).content.decode()

    assert f'<img src="{address}?' in page
    assert "wa-media" not in page


def test_the_preview_of_a_reply_names_a_document(browser, giulia):
    version, _address = head("document", "https://files.spoki.com/listino.pdf")

    page = browser.get(
        reverse("customer-template", args=[giulia.pk, version.pk]), headers={"HX-Request": "true"}
    ).content.decode()

    assert "<div>listino.pdf</div>" in page


def test_a_picture_is_fetched_once_and_can_do_nothing_but_be_seen(browser, monkeypatch):
    asked = answering(monkeypatch, PNG)
    _version, address = head()

    first, second = browser.get(address), browser.get(address)

    assert b"".join(first.streaming_content) == b"".join(second.streaming_content) == PNG
    assert (first["Content-Type"], first["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in first["Content-Security-Policy"]
    assert asked == [OURS]


@pytest.mark.parametrize("content", [b"<html><script>", None])
def test_what_is_no_picture_is_not_handed_on_nor_asked_for_again_at_once(
    browser, monkeypatch, content
):
    asked = answering(monkeypatch, content)
    _version, address = head()

    assert [browser.get(address).status_code for _ in range(2)] == [404, 404]
    assert asked == [OURS]


def test_who_is_logged_out_sees_no_picture(client, monkeypatch):
    asked = answering(monkeypatch, PNG)
    _version, address = head()

    assert client.get(address).status_code == 302
    assert asked == []
