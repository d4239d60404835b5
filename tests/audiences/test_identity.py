"""Phones as people and spreadsheets write them."""

import pytest

from audiences.identity import PhoneKind, PhoneRefused, normalise_phone, whatsapp_phone


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("347 123 4567", "+393471234567"),
        ("+39 347-123.4567", "+393471234567"),
        ("0039 3471234567", "+393471234567"),
        ("393471234567", "+393471234567"),
        ("'3471234567", "+393471234567"),
        ("+41 79 123 45 67", "+41791234567"),
        ("+44 7400 123456", "+447400123456"),
    ],
)
def test_a_mobile_is_kept_in_one_form(text: str, e164: str) -> None:
    phone = whatsapp_phone(text)

    assert (phone.e164, phone.can_receive_whatsapp) == (e164, True)


@pytest.mark.parametrize("text", ["02 1234 5678", "+39 06 6982", "+390212345678", "800 123456"])
def test_a_landline_is_refused_as_a_landline(text: str) -> None:
    assert normalise_phone(text).kind is PhoneKind.LANDLINE
    with pytest.raises(PhoneRefused, match=r"telefono fisso|landline"):
        whatsapp_phone(text)


@pytest.mark.parametrize("text", ["abc", "12", "347", "+39 347 12", "3,47E+09", "347123456789012"])
def test_what_is_no_phone_is_refused_with_what_was_written(text: str) -> None:
    assert normalise_phone(text).kind is PhoneKind.INVALID
    with pytest.raises(PhoneRefused) as refusal:
        whatsapp_phone(text)

    assert text in str(refusal.value)


def test_a_missing_phone_is_refused() -> None:
    with pytest.raises(PhoneRefused):
        whatsapp_phone("  ")


@pytest.mark.parametrize(
    ("text", "country", "zone"),
    [
        ("3471234567", "IT", "Europe/Rome"),
        ("+447400123456", "GB", "Europe/London"),
        ("+41791234567", "CH", "Europe/Zurich"),
    ],
)
def test_the_prefix_tells_country_and_time_zone(text: str, country: str, zone: str) -> None:
    phone = normalise_phone(text)

    assert (phone.country, phone.zone) == (country, zone)
