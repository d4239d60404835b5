"""Phones as people and spreadsheets write them."""

import re
from zoneinfo import available_timezones

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        ("tel:+39-347-1234567", "+393471234567"),
        ("347\u00a0123\u00a04567", "+393471234567"),
        ("\u202a+39 347 1234567\u202c", "+393471234567"),
        ("(347) 1234567", "+393471234567"),
        ("+39 331 123456", "+39331123456"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+49 151 23456789", "+4915123456789"),
        ("+40 721 234 567", "+40721234567"),
        ("+378 66 661212", "+37866661212"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_mobile_is_kept_in_one_form(text: str, e164: str) -> None:
    phone = whatsapp_phone(text)

    assert (phone.e164, phone.can_receive_whatsapp) == (e164, True)


@pytest.mark.parametrize(
    "text",
    [
        "02 1234 5678",
        "+39 06 6982",
        "+390212345678",
        "800 123456",
        "899 123456",
        "199 123456",
        "178 1234567",
        "+44 20 7946 0958",
        "+33 1 42 68 53 00",
        "+41 44 668 18 00",
    ],
)
def test_a_landline_is_refused_as_a_landline(text: str) -> None:
    assert normalise_phone(text).kind is PhoneKind.LANDLINE
    with pytest.raises(PhoneRefused, match=r"telefono fisso|landline"):
        whatsapp_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "12",
        "347",
        "+39 347 12",
        "3,47E+09",
        "347123456789012",
        "34712345678",
        "347-CASA-12",
        "347 1234567 casa",
        "+39 39 347 1234567",
        "347 1234567 / 02 1234567",
        "02 12345678 ext 5",
        "+39",
    ],
)
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
        ("+34612345678", "ES", "Europe/Madrid"),
        ("+212612345678", "MA", "Africa/Casablanca"),
        ("+79123456789", "RU", "Europe/Moscow"),
        ("+14155552671", "US", "America/Los_Angeles"),
        ("+12684641234", "AG", "America/Puerto_Rico"),
        ("+18762101234", "JM", "America/Jamaica"),
    ],
)
def test_the_prefix_tells_country_and_time_zone(text: str, country: str, zone: str) -> None:
    phone = normalise_phone(text)

    assert (phone.country, phone.zone) == (country, zone)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_whatever_is_written_is_a_phone_in_one_form_or_none(text: str) -> None:
    phone = normalise_phone(text)

    assert (phone.e164 == "") == (phone.kind is PhoneKind.INVALID)
    if phone.e164:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone.e164)
        assert normalise_phone(phone.e164) == phone


def test_of_every_country_a_mobile_is_taken_and_has_a_zone_that_exists() -> None:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if number is None:
            continue
        phone = normalise_phone(
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        )
        assert phone.can_receive_whatsapp, region
        assert phone.zone in available_timezones(), region
