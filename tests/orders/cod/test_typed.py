"""Addresses as customers type them, and when the courier comes by."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.cod.pickups import pickup_after
from orders.cod.typed import guess, house_number, looks_like_address

OLD = {
    "name": "Giulia Esposito", "address1": "Via Toledo", "address2": "", "zip": "80134", "city": "Napoli",
    "province_code": "NA", "country_code": "IT",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Via Chiaia 8, 80121 Napoli (NA)", ("Via Chiaia 8", "80121", "Napoli", "NA")),
        ("via chiaia 8\n80121 Napoli NA", ("via chiaia 8", "80121", "Napoli", "NA")),
        (
            "Il nuovo è Piazza Dante 3/b, 20121 Milano MI",
            ("Piazza Dante 3/b", "20121", "Milano", "MI"),
        ),
        ("Via Po 5, 10124 Torino", ("Via Po 5", "10124", "Torino", "TO")),
        (
            "Via Mazzini 5, 20092 Cinisello Balsamo",
            ("Via Mazzini 5", "20092", "Cinisello Balsamo", ""),
        ),
        ("Via Mazzini 5, 80055 Portici", ("Via Mazzini 5", "80055", "Portici", "NA")),
        ("Corso Umberto 12, Portici", ("Corso Umberto 12", "80134", "Portici", "NA")),
        ("Corso Umberto 12", ("Corso Umberto 12", "80134", "Napoli", "NA")),
        ("civico 12/B", ("Via Toledo 12/B", "80134", "Napoli", "NA")),
        ("12", ("Via Toledo 12", "80134", "Napoli", "NA")),
    ],
)
def test_what_can_be_read_is_filled_in_and_the_rest_stays(text, read):
    found = guess(text, OLD)

    assert tuple(found[name] for name in ("address1", "zip", "city", "province_code")) == read
    assert found["name"] == "Giulia Esposito"


@pytest.mark.parametrize(
    ("text", "number"), [("12", "12"), ("n. 12", "12"), ("civico 12 b", "12b"), ("Il 7/A", "7/A")]
)
def test_a_short_text_may_be_a_house_number(text, number):
    assert house_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "ok", "quanto costa?", "12?", "arriva il giorno dodici", "3471234567"]
)
def test_anything_else_is_no_house_number(text):
    assert house_number(text) == ""


def test_a_street_with_a_number_looks_like_an_address():
    assert looks_like_address("Via Chiaia 8, Napoli")
    assert not looks_like_address("Via Chiaia")
    assert not looks_like_address("abito in via Chiaia 8, va bene?")
    assert not looks_like_address("alle 8 sono a casa")


@given(st.text())
def test_any_text_can_be_guessed_at(text):
    found = guess(text, OLD)

    assert set(OLD) <= set(found)
    assert all(len(value) <= 255 for value in found.values())


@pytest.mark.parametrize(
    ("at", "pickup"),
    [
        # Rome is an hour ahead in November.
        ("2026-11-23 09:30", "2026-11-23 15:00"),
        ("2026-11-23 15:00", "2026-11-24 15:00"),
        ("2026-11-27 16:00", "2026-11-30 15:00"),
        ("2026-12-07 18:00", "2026-12-09 15:00"),
        ("2026-12-24 18:00", "2026-12-28 15:00"),
        ("2027-07-01 09:00", "2027-07-01 14:00"),
    ],
)
def test_the_courier_comes_on_working_days_by_the_clock_of_the_shop(at, pickup):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert pickup_after(moment, time(16)) == datetime.fromisoformat(pickup).replace(tzinfo=UTC)
