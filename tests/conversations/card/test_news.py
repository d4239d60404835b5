"""What an open card asks all day long: nothing for one statement, or what is new."""

from datetime import timedelta

import pytest
from django.test import Client

from audiences.consent import withdraw_consent
from audiences.merging import merge_contacts
from campaigns.models import OutboundMessage
from config.roles import MARKETER
from conversations.card import page
from conversations.card.news import version_of
from conversations.models import CardOpening, Conversation, MediaFile, Message, Note
from orders.models import Order, Parcel
from tests.conftest import NOW
from tests.conversations.card.steps import answered, card_of, client_of, wrote
from tests.factories.audiences import make_contact
from tests.factories.conversations import make_by_others
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


def token_of(contact, *, at=NOW):
    version = version_of(contact.pk, now=at)
    assert version is not None
    return version.token


def test_nothing_new_is_an_empty_answer(browser, giulia):
    wrote(giulia)

    answer = browser.get(card_of(giulia, "customer-news", v=token_of(giulia)))

    assert answer.status_code == 204
    assert answer.content == b""


def test_nothing_new_costs_one_statement_beside_who_asks(
    browser, giulia, django_assert_num_queries
):
    wrote(giulia)
    address = card_of(giulia, "customer-news", v=token_of(giulia))

    # The session, the user, her own permissions and those of her groups.
    with django_assert_num_queries(5):
        browser.get(address)


def test_the_first_look_after_the_page_finds_nothing_new(browser, giulia):
    wrote(giulia)
    version = browser.get(card_of(giulia)).context["version"]

    assert browser.get(card_of(giulia, "customer-news", v=version)).status_code == 204


def test_asking_for_news_opens_no_card(browser, giulia):
    browser.get(card_of(giulia, "customer-news", v="old"))

    assert CardOpening.objects.count() == 0


def test_a_new_message_comes_with_the_window_that_it_opens(browser, giulia):
    before = token_of(giulia)
    wrote(giulia, "sono ancora qui", at=NOW)

    answer = browser.get(card_of(giulia, "customer-news", v=before))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["X-Card-Version"] == token_of(giulia)
    assert '<ol id="card-fresh">' in page
    assert "sono ancora qui" in page
    for part in ("card-header", "card-last", "card-window", "card-orders", "card-notes"):
        assert f'id="{part}"' in page
    assert page.count('hx-swap-oob="true"') == 5
    assert 'data-open="1"' in page


def test_what_arrives_while_the_news_are_drawn_comes_with_the_next_look(
    browser, giulia, monkeypatch
):
    drawn = page.card_context

    def draw_and_be_written_to(*asked, **told):
        shown = drawn(*asked, **told)
        wrote(giulia, "proprio adesso", at=NOW)
        return shown

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(page, "card_context", draw_and_be_written_to)
        first = browser.get(card_of(giulia, "customer-news", v="old"))
    second = browser.get(card_of(giulia, "customer-news", v=first["X-Card-Version"]))

    assert "proprio adesso" not in first.content.decode()
    assert second.status_code == 200
    assert "proprio adesso" in second.content.decode()


def _status(contact):
    OutboundMessage.objects.filter(contact=contact).update(status="read")


def _note(contact):
    Note.objects.create(contact=contact, at=NOW, text="richiamare", by=make_member(MARKETER))


def _order(contact):
    Order.objects.filter(contact=contact).update(cod_status="confirmed")


def _consent(contact):
    withdraw_consent(contact=contact, source="telefono", at=NOW, now=NOW + timedelta(seconds=1))


def _file(contact):
    MediaFile.objects.filter(message__contact=contact).update(state="failed")


def _late(contact):
    """A message of yesterday that arrives only now."""
    Message.objects.create(
        uuid="f" * 32, direction="inbound", contact=contact, at=NOW - timedelta(days=20), news_at=NOW - timedelta(days=20)
    )  # fmt: skip


def _settled(contact):
    Conversation.objects.filter(contact=contact).update(unanswered_since=None)


def _theirs(contact):
    """An operator's message, which Spoki reports as failed."""
    Message.objects.filter(contact=contact, direction="outbound").update(status="failed")


def _tracking(contact):
    Parcel.objects.filter(order__contact=contact).update(tracking_number="BRT0001")


def _courier(contact):
    """News that leave the order as it is."""
    Parcel.objects.filter(order__contact=contact).update(shipment="attempted")


def _second_parcel(contact):
    Parcel.objects.create(order=Order.objects.get(contact=contact))


def _cancelled(contact):
    Order.objects.filter(contact=contact).update(cancelled_at=NOW)


def _dearer(contact):
    Order.objects.filter(contact=contact).update(total_cents=9_999)


_CHANGES = [
    _status, _note, _order, _consent, _file, _late, _settled, _theirs, _tracking, _courier, _second_parcel, _cancelled,
    _dearer,
]  # fmt: skip


@pytest.mark.parametrize("change", _CHANGES)
def test_whatever_the_card_shows_is_news_once_it_changes(giulia, sara, change):
    message = wrote(giulia)
    MediaFile.objects.create(message=message, due_at=NOW)
    answered(giulia, sara)
    make_by_others(contact=giulia)
    Parcel.objects.create(order=make_order(contact=giulia, is_cod=True))
    before = token_of(giulia)
    assert token_of(giulia) == before

    change(giulia)

    assert token_of(giulia) != before


def test_the_closing_of_the_window_is_news(giulia, sara):
    wrote(giulia, at=NOW - timedelta(hours=23))

    open_, later, closed = (token_of(giulia, at=NOW + timedelta(minutes=minutes)) for minutes in (0, 49, 51))  # fmt: skip

    assert open_ == later
    assert later != closed


def test_what_happens_to_somebody_else_is_no_news(giulia, sara):
    before = token_of(giulia)
    wrote(make_contact())

    assert token_of(giulia) == before


HTMX = {"HX-Request": "true"}


def test_a_card_whose_contact_is_merged_meanwhile_says_into_whom(browser, giulia):
    double = make_contact()
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    answer = browser.get(card_of(double, "customer-news", v="old"), headers=HTMX)

    assert answer.status_code == 410
    assert "HX-Redirect" not in answer
    page = answer.content.decode()
    assert f"Questo cliente è stato unito a {giulia.full_name}." in page
    assert f'href="{card_of(giulia)}"' in page
    assert "data-final" in page


def test_a_card_whose_reader_was_logged_out_says_to_log_in_again(giulia):
    shown = {"HX-Current-URL": f"http://testserver{card_of(giulia)}"}

    answer = Client().get(card_of(giulia, "customer-news"), headers=HTMX | shown)

    assert answer.status_code == 401
    assert "La sessione è terminata" in answer.content.decode()
    assert f"/admin/login/?next=%2Fcustomers%2F{giulia.pk}%2F" in answer.content.decode()


@pytest.mark.parametrize("shown", ["https://evil.example/x", "javascript:alert(1)", ""])
def test_after_a_login_nobody_is_led_elsewhere(giulia, shown):
    answer = Client().get(
        card_of(giulia, "customer-news"), headers=HTMX | {"HX-Current-URL": shown}
    )

    assert "?next=%2Finbox%2F" in answer.content.decode()


def test_a_card_whose_reader_lost_the_permission_says_so(giulia):
    marta = client_of(make_member(MARKETER))

    answer = marta.get(card_of(giulia, "customer-news"), headers=HTMX)

    assert answer.status_code == 403
    assert "Non puoi più vedere le conversazioni dei clienti" in answer.content.decode()


def test_a_card_whose_contact_is_gone_says_so(browser, sara):
    answer = browser.get("/customers/999999/news/", headers=HTMX)

    assert answer.status_code == 404
    assert "Questo cliente non c&#x27;è più." in answer.content.decode()


def test_who_may_not_read_messages_gets_no_news(giulia):
    assert client_of(make_member(MARKETER)).get(card_of(giulia, "customer-news")).status_code == 403


def test_there_is_no_news_of_nobody(browser, sara):
    assert browser.get("/customers/999999/news/").status_code == 404
