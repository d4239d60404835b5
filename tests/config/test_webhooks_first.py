"""The short way to the addresses that other systems deliver to."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

HEADERS_OF_PAGES = {"Content-Security-Policy", "X-Frame-Options", "Set-Cookie", "Vary"}


@pytest.mark.parametrize("address", ["/webhooks/shopify/", "/webhooks/spoki/"])
def test_a_delivery_passes_none_of_what_serves_people(address):
    response = Client(enforce_csrf_checks=True).post(address, b"{}", "application/json")

    assert response.status_code == 401
    assert not HEADERS_OF_PAGES & set(response.headers)


def test_an_address_below_it_that_is_nobodys_is_not_found_in_few_words():
    response = Client().post("/webhooks/nobody/", b"{}", "application/json")

    assert (response.status_code, response.content) == (404, b"")


def test_pages_keep_all_of_it():
    assert "Content-Security-Policy" in Client().get("/admin/login/").headers
