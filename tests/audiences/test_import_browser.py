"""A marketer imports a file in a real browser: accessible at every step, and no sideways scrolling."""

import pytest

from audiences import tasks
from audiences.models import ContactImport
from config.roles import MARKETER
from tests.audiences.importing_steps import many, started, work
from tests.campaigns.test_browser import chromium, open_as, overflow, pytestmark, violations
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.people import make_member

__all__ = ["chromium", "open_as", "pytestmark"]

SHEET = (
    "Recapito WhatsApp del cliente;Nome;Cane;Peso;Ok marketing\n"
    "347 1234567;Ada;Argo;4,5;sì\n"
    "3,47E+09;Eva;Fido;3;sì\n"
    "3331112223;Lia;Rex;12,25;no\n"
)
PROOF = {
    "Da dove arrivano i consensi": "fiera Milano",
    "In che giorno sono stati dati": "2026-10-03",
    "Il testo accettato": "Moduli 1-400 in archivio",
    "Chi li ha raccolti": "Eva Bianchi",
}


def look_at(page):
    assert violations(page) == [], page.url
    assert overflow(page) <= 0, page.url
    assert page.complaints == [], page.url


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_file_goes_from_its_columns_to_its_result(open_as, monkeypatch, width, scheme):
    monkeypatch.setattr(tasks.import_contacts, "apply_async", lambda **_: None)
    make_contact(phone="+393331112223", first_name="Lea")
    page = open_as(
        make_member(MARKETER),
        "/admin/audiences/contact/import/",
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
    )
    look_at(page)

    sheet = {"name": "clienti.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="Guarda il file").click()
    page.get_by_text("Che cosa significa ogni colonna?").wait_for()
    look_at(page)
    page.get_by_label("Significato di “Recapito WhatsApp del cliente”", exact=True).select_option(
        "phone"
    )
    page.get_by_label("Significato di “Cane”", exact=True).select_option("attribute")
    page.get_by_label("Significato di “Peso”", exact=True).select_option("number")
    page.get_by_label("Significato di “Ok marketing”", exact=True).select_option("consent")
    page.get_by_role("button", name="Guarda che cosa succederebbe").click()
    page.get_by_text("ha tagliato le ultime cifre").wait_for()
    look_at(page)
    page.get_by_label("Per le righe con sì nella colonna del consenso; la prova è questa:").check()
    page.get_by_role("button", name="Importa 2 righe").click()
    page.get_by_text("Serve per registrare un consenso.").first.wait_for()
    assert page.get_by_text("Serve per registrare un consenso.").count() == 4
    look_at(page)
    for label, text in PROOF.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Importa 2 righe").click()
    page.get_by_text("Importazione in corso").wait_for()
    look_at(page)

    work(ContactImport.objects.get())

    page.get_by_text("Importazione finita").wait_for()
    page.get_by_text("Riga 3").wait_for()
    look_at(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_stopped_import_is_accessible_and_fits(open_as, width, scheme):
    seen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    contact_import = started(many(1500))
    work(contact_import, ends_at=NOW)
    ContactImport.objects.update(status="stopped")

    address = f"/admin/audiences/contactimport/{contact_import.pk}/change/"
    page = open_as(make_member(MARKETER), address, **seen)

    look_at(page)
    assert page.get_by_role("heading", name="Fermata: quanto importato resta").is_visible()
