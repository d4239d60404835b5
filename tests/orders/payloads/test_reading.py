"""The tolerant readers: what is absent, null or of another shape says nothing and breaks nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.shopify.payloads import reading
from orders.shopify.payloads.money import MoneySet, cents, currency

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("written", "hundredths"),
    [
        ("84.60", 8460),
        ("08.22", 822),
        (" 5 ", 500),
        (199, 19900),
        (195.66, 19566),
        ("0.005", 1),
        ("-5.00", -500),
        ("1e2", 10000),
        (Decimal("3.10"), 310),
        (None, None),
        ("", None),
        ("abc", None),
        ("NaN", None),
        ("Infinity", None),
        (True, None),
        ([], None),
        ({"amount": "1.00"}, None),
        ("9" * 40, None),
    ],
)
def test_an_amount_is_read_from_a_text_a_number_or_nothing(written, hundredths):
    assert cents(written) == hundredths


def test_no_currency_is_no_currency():
    assert [currency(code) for code in ("eur", "XXX", "", None, "EURO", 978)] == [
        "EUR", "", "", "", "", "",
    ]  # fmt: skip


def test_a_set_is_read_in_both_spellings():
    rest = MoneySet.of(
        {
            "shop_money": {"amount": "10.00", "currency_code": "EUR"},
            "presentment_money": {"amount": "9.5", "currency_code": "CHF"},
        }
    )
    graphql = MoneySet.of(
        {
            "shopMoney": {"amount": "10.0", "currencyCode": "EUR"},
            "presentmentMoney": {"amount": "9.5", "currencyCode": "CHF"},
        }
    )

    assert rest == graphql
    assert rest.presentment is not None
    assert (rest.presentment.cents, rest.presentment.currency) == (950, "CHF")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-12-01T12:00:00+01:00", datetime(2026, 12, 1, 11, tzinfo=UTC)),
        ("2026-12-01T11:00:00.250Z", datetime(2026, 12, 1, 11, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-12-01T11:00:00", datetime(2026, 12, 1, 11, tzinfo=UTC)),
        # Captured from a shop: the offset lost its sign.
        ("2024-09-16T03:50:1500:00", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("", None),
        (None, None),
        (1_700_000_000, None),
    ],
)
def test_a_moment_is_aware_and_in_utc(written, read):
    assert reading.moment(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (820982911946154508, 820982911946154508),
        ("820982911946154508", 820982911946154508),
        ("gid://shopify/Order/820982911946154508", 820982911946154508),
        (5.0, 5),
        (5.5, None),
        (0, None),
        (-1, None),
        (2**63, None),
        (float("inf"), None),
        (True, None),
        ("12a", None),
        ("٣", None),
        (None, None),
    ],
)
def test_an_id_has_64_bits_and_comes_as_number_text_or_global_name(written, read):
    assert reading.identifier(written) == read


def test_the_global_name_is_the_truth_where_the_number_was_rounded():
    body = {
        "id": 820982911946154500,
        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    }

    assert reading.own_id(body) == 820982911946154508


def test_tags_come_as_one_text_or_as_a_list():
    assert reading.tags(" COD, vip ,,COD ") == ("COD", "vip")
    assert reading.tags(["COD", " vip ", "", None, 3]) == ("COD", "vip", "3")
    assert reading.tags(None) == ()


def test_pairs_come_as_a_list_or_as_an_object():
    listed = [
        {"name": "whatsapp", "value": "si"},
        {"name": "", "value": "x"},
        {"name": "n", "value": None},
    ]

    assert reading.pairs(listed) == {"whatsapp": "si", "n": ""}
    assert reading.pairs({"whatsapp": "si", "nested": {"a": 1}}) == {"whatsapp": "si", "nested": ""}
    assert reading.pairs("whatsapp") == {}


def test_what_the_database_cannot_keep_is_left_out_of_texts():
    assert reading.text(" Via\x00 Roma \ud83d1 ") == "Via Roma 1"
    assert reading.text(20100) == "20100"
    nothings: tuple[object, ...] = (None, True, [], {})
    assert [reading.text(nothing) for nothing in nothings] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("locale", "code"), [("it-IT", "it"), ("IT", "it"), ("pt_BR", "pt"), ("", ""), ("x1", "")]
)
def test_a_locale_is_its_language(locale, code):
    assert reading.language(locale) == code


# What each promises, whatever it is given.
KINDS: dict[Callable[[object], object], tuple[type, ...]] = {
    reading.text: (str,),
    reading.texts: (tuple,),
    reading.tags: (tuple,),
    reading.pairs: (dict,),
    reading.whole: (int,),
    reading.flag: (bool,),
    reading.identifier: (int, type(None)),
    reading.moment: (datetime, type(None)),
    reading.language: (str,),
    reading.objects: (list,),
    cents: (int, type(None)),
    currency: (str,),
    MoneySet.of: (MoneySet, type(None)),
}


@given(JSON)
def test_every_reader_keeps_its_kind_whatever_it_is_given(value):
    assert [
        read.__name__ for read, kinds in KINDS.items() if not isinstance(read(value), kinds)
    ] == []
