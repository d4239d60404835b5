"""The conversations that an agent finds in the demo, and what its Spoki remembers of them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from audiences.models import ConsentRecord, Contact
from campaigns.models import OutboundMessage
from config import demo_auth, roles
from config.demo.campaigns import DONE
from config.demo.chats import script
from config.demo.chats.prepare import prepare_conversations
from config.demo.chats.remembering import remind_spoki
from config.demo.flows import prepare_flows
from conversations.models import Conversation, MediaFile, Message, Note, Reply
from conversations.timeline import timeline_page
from conversations.window import window_of
from orders.models import Order
from orders.shipped_flows import SHIPPED
from spoki.simulator import SimulatorProcess
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.orders import make_product
from tests.orders.test_shipped_flows import make_approved

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def prepared(django_db_setup, django_db_blocker):
    """Written once for all of these tests: what each of them changes is taken back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        prepare()
        yield
        transaction.set_rollback(True)


def prepare():
    roles.sync_roles()
    demo_auth.make_users()
    make_number(account=make_account())
    for one in SHIPPED:
        make_approved(one.wording, last_seen_at=NOW)
    for _ in range(3):
        make_product()
    prepare_flows(now=NOW)
    reader = make_contact(last_name="Lettrice")
    make_message(
        contact=reader, campaign=make_campaign(status="done", name=DONE), status="read",
        sending_at=NOW - timedelta(days=12), provider_uuid="e" * 32,
    )  # fmt: skip
    assert prepare_conversations(now=NOW) is True


@pytest.fixture(scope="module")
def spoki():
    with SimulatorProcess() as process:
        yield process.control


def person(chat: script.Chat) -> Contact:
    return Contact.objects.get(phone=chat.phone)


def test_those_wait_whom_nobody_has_answered(prepared):
    waiting = Conversation.objects.unanswered().order_by("unanswered_since")

    assert [one.contact.last_name for one in waiting] == [
        "Fontana", "Barbieri", "Lettrice", "Leone", "Marchetti", "Greco", "Ferrara", "Moretti", "Villa", "Bonetti",
    ]  # fmt: skip
    assert Conversation.objects.count() == len(script.CHATS) + 1
    # Nothing of the past is left to be sent.
    assert not OutboundMessage.objects.filter(status__in=["queued", "sending"]).exists()


def test_a_conversation_is_somebodys_put_off_or_done(prepared):
    mine = Conversation.objects.filter(assignee__username="agent")
    off = Conversation.objects.exclude(snoozed_until=None).get()
    done = Conversation.objects.exclude(done_at=None).get()

    assert {one.contact.last_name for one in mine} == {"Ferrara", "Barbieri", "Rinaldi", "Greco"}
    assert off.contact.last_name == "Barbieri"
    assert off.snoozed_until is not None
    assert off.snoozed_until > NOW
    assert (done.contact.last_name, done.unanswered_since) == ("Rinaldi", None)
    assert Note.objects.count() == 3


def test_the_window_of_one_closes_within_half_an_hour(prepared):
    window = window_of(person(script.CLOSING), now=NOW)

    assert window.is_open
    assert window.minutes_left == 24


def test_a_picture_waits_to_be_fetched_and_places_choices_and_signs_are_read(prepared):
    kinds = {one.content_type for one in Message.objects.all()}

    assert {"image", "location", "list", "reaction", "text"} <= kinds
    assert MediaFile.objects.get().state == MediaFile.State.WAITING
    chosen = Message.objects.get(content_type="list")
    assert chosen.details["choice"]["title"] == "Taglia M"


def test_who_wrote_stop_is_unsubscribed_with_her_message_as_evidence_and_was_told_once(prepared):
    ilaria = person(script.STOPPED)
    withdrawn = ConsentRecord.objects.get(contact=ilaria, state="withdrawn")
    farewell = OutboundMessage.objects.get(contact=ilaria)

    assert ilaria.marketing_consent == "withdrawn"
    assert "STOP" in withdrawn.evidence
    assert (farewell.status, farewell.kind) == ("read", "text")


def test_an_answer_that_failed_says_why_and_leaves_her_waiting(prepared):
    failed = Reply.objects.get(contact=person(script.UNDELIVERED))
    page = timeline_page(contact=person(script.UNDELIVERED), now=NOW)

    assert failed.message.status == "failed"
    assert page.entries[-1].status == "failed"
    assert page.entries[-1].problem
    assert Conversation.objects.unanswered().filter(contact=failed.contact).exists()


def test_the_question_about_an_order_came_before_hers_and_the_order_is_asked(prepared):
    davide = person(script.DOOR)
    entries = timeline_page(contact=davide, now=NOW).entries
    order = Order.objects.get(contact=davide)

    assert [entry.author_kind for entry in entries] == ["flow", "customer"]
    assert order.name in entries[0].text
    # She asked something: a person has to read it before the order goes on.
    assert (order.cod_status, order.cod_question_at) == ("asked", entries[1].at)


def test_who_read_a_campaign_asks_about_it_in_answer_to_its_message(prepared):
    entries = timeline_page(contact=Contact.objects.get(last_name="Lettrice"), now=NOW).entries

    assert [entry.author_kind for entry in entries] == ["campaign", "customer"]
    assert entries[0].author.startswith(DONE)
    assert entries[1].quoted


def test_a_customer_of_ten_years_has_ordered_all_along(prepared):
    renata = person(script.LOYAL)
    orders = Order.objects.filter(contact=renata).order_by("placed_at")

    assert orders.count() == 42
    assert (NOW - orders[0].placed_at).days > 9 * 365
    assert not orders.filter(placed_at__lt=renata.created_at).exists()


def test_a_second_start_changes_nothing(prepared):
    Conversation.objects.update(done_by=User.objects.get(username="admin"))
    tables = (Contact, Order, Message, OutboundMessage, Conversation, Reply, Note, ConsentRecord)
    before = [list(model.objects.order_by("pk").values()) for model in tables]

    assert prepare_conversations(now=NOW) is False
    assert [list(model.objects.order_by("pk").values()) for model in tables] == before


def test_spoki_remembers_what_we_have_and_more_and_is_told_twice_without_doubles(prepared, spoki):
    remind_spoki(spoki)
    remind_spoki(spoki)

    hers = spoki.messages(phone=script.LOYAL.phone)
    ours = {one.uuid for one in Message.objects.filter(contact=person(script.LOYAL))}
    assert ours < {one["uuid"] for one in hers}
    assert len(hers) == len({one["uuid"] for one in hers}) > 110
    assert [one["created"] for one in hers] == sorted(one["created"] for one in hers)
    stopped = spoki.messages(phone=script.STOPPED.phone)
    assert [(one["is_inbound"], one["status"]) for one in stopped] == [(True, "---"), (False, "Read")]  # fmt: skip


def test_a_question_of_before_can_still_be_answered_by_a_tap(prepared, spoki):
    spoki.reset(plant=False)
    remind_spoki(spoki)
    question = OutboundMessage.objects.get(contact=person(script.DOOR))

    tapped = spoki.inbound(script.DOOR.phone, kind="button", button="Conferma")

    assert tapped["payload"] == f"{question.key.hex}:0"


def test_spokis_memory_is_dated_as_before_at_a_later_start(prepared, spoki):
    spoki.reset(plant=False)
    remind_spoki(spoki)

    first, *_ = spoki.messages(phone=script.CLOSING.phone)
    ago = NOW.timestamp() - first["created"]
    assert ago == script.CLOSING.lines[0].ago.total_seconds()
