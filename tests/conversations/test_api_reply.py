"""`POST conversations/{contact id}/reply/`, as another program writes."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from audiences.models import ConsentState, Contact
from campaigns.models import ConversationWindow, OutboundMessage, SpokiAccount
from config.roles import AGENT, MARKETER
from conversations.models import Reply
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.conversations import make_window
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
KEY = "11111111-1111-4111-8111-11111111111a"


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sara():
    return make_member(AGENT, username="sara", first_name="Sara")


@pytest.fixture
def api(sara):
    client = APIClient()
    client.force_authenticate(sara)
    return client


@pytest.fixture
def giulia():
    return make_window().contact


def write(api, contact, *, headers=None, **body):
    address = f"/api/v1/conversations/{contact.pk}/reply/"
    answer = api.post(address, body, format="json", headers=headers)
    return answer.status_code, answer.json()


def refused(api, contact, **body):
    code, told = write(api, contact, **body)
    assert OutboundMessage.objects.count() == 0
    return code, told


def test_a_missing_value_is_named_as_the_person_reads_it(api, giulia):
    version = make_version(category="utility", body="Ciao %%FIRST_NAME%%", variables=["FIRST_NAME"])

    code, told = refused(api, giulia, template_version=version.pk, variables={})

    assert (code, told["variables"]) == (400, ["Manca ancora un valore: Nome."])


def test_a_text_is_queued_and_told_as_the_conversation_tells_it(api, giulia, sara):
    code, told = write(api, giulia, text="Parte oggi!", buttons=["Sì", "No"])

    message = OutboundMessage.objects.get()
    assert code == 201
    shown = {name: told[name] for name in ("id", "direction", "author", "author_kind", "kind", "text", "buttons", "status", "source")}  # fmt: skip
    assert shown == {
        "id": f"o{message.pk}", "direction": "outbound", "author": "Sara", "author_kind": "agent", "kind": "text",
        "text": "Parte oggi!", "buttons": ["Sì", "No"], "status": "queued", "source": "sender",
    }  # fmt: skip
    assert Reply.objects.get().by == sara


def test_a_template_is_sent_to_whoever_never_wrote(api):
    contact, version = make_contact(), make_version(category="utility")
    make_window()

    code, told = write(api, contact, template_version=version.pk, variables={"FIRST_NAME": "Ada"})

    assert code == 201
    assert told["kind"] == "template"
    assert told["text"].startswith("Ciao Ada")
    assert OutboundMessage.objects.get().contact == contact


@pytest.mark.parametrize("where", ["body", "header", "both"])
def test_the_same_key_again_is_the_same_message(api, giulia, where):
    body = {"key": KEY} if where != "header" else {}
    headers = {"Idempotency-Key": KEY.upper()} if where != "body" else None

    first = write(api, giulia, text="Ecco", headers=headers, **body)
    second = write(api, giulia, text="Ecco", headers=headers, **body)

    # At the same moment by the clock of the test: told apart by the row.
    assert first[1]["id"] == second[1]["id"]
    assert OutboundMessage.objects.count() == 1


def test_a_repeated_call_says_that_it_is_one(api, giulia):
    assert write(api, giulia, text="Ecco", key=KEY)[0] == 201
    with time_machine.travel(NOW + timedelta(seconds=5), tick=False):
        assert write(api, giulia, text="Ecco", key=KEY)[0] == 200


def test_any_word_may_be_a_key_and_each_customer_has_keys_of_its_own(api, giulia):
    other = make_window().contact
    headers = {"Idempotency-Key": "ticket 4711"}

    for contact in (giulia, giulia, other):
        assert write(api, contact, text="Ecco", headers=headers)[0] in {200, 201}

    assert OutboundMessage.objects.count() == 2


def test_a_key_is_used_for_one_text(api, giulia):
    write(api, giulia, text="Ecco", key=KEY)

    code, told = write(api, giulia, text="Ecco qua", key=KEY)

    assert (code, told["code"]) == (409, ["key_used"])
    assert OutboundMessage.objects.count() == 1


def test_two_different_keys_are_refused(api, giulia):
    code, told = write(api, giulia, text="Ecco", key=KEY, headers={"Idempotency-Key": "altro"})

    assert (code, list(told)) == (400, ["key"])
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 4_097}, "text"),
        ({"text": "Ciao", "buttons": ["x" * 21]}, "buttons"),
        ({"text": "Ciao", "buttons": ["Sì", "sì"]}, "buttons"),
        ({"text": "Ciao", "buttons": ["1", "2", "3", "4"]}, "buttons"),
        ({"text": "Ciao", "variables": {}}, "variables"),
        ({"text": "Ciao", "template_version": 0}, "template_version"),
        ({"text": "Ciao", "testo": "Ciao"}, "testo"),
        ({"text": "Ciao", "key": "x"}, "key"),
    ],
)
def test_what_the_caller_can_correct_is_told_by_field(api, giulia, body, field):
    code, told = refused(api, giulia, **body)

    assert (code, list(told)) == (400, [field])
    assert isinstance(told[field], list | dict)


def test_text_and_template_exclude_each_other(api, giulia):
    version = make_version(category="utility")

    assert refused(api, giulia, text="Ciao", template_version=version.pk)[0] == 400
    assert refused(api, giulia, template_version=version.pk, buttons=["Sì"])[1].keys() == {"buttons"}  # fmt: skip


def test_a_template_is_refused_by_field(api, giulia):
    version = make_version(category="utility")
    paused = make_version(category="utility", status="paused")

    assert refused(api, giulia, template_version=version.pk)[1].keys() == {"variables"}
    assert refused(api, giulia, template_version=paused.pk, variables={"FIRST_NAME": "Ada"})[1].keys() == {"template_version"}  # fmt: skip


def test_what_stands_against_it_now_is_told_by_a_code(api, giulia):
    Contact.objects.filter(pk=giulia.pk).update(marketing_consent=ConsentState.WITHDRAWN)
    offer = make_version()
    told = refused(api, giulia, template_version=offer.pk, variables={"FIRST_NAME": "Ada"})
    assert (told[0], told[1]["code"]) == (409, ["consent_withdrawn"])

    ConversationWindow.objects.update(closes_at=NOW)
    told = refused(api, giulia, text="Ciao")
    assert (told[0], told[1]["code"]) == (409, ["window_closed"])
    assert told[1]["non_field_errors"][0]

    ConversationWindow.objects.update(closes_at=NOW + timedelta(hours=1))
    SpokiAccount.objects.update(paused_at=NOW, pause_code="person")
    assert refused(api, giulia, text="Ciao")[1]["code"] == ["paused"]


def test_nobody_is_found_under_an_id_that_nobody_has(api, giulia):
    for pk in (giulia.pk + 1, 10**30):
        assert api.post(f"/api/v1/conversations/{pk}/reply/", {"text": "Ciao"}, format="json").status_code == 404  # fmt: skip


def test_only_whoever_may_read_and_answer_writes(giulia):
    reader = make_user()
    reader.user_permissions.set(Permission.objects.filter(codename="view_message"))
    writer = make_user()
    writer.user_permissions.set(Permission.objects.filter(codename="reply_conversation"))
    for user in (reader, writer, make_member(MARKETER)):
        client = APIClient()
        client.force_authenticate(user)
        assert write(client, giulia, text="Ciao")[0] == 403
    assert write(APIClient(), giulia, text="Ciao")[0] in {401, 403}
    assert OutboundMessage.objects.count() == 0
