"""The segment page: rows in, rule tree out."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from audiences import segment_usage, segments
from audiences.admin.builder import Builder
from audiences.admin.segments import free_name
from audiences.models import Contact, Segment
from tests.factories.audiences import ITALIANS, make_contact, make_segment, rules_of
from tests.factories.orders import make_checkout, make_order

pytestmark = pytest.mark.django_db

ADD = "/admin/audiences/segment/add/"
BUILDER = "/admin/audiences/segment/builder/"
PANEL = "/admin/audiences/segment/panel/"

ITALIAN_ROWS = {
    "name": "Italiani",
    "g1-mode": "all",
    "g1-r1-key": "contact.language",
    "g1-r1-op": "is",
    "g1-r1-value": "it",
}


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"giulia{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


@pytest.fixture
def marketer() -> Client:
    return browser("view_segment", "add_segment", "change_segment", "view_contact")


def page_of(segment: Segment) -> str:
    return f"/admin/audiences/segment/{segment.pk}/change/"


def test_the_rows_become_a_segment(marketer: Client) -> None:
    answer = marketer.post(ADD, ITALIAN_ROWS | {"_save": "1"})

    segment = Segment.objects.get()
    assert answer.status_code == 302
    assert (segment.name, segment.current.rules) == ("Italiani", ITALIANS)
    assert segment.current.created_by == User.objects.get()


def test_a_change_makes_a_new_version(marketer: Client) -> None:
    version = make_segment(name="Italiani")
    rows = ITALIAN_ROWS | {"g1-r1-value": "en", "seen": "1", "_save": "1"}

    marketer.post(page_of(version.segment), rows)

    assert version.segment.current.number == 2
    assert version.segment.current.rules == rules_of(["contact.language", "is", "en"])


def test_who_saved_meanwhile_is_not_overwritten(marketer: Client) -> None:
    version = make_segment(name="Italiani")
    english = rules_of(["contact.language", "is", "en"])
    segments.save_segment(name="Italiani", rules=english, by=None, segment=version.segment)

    rows = ITALIAN_ROWS | {"g1-r1-value": "de", "seen": "1", "_save": "1"}
    answer = marketer.post(page_of(version.segment), rows)

    assert "versione 2" in answer.content.decode()
    assert version.segment.current.rules == english


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Dai un nome"),
        ({"name": "x" * 151}, "150"),
        ({"name": "Doppio"}, "questo nome"),
        ({"g1-r1-value": "xx"}, "Scegli uno dei valori"),
        ({"g1-r1-key": "contact.gone"}, "non esiste"),
        ({"g1-mode": "some"}, "il modo"),
        ({"g1-r1-key": "contact.tag", "g1-r1-op": "has", "g1-r1-value": "mai visto"}, "mai visto"),
    ],
)
def test_a_mistake_is_shown_and_nothing_is_saved(
    marketer: Client, changes: dict[str, str], said: str
) -> None:
    make_segment(name="Doppio")

    answer = marketer.post(ADD, ITALIAN_ROWS | {"_save": "1"} | changes)

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert Segment.objects.count() == 1


def test_a_segment_without_conditions_is_not_saved(marketer: Client) -> None:
    answer = marketer.post(ADD, {"name": "Vuoto", "_save": "1"})

    assert "almeno una condizione" in answer.content.decode()
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        ("add-rule:1", ["g1-r1", "g1-r2"]),
        ("add-group", ["g1-r1", "g2-r1"]),
        ("remove-rule:1:1", []),
        ("remove-group:1", []),
        ("remove-group:9", ["g1-r1"]),
        ("add-rule:", ["g1-r1"]),
        ("x:y:z", ["g1-r1"]),
    ],
)
def test_a_button_adds_or_removes_a_row(marketer: Client, action: str, rows: list[str]) -> None:
    answer = marketer.post(BUILDER, ITALIAN_ROWS | {"do": action})

    page = answer.content.decode()
    assert [row for row in ("g1-r1", "g1-r2", "g2-r1") if f'name="{row}-key"' in page] == rows
    assert 'hx-swap-oob="true"' in page


def test_without_scripts_a_button_keeps_what_was_written(marketer: Client) -> None:
    answer = marketer.post(ADD, ITALIAN_ROWS | {"do": "add-rule:1"})

    page = answer.content.decode()
    assert 'value="Italiani"' in page
    assert 'name="g1-r2-key"' in page
    assert Segment.objects.count() == 0


def test_another_condition_brings_its_own_operators_and_inputs(marketer: Client) -> None:
    rows = ITALIAN_ROWS | {"g1-r1-key": "orders.abandoned_checkout"}

    page = marketer.post(BUILDER, rows).content.decode()

    assert 'name="g1-r1-amount"' in page
    assert 'name="g1-r1-hours"' in page


def test_the_panel_counts_who_can_be_reached_and_says_it_in_words(marketer: Client) -> None:
    make_contact(first_name="Adalgisa")
    make_contact(marketing_consent="unknown")
    make_contact(language="en", first_name="Ann")

    page = marketer.post(PANEL, ITALIAN_ROWS).content.decode()

    assert '<strong class="au-figure">1</strong>' in page
    assert "− 1 senza consenso" in page
    assert "Lingua è italiano." in page
    assert "Adalgisa" in page
    assert "Ann" not in page


def test_who_may_not_see_contacts_gets_figures_only() -> None:
    make_contact(first_name="Adalgisa")

    page = browser("add_segment").post(PANEL, ITALIAN_ROWS).content.decode()

    assert '<strong class="au-figure">1</strong>' in page
    assert "Adalgisa" not in page


def test_a_wrong_value_hides_the_count(marketer: Client) -> None:
    page = marketer.post(PANEL, ITALIAN_ROWS | {"g1-r1-value": ""}).content.decode()

    assert "Da completare" in page
    assert "au-figure" not in page


def test_a_segment_whose_tag_vanished_opens_and_shows_the_row_to_correct(marketer: Client) -> None:
    make_contact(tags=["vip"])
    version = segments.save_segment(
        name="VIP", rules=rules_of(["contact.tag", "has", "vip"]), by=None
    )
    Contact.objects.update(tags=[])

    page = marketer.get(page_of(version.segment)).content.decode()
    listed = marketer.get("/admin/audiences/segment/").content.decode()

    assert "nessuno ha (più) l’etichetta “vip”" in page
    assert 'value="vip"' in page
    assert "Da correggere" in listed


def test_a_segment_whose_condition_vanished_opens_too(marketer: Client) -> None:
    version = make_segment(rules=rules_of(["contact.gone", "is", {"a": 1}]))

    page = marketer.get(page_of(version.segment)).content.decode()

    assert "contact.gone" in page
    assert "non esiste" in page


def test_who_may_only_look_sees_the_sentence_and_no_form() -> None:
    version = make_segment()
    approver = browser("view_segment")

    page = approver.get(page_of(version.segment)).content.decode()
    refused = approver.post(page_of(version.segment), ITALIAN_ROWS | {"seen": "1"})

    assert "Lingua è italiano." in page
    assert "g1-r1-key" not in page
    assert refused.status_code == 403
    assert version.segment.current.number == 1


@pytest.mark.parametrize("address", [ADD, BUILDER, PANEL])
def test_who_may_not_build_is_refused(address: str) -> None:
    assert browser("view_segment").post(address, ITALIAN_ROWS).status_code == 403
    assert Segment.objects.count() == 0


def test_a_get_changes_nothing_and_draws_nothing(marketer: Client) -> None:
    assert marketer.get(BUILDER, ITALIAN_ROWS).status_code == 403
    assert Segment.objects.count() == 0


def test_every_stored_tree_comes_back_from_its_own_rows() -> None:
    tree = {
        "v": 1,
        "groups": [
            {
                "mode": "any",
                "rules": [
                    ["contact.province", "one_of", ["MI", "TO"]],
                    ["orders.total_spent", "at_least", "1250.50"],
                    ["orders.cod_pending", "is", True],
                    ["orders.abandoned_checkout", "is", {"amount": "40.00", "hours": 48}],
                ],
            },
            {"mode": "none", "rules": [["orders.orders_count", "at_most", 0]]},
        ],
    }

    assert segments.canonical(Builder.from_tree(tree).tree()) == tree


names = st.sampled_from(
    ["g1-mode", "g1-r1-key", "g1-r1-op", "g1-r1-value", "g2-r1-key", "g2-mode", "g1-r9-days", "do"]
)
values = st.sampled_from(
    [
        "contact.tag",
        "orders.bought_tag_within_days",
        "is",
        "all",
        "none",
        "",
        "it",
        "\x00",
        "9" * 30,
    ]
)


@given(form=st.dictionaries(names, values), action=st.text(max_size=20))
def test_any_form_is_either_a_tree_or_refused_in_words(form: dict[str, Any], action: str) -> None:
    builder = Builder.from_form(form)
    builder.do(action)

    assert segments.problems_of(builder.tree()) is not None


def test_a_new_segment_begins_without_an_error_beside_its_empty_row(marketer: Client) -> None:
    page = marketer.get(ADD).content.decode()

    assert "au-row-error" not in page
    assert "Da completare:" in page


def test_an_empty_row_is_told_once_it_is_saved(marketer: Client) -> None:
    answer = marketer.post(ADD, ITALIAN_ROWS | {"g1-r1-value": "", "_save": "1"})

    assert "au-row-error" in answer.content.decode()
    assert not Segment.objects.exists()


def in_use(segment: Segment) -> list[str]:
    return ["Befana"]


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Segment:
    """A segment that an approved campaign counts on."""
    monkeypatch.setitem(segment_usage._REGISTERED, "campaigns", in_use)
    return make_segment(name="Italiani").segment


def test_a_segment_in_use_is_not_changed_and_says_by_what(marketer: Client, used: Segment) -> None:
    rows = ITALIAN_ROWS | {"g1-r1-value": "en", "seen": "1", "_save": "1"}

    answer = marketer.post(page_of(used), rows)

    assert "Befana" in answer.content.decode()
    assert used.current.rules == ITALIANS
    assert used.versions.count() == 1


def test_a_segment_in_use_is_changed_by_copy(marketer: Client, used: Segment) -> None:
    rows = ITALIAN_ROWS | {"g1-r1-value": "en", "seen": "1", "_copy": "1"}

    marketer.post(page_of(used), rows)

    copy = Segment.objects.get(name="Italiani (2)")
    assert copy.current.rules == rules_of(["contact.language", "is", "en"])
    assert used.current.rules == ITALIANS


def test_the_page_of_a_segment_in_use_offers_only_the_copy(marketer: Client, used: Segment) -> None:
    page = marketer.get(page_of(used)).content.decode()

    assert "In uso: Befana" in page
    assert ('name="_copy"' in page, 'name="_save"' in page) == (True, False)


def test_a_segment_in_use_may_change_its_name(used: Segment) -> None:
    segments.save_segment(name="Chi legge italiano", rules=ITALIANS, by=None, segment=used)

    used.refresh_from_db()
    assert used.name == "Chi legge italiano"


def test_a_copy_of_a_copy_takes_the_next_free_name() -> None:
    for name in ("Italiani", "Italiani (2)"):
        make_segment(name=name)

    assert free_name("Italiani") == "Italiani (3)"
    assert free_name("Tedeschi") == "Tedeschi"


def test_an_older_version_can_be_read_and_brought_back(marketer: Client) -> None:
    segment = make_segment(name="Italiani").segment
    english = rules_of(["contact.language", "is", "en"])
    segments.save_segment(name="Italiani", rules=english, by=None, segment=segment)

    page = marketer.get(page_of(segment) + "?version=1").content.decode()
    marketer.post(page_of(segment), ITALIAN_ROWS | {"seen": "2", "_save": "1"})

    assert "versione 1" in page
    assert "Lingua è italiano" in page
    assert "Lingua è inglese" in page
    assert (segment.current.number, segment.current.rules) == (3, ITALIANS)


def test_a_version_that_never_was_is_not_found(marketer: Client) -> None:
    segment = make_segment().segment

    assert marketer.get(page_of(segment) + "?version=7").status_code == 404


def test_the_panel_subtracts_from_the_segment_to_who_is_reached(marketer: Client) -> None:
    make_contact()
    make_contact(marketing_consent="withdrawn")
    make_contact(marketing_consent="unknown")

    panel = marketer.post(PANEL, ITALIAN_ROWS).content.decode()

    places = [panel.index(text) for text in ("3 nel segmento", "− 1 ", "= <strong")]
    assert places == sorted(places)
    assert "− 1 senza consenso" in panel
    assert ">1</strong>" in panel


def test_the_sample_says_what_a_message_could(marketer: Client) -> None:
    contact = make_contact(first_name="Lea")
    make_order(contact=contact, name="#1042", total_cents=6490)
    make_checkout(contact=contact, recovery_url="https://shop.example/r/1")

    panel = marketer.post(PANEL, ITALIAN_ROWS).content.decode()

    assert "Lea Rossi" in panel
    assert "<dt>Ultimo ordine: numero</dt><dd>#1042</dd>" in panel
    assert "shop.example" not in panel
