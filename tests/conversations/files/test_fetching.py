"""From a message that tells of a file to the file that is kept, or a place that says why not."""

import contextlib
import hashlib
import threading

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from campaigns.models import Alert
from conversations import fetching, media
from conversations.models import MediaFile, Message
from spoki.files import AddressRefused, DownloadFailed, Fetched
from tests.conftest import NOW
from tests.conversations.payloads import after, inbound, outbound, receive
from tests.spoki.files.server import PNG

pytestmark = pytest.mark.django_db

State = MediaFile.State


def picture(url="https://media.spoki.com/a.png", *, uuid="a" * 32, **told):
    """Receive a message with a file; return its row."""
    item = {"media": url, "filename": "argo.png", "content_type": "image/png"} | told
    receive(inbound("", uuid=uuid, content_type="Image", mediamessage_set=[item]))
    return MediaFile.objects.get(message__uuid=uuid)


def gives(body=PNG):
    def fetch(url, into):
        into.write(body)
        return Fetched(len(body), body[:64])

    return fetch


def fails(error):
    def fetch(url, into):
        into.write(b"half")
        raise error

    return fetch


def fetched(file, fetch, *, now=NOW):
    fetching.fetch_file(file_id=file.pk, now=now, fetch=fetch)
    file.refresh_from_db()
    return file


def test_a_message_with_two_files_has_a_place_for_each():
    items = [{"media": "https://x.spoki.com/1", "filename": "../a.pdf"}, "https://x.spoki.com/2"]
    receive(inbound("Ecco", content_type="Document", mediamessage_set=items))

    message = Message.objects.get()
    found = media.files_of([message.pk])[message.pk]
    assert [(file.place, file.name, file.state) for file in found] == [
        (0, "a.pdf", "waiting"),
        (1, "", "waiting"),
    ]


def test_what_others_send_has_its_place_too():
    receive(outbound(content_type="Image", mediamessage_set=["https://x.spoki.com/1"]))

    assert MediaFile.objects.get().message.direction == "outbound"


def test_a_message_without_files_has_no_place():
    receive(inbound("Ciao"))

    assert not MediaFile.objects.exists()
    assert media.files_of([]) == {}


def test_a_picture_without_an_address_is_a_place_that_says_so_until_an_update_brings_it():
    receive(inbound("", content_type="Image", mediamessage_set=[]))
    missing = MediaFile.objects.get()
    assert (missing.state, missing.reason) == ("failed", "no_address")
    assert not media.may_ask_again(missing)

    body = inbound("", content_type="Image", mediamessage_set=["https://x.spoki.com/1"], more=1)
    receive(body, now=after(minutes=1))

    missing.refresh_from_db()
    assert (missing.state, missing.source) == ("waiting", "https://x.spoki.com/1")


def test_a_file_is_kept_with_what_its_first_bytes_say_it_is(kept):
    file = fetched(picture(content_type="text/html"), gives())

    assert (file.state, file.content_type, file.size) == ("kept", "image/png", len(PNG))
    assert file.digest == hashlib.sha256(PNG).hexdigest()
    assert (kept / file.file.name).read_bytes() == PNG


def test_its_place_on_the_disk_has_nothing_that_a_stranger_chose(kept):
    file = fetched(picture(filename="../../../evil.html"), gives())

    assert file.name == "evil.html"
    assert file.file.name == f"received/2026/11/{file.pk}-1"
    assert (kept / file.file.name).stat().st_mode & 0o777 == 0o600


def test_a_page_that_calls_itself_a_picture_is_unknown(kept):
    file = fetched(picture(), gives(b"<html><script>alert(1)</script>"))

    assert (file.state, file.content_type) == ("kept", "application/octet-stream")


def test_a_refused_address_is_final_and_nothing_is_kept(kept):
    file = fetched(picture(), fails(AddressRefused("private_address")))

    assert (file.state, file.reason, file.file.name) == ("refused", "private_address", "")
    assert not kept.exists()


def test_people_are_told_once_of_a_host_that_nobody_listed(kept):
    for number in range(2):
        url = f"https://cdn.example.net/{number}"
        body = inbound("", uuid=str(number) * 32, content_type="Image", mediamessage_set=[url])
        receive(body)
        fetched(MediaFile.objects.latest("pk"), fails(AddressRefused("host_unknown")))

    alert = Alert.objects.get(code="media_host_unknown")
    assert alert.detail == {"host": "cdn.example.net"}


def test_a_passing_fault_is_tried_again_later_and_at_last_left_to_a_person(kept):
    file, at = picture(), NOW
    for wait in fetching.BACKOFF:
        fetched(file, fails(DownloadFailed("unreachable")), now=at)
        assert (file.state, file.due_at) == ("waiting", at + wait)
        at += wait

    fetched(file, fails(DownloadFailed("unreachable")), now=at)

    assert (file.state, file.reason, file.attempts) == ("failed", "unreachable", 5)


@pytest.mark.parametrize("reason", ["too_big", "empty", "gone"])
def test_what_asking_again_does_not_mend_is_not_asked_again(kept, reason):
    file = fetched(picture(), fails(DownloadFailed(reason, is_final=True)))

    assert (file.state, file.reason) == ("failed", reason)


def test_a_full_disk_loses_nothing(kept):
    file = fetched(picture(), fails(OSError("no space left on device")))

    assert (file.state, file.reason) == ("waiting", "no_room")


def test_a_failed_download_leaves_the_message_as_it_is(kept):
    fetched(picture(), fails(DownloadFailed("gone", is_final=True)))

    assert Message.objects.get().content_type == "image"


class Stuck:
    """A worker, in a connection of its own, in the middle of a file."""

    def __init__(self):
        self.began, self.ends, self.backend = threading.Event(), threading.Event(), 0
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        connection.close()
        self._thread.start()
        assert self.began.wait(timeout=10)
        return self

    def __exit__(self, *_):
        self.ends.set()
        self._thread.join(timeout=10)

    def die(self):
        with connection.cursor() as cursor:
            # Returns once the process at the other end is gone.
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [self.backend])

    def _work(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend = cursor.fetchone()[0]
        with contextlib.suppress(DatabaseError):
            work(NOW, fetch=self._fetch)
        connection.close()

    def _fetch(self, url, into):
        self.began.set()
        self.ends.wait(timeout=10)
        return gives(b"what the dead one brings")(url, into)


def stored(file):
    with file.file.open() as content:
        return content.read()


def work(now, *, fetch):
    return fetching.work(clock=lambda: now, is_time_up=lambda: False, fetch=fetch)


@pytest.mark.django_db(transaction=True)
def test_while_a_worker_fetches_files_no_other_does(kept):
    picture()
    with Stuck():
        picture("https://media.spoki.com/b.png", uuid="b" * 32)

        assert work(after(minutes=1), fetch=gives()) == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_worker_had_begun_comes_within_half_a_minute(kept):
    file = picture()
    with Stuck() as worker:
        worker.die()
        assert work(after(seconds=19), fetch=gives()) == 0

        assert work(after(seconds=20), fetch=gives()) == 1

    file.refresh_from_db()
    assert (file.state, file.attempts, stored(file)) == ("kept", 2, PNG)


def test_a_file_that_ends_its_worker_each_time_is_left_to_a_person(kept):
    file = picture()
    MediaFile.objects.update(attempts=len(fetching.BACKOFF) + 1, due_at=NOW)

    assert fetched(file, gives()).state == "failed"
    assert file.reason == "cut_short"


def test_one_file_fetched_twice_at_once_is_kept_once(kept):
    file = picture()

    def and_meanwhile_another(url, into):
        fetched(file, gives(), now=after(seconds=20))
        return gives(b"late")(url, into)

    fetched(file, and_meanwhile_another)

    assert (file.state, file.attempts, stored(file)) == ("kept", 2, PNG)


def test_a_turn_ends_when_its_time_is_up(kept):
    picture()

    assert fetching.work(clock=lambda: NOW, is_time_up=lambda: True, fetch=gives()) == 0


def test_what_was_erased_while_it_came_is_not_kept(kept):
    file = picture()

    def erased_meanwhile(url, into):
        media.forget([file])
        return gives()(url, into)

    fetched(file, erased_meanwhile)

    assert (file.state, file.file.name) == ("forgotten", "")
    assert default_storage.listdir("received/2026/11")[1] == []


def test_a_person_has_a_file_fetched_again(kept):
    file = fetched(picture(), fails(DownloadFailed("gone", is_final=True)))
    assert media.may_ask_again(file)

    media.ask_again(file_id=file.pk, now=after(hours=1))

    assert fetched(file, gives(), now=after(hours=1)).state == "kept"


@pytest.mark.parametrize("state", ["waiting", "kept", "forgotten"])
def test_what_is_here_or_on_its_way_is_not_fetched_again(kept, state):
    file = picture()
    MediaFile.objects.update(state=state, file="x")

    with pytest.raises(media.AskRefused):
        media.ask_again(file_id=file.pk, now=NOW)

    file.refresh_from_db()
    assert file.state == state


def test_every_reason_has_words():
    for reason in media.WORDS:
        file = MediaFile(state=State.FAILED, reason=reason)
        assert str(media.problem_of(file)) not in {"", reason}


def test_old_files_are_let_go_of_and_newer_ones_stay(
    kept, settings, django_capture_on_commit_callbacks
):
    settings.MEDIA_RETENTION_DAYS = 30
    file = fetched(picture(), gives())
    stored = kept / file.file.name

    assert media.forget_old(now=after(days=30)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert media.forget_old(now=after(days=31)) == 1

    file.refresh_from_db()
    assert (file.state, file.source, file.file.name, stored.exists()) == (
        "forgotten",
        "",
        "",
        False,
    )


def test_what_a_dead_worker_left_on_the_disk_goes_after_a_day(kept, monkeypatch):
    file = fetched(picture(), gives())
    stray = kept / "received/2026/11/999-1"
    stray.write_bytes(b"half")
    monkeypatch.setattr(default_storage, "get_modified_time", lambda name: NOW)

    assert fetching.forget_strays(now=after(hours=23)) == 0
    assert fetching.forget_strays(now=after(hours=25)) == 1

    assert (stray.exists(), (kept / file.file.name).exists()) == (False, True)


def test_from_spokis_own_address_it_comes_over_real_http(kept, files, settings):
    settings.SPOKI_BASE_URL = files.origin
    url = files.serve("/media/a.png?sig=1")

    fetching.fetch_file(file_id=picture(url).pk, now=NOW)

    assert MediaFile.objects.get().state == "kept"
