import pytest
from django.conf import settings
from django.utils.translation import override

from audiences.consent import record_consent
from audiences.consent_words import source_in_words
from config.roles import ADMIN
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.people import make_member


@pytest.mark.parametrize(
    ("source", "italian", "english"),
    [
        ("checkout", "checkout del negozio", "checkout of the shop"),
        ("customer card", "scheda cliente", "customer card"),
        ("double opt-in: link", "confermato con un link", "confirmed by a link"),
        ("shopify: sms", "Shopify: consenso agli SMS", "Shopify: consent to SMS"),
        ("whatsapp", "WhatsApp", "WhatsApp"),
        ("whatsapp 131050", "WhatsApp (131050)", "WhatsApp (131050)"),
        ("whatsapp di Ada", "whatsapp di Ada", "whatsapp di Ada"),
        ("fiera Milano", "fiera Milano", "fiera Milano"),
    ],
)
def test_what_the_shop_writes_is_told_in_words_and_what_people_write_as_they_wrote_it(
    source, italian, english
):
    with override("it"):
        assert source_in_words(source) == italian
    with override("en"):
        assert source_in_words(source) == english


@pytest.mark.django_db
def test_the_ledger_of_a_contact_tells_the_source_in_words(client):
    contact = make_contact()
    record_consent(
        contact=contact, purpose="whatsapp_marketing", state="given", source="checkout",
        evidence="casella", at=NOW, now=NOW,
    )  # fmt: skip
    client.force_login(make_member(ADMIN))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "it"

    page = client.get(f"/admin/audiences/contact/{contact.pk}/change/").content.decode()

    assert "<td>checkout del negozio</td>" in page
    assert contact.consents.get().source == "checkout"
