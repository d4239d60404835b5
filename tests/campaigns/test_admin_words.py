"""The words on the pages of messages, of the account and of a campaign's progress."""

import pytest
from django.test import Client
from django.utils.translation import override

from campaigns.admin.account import number_state
from campaigns.models import Campaign
from campaigns.reasons import sentence
from config.roles import ADMIN
from tests.factories.campaigns import make_account, make_campaign, make_message
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client(headers={"accept-language": "it"})
    client.force_login(make_member(ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_message_is_told_in_the_readers_words(client):
    message = make_message(campaign=make_campaign(), status="delivered")

    page = client.get(f"/admin/campaigns/outboundmessage/{message.pk}/change/").content.decode()

    assert "Valori delle variabili" in page
    assert "Consegnato" in page
    assert "(&#x27;delivered&#x27;" not in page


def test_nobody_failed_is_no_alarm(client):
    campaign = make_campaign(status=Campaign.Status.SENDING)
    make_message(campaign=campaign, status="sent")

    page = client.get(f"/admin/campaigns/campaign/{campaign.pk}/progress/").content.decode()

    assert "cp-tile--failed cp-tile--none" in page
    assert "cp-tile--sent cp-tile--none" not in page


def test_the_state_of_the_number_is_told_in_words_and_an_unknown_one_as_it_came(client):
    make_account(phone_status="Connected")

    page = client.get("/admin/campaigns/spokiaccount/", follow=True).content.decode()

    assert "Collegato" in page
    assert [number_state(word) for word in ("HOVERING", "")] == ["HOVERING", "—"]


def test_figures_are_written_as_the_reader_writes_them():
    with override("it"):
        said = [sentence("even_pace", per_minute=each) for each in (56.1, 60.0)]

    assert said == ["Ritmo regolare: 56,1 al minuto.", "Ritmo regolare: 60 al minuto."]
