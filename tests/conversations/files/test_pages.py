"""The page of a file: who may see it, and what a browser is told it may do."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from config.roles import AGENT, MARKETER
from conversations import tasks
from conversations.models import MediaFile
from tests.conftest import NOW
from tests.conversations.payloads import inbound, receive
from tests.factories.people import make_member
from tests.spoki.files.server import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(kept):
    receive(inbound("", content_type="Image", mediamessage_set=["https://x.spoki.com/1"]))
    name = default_storage.save("received/2026/11/1-1", ContentFile(PNG))
    MediaFile.objects.update(
        state="kept",
        file=name,
        size=len(PNG),
        content_type="image/png",
        name="argo",
        fetched_at=NOW,
    )
    return MediaFile.objects.get()


@pytest.fixture
def agent(client):
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(file):
    return reverse("customer-file", args=[file.pk])


def body(response):
    return b"".join(response.streaming_content)


def headers_of(response):
    """Read it to its end, as a browser does."""
    body(response)
    return response.headers


def test_an_agent_sees_a_picture_in_its_place(agent, file):
    response = agent.get(page(file))

    assert body(response) == PNG
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="argo.png"'
    assert response.headers["Content-Length"] == str(len(PNG))


def test_nothing_in_a_file_may_run_load_or_be_framed(agent, file):
    headers = headers_of(agent.get(page(file)))

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("image/jpeg", "inline"), ("image/heic", "inline"), ("audio/ogg", "inline"),
        ("video/mp4", "inline"), ("application/pdf", "inline"),
        ("application/octet-stream", "attachment"), ("application/zip", "attachment"),
        ("text/html", "attachment"), ("image/svg+xml", "attachment"), ("", "attachment"),
    ],
)  # fmt: skip
def test_only_pictures_sounds_films_and_pdf_are_shown(agent, file, kind, how):
    MediaFile.objects.update(content_type=kind)

    assert headers_of(agent.get(page(file)))["Content-Disposition"].startswith(how)


def test_whatever_it_is_can_be_saved(agent, file):
    assert headers_of(agent.get(page(file) + "?save=1"))["Content-Disposition"].startswith(
        "attachment"
    )


def test_a_name_cannot_write_headers(agent, file):
    MediaFile.objects.update(name="così è.png")

    disposition = headers_of(agent.get(page(file)))["Content-Disposition"]

    assert disposition == "inline; filename*=utf-8''cos%C3%AC%20%C3%A8.png"


@pytest.mark.parametrize(
    ("asked", "told", "part"),
    [
        ("bytes=0-3", "bytes 0-3/208", PNG[:4]),
        ("bytes=200-", "bytes 200-207/208", PNG[200:]),
        ("bytes=-8", "bytes 200-207/208", PNG[-8:]),
        ("bytes=0-9999", "bytes 0-207/208", PNG),
    ],
)
def test_a_player_may_ask_for_a_part(agent, file, asked, told, part):
    response = agent.get(page(file), headers={"Range": asked})

    assert (response.status_code, response.headers["Content-Range"]) == (206, told)
    assert body(response) == part


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=-", "bytes=500-", "lines=1-2", "bytes=0-1,4-5"]
)
def test_a_part_that_cannot_be_read_gives_the_whole(agent, file, asked):
    response = agent.get(page(file), headers={"Range": asked})

    assert (response.status_code, body(response)) == (200, PNG)


def test_strangers_are_asked_to_log_in(client, file):
    assert client.get(page(file)).status_code == 302


def test_who_may_not_read_conversations_sees_no_file(client, file):
    client.force_login(make_member(MARKETER), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(page(file)).status_code == 403


@pytest.mark.parametrize("state", ["waiting", "failed", "refused", "forgotten"])
def test_what_is_not_kept_is_not_found(agent, file, state):
    MediaFile.objects.update(state=state)

    assert agent.get(page(file)).status_code == 404


def test_a_file_that_is_gone_from_the_disk_can_be_fetched_again(agent, file):
    default_storage.delete(file.file.name)

    assert agent.get(page(file)).status_code == 404

    file.refresh_from_db()
    assert (file.state, file.reason) == ("failed", "lost")


@pytest.fixture
def woken(monkeypatch):
    calls: list[bool] = []
    monkeypatch.setattr(tasks, "wake_for_files", lambda: calls.append(True))
    return calls


def test_an_agent_has_it_fetched_again(agent, file, woken):
    MediaFile.objects.update(state="failed", reason="gone")

    response = agent.post(
        reverse("customer-file-again", args=[file.pk]), headers={"HX-Request": "true"}
    )

    file.refresh_from_db()
    assert (response.status_code, file.state, woken) == (204, "waiting", [True])


def test_a_second_click_changes_nothing(agent, file, woken):
    agent.post(reverse("customer-file-again", args=[file.pk]))

    file.refresh_from_db()
    assert (file.state, woken) == ("kept", [])


def test_after_the_click_the_page_comes_back_and_no_other(agent, file, woken):
    address = reverse("customer-file-again", args=[file.pk])

    assert agent.post(address, {"next": "/admin/"}).url == "/admin/"
    assert agent.post(address, {"next": "https://evil.example/"}).url.startswith("/admin/conv")


def test_fetching_again_does_nothing_on_get(agent, file, woken):
    assert agent.get(reverse("customer-file-again", args=[file.pk])).status_code == 405


def test_what_customers_send_lies_below_the_folder_of_data(settings):
    from django.conf import settings as live

    assert str(live.MEDIA_ROOT).startswith(str(live.APP_VAR))
    assert live.MEDIA_URL in {"", "/"}
