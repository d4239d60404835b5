"""What agents do on a card: notes, whose conversation it is, no more messages."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from audiences.merging import merge_contacts
from audiences.models import ConsentRecord
from config.roles import AGENT, MARKETER
from conversations.assigning import AssignmentRefused, assign, colleagues
from conversations.models import Conversation, ConversationEvent, Note
from conversations.notes import LONGEST, NoteRefused, remove_note, write_note
from conversations.opting_out import OptOutRefused, opt_out
from tests.conftest import NOW
from tests.conversations.card.steps import card_of, client_of, wrote
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


# Notes.


def test_a_note_is_kept_with_who_wrote_it_and_when(browser, giulia, sara):
    answer = browser.post(card_of(giulia, "customer-note"), {"text": " Chiamare dopo le 18 "}, headers=HTMX)  # fmt: skip

    note = Note.objects.get()
    assert (note.text, note.by_id, note.at, note.contact_id) == ("Chiamare dopo le 18", sara.pk, NOW, giulia.pk)  # fmt: skip
    page = answer.content.decode()
    assert "Chiamare dopo le 18" in page
    assert "></textarea>" in page


def test_without_a_script_a_note_leads_back_to_the_card(browser, giulia):
    answer = browser.post(card_of(giulia, "customer-note"), {"text": "Chiamare"})

    assert answer["Location"] == card_of(giulia)
    assert Note.objects.count() == 1


def test_a_second_click_writes_no_second_note(giulia, sara):
    first = write_note(contact=giulia, text="Chiamare", by=sara, now=NOW)

    again = write_note(contact=giulia, text="Chiamare ", by=sara, now=NOW + timedelta(seconds=5))
    later = write_note(contact=giulia, text="Chiamare", by=sara, now=NOW + timedelta(minutes=5))

    assert again == first
    assert later != first


@pytest.mark.parametrize("text", ["", "   \n", "a" * (LONGEST + 1)])
def test_a_note_that_says_nothing_or_too_much_stays_in_the_box(browser, giulia, text):
    answer = browser.post(card_of(giulia, "customer-note"), {"text": text}, headers=HTMX)

    assert Note.objects.count() == 0
    assert 'role="alert"' in answer.content.decode()
    assert text.strip() in answer.content.decode()


def test_a_note_about_a_contact_merged_meanwhile_is_kept_with_the_one_that_stayed(giulia, sara):
    double = make_contact()
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    assert write_note(contact=double, text="Chiamare", by=sara, now=NOW).contact == giulia


def test_a_note_is_removed_by_who_wrote_it_and_by_nobody_else(browser, giulia, sara):
    mine = write_note(contact=giulia, text="Mia", by=sara, now=NOW)
    hers = write_note(contact=giulia, text="Sua", by=make_member(AGENT), now=NOW)

    browser.post(f"{card_of(giulia, 'customer-note')}{mine.pk}/remove/", headers=HTMX)
    refused = browser.post(f"{card_of(giulia, 'customer-note')}{hers.pk}/remove/", headers=HTMX)

    assert list(Note.objects.all()) == [hers]
    assert "Solo chi ha scritto la nota" in refused.content.decode()
    with pytest.raises(NoteRefused):
        remove_note(note=hers, by=sara)


# Whose conversation it is.


def test_an_agent_takes_a_conversation_and_lets_it_go(browser, giulia, sara):
    wrote(giulia)

    taken = browser.post(card_of(giulia, "customer-assign"), {"to": "me"}, headers=HTMX)
    assert Conversation.objects.get().assignee == sara
    released = browser.post(card_of(giulia, "customer-assign"), {"to": ""}, headers=HTMX)

    assert Conversation.objects.get().assignee is None
    assert "Te ne occupi tu" in taken.content.decode()
    assert "Me ne occupo io" in released.content.decode()
    verbs = list(ConversationEvent.objects.order_by("pk").values_list("verb", "by"))
    assert verbs == [("assigned", sara.pk), ("released", sara.pk)]


def test_taken_twice_is_noted_once(giulia, sara):
    wrote(giulia)

    for _ in range(2):
        assign(contact=giulia, to=sara, by=sara, now=NOW)

    assert ConversationEvent.objects.count() == 1


def test_a_conversation_is_given_to_a_colleague_who_may_answer(browser, giulia, sara):
    wrote(giulia)
    luca = make_member(AGENT, username="luca", first_name="Luca")
    marketer = make_member(MARKETER, username="marta")

    offered = browser.get(card_of(giulia, "customer-colleagues")).content.decode()
    browser.post(card_of(giulia, "customer-assign"), {"to": luca.pk}, headers=HTMX)

    assert Conversation.objects.get().assignee == luca
    assert "Luca" in offered
    assert "marta" not in offered
    assert list(colleagues()) == [luca, sara]
    with pytest.raises(AssignmentRefused):
        assign(contact=giulia, to=marketer, by=sara, now=NOW)
    assert Conversation.objects.get().assignee == luca


@pytest.mark.parametrize("to", ["999999", "x", "-1", "9" * 30])
def test_nobody_is_given_to_whom_there_is_not(browser, giulia, to):
    wrote(giulia)

    assert browser.post(card_of(giulia, "customer-assign"), {"to": to}).status_code == 404
    assert ConversationEvent.objects.count() == 0


def test_a_customer_to_whom_nobody_wrote_has_no_conversation_to_take(browser, giulia):
    answer = browser.post(card_of(giulia, "customer-assign"), {"to": "me"}, headers=HTMX)

    assert "nessuno ha scritto nulla" in answer.content.decode()
    assert Conversation.objects.count() == 0


def test_a_customer_who_only_got_campaigns_can_be_taken_care_of(giulia, sara):
    make_message(contact=giulia, campaign=make_campaign(status="sending"), status="sent")

    conversation = assign(contact=giulia, to=sara, by=sara, now=NOW + timedelta(days=1))

    assert (conversation.assignee, conversation.last_message_at) == (sara, NOW)


def test_what_is_settled_waits_no_longer(browser, giulia, sara):
    message = wrote(giulia)
    seen = {"seen": message.at.isoformat()}

    page = browser.post(card_of(giulia, "customer-done"), seen, headers=HTMX).content.decode()

    conversation = Conversation.objects.get()
    assert (conversation.unanswered_since, conversation.done_by_id) == (None, sara.pk)
    assert "cc-done" not in page


def test_what_arrived_after_the_look_is_not_settled_with_it(browser, giulia):
    wrote(giulia, at=NOW)
    seen = {"seen": (NOW - timedelta(minutes=1)).isoformat()}

    page = browser.post(card_of(giulia, "customer-done"), seen, headers=HTMX).content.decode()

    assert Conversation.objects.get().unanswered_since == NOW
    assert "prima leggilo" in page


@pytest.mark.parametrize("seen", ["2026-13-45T10:00", "2026-11-23T10:00", "ieri"])
def test_a_moment_that_no_page_wrote_breaks_nothing(browser, giulia, seen):
    wrote(giulia)

    answer = browser.post(card_of(giulia, "customer-done"), {"seen": seen}, headers=HTMX)

    assert answer.status_code == 200
    assert Conversation.objects.get().unanswered_since is None


# No more messages.


def test_the_page_asks_before_it_withdraws(browser, giulia):
    page = browser.get(card_of(giulia, "customer-opt-out")).content.decode()

    giulia.refresh_from_db()
    assert "Niente più messaggi per Giulia Rossi?" in page
    assert giulia.marketing_consent == "given"


def test_a_customer_who_says_so_gets_no_more_marketing(browser, giulia, sara):
    typed = {"purposes": ["whatsapp_marketing"], "words": "al telefono: basta pubblicità"}

    answer = browser.post(card_of(giulia, "customer-opt-out"), typed)

    giulia.refresh_from_db()
    record = ConsentRecord.objects.get(state="withdrawn")
    assert answer["Location"] == card_of(giulia)
    assert (giulia.marketing_consent, giulia.orders_consent) == ("withdrawn", "unknown")
    assert (record.by_id, record.source, record.evidence) == (sara.pk, "customer card", "al telefono: basta pubblicità")  # fmt: skip
    assert ConversationEvent.objects.get().figures == {"purposes": ["whatsapp_marketing"]}


def test_both_purposes_may_be_withdrawn_at_once(giulia, sara):
    both = ["order_updates", "whatsapp_marketing"]

    fresh = opt_out(contact=giulia, purposes=both, words="basta tutto", by=sara, now=NOW)

    giulia.refresh_from_db()
    assert fresh == ["whatsapp_marketing", "order_updates"]
    assert (giulia.marketing_consent, giulia.orders_consent) == ("withdrawn", "withdrawn")


def test_said_again_changes_nothing(giulia, sara):
    once = {"contact": giulia, "purposes": ["whatsapp_marketing"], "words": "", "by": sara}
    opt_out(**once, now=NOW)

    assert opt_out(**once, now=NOW + timedelta(hours=1)) == []
    assert ConsentRecord.objects.filter(state="withdrawn").count() == 1
    assert ConversationEvent.objects.count() == 1


@pytest.mark.parametrize("purposes", [[], ["everything"], ["whatsapp_marketing", "x"]])
def test_nothing_chosen_withdraws_nothing(browser, giulia, sara, purposes):
    answer = browser.post(card_of(giulia, "customer-opt-out"), {"purposes": purposes})

    giulia.refresh_from_db()
    assert answer.status_code == 422
    assert giulia.marketing_consent == "given"
    with pytest.raises(OptOutRefused):
        opt_out(contact=giulia, purposes=purposes, words="", by=sara, now=NOW)


def test_the_message_that_made_her_leave_is_told_so(giulia, sara):
    left = NOW - timedelta(hours=2)
    sent = make_message(contact=giulia, campaign=make_campaign(status="sending"), status="read", sending_at=left)  # fmt: skip

    opt_out(contact=giulia, purposes=["whatsapp_marketing"], words="", by=sara, now=NOW)

    sent.refresh_from_db()
    assert sent.opted_out_at == NOW


# Who may.


@pytest.mark.parametrize("name", ["customer-note", "customer-assign", "customer-opt-out", "customer-done"])  # fmt: skip
def test_who_may_not_read_messages_does_nothing_on_a_card(giulia, name):
    wrote(giulia)
    browser = client_of(make_member(MARKETER))

    answer = browser.post(card_of(giulia, name), {"text": "x", "to": "me", "purposes": "whatsapp_marketing"})  # fmt: skip

    giulia.refresh_from_db()
    assert answer.status_code == 403
    assert (Note.objects.count(), ConversationEvent.objects.count()) == (0, 0)
    assert giulia.marketing_consent == "given"


@pytest.mark.parametrize("name", ["customer-note", "customer-assign", "customer-done", "customer-new"])  # fmt: skip
def test_looking_changes_nothing(browser, giulia, name):
    address = "/customers/new/" if name == "customer-new" else card_of(giulia, name)

    assert browser.get(address).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_take_one_conversation_at_once_leave_one_owner_and_a_true_story(
    giulia, sara
):
    wrote(giulia)
    agents = [sara, make_member(AGENT, username="luca")]
    together = Barrier(2)

    def take(agent):
        together.wait(timeout=10)
        assign(contact=giulia, to=agent, by=agent, now=NOW)
        connections.close_all()

    threads = [Thread(target=take, args=[agent]) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    first, second = ConversationEvent.objects.order_by("pk")
    owner = Conversation.objects.get().assignee_id
    assert {first.by_id, second.by_id} == {agent.pk for agent in agents}
    assert (second.figures["before"], second.figures["to"]) == (first.by_id, owner)
