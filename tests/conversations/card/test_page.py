"""The card as a page: who it is, what was bought and written, who may look."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from audiences.identity import normalise_phone
from audiences.merging import merge_contacts
from audiences.models import ContactAlias
from audiences.phone_change import change_phone
from audiences.privacy import erase_contact
from config.roles import ADMIN, APPROVER, MARKETER
from conversations.card import slots
from conversations.models import CardOpening, Message
from conversations.notes import write_note
from orders.models import Parcel
from tests.conftest import NOW
from tests.conversations.card.steps import answered, card_of, client_of, wrote
from tests.factories.audiences import make_contact
from tests.factories.big_inbox import make_long_conversation
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.conversations import make_by_others
from tests.factories.orders import make_order
from tests.factories.people import make_member
from tests.factories.templates import make_template

pytestmark = pytest.mark.django_db


def page_of(browser, contact, **query):
    answer = browser.get(card_of(contact, **query))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_card_says_who_it_is(browser, giulia):
    giulia.attributes = {"pet_name": "Argo", "pet_kind": "cane", "peso": 12}
    giulia.tags = ["vip"]
    giulia.save()

    page = page_of(browser, giulia)

    for told in ("Giulia Rossi", "tel:+393475550199", "giulia@example.it", "Argo (cane)", "vip", "Italiano", "10:30", "Peso"):  # fmt: skip
        assert told in page, told


def test_the_card_says_what_was_agreed_to_since_when_and_where(browser, giulia):
    page = page_of(browser, giulia)

    assert "Marketing: consenso dato" in page
    assert "dal 23/11/2026" in page
    assert "checkout" in page
    assert "Aggiornamenti sugli ordini: senza consenso" in page


def test_the_card_says_what_the_customer_is_worth(browser, giulia):
    make_order(contact=giulia, total_cents=100_050, placed_at=datetime(2016, 5, 1, tzinfo=UTC))
    make_order(contact=giulia, total_cents=2_000)
    make_order(contact=giulia, total_cents=5_000, is_cod=True, delivery_state="refused")
    make_order(contact=giulia, total_cents=7_000, cancelled_at=NOW)

    page = page_of(browser, giulia)

    assert "2 ordini · 1.020,50 €" in page
    assert "cliente dal 2016" in page


def test_what_was_spent_is_told_in_the_currency_of_the_shop(browser, giulia):
    make_order(contact=giulia, total_cents=6490, currency="CHF", due_currency="EUR")

    assert "1 ordine · 64,90 CHF" in page_of(browser, giulia)


def test_an_order_shows_its_confirmation_its_parcels_and_what_is_to_be_done(browser, giulia):
    order = make_order(contact=giulia, is_cod=True, cod_status="cancel_requested", name="ZP104871")
    Parcel.objects.create(
        order=order,
        shipment="out_for_delivery",
        courier="BRT",
        tracking_number="BRT55",
        tracking_url="https://vas.brt.it/55",
    )

    page = page_of(browser, giulia)

    for told in ("ZP104871", "64,90 €", "Annullamento richiesto", "BRT55", "https://vas.brt.it/55", f"/order/{order.pk}/cancel/"):  # fmt: skip
        assert told in page, told


def test_a_tracking_address_that_is_no_page_is_no_link(browser, giulia):
    order = make_order(contact=giulia)
    Parcel.objects.create(order=order, tracking_number="X1", tracking_url="javascript:alert(1)")

    page = page_of(browser, giulia)

    assert "X1" in page
    assert "javascript:alert" not in page


def test_the_conversation_stands_with_its_authors_ticks_and_buttons(browser, giulia, sara):
    campaign = make_campaign(status="sending", name="Natale")
    make_message(
        contact=giulia,
        campaign=campaign,
        status="read",
        sending_at=NOW - timedelta(days=1),
        delivered_at=NOW - timedelta(days=1),
        read_at=NOW - timedelta(days=1),
    )
    wrote(giulia, "però mi serve dopo le *18*")
    answered(giulia, sara)

    page = page_of(browser, giulia)

    talk = page[page.index('id="card-talk"') :]
    assert talk.index("Natale") < talk.index("però mi serve") < talk.index("Arriva domani")
    assert "dopo le <strong>18</strong>" in page
    assert "Sara Bo" in page
    assert "Letto" in page
    assert "ieri" in page
    assert "oggi" in page


def test_what_a_customer_writes_is_shown_and_never_run(browser, giulia):
    wrote(giulia, "<script>alert(1)</script> *<b>x</b>*")

    page = page_of(browser, giulia)

    assert "<script>alert(1)" not in page
    assert escape("<script>alert(1)</script>") in page
    assert "<strong>&lt;b&gt;x&lt;/b&gt;</strong>" in page


def test_a_failed_message_says_what_is_wrong(browser, giulia, sara):
    answered(giulia, sara, status="failed", reason="undeliverable", error_code="131026")

    page = page_of(browser, giulia)

    assert "cc-row--bad" in page
    assert "Non consegnato" in page


def test_the_window_counts_down_on_the_server(browser, giulia):
    wrote(giulia, at=NOW - timedelta(hours=1))

    page = page_of(browser, giulia)

    assert 'data-open="1"' in page
    assert "22 h 50 min" in page


def test_a_closed_window_says_since_when(browser, giulia):
    wrote(giulia, at=NOW - timedelta(days=2))

    page = page_of(browser, giulia)

    assert 'data-open="0"' in page
    assert "Finestra chiusa dal 22/11/2026 10:20" in page


def test_a_customer_without_a_message_or_an_order_has_a_card(browser, giulia):
    page = page_of(browser, giulia)

    for told in ("Non è ancora stato scritto nulla.", "Ancora nessun ordine.", "Il cliente non ha ancora scritto", "Ancora nessun contatto"):  # fmt: skip
        assert told in page, told


def test_a_customer_without_a_phone_has_a_card_that_says_so(browser, sara):
    nobody = make_contact(phone=None, first_name="", last_name="")

    page = page_of(browser, nobody)

    assert f"Cliente {nobody.pk}" in page
    assert "Senza telefono" in page
    assert "Non c'è un numero a cui scrivere." in page


def test_a_second_number_is_shown_too(browser, giulia):
    ContactAlias.objects.create(
        contact=giulia, kind="phone", value="+393330000001", first_seen_at=NOW, last_seen_at=NOW
    )

    assert "anche +393330000001" in page_of(browser, giulia)


def test_the_local_time_is_told_with_the_place_and_the_night(browser, giulia):
    giulia.timezone = "America/Los_Angeles"
    giulia.save()

    page = page_of(browser, giulia)

    assert "01:30 a Los Angeles" in page
    assert "di notte" in page


def test_a_merged_contact_leads_to_the_card_of_the_one_that_stayed(browser, giulia):
    double = make_contact()
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    answer = browser.get(card_of(double))

    assert answer.status_code == 302
    assert answer["Location"] == card_of(giulia)
    assert CardOpening.objects.count() == 0


def test_what_was_written_to_a_double_stands_on_the_card_of_the_one_that_stayed(browser, giulia):
    double = make_contact()
    wrote(double, "dal vecchio numero")
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    page = page_of(browser, giulia)

    assert "dal vecchio numero" in page
    assert f"anche {double.phone}" in page


def test_an_erased_person_has_a_card_without_her_and_without_buttons(browser, giulia):
    wrote(giulia, "il mio segreto")
    erase_contact(contact=giulia, why="richiesta", by=None, now=NOW)

    page = page_of(browser, giulia)

    assert "ha chiesto di essere dimenticata" in page
    assert "il mio segreto" not in page
    assert "+393475550199" not in page
    for address in ("customer-assign", "customer-opt-out", "customer-note"):
        assert card_of(giulia, address) not in page


def test_a_changed_number_is_the_one_shown(browser, giulia):
    change_phone(
        contact=giulia, phone=normalise_phone("+393331234567"), why="ha chiamato", by=None, now=NOW
    )

    assert "tel:+393331234567" in page_of(browser, giulia)


@pytest.mark.parametrize(
    ("query", "way"),
    [({}, "link"), ({"from": "phone"}, "phone"), ({"from": "inbox"}, "inbox"), ({"from": "x" * 99}, "link")],
)  # fmt: skip
def test_who_opened_the_card_and_how_is_written_down(browser, giulia, sara, query, way):
    page_of(browser, giulia, **query)

    opening = CardOpening.objects.get()
    assert (opening.contact_id, opening.by_id, opening.at, opening.way) == (giulia.pk, sara.pk, NOW, way)  # fmt: skip


def test_nobody_has_no_card(browser, sara):
    assert browser.get("/customers/999999/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [(MARKETER, 403), (APPROVER, 403), (ADMIN, 200)])
def test_only_agents_and_admins_open_cards(giulia, role, status):
    browser = client_of(make_member(role))

    for address in (card_of(giulia), card_of(giulia, "customer-why"), "/customers/"):
        assert browser.get(address).status_code == status
    assert CardOpening.objects.count() == (1 if status == 200 else 0)


def test_a_stranger_is_asked_to_log_in(giulia):
    answer = Client().get(card_of(giulia))

    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/login/?next={card_of(giulia)}"


def test_a_card_of_a_thousand_messages_and_fifty_orders_needs_twenty_queries(
    browser, giulia, django_assert_max_num_queries
):
    Message.objects.bulk_create(
        Message(
            uuid=f"{number:032x}",
            direction="inbound",
            contact=giulia,
            phone=giulia.phone,
            text=f"messaggio {number}",
            at=NOW - timedelta(hours=number),
            news_at=NOW - timedelta(hours=number),
        )
        for number in range(1, 1001)
    )
    for _ in range(50):
        make_order(contact=giulia, product=None)
    page_of(browser, giulia)

    with django_assert_max_num_queries(20):
        page = page_of(browser, giulia)

    assert page.count('class="cc-order"') == 50
    assert page.count(" data-in>") == 50


def test_whoever_wrote_and_with_the_box_to_answer_a_card_needs_twenty_queries(
    browser, sara, django_assert_max_num_queries
):
    giulia = make_long_conversation(messages=60, orders=50, now=NOW)
    template = make_template(spoki_id=77)
    make_by_others(contact=giulia, template_id=template.spoki_id, details={"author": "Marta"})
    write_note(contact=giulia, text="richiamare", by=sara, now=NOW)
    page_of(browser, giulia)

    with django_assert_max_num_queries(20):
        page = page_of(browser, giulia)

    assert 'data-draft="reply"' in page
    assert "richiamare" in page
    assert page.count('class="cc-order"') == 50


def test_older_messages_come_on_demand_and_each_once(browser, giulia):
    for number in range(60):
        wrote(giulia, f"numero {number:02d}.", at=NOW - timedelta(minutes=100 - number))
    first = browser.get(card_of(giulia))

    cursor = first.context["page"].older
    older = browser.get(card_of(giulia, "customer-messages", before=cursor)).content.decode()

    shown = first.content.decode()
    assert "numero 10." in shown
    assert "numero 09." not in shown
    assert "numero 09." in older
    assert "numero 10." not in older
    assert "cc-older" not in older
    assert browser.get(card_of(giulia, "customer-messages", before="nonsense")).status_code == 404


def test_other_rooms_fill_their_places_on_the_card(browser, giulia, monkeypatch):
    monkeypatch.setattr(slots, "_SLOTS", {})
    wrote(giulia)
    seen = []

    def context(request, scene):
        seen.append((scene.contact.pk, scene.window.is_open, request.user.username))
        return {"rows": [], "page": None}

    slots.register(slots.REPLY, slots.Slot(template="conversations/card/parts/rows.html", context=context))  # fmt: skip

    assert "Non è ancora stato scritto nulla." in page_of(browser, giulia)
    assert seen == [(giulia.pk, True, "sara")]


def test_the_card_is_english_for_who_wants_it_so(browser, giulia):
    browser.cookies["django_language"] = "en"

    page = page_of(browser, giulia)

    assert "Notes for colleagues" in page
    assert "Note per i colleghi" not in page
