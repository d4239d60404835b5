"""The place on the card in which an agent answers."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiences.merging import merge_contacts
from audiences.models import ConsentState
from campaigns.models import ConversationWindow, OutboundMessage, SpokiAccount
from config.roles import AGENT, MARKETER
from conversations.models import Reply
from tests.conftest import NOW
from tests.conversations.card.steps import answered, card_of, client_of, wrote
from tests.factories.audiences import make_contact
from tests.factories.conversations import make_by_others
from tests.factories.orders import make_order
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
KEY = "11111111-1111-4111-8111-111111111111"
CLOSED = "Il testo libero ora non è possibile."


@pytest.fixture
def paw(sara):
    """A utility template with two variables, one of them known."""
    return make_version(
        template=make_template(name="aggiornamento"),
        category="utility",
        body="Ciao %%FIRST_NAME%%, %%COSA%%",
    )


def part(browser, contact, name="customer-reply", *args, **posted):
    """What the place becomes: drawn anew, or after what is posted into it."""
    address = card_of(contact, name)
    answer = browser.post(address, posted, headers={"HX-Request": "true"}) if posted else browser.get(address, headers={"HX-Request": "true"})  # fmt: skip
    assert answer.status_code == 200
    return answer


def html(answer):
    return answer.content.decode()


def say(browser, contact, text="Parte oggi!", **more):
    return part(browser, contact, text=text, **{"key": KEY} | more)


def send(browser, contact, version, **values):
    typed = {f"value-{name}": text for name, text in values.items()}
    return part(browser, contact, version=version.pk, key=KEY, **typed)


def typed_in(page):
    (found,) = re.findall(r'<textarea[^>]*id="cc-reply"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return found


def key_in(page):
    (found,) = re.findall(r'name="key" value="([^"]*)"', page)
    return UUID(found)


def test_the_card_has_the_box_while_the_window_is_open(browser, giulia):
    wrote(giulia)

    page = html(browser.get(card_of(giulia)))

    assert 'data-draft="reply"' in page
    assert "Le prime 1.000 risposte del mese sono gratuite, poi 0,0248 € (Italia, stima) l'una" in page.replace("&#x27;", "'")  # fmt: skip
    assert CLOSED not in page


def test_the_box_asks_no_more_than_the_price(browser, giulia, django_assert_max_num_queries):
    wrote(giulia)
    make_order(contact=giulia)

    with django_assert_max_num_queries(20):
        browser.get(card_of(giulia))


def test_a_text_is_sent_and_the_box_comes_back_empty_with_another_key(browser, giulia, sara):
    wrote(giulia)

    answer = say(browser, giulia, button=["Sì", "", ""])

    reply = Reply.objects.get()
    assert (reply.by, reply.key, reply.message.text) == (sara, UUID(KEY), "Parte oggi!")
    assert reply.message.params == {"buttons": ["Sì"]}
    assert answer["HX-Trigger"] == "card:look"
    page = html(answer)
    assert typed_in(page) == ""
    assert key_in(page) != UUID(KEY)
    assert "autofocus" in page


def test_a_second_click_sends_nothing_more(browser, giulia):
    wrote(giulia)

    say(browser, giulia)
    say(browser, giulia)

    assert OutboundMessage.objects.count() == 1


def test_what_is_refused_comes_back_with_its_words_and_its_key(browser, giulia):
    wrote(giulia)
    SpokiAccount.objects.update(paused_at=NOW, pause_code="credit_exhausted")

    answer = say(browser, giulia, "<b>Parte</b>", button=["Sì"])

    page = html(answer)
    assert typed_in(page) == "&lt;b&gt;Parte&lt;/b&gt;"
    assert key_in(page) == UUID(KEY)
    assert 'value="Sì"' in page
    assert "L&#x27;invio è fermo per tutti" in page
    assert "HX-Trigger" not in answer
    assert OutboundMessage.objects.count() == 0


def test_other_words_under_a_used_key_come_back_under_a_new_one(browser, giulia):
    wrote(giulia)
    say(browser, giulia)

    page = html(say(browser, giulia, "Parte domani!"))

    assert typed_in(page) == "Parte domani!"
    assert key_in(page) != UUID(KEY)
    assert OutboundMessage.objects.get().text == "Parte oggi!"


def test_where_the_window_closed_meanwhile_the_words_stay_and_templates_take_over(browser, giulia):
    wrote(giulia)
    ConversationWindow.objects.update(closes_at=NOW)

    page = html(say(browser, giulia))

    assert typed_in(page) == "Parte oggi!"
    assert "readonly" in page
    assert "si è chiusa nel frattempo" in page
    assert card_of(giulia, "customer-templates") in page
    assert OutboundMessage.objects.count() == 0


def test_outside_of_the_window_the_card_offers_templates_and_no_box(browser, giulia):
    page = html(browser.get(card_of(giulia)))

    assert CLOSED in page
    assert "non ci ha mai scritto" in page
    assert card_of(giulia, "customer-templates") in page
    assert "cc-reply-send" not in page


def test_templates_are_listed_with_their_words_price_and_what_is_missing(browser, giulia, paw):
    page = html(part(browser, giulia, "customer-templates"))

    for told in ("aggiornamento", "utility", "0,0248 € (Italia, stima)", "Ciao Giulia, %%COSA%%", "1 valore da scrivere"):  # fmt: skip
        assert told in page, told


def test_templates_are_found_by_name_and_by_words(browser, giulia, paw):
    address = card_of(giulia, "customer-templates")

    assert "aggiornamento" in html(browser.get(f"{address}?q=CIAO giulia", headers={"HX-Request": "true"}))  # fmt: skip
    nothing = html(browser.get(f"{address}?q=natale", headers={"HX-Request": "true"}))
    assert "aggiornamento" not in nothing
    assert "Nessun modello dice questo." in nothing


def test_where_offers_are_left_out_it_is_said_why(browser, giulia):
    giulia.marketing_consent = ConsentState.WITHDRAWN
    giulia.save()
    make_version(template=make_template(name="offerta"))

    page = html(part(browser, giulia, "customer-templates"))

    assert "offerta</strong>" not in page
    assert "Le offerte sono escluse." in page
    assert "Nessun modello si può inviare ora" in page


def test_what_speaks_against_offers_is_said_once_below_the_list_and_beside_the_one_chosen(
    browser, giulia, paw
):
    never = dict.fromkeys(("weekday", "saturday", "holiday_eve", "sunday", "holiday"))
    SpokiAccount.objects.update(marketing_hours=never)
    offer = make_version(template=make_template(name="offerta"))
    make_version(template=make_template(name="altra"))

    def chosen(version):
        address = reverse("customer-template", args=[giulia.pk, version.pk])
        return html(browser.get(address, headers={"HX-Request": "true"}))

    listed = html(part(browser, giulia, "customer-templates"))
    assert (listed.count("leggi sotto"), listed.count("cc-offer")) == (2, 1)
    assert ("cc-offer" in chosen(offer), "cc-offer" in chosen(paw)) == (True, False)


def test_where_messages_about_orders_are_not_wanted_it_is_said_why_none_is_offered(
    browser, giulia, paw
):
    giulia.orders_consent, giulia.orders_consent_at = ConsentState.WITHDRAWN, NOW
    giulia.save()

    page = html(part(browser, giulia, "customer-templates"))

    assert "aggiornamento" not in page
    assert "Aspetta che il cliente scriva, o telefona." in page


def test_a_template_shows_what_she_would_see_and_a_field_for_each_value(browser, giulia, paw):
    page = html(browser.get(f"{card_of(giulia, 'customer-templates')}{paw.pk}/", headers={"HX-Request": "true"}))  # fmt: skip

    assert 'name="value-FIRST_NAME" value="Giulia"' in page
    assert 'name="value-COSA" value=""' in page
    assert "da scrivere" in page
    assert "wa-value--missing" in page


def test_the_preview_follows_what_is_typed(browser, giulia, paw):
    answer = browser.post(f"{card_of(giulia, 'customer-templates')}{paw.pk}/", {"value-COSA": "<i>ecco</i>"}, headers={"HX-Request": "true"})  # fmt: skip

    assert "Giulia" in html(answer)
    assert "&lt;i&gt;ecco&lt;/i&gt;" in html(answer)
    assert OutboundMessage.objects.count() == 0


def test_a_template_is_sent_to_whoever_never_wrote(browser, giulia, paw, sara):
    answer = send(browser, giulia, paw, FIRST_NAME="Giulia", COSA="è partito")

    message = OutboundMessage.objects.get()
    assert (message.template_version, message.reply.by) == (paw, sara)
    assert message.params == {"FIRST_NAME": "Giulia", "COSA": "è partito"}
    assert answer["HX-Trigger"] == "card:look"


def test_a_template_without_a_value_comes_back_with_what_was_typed(browser, giulia, paw):
    page = html(send(browser, giulia, paw, FIRST_NAME="Giulietta", COSA=" "))

    assert 'name="value-FIRST_NAME" value="Giulietta"' in page
    assert "Manca ancora un valore: Cosa." in page
    assert key_in(page) == UUID(KEY)
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize("version", ["999999", "x", "", "9" * 30])
def test_a_template_that_is_not_there_is_not_found(browser, giulia, version):
    answer = browser.post(card_of(giulia, "customer-reply"), {"version": version})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"is_blocked": True}, "è bloccato"),
        ({"can_receive_whatsapp": False}, "non può ricevere WhatsApp"),
        ({"phone": None, "can_receive_whatsapp": False}, "non ha un telefono"),
    ],
)
def test_for_whoever_cannot_be_written_to_a_sentence_stands_in_place_of_the_box(browser, giulia, changes, told):  # fmt: skip
    type(giulia).objects.filter(pk=giulia.pk).update(**changes)

    page = html(part(browser, giulia))

    assert told in page
    assert "<textarea" not in page


def test_a_failed_answer_is_sent_again_from_its_bubble(browser, giulia, sara):
    wrote(giulia)
    failed = answered(giulia, sara, status="failed", reason="undeliverable")
    arrived = answered(giulia, sara)
    page = html(browser.get(card_of(giulia)))
    assert page.count("Invia di nuovo") == 1
    assert f'name="message" value="{failed.pk}"' in page
    assert f'name="message" value="{arrived.pk}"' not in page

    part(browser, giulia, "customer-reply-again", message=failed.pk)
    part(browser, giulia, "customer-reply-again", message=failed.pk)

    assert OutboundMessage.objects.filter(status="queued", text=failed.text).count() == 1


def test_what_an_operator_wrote_on_spoki_is_not_sent_again_from_here(browser, giulia):
    wrote(giulia)
    make_by_others(contact=giulia, status="failed", details={"author": "Marta"})

    page = html(browser.get(card_of(giulia)))

    assert "Marta" in page
    assert "Invia di nuovo" not in page


def test_what_may_have_arrived_is_warned_of_before_it_is_sent_again(browser, giulia, sara):
    wrote(giulia)
    unknown = answered(giulia, sara, status="unknown", reason="no_answer")

    page = html(part(browser, giulia, "customer-reply-again", message=unknown.pk))
    assert "Forse è già arrivato" in page
    assert OutboundMessage.objects.count() == 1

    part(browser, giulia, "customer-reply-again", message=unknown.pk, sure="yes")
    assert OutboundMessage.objects.count() == 2


def test_nobody_sends_again_what_was_written_to_somebody_else(browser, giulia, sara):
    wrote(giulia)
    failed = answered(make_contact(), sara, status="failed")

    for message in (failed.pk, "x", 10**30):
        answer = browser.post(card_of(giulia, "customer-reply-again"), {"message": message})
        assert answer.status_code == 404
    assert OutboundMessage.objects.count() == 1


def test_whoever_may_only_read_sees_no_box_and_sends_nothing(frozen, giulia, sara):
    reader = make_member(MARKETER)
    reader.user_permissions.set(Permission.objects.filter(codename="view_message"))
    failed = answered(giulia, sara, status="failed")
    browser = client_of(reader)
    wrote(giulia)

    page = html(browser.get(card_of(giulia)))

    assert "ma non rispondere" in page
    assert "Invia di nuovo" not in page
    for name in ("customer-reply", "customer-reply-again"):
        answer = browser.post(card_of(giulia, name), {"text": "Ciao", "message": failed.pk})
        assert answer.status_code == 403, name
    assert browser.get(card_of(giulia, "customer-templates")).status_code == 403
    assert OutboundMessage.objects.count() == 1


def test_a_session_that_ended_reloads_the_page(client, giulia):
    answer = client.post(card_of(giulia, "customer-reply"), {"text": "Ciao"}, headers={"HX-Request": "true"})  # fmt: skip

    assert answer["HX-Refresh"] == "true"
    assert OutboundMessage.objects.count() == 0


def test_the_place_of_a_merged_customer_leads_to_the_card_that_was_kept(browser, giulia, sara):
    kept = make_contact()
    merge_contacts(survivor=kept, merged=giulia, taken=[], why="doppio", by=sara, now=NOW)

    answer = browser.post(card_of(giulia, "customer-reply"), {"text": "Ciao", "key": str(uuid4())}, headers={"HX-Request": "true"})  # fmt: skip

    assert answer["HX-Redirect"] == card_of(kept)
    assert OutboundMessage.objects.count() == 0


def test_without_a_script_the_answer_leads_back_to_the_card(browser, giulia):
    wrote(giulia)

    answer = browser.post(card_of(giulia, "customer-reply"), {"text": "Ciao", "key": KEY})

    assert (answer.status_code, answer["Location"]) == (302, card_of(giulia))
    assert OutboundMessage.objects.count() == 1


def test_in_english_the_box_speaks_english(giulia, sara):
    wrote(giulia, at=NOW - timedelta(hours=1))
    browser = client_of(make_member(AGENT))

    browser.cookies["django_language"] = "en"
    page = html(browser.get(card_of(giulia)))

    assert "Write an answer… (Ctrl+Enter sends it)" in page
