"""Merge, another number and a consent in two steps in a real browser: accessible, and no sideways scrolling."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.double_opt_in import ask_consent, token_of
from audiences.identity import whatsapp_phone
from audiences.merging import merge_contacts
from audiences.models import Contact
from audiences.phone_change import change_phone
from config.roles import MARKETER
from tests.campaigns.test_browser import chromium, open_as, overflow, pytestmark, violations
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.orders import make_order
from tests.factories.people import make_member

__all__ = ["chromium", "open_as", "pytestmark"]


@pytest.fixture
def people() -> dict[str, Contact]:
    now = timezone.now()
    ago = now - timedelta(days=40)
    known = {
        "ada": make_contact(first_name="Ada", last_name="Bianchi", email="ada@example.it", tags=["vip", "cane"], attributes={"pet_name": "Argo"}, marketing_consent_at=ago),
        "adalgisa": make_contact(first_name="Adalgisa", last_name="Bianchi", email="adalgisa.bianchi@example.it", province="MI", tags=["gatto"], marketing_consent="withdrawn", marketing_consent_at=now - timedelta(days=2)),
        "ugo": make_contact(first_name="Ugo", last_name="Neri", marketing_consent="unknown"),
    }  # fmt: skip
    make_order(contact=known["adalgisa"], name="#1042")
    make_message(contact=known["adalgisa"], campaign=make_campaign(status="sending"))
    double = make_contact(first_name="Ugo", last_name="Neri")
    merge_contacts(survivor=known["ugo"], merged=double, why="stesso indirizzo", by=None, now=now)
    change_phone(
        contact=known["ugo"],
        phone=whatsapp_phone("+393479999999"),
        why="ha chiamato il 12",
        by=None,
        now=now,
    )
    return known


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_about_who_a_person_is_are_accessible_and_fit(open_as, people, width, scheme):
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    ada, adalgisa, ugo = (people[name] for name in ("ada", "adalgisa", "ugo"))
    request = ask_consent(
        contact=ugo,
        purpose="whatsapp_marketing",
        source="modulo in negozio",
        evidence="casella 3",
        by=None,
        now=timezone.now(),
    )

    for path in (
        f"/admin/audiences/contact/{ada.pk}/merge/{adalgisa.pk}/",
        f"/admin/audiences/contact/{ada.pk}/merge/",
        f"/admin/audiences/contact/{ada.pk}/phone/",
        f"/admin/audiences/contact/{ada.pk}/ask/",
        f"/admin/audiences/contact/{ugo.pk}/change/",
        f"/admin/audiences/contact/{ugo.doubles.get().pk}/change/",
        f"/consent/{token_of(request)}/",
    ):
        page = open_as(make_member(MARKETER), path, **seen)

        if folder := os.environ.get("SHOTS"):
            name = path.strip("/").replace("/", "_")[:60]
            page.screenshot(path=f"{folder}/person_{scheme}_{name}.png", full_page=True)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
        assert page.complaints == [], path


def test_two_contacts_are_merged_by_hand(open_as, people):
    ada = people["ada"]
    page = open_as(make_member(MARKETER), f"/admin/audiences/contact/{ada.pk}/change/")

    page.get_by_role("link", name="Unisci con un altro contatto").click()
    page.get_by_label("Telefono, nome o email").fill("adalgisa")
    page.get_by_role("button", name="Cerca").click()
    page.get_by_role("link", name="Adalgisa Bianchi").click()
    page.get_by_role("radio", name="Adalgisa", exact=True).check()
    page.get_by_label("Perché sono la stessa persona?").fill("stesso indirizzo")
    page.get_by_role("button", name="Unisci definitivamente").click()

    page.wait_for_url(f"**/contact/{ada.pk}/change/")
    assert "Unito: una persona, un contatto." in page.content()
    ada.refresh_from_db()
    assert (ada.first_name, ada.marketing_consent) == ("Adalgisa", "withdrawn")
    assert page.complaints == []
