"""Which orders are paid at the door."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.cod.decision import CodDecision, decide, same_name, sounds_like_cod
from tests.conftest import NOW


@dataclass(frozen=True)
class Seen:
    """What Shopify says of a COD order of today that nobody has paid."""

    gateway_names: tuple[str, ...] = ("Cash on Delivery (COD)",)
    financial_status: str = "pending"
    fulfillment_status: str = ""
    outstanding_cents: int = 6490
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    shipping_titles: tuple[str, ...] = ("Standard",)
    source_name: str = "web"
    is_test: bool = False
    needs_shipping: bool = True
    cancelled_at: datetime | None = None


COD = Seen()
UNNAMED = Seen(gateway_names=(), source_name="shopify_draft_order")


def decided(seen, *, gateways=(), accepts_unnamed=False, cod_tag="COD"):
    return decide(seen, gateways=gateways, accepts_unnamed=accepts_unnamed, cod_tag=cod_tag)


SPELLINGS = [
    "Cash on Delivery (COD)",
    "cash_on_delivery",
    "CASH ON DELIVERY",
    "COD",
    "C.O.D.",
    "Contrassegno",
    "contrassegno (+4 €)",
    "Contr'assegno",
    "Contro assegno",
    "Pagamento alla consegna",
    "Pagamento  alla\u00a0consegna COD",
    "Pagamento in contrassegno COD",
    "Payment on delivery",
    "Pay on delivery",
    "Collect on delivery",
]
OTHERS = [
    "shopify_payments",
    "paypal",
    "Bonifico bancario",
    "Bonifico (no contrassegno)",
    "Bank Deposit",
    "bank transfer",
    "Money Order",
    "Assegno",
    "Codice regalo",
    "Barcode",
    "Tabcode pay",
    "Ritiro in negozio",
    "Klarna",
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_usual_spelling_of_cash_on_delivery_is_recognised(name):
    assert decided(replace(COD, gateway_names=(name,))) == CodDecision(True, "keyword")


@pytest.mark.parametrize("name", OTHERS)
def test_another_payment_is_not_cash_on_delivery(name):
    assert decided(replace(COD, gateway_names=(name,))) == CodDecision(False, "other_payment")


def test_the_shops_own_list_decides_whatever_the_name_sounds_like():
    listed = ["Bonifico al corriere"]

    own = decided(replace(COD, gateway_names=("  BONIFICO al  corriere ",)), gateways=listed)
    usual = decided(replace(COD, gateway_names=("Contrassegno",)), gateways=listed)

    assert own == CodDecision(True, "gateway")
    assert usual == CodDecision(False, "other_payment")


def test_an_accent_written_either_way_is_the_same_name():
    assert same_name("Pagamento a metà") == same_name("pagamento a meta\u0300")


def test_a_list_of_blank_names_is_no_list():
    assert decided(COD, gateways=["", "  "]) == CodDecision(True, "keyword")


def test_with_a_gift_card_what_is_left_is_paid_at_the_door():
    seen = replace(
        COD,
        gateway_names=("gift_card", "Contrassegno"),
        financial_status="partially_paid",
        outstanding_cents=1490,
    )

    assert decided(seen).is_cod


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_test": True}, "test"),
        ({"needs_shipping": False}, "nothing_to_ship"),
        ({"cancelled_at": NOW}, "cancelled"),
        ({"outstanding_cents": 0, "financial_status": "paid"}, "paid"),
        ({"financial_status": "paid"}, "paid"),
        ({"financial_status": "authorized"}, "paid"),
        ({"outstanding_cents": 0}, "paid"),
    ],
)
def test_where_nothing_is_left_to_collect_it_is_not_cash_on_delivery(changes, rule):
    assert decided(replace(COD, **changes)) == CodDecision(False, rule)


@pytest.mark.parametrize("changes", [{"financial_status": ""}, {"source_name": ""}])
def test_what_an_older_body_leaves_out_does_not_matter(changes):
    assert decided(replace(COD, **changes)).is_cod


@pytest.mark.parametrize(
    "changes",
    [
        {"financial_status": "paid", "outstanding_cents": 0},
        {"financial_status": "voided", "outstanding_cents": 0, "cancelled_at": NOW},
    ],
)
def test_an_order_first_seen_after_its_parcel_left_was_cash_on_delivery_all_the_same(changes):
    seen = replace(COD, fulfillment_status="fulfilled", **changes)

    assert decided(seen) == CodDecision(True, "keyword")


@pytest.mark.parametrize("names", [(), ("",), ("manual",), ("Manual", " ")])
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"tags": ("VIP", "cod")}, "tag"),
        ({"tags": ("Contrassegno",)}, "tag"),
        ({"attributes": {"Pagamento": "Contrassegno"}}, "attribute"),
        ({"attributes": {"cash_on_delivery": "true"}}, "attribute"),
        ({"shipping_titles": ("Contrassegno Standard (+4 EUR)",)}, "shipping_title"),
    ],
)
def test_without_a_payment_name_something_else_must_say_so(names, changes, rule):
    seen = replace(UNNAMED, gateway_names=names, **changes)

    assert decided(seen) == CodDecision(True, rule)


def test_without_a_payment_name_and_without_a_sign_it_is_not():
    assert decided(UNNAMED) == CodDecision(False, "other_payment")


def test_a_denied_attribute_is_no_sign():
    assert not decided(replace(UNNAMED, attributes={"COD": "false"})).is_cod


def test_the_shop_may_opt_in_for_unpaid_drafts_and_orders_of_apps():
    assert decided(UNNAMED, accepts_unnamed=True) == CodDecision(True, "unnamed")
    assert decided(replace(UNNAMED, source_name="1354745"), accepts_unnamed=True).is_cod


@pytest.mark.parametrize("source", ["web", "pos"])
def test_the_opt_in_does_not_reach_the_checkout_nor_the_till(source):
    seen = replace(UNNAMED, source_name=source)

    assert not decided(seen, accepts_unnamed=True).is_cod


def test_at_the_till_nothing_without_a_name_is_cash_on_delivery():
    assert not decided(replace(UNNAMED, source_name="pos", tags=("COD",))).is_cod


def test_the_shops_own_tag_is_a_sign_only_where_it_has_one():
    seen = replace(UNNAMED, tags=("da-incassare", ""))

    assert decided(seen, cod_tag="Da-Incassare") == CodDecision(True, "tag")
    assert not decided(seen, cod_tag="").is_cod


ANY_TEXT = st.text(max_size=40)
ANY_ORDER = st.builds(
    Seen,
    gateway_names=st.lists(st.sampled_from([*SPELLINGS, *OTHERS, "", "manual"]) | ANY_TEXT).map(tuple),
    financial_status=st.sampled_from(["", "pending", "paid", "partially_paid", "voided", "refunded"]),
    fulfillment_status=st.sampled_from(["", "fulfilled", "partial", "restocked"]),
    outstanding_cents=st.integers(0, 10**9),
    tags=st.lists(ANY_TEXT).map(tuple),
    attributes=st.dictionaries(ANY_TEXT, ANY_TEXT),
    shipping_titles=st.lists(ANY_TEXT).map(tuple),
    source_name=st.sampled_from(["", "web", "pos", "shopify_draft_order", "1354745"]),
    is_test=st.booleans(),
    needs_shipping=st.booleans(),
    cancelled_at=st.none() | st.just(NOW),
)  # fmt: skip


@given(ANY_ORDER, st.lists(ANY_TEXT), st.booleans(), ANY_TEXT)
def test_an_unshipped_order_is_asked_about_only_where_there_is_something_to_collect(
    seen, gateways, accepts_unnamed, cod_tag
):
    decision = decided(seen, gateways=gateways, accepts_unnamed=accepts_unnamed, cod_tag=cod_tag)

    assert 0 < len(decision.rule) <= 30
    if decision.is_cod:
        assert seen.needs_shipping
        assert not seen.is_test
        assert seen.fulfillment_status or (
            seen.outstanding_cents > 0
            and seen.cancelled_at is None
            and seen.financial_status in {"", "pending", "partially_paid"}
        )


@given(ANY_ORDER, ANY_TEXT.filter(lambda name: same_name(name) not in {"", "manual"}))
def test_with_a_list_and_a_named_payment_only_the_list_counts(seen, name):
    named = replace(seen, gateway_names=(name,))

    assert not decided(named, gateways=["Alla porta di casa mia, in monete"]).is_cod


@given(
    st.sampled_from(SPELLINGS),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["", " ", "\u00a0", "\t"]),
)
def test_case_and_blanks_do_not_matter(name, case, blank):
    assert sounds_like_cod(blank + case(name) + blank)
