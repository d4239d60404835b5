"""Rule trees: what they mean, how they read, and what breaks them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences import segments
from audiences.conditions.contact import attributes_in_use, tags_in_use
from audiences.models import Contact, Segment, SegmentVersion
from tests.conftest import NOW
from tests.factories.audiences import make_contact, rules_of

pytestmark = pytest.mark.django_db

# Each rule with what it means, said once more in Python.
MEANINGS: list[tuple[list[Any], Callable[[Contact], bool]]] = [
    (["contact.language", "is", "it"], lambda c: c.language == "it"),
    (["contact.language", "is_not", "it"], lambda c: c.language != "it"),
    (["contact.province", "is", "MI"], lambda c: c.province == "MI"),
    (["contact.province", "one_of", ["MI", "TO"]], lambda c: c.province in {"MI", "TO"}),
    (["contact.timezone", "is", "Europe/Rome"], lambda c: c.timezone == "Europe/Rome"),
    (["contact.tag", "has", "vip"], lambda c: "vip" in c.tags),
    (["contact.tag", "has_not", "vip"], lambda c: "vip" not in c.tags),
    (
        ["contact.attribute", "is", {"name": "pet", "value": "cane"}],
        lambda c: c.attributes.get("pet") == "cane",
    ),
    (
        ["contact.attribute", "is_not", {"name": "pet", "value": "cane"}],
        lambda c: c.attributes.get("pet") != "cane",
    ),
    (["contact.attribute", "has", "pet"], lambda c: "pet" in c.attributes),
    (["contact.attribute", "has_not", "pet"], lambda c: "pet" not in c.attributes),
    (["contact.opted_in_within_days", "is", 30], lambda c: c.marketing_consent == "given"),
    (["contact.consent_age_days", "at_most", 9], lambda c: c.marketing_consent == "given"),
    (["contact.consent_age_days", "at_least", 1], lambda c: False),
    (["contact.marketing_consent", "is_not", "given"], lambda c: c.marketing_consent != "given"),
    (["orders.orders_count", "at_least", 1], lambda c: False),
    (["orders.orders_count", "at_most", 0], lambda c: True),
    (["orders.total_spent", "at_most", "50"], lambda c: True),
    (["orders.no_order_within_days", "is", 90], lambda c: True),
    (["orders.cod_pending", "is", True], lambda c: False),
    (["orders.never_ordered", "is", True], lambda c: True),
    (["campaigns.received", "is", "any"], lambda c: False),
    (["campaigns.replied", "is_not", "any"], lambda c: True),
    (["campaigns.not_written_within_days", "is", 30], lambda c: True),
    (["orders.abandoned_checkout", "is_not", {"amount": 1, "hours": 9}], lambda c: True),
]
MODES = {
    "all": all,
    "any": any,
    "none": lambda answers: not any(answers),
}

trees = st.lists(
    st.tuples(
        st.sampled_from(sorted(MODES)),
        st.lists(st.sampled_from(range(len(MEANINGS))), min_size=1, max_size=4),
    ),
    max_size=3,
)


@pytest.fixture
def population() -> list[Contact]:
    return [
        make_contact(province="MI", tags=["vip"], attributes={"pet": "cane"}),
        make_contact(province="TO", tags=["vip", "b2b"], attributes={"pet": "gatto"}),
        make_contact(province="", attributes={"pet": None}, marketing_consent="unknown"),
        make_contact(language="en", timezone="Europe/London", attributes={"altro": "cane"}),
        make_contact(phone=None, province="MI", marketing_consent="withdrawn"),
        make_contact(language="en", tags=["VIP"], province="RM"),
    ]


@given(tree=trees)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_tree_means_exactly_what_it_says(
    population: list[Contact], tree: list[tuple[str, list[int]]]
) -> None:
    rules = {
        "v": 1,
        "groups": [
            {"mode": mode, "rules": [MEANINGS[index][0] for index in indexes]}
            for mode, indexes in tree
        ],
    }
    expected = {
        contact.pk
        for contact in population
        if tree
        and all(
            MODES[mode]([MEANINGS[index][1](contact) for index in indexes])
            for mode, indexes in tree
        )
    }

    chosen = segments.members(segments.canonical(rules), now=NOW)

    assert set(chosen.values_list("pk", flat=True)) == expected
    assert len(chosen) == len(expected)


json_noise = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    noise=json_noise,
    key=st.sampled_from([rule[0] for rule, _meaning in MEANINGS]),
    op=st.sampled_from(["is", "is_not", "has", "has_not", "one_of", "at_least", "at_most", ""]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_is_either_read_or_refused_in_words(
    population: list[Contact], noise: Any, key: str, op: str
) -> None:
    rules = rules_of([key, op, noise])

    if segments.problems_of(rules):
        with pytest.raises(segments.BrokenSegment):
            segments.members(rules, now=NOW)
    else:
        tree = segments.canonical(rules)
        assert segments.canonical(tree) == tree
        assert segments.members(tree, now=NOW).count() <= len(population)


@given(noise=json_noise)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_json_is_either_nobody_or_refused_in_words(noise: Any) -> None:
    for rules in (noise, {"v": 1, "groups": noise}, {"v": 1, "groups": [noise]}):
        assert segments.problems_of(rules) or rules["groups"] == []


@pytest.mark.parametrize(
    ("written", "who"),
    [
        ("12,5", {"system", "sheet"}),
        ("12.5", {"system", "sheet"}),
        ("3", {"cat"}),
        ("3,0", {"cat"}),
        ("sì", {"known", "told"}),
        ("true", {"known", "told"}),
        ("no", {"not"}),
    ],
)
def test_an_attribute_is_found_as_a_sheet_or_a_system_wrote_it(written: str, who: set[str]) -> None:
    values = {"system": 12.5, "sheet": "12,5", "cat": 3, "known": True, "told": "sì", "not": False}
    for name, value in values.items():
        make_contact(first_name=name, attributes={"x": value})

    rule = ["contact.attribute", "is", {"name": "x", "value": written}]

    found = segments.members(rules_of(rule), now=NOW)
    assert set(found.values_list("first_name", flat=True)) == who


def test_no_conditions_means_nobody(population: list[Contact]) -> None:
    assert segments.members({"v": 1, "groups": []}, now=NOW).count() == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (40, "40.00"),
        ("40.5", "40.50"),
        ("40,50 €", "40.50"),
        ("€ 1000", "1000.00"),
        ("1.000", "1000.00"),
        ("1.000,5", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1.000.000", "1000000.00"),
    ],
)
def test_an_amount_is_read_as_it_is_written_in_italy(written: object, meant: str) -> None:
    tree = segments.canonical(rules_of(["orders.total_spent", "at_least", written]))

    assert tree == rules_of(["orders.total_spent", "at_least", meant])


def test_a_province_is_meant_by_its_name_as_by_its_code() -> None:
    named = rules_of(["contact.province", "is", "milano"])
    listed = rules_of(["contact.province", "one_of", "Milano, to, Reggio nell'Emilia"])

    assert segments.canonical(named) == rules_of(["contact.province", "is", "MI"])
    assert segments.canonical(listed) == rules_of(
        ["contact.province", "one_of", ["MI", "TO", "RE"]]
    )


def test_three_digits_after_a_dot_are_thousands_of_days_too() -> None:
    tree = segments.canonical(rules_of(["orders.last_order_days_ago", "at_least", "1.000"]))

    assert tree == rules_of(["orders.last_order_days_ago", "at_least", 1000])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, "“v”: 1"),
        ({"v": 2, "groups": []}, "“v”: 1"),
        ({"v": 1, "groups": [], "limit": 5}, "limit"),
        ({"v": 1, "groups": [{"mode": "all", "rules": []}]}, "Gruppo 1"),
        (
            {"v": 1, "groups": [{"mode": "some", "rules": [["contact.tag", "has", "vip"]]}]},
            "Gruppo 1",
        ),
        (rules_of(["contact.moon_phase", "is", "full"]), "contact.moon_phase"),
        (rules_of(["contact.language", "at_least", "it"]), "at_least"),
        (rules_of(["contact.language", "is", "klingon"]), "Lingua"),
        (rules_of(["orders.orders_count", "at_least", "molti"]), "numero intero"),
        (rules_of(["orders.orders_count", "at_least", True]), "numero"),
        (rules_of(["orders.total_spent", "at_least", "40,505"]), "due decimali"),
        (rules_of(["orders.total_spent", "at_least", "1,000"]), "due decimali"),
        (rules_of(["orders.total_spent", "at_least", "0.500"]), "due decimali"),
        (rules_of(["orders.total_spent", "at_least", 40.505]), "due decimali"),
        (rules_of(["orders.total_spent", "at_least", "1.000,505"]), "due decimali"),
        (rules_of(["orders.total_spent", "at_least", "1,2,3"]), "in euro"),
        (rules_of(["orders.bought_tag_within_days", "is", {"tag": "umido"}]), "tag, days"),
        (rules_of(["contact.language", "is"]), "nome, operatore e valore"),
        (rules_of(["orders.cod_pending", "is", 1]), "true"),
        (rules_of(["contact.tag", "has", "mai visto"]), "mai visto"),
        (rules_of(["contact.attribute", "has_not", "mai visto"]), "mai visto"),
        (rules_of(["orders.bought_product_type_within_days", "is", {"type": "x", "days": 3}]), "x"),
    ],
)
def test_a_wrong_rule_breaks_the_segment_in_words(
    population: list[Contact], rules: dict[str, Any], said: str
) -> None:
    with translation.override("it"), pytest.raises(segments.BrokenSegment) as broken:
        segments.save_segment(name="Rotto", rules=rules, by=None)

    assert said in str(broken.value)
    assert Segment.objects.count() == 0


def test_every_wrong_rule_gets_its_own_sentence(population: list[Contact]) -> None:
    rules = rules_of(["contact.language", "is", "xx"], ["nonsense", "is", 1])

    assert len(segments.problems_of(rules)) == 2


def test_a_tag_that_vanishes_breaks_the_segment_and_never_widens_it(
    population: list[Contact],
) -> None:
    version = segments.save_segment(
        name="Non VIP", rules=rules_of(["contact.tag", "has", "vip"], mode="none"), by=None
    )
    Contact.objects.update(tags=[])

    with pytest.raises(segments.BrokenSegment, match="vip"):
        segments.members(version.rules, now=NOW)


def test_what_only_a_merged_double_still_has_has_vanished() -> None:
    survivor = make_contact(tags=[], attributes={})
    make_contact(merged_into=survivor, phone=None, tags=["vip"], attributes={"pet": "cane"})

    assert segments.problems_of(rules_of(["contact.tag", "has_not", "vip"]))
    assert segments.problems_of(rules_of(["contact.attribute", "has_not", "pet"]))
    assert (tags_in_use(), attributes_in_use()) == ([], [])


def test_the_tree_reads_as_a_sentence(population: list[Contact]) -> None:
    tree = {
        "v": 1,
        "groups": [
            {
                "mode": "all",
                "rules": [
                    ["contact.language", "is", "it"],
                    ["contact.province", "one_of", "mi, to"],
                    ["orders.total_spent", "at_least", "1250,5"],
                ],
            },
            {"mode": "none", "rules": [["contact.tag", "has", "vip"]]},
        ],
    }

    with translation.override("it"):
        sentence = segments.describe(tree)

    assert sentence == (
        "Lingua è italiano e Provincia è una di MI, TO e Spesa totale almeno 1.250,50 €;"
        " esclusi: Etichetta è “vip”."
    )


def test_the_same_rules_written_otherwise_make_no_new_version(population: list[Contact]) -> None:
    first = segments.save_segment(
        name="Grandi", rules=rules_of(["orders.total_spent", "at_least", 40]), by=None
    )

    again = segments.save_segment(
        name="Grandi",
        rules=rules_of(["orders.total_spent", "at_least", "40,00"]),
        by=None,
        segment=first.segment,
    )

    assert again == first


def test_other_rules_make_the_next_version_and_keep_the_old(population: list[Contact]) -> None:
    first = segments.save_segment(
        name="Lingua", rules=rules_of(["contact.language", "is", "it"]), by=None
    )

    english = rules_of(["contact.language", "is", "en"])
    second = segments.save_segment(name="Language", rules=english, by=None, segment=first.segment)

    assert (second.number, second.rules, second.segment.name) == (2, english, "Language")
    assert SegmentVersion.objects.get(number=1).rules == first.rules


@pytest.mark.parametrize(
    ("rule", "is_in"),
    [
        (["contact.consent_age_days", "at_least", 30], True),
        (["contact.consent_age_days", "at_least", 31], False),
        (["contact.consent_age_days", "at_most", 30], True),
        (["contact.consent_age_days", "at_most", 29], False),
    ],
)
def test_the_age_of_a_consent_counts_from_the_day_it_was_given(
    rule: list[Any], is_in: bool
) -> None:
    given_then = make_contact(marketing_consent_at=NOW - timedelta(days=30))
    make_contact(marketing_consent="withdrawn", marketing_consent_at=NOW - timedelta(days=30))

    found = segments.members(segments.canonical(rules_of(rule)), now=NOW)

    assert list(found) == ([given_then] if is_in else [])


@pytest.mark.parametrize(
    ("day", "is_in"),
    [("2026-10-01", True), ("01/10/2026", True), ("2026-10-02", False), ("2026-09-30", True)],
)
def test_a_day_begins_at_midnight_where_the_shop_is(day: str, is_in: bool) -> None:
    at_midnight = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    given_then = make_contact(marketing_consent_at=at_midnight)
    make_contact(marketing_consent="withdrawn", marketing_consent_at=NOW)

    tree = segments.canonical(rules_of(["contact.opted_in_since", "is", day]))

    assert list(segments.members(tree, now=NOW)) == ([given_then] if is_in else [])


@pytest.mark.parametrize("day", ["", "ieri", "31/02/2026", "2026-13-01", "0001-01-01", 20261001])
def test_a_day_that_is_none_is_refused(day: Any) -> None:
    with pytest.raises(segments.BrokenSegment, match=r"01/09/2026"):
        segments.canonical(rules_of(["contact.opted_in_since", "is", day]))


def test_a_day_reads_as_the_reader_writes_it() -> None:
    rules = rules_of(["contact.opted_in_since", "is", "2026-10-01"])

    with translation.override("it"):
        assert segments.describe(rules) == "Consenso al marketing dal 01/10/2026 in poi."
    with translation.override("en"):
        assert segments.describe(rules).startswith("Agreed to marketing on ")
