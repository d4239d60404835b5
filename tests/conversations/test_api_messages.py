"""`GET conversations/{contact id}/messages/`, as another program reads it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from audiences.merging import merge_contacts
from config.roles import AGENT, MARKETER
from conversations.models import MediaFile
from tests.conftest import NOW
from tests.conversations.payloads import after
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_user
from tests.factories.conversations import make_by_others, make_inbound, make_reply, make_sent
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def giulia():
    return make_contact(first_name="Giulia", last_name="Rossi")


@pytest.fixture
def api():
    user = make_user()
    user.user_permissions.set(Permission.objects.filter(codename="view_message"))
    client = APIClient()
    client.force_authenticate(user)
    return client


def address(contact, query=""):
    return f"/api/v1/conversations/{contact.pk}/messages/{query}"


def walk(api, url):
    """Follow `next` to the end; every text on the way."""
    texts = []
    while url:
        body = api.get(url).json()
        texts += [row["text"] for row in body["results"]]
        url = body["next"]
    return texts


def test_everything_is_told_in_order_with_who_wrote_it(api, giulia):
    make_sent(contact=giulia, at=after(minutes=0))
    make_inbound(contact=giulia, text="Quando?", at=after(minutes=1))
    make_reply(contact=giulia, text="Oggi", at=after(minutes=2), status="accepted")
    make_by_others(contact=giulia, text="Da Spoki", at=after(minutes=3))

    body = api.get(address(giulia)).json()

    told = [
        (row["direction"], row["author_kind"], row["status"], row["source"])
        for row in body["results"]
    ]
    assert told == [
        ("outbound", "system", "delivered", "sender"),
        ("inbound", "customer", "", "webhook"),
        ("outbound", "agent", "accepted", "sender"),
        ("outbound", "automation", "delivered", "webhook"),
    ]
    assert (body["count"], body["next"], body["previous"]) == (4, None, None)


def test_a_message_is_told_by_its_fields(api, giulia):
    message = make_inbound(contact=giulia, text="Ciao", uuid="a" * 32)

    (row,) = api.get(address(giulia)).json()["results"]

    assert row == {
        "id": f"m{message.pk}",
        "at": "2026-11-23T10:30:00+01:00",
        "direction": "inbound",
        "author": "Giulia Rossi",
        "author_kind": "customer",
        "kind": "text",
        "text": "Ciao",
        "buttons": [],
        "status": "",
        "problem": "",
        "files": [],
        "header_file": None,
        "quoted": "",
        "reply_to": "",
        "uuid": "a" * 32,
        "number": "",
        "source": "webhook",
        "details": {},
    }


def test_a_template_names_the_file_at_its_head(api, giulia):
    picture, listing = (
        make_version(header={"format": kind, "text": ""}, header_media={"url": url})
        for kind, url in (
            ("image", "https://files.spoki.com/gatto.png"),
            ("document", "https://files.spoki.com/listino.pdf"),
        )
    )
    for minute, version in enumerate((picture, listing)):
        make_message(
            contact=giulia,
            template_version=version,
            status="read",
            sending_at=after(minutes=minute),
        )

    first, second = (row["header_file"] for row in api.get(address(giulia)).json()["results"])

    shown = reverse("template-header", args=[picture.pk])
    assert (first["format"], first["name"]) == ("image", "gatto.png")
    assert first["url"].startswith(f"http://testserver{shown}?")
    assert second == {"format": "document", "name": "listino.pdf", "url": ""}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_following_next_tells_everything_once_in_order(api, giulia, size):
    for minute in range(5):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute // 2))

    assert walk(api, address(giulia, f"?page_size={size}")) == list("01234")


def test_newest_first_goes_the_other_way(api, giulia):
    for minute in range(5):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))

    assert walk(api, address(giulia, "?ordering=-at&page_size=2")) == list("43210")


def test_what_arrives_on_the_way_is_told_at_its_end(api, giulia):
    for minute in range(3):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))
    first = api.get(address(giulia, "?page_size=2")).json()
    make_inbound(contact=giulia, text="nuovo", at=after(minutes=9))

    assert walk(api, first["next"]) == ["2", "nuovo"]


def test_previous_leads_back(api, giulia):
    for minute in range(4):
        make_inbound(contact=giulia, text=str(minute), at=after(minutes=minute))
    second = api.get(api.get(address(giulia, "?page_size=2")).json()["next"]).json()

    back = api.get(second["previous"]).json()

    assert [row["text"] for row in back["results"]] == ["0", "1"]
    assert parse_qs(urlsplit(second["previous"]).query)["page_size"] == ["2"]


def test_an_empty_conversation_is_empty(api, giulia):
    body = api.get(address(giulia)).json()

    assert body == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_merged_contact_tells_what_it_became(api, giulia):
    double = make_contact()
    make_inbound(contact=giulia, text="Uno")
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    body = api.get(address(double)).json()

    assert (body["count"], body["results"][0]["text"]) == (1, "Uno")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?after=x", "after"),
        ("?before=1m", "before"),
        ("?after=0m0&before=0m0", "before"),
        ("?page_size=0", "page_size"),
        ("?page_size=201", "page_size"),
        ("?ordering=text", "ordering"),
        ("?after=%00", "after"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(api, giulia, query, field):
    answer = api.get(address(giulia, query))

    assert (answer.status_code, list(answer.json())) == (400, [field])


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30, "x"])
def test_a_contact_that_is_not_there_is_not_found(api, number):
    assert api.get(f"/api/v1/conversations/{number}/messages/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [(AGENT, 200), (MARKETER, 403)])
def test_whoever_may_read_conversations_reads_them(giulia, role, status):
    client = APIClient()
    client.force_authenticate(make_member(role))

    assert client.get(address(giulia)).status_code == status


def test_nobody_reads_without_saying_who(giulia):
    assert APIClient().get(address(giulia)).status_code == 401


def test_nothing_can_be_written_here(api, giulia):
    assert api.post(address(giulia), {}).status_code == 405


def test_a_page_takes_a_handful_of_queries(api, giulia, django_assert_max_num_queries):
    for minute in range(20):
        make_inbound(contact=giulia, at=after(minutes=minute))
        make_sent(contact=giulia, at=after(minutes=minute))

    with django_assert_max_num_queries(9):
        assert len(api.get(address(giulia)).json()["results"]) == 40


def test_a_file_is_told_with_its_address_which_takes_the_same_token(
    client, giulia, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    program = make_member(AGENT)
    token = {"Authorization": f"Token {Token.objects.create(user=program).key}"}
    message = make_inbound(contact=giulia, content_type="image", text="")
    name = default_storage.save("received/2026/11/1-1", ContentFile(b"argo"))
    MediaFile.objects.create(
        message=message, state="kept", file=name, content_type="image/png", size=4, due_at=NOW
    )

    (row,) = client.get(address(giulia), headers=token).json()["results"]
    (file,) = row["files"]

    assert file["url"].startswith("http://testserver/customers/files/")
    assert b"".join(client.get(file["url"], headers=token).streaming_content) == b"argo"
    assert client.get(file["url"], headers={"Authorization": "Token nobody"}).status_code == 401
    program.groups.clear()
    assert client.get(file["url"], headers=token).status_code == 403
