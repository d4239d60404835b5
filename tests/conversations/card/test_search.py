"""Finding a customer: typed, or told by the telephone; a card for a number that is new."""

import pytest
from django.urls import reverse
from django.utils.timezone import localtime

from audiences.identity import normalise_phone
from audiences.merging import merge_contacts
from audiences.models import Contact
from audiences.patience import OutOfPatience
from audiences.phone_change import change_phone
from config.roles import AGENT
from conversations.card import finding
from conversations.models import Note
from tests.conftest import NOW
from tests.conversations.card.steps import card_of, client_of
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


def ask(browser, **query):
    return browser.get(reverse("customers"), query)


@pytest.mark.parametrize(
    "spelled",
    ["+393475550199", "0039 347 555 0199", "347 5550199", "347-555-0199", " 393475550199", "tel:+393475550199"],
)  # fmt: skip
def test_the_telephone_opens_the_card_however_the_number_is_spelled(browser, giulia, spelled):
    answer = ask(browser, phone=spelled)

    assert answer.status_code == 302
    assert answer["Location"] == card_of(giulia, **{"from": "phone"})


def test_a_plus_that_the_telephone_did_not_escape_is_understood(browser, giulia):
    answer = browser.get(f"{reverse('customers')}?phone=+393475550199")

    assert answer["Location"] == card_of(giulia, **{"from": "phone"})


def renumber(contact):
    change_phone(
        contact=contact, phone=normalise_phone("+393331234567"), why="ha chiamato", by=None, now=NOW
    )


def merge_away(contact):
    """The number of another contact of hers, given up when the two were merged."""
    kept = make_contact(phone="+393331234567", first_name="Giulia")
    merge_contacts(survivor=kept, merged=contact, by=None, now=NOW)
    return kept


def take_over(browser, phone="347 555 0199", **told):
    return browser.post(reverse("customer-new"), {"phone": phone, "new_owner": "1", **told})


@pytest.mark.parametrize("asked", [{"phone": "347-555-0199"}, {"q": "0039 347 555 0199"}])
@pytest.mark.parametrize("give_up", [renumber, merge_away])
def test_a_number_given_up_offers_who_had_it_and_a_card_for_the_new_owner(
    browser, giulia, asked, give_up
):
    had = give_up(giulia) or giulia

    page = ask(browser, **asked).content.decode()

    way = "phone" if "phone" in asked else "search"
    assert card_of(had, **{"from": way}) in page
    assert f"aveva +393475550199 fino al {localtime(NOW):%d/%m/%Y}" in page
    assert "Crea una scheda per il nuovo titolare" in page
    assert 'value="+393475550199"' in page
    assert "Nessun risultato" not in page


@pytest.mark.parametrize("give_up", [renumber, merge_away])
def test_the_new_owner_gets_a_card_and_a_second_click_makes_no_second_one(browser, giulia, give_up):
    had = give_up(giulia) or giulia

    first = take_over(browser, first_name="Ada")
    second = take_over(browser, "+393475550199", first_name="Ada")

    heir = Contact.objects.get(phone="+393475550199")
    assert first["Location"] == second["Location"] == card_of(heir)
    assert (heir.first_name, heir.marketing_consent) == ("Ada", "unknown")
    assert heir.pk not in {had.pk, giulia.pk}
    had.refresh_from_db()
    assert had.phone == "+393331234567"


def test_the_card_of_who_had_the_number_says_that_it_has_a_new_owner(browser, giulia):
    kept = merge_away(giulia)

    take_over(browser)
    take_over(browser)

    assert [note.text for note in Note.objects.filter(contact=kept)] == [
        "+393475550199 ha un nuovo titolare: i messaggi da questo numero non sono più di questa persona."
    ]


def test_a_number_given_up_that_is_typed_as_a_new_one_is_asked_about_first(browser, giulia):
    renumber(giulia)

    answer = browser.post(reverse("customer-new"), {"phone": "+393475550199", "first_name": "Ada"})

    assert "Crea una scheda per il nuovo titolare" in answer.content.decode()
    assert not Contact.objects.filter(phone="+393475550199").exists()


def test_who_has_the_number_now_is_meant_and_not_who_had_it(browser, giulia):
    change_phone(
        contact=giulia, phone=normalise_phone("+393331234567"), why="ha chiamato", by=None, now=NOW
    )
    heir = make_contact(phone="+393475550199")

    assert ask(browser, phone="347 5550199")["Location"] == card_of(heir, **{"from": "phone"})


def test_an_unknown_number_offers_a_card_with_the_number_filled_in(browser, sara):
    page = ask(browser, phone="+39 333 999 8877").content.decode()

    assert "Un numero che non conosciamo" in page
    assert 'value="+393339998877"' in page


@pytest.mark.parametrize("withheld", ["anonymous", "Numero privato", "*31#", "12"])
def test_a_withheld_number_is_said_to_be_none(browser, giulia, withheld):
    answer = ask(browser, phone=withheld)

    assert answer.status_code == 200
    assert "non è un numero che si possa cercare" in answer.content.decode()


def test_an_unknown_number_becomes_a_card_without_consent(browser, sara):
    answer = browser.post(
        reverse("customer-new"), {"phone": "333 999 8877", "first_name": " Ada ", "last_name": ""}
    )

    contact = Contact.objects.get(phone="+393339998877")
    assert answer["Location"] == card_of(contact)
    assert (contact.first_name, contact.marketing_consent) == ("Ada", "unknown")


def test_a_second_click_makes_no_second_card(browser, sara):
    typed = {"phone": "333 999 8877", "first_name": "Ada"}
    first = browser.post(reverse("customer-new"), typed)

    second = browser.post(reverse("customer-new"), typed)

    assert second["Location"] == first["Location"]
    assert Contact.objects.filter(phone="+393339998877").count() == 1


def test_a_number_that_somebody_has_leads_to_her_card_and_changes_nothing(browser, giulia):
    answer = browser.post(
        reverse("customer-new"), {"phone": "+393475550199", "first_name": "Altra"}
    )

    giulia.refresh_from_db()
    assert answer["Location"] == card_of(giulia)
    assert giulia.first_name == "Giulia"


def test_a_landline_may_have_a_card(browser, sara):
    browser.post(reverse("customer-new"), {"phone": "02 1234 5678"})

    assert Contact.objects.get(phone="+390212345678").can_receive_whatsapp is False


def test_what_is_no_number_makes_no_card(browser, sara):
    answer = browser.post(reverse("customer-new"), {"phone": "trenta", "first_name": "Ada"})

    assert answer.status_code == 422
    assert "“trenta” non è un numero di telefono valido." in answer.content.decode()
    assert Contact.objects.count() == 0


def test_who_may_not_change_contacts_makes_no_card(sara):
    reader = make_member(AGENT)
    reader.groups.clear()
    from django.contrib.auth.models import Permission

    reader.user_permissions.add(Permission.objects.get(codename="view_message"))

    answer = client_of(reader).post(reverse("customer-new"), {"phone": "+393339998877"})

    assert answer.status_code == 403
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("typed", ["ZP104871", "zp104871", "#ZP104871", " ZP104871 ", "104871"])
def test_the_number_of_an_order_opens_the_card_of_who_placed_it(browser, giulia, typed):
    make_order(contact=giulia, name="#ZP104871" if typed.startswith("#") else "ZP104871")

    assert ask(browser, q=typed)["Location"] == card_of(giulia, **{"from": "order"})


@pytest.mark.parametrize("typed", ["giulia rossi", "ROSSI", "giulia@example.it", "5550199", "347 555"])  # fmt: skip
def test_name_mail_and_a_part_of_the_phone_find_too(browser, giulia, typed):
    assert ask(browser, q=typed)["Location"] == card_of(giulia, **{"from": "search"})


def test_several_are_listed_to_choose_from(browser, giulia):
    other = make_contact(first_name="Giuliana")

    page = ask(browser, q="giulia").content.decode()

    assert card_of(giulia, **{"from": "search"}) in page
    assert card_of(other, **{"from": "search"}) in page


def test_more_than_a_page_says_that_there_are_more(browser, sara):
    for _ in range(finding.MOST + 1):
        make_contact(last_name="Esposito")

    page = ask(browser, q="esposito").content.decode()

    assert page.count('class="cc-line"') == finding.MOST
    assert "Ce ne sono altri" in page


def test_nobody_found_says_what_finds_best(browser, giulia):
    assert "Nessun risultato per “zzz”" in ask(browser, q="zzz").content.decode()


def test_a_merged_contact_is_found_as_the_one_that_stayed(browser, giulia):
    double = make_contact(phone="+393330000009", first_name="Doppia")
    merge_contacts(survivor=giulia, merged=double, by=None, now=NOW)

    assert (
        card_of(giulia, **{"from": "phone"}) in ask(browser, phone="+393330000009").content.decode()
    )
    assert "Nessun risultato" in ask(browser, q="doppia").content.decode()


def test_a_search_that_takes_too_long_says_so(browser, giulia, monkeypatch):
    def slow(_milliseconds):
        raise OutOfPatience

    monkeypatch.setattr(finding, "at_most", slow)

    assert "Questa ricerca dura troppo" in ask(browser, q="giulia").content.decode()


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "%", "'; drop table", "a" * 500])
def test_no_search_is_too_odd(browser, sara, typed):
    assert ask(browser, q=typed).status_code == 200
