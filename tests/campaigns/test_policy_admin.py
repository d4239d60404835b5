"""The pages of the policy: who opens them, what a change does, what is refused and how it is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from campaigns.admin.policy_form import PolicyForm
from campaigns.models import SendingPolicy
from campaigns.policies import policy_in_force
from campaigns.sender.policy import DEFAULT_POLICY, Cap
from campaigns.sender.policy_shape import figures_of
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.campaigns import make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
IN_FORCE = reverse("admin:campaigns_sendingpolicy_changelist")
EDIT = reverse("admin:campaigns_sendingpolicy_add")
LAST = 2


@pytest.fixture(autouse=True)
def versions():
    """The newest version, number 2 at least, holds the defaults and was made by Anna."""
    known = SendingPolicy.objects.count()
    anna = make_user(username="anna", first_name="Anna", last_name="Neri")
    for number in range(known + 1, LAST + 1):
        SendingPolicy.objects.create(
            number=number, figures=figures_of(DEFAULT_POLICY), why="prova", made_by=anna, made_at=NOW
        )  # fmt: skip
    return SendingPolicy.objects.order_by("number")


@pytest.fixture
def admin(client):
    client.force_login(make_member(ADMIN))
    return client


def version_address(number, name="change"):
    pk = SendingPolicy.objects.get(number=number).pk
    return reverse(f"admin:campaigns_sendingpolicy_{name}", args=[pk])


def typed(**changes):
    """The whole form as the browser sends it, with some inputs typed over."""
    form = PolicyForm(base=policy_in_force(), initial={"seen": LAST})
    data = {"why": "Meno reclami", "seen": str(LAST)}
    for field in form:
        if field.name in {"caps", "ramp", "tiers"}:
            for number, row in enumerate(field.value()):
                data |= {
                    f"{field.name}-{number}-{name}": "" if cell is None else str(cell)
                    for name, cell in row.items()
                }
        elif field.name not in data:
            data[field.name] = str(field.value())
    return data | changes


def refusals(answer):
    return {name: [str(each) for each in texts] for name, texts in answer.context["form"].errors.items()}  # fmt: skip


PAGES = (
    (IN_FORCE, {MARKETER: 200, APPROVER: 200, AGENT: 403, ADMIN: 200}),
    ("version", {MARKETER: 200, APPROVER: 200, AGENT: 403, ADMIN: 200}),
    (EDIT, {MARKETER: 403, APPROVER: 403, AGENT: 403, ADMIN: 200}),
    ("restore", {MARKETER: 403, APPROVER: 403, AGENT: 403, ADMIN: 200}),
    (reverse("admin:campaigns_messagerate_changelist"), {MARKETER: 200, APPROVER: 200, AGENT: 403, ADMIN: 200}),
    (reverse("admin:campaigns_messagerate_add"), {MARKETER: 403, APPROVER: 403, AGENT: 403, ADMIN: 200}),
)  # fmt: skip


@pytest.mark.parametrize(("page", "role", "status"), [
    (page, role, status) for page, by_role in PAGES for role, status in by_role.items()
])  # fmt: skip
def test_each_role_opens_its_pages_of_policy_and_rates(client, page, role, status):
    client.force_login(make_member(role))
    address = {"version": version_address(1), "restore": version_address(1, "restore")}.get(page, page)  # fmt: skip

    assert client.get(address).status_code == status


@pytest.mark.parametrize("role", [MARKETER, APPROVER, AGENT])
def test_nobody_but_admin_changes_the_policy(client, role):
    client.force_login(make_member(role))

    changed = client.post(EDIT, typed(canary_size="50"))
    restored = client.post(version_address(1, "restore"), {"why": "x", "seen": LAST})

    assert (changed.status_code, restored.status_code) == (403, 403)
    assert SendingPolicy.objects.count() == LAST


def test_a_reader_sees_the_figures_and_no_button_to_change_them(client):
    client.force_login(make_member(MARKETER))

    page = client.get(IN_FORCE).content.decode()

    assert "1 messaggio in 1 giorno" in page
    assert "TIER_2K: 2.000 persone in 24 ore · 30 modelli al minuto · " in page
    assert EDIT not in page


def test_the_page_tells_who_made_each_version_and_why(admin):
    page = admin.get(IN_FORCE).content.decode()

    assert "Anna Neri" in page
    assert "“prova”" in page


def test_the_form_as_it_opens_changes_nothing(admin):
    answer = admin.post(EDIT, typed())

    assert refusals(answer) == {"__all__": ["Nessuna cifra è diversa: non c’era nulla da salvare."]}
    assert SendingPolicy.objects.count() == LAST


def test_what_is_typed_in_the_units_of_people_is_kept_as_seconds_and_shares(admin):
    figures = {
        "marketing_last_start": "20",
        "yellow_factor": "33,5",
        "stop__opt_outs": "2.25",
        "marketing_cap_rest": "36",
        "caps-2-most": "6",
        "ramp-2-percent": "40",
        "tiers-6-per_hour": "9000",
    }

    answer = admin.post(EDIT, typed(**figures))

    assert answer.status_code == 302
    found = policy_in_force()
    assert found.marketing_last_start == timedelta(minutes=20)
    assert found.yellow_factor == 0.335
    assert found.stop.opt_outs == 0.0225
    assert found.marketing_cap_rest == timedelta(hours=36)
    assert found.caps[2] == Cap(6, timedelta(days=30))
    assert found.ramp == (0.05, 0.15, 0.4)
    assert (found.tiers[6].people, found.tiers[6].per_hour) == (None, 9000)
    changed = {"marketing_last_start", "yellow_factor", "stop", "marketing_cap_rest", "caps", "ramp", "tiers"}  # fmt: skip
    assert {
        n for n, v in figures_of(found).items() if v != figures_of(DEFAULT_POLICY)[n]
    } == changed


def test_a_change_names_its_version_and_keeps_who_and_why(admin):
    answer = admin.post(EDIT, typed(canary_size="50"))

    made = SendingPolicy.objects.get(number=LAST + 1)
    assert made.why == "Meno reclami"
    assert made.made_by == answer.wsgi_request.user
    assert [str(each) for each in get_messages(answer.wsgi_request)] == [
        "La versione 3 è in vigore: chi invia la segue entro pochi secondi."
    ]


@pytest.mark.parametrize(
    ("inputs", "field", "told"),
    [
        ({"canary_size": "0"}, "canary_size", "Tra 1 e 10.000."),
        ({"canary_size": "1.000"}, "canary_size", "Scrivi un numero intero, senza punti."),
        ({"canary_size": ""}, "canary_size", "Scrivi un numero: ogni cifra conta."),
        ({"yellow_factor": "metà"}, "yellow_factor", "Scrivi un numero, come 12 o 1,5."),
        ({"yellow_factor": "-5"}, "yellow_factor", "Scrivi un numero, come 12 o 1,5."),
        ({"stop__failures": "2"}, "stop__failures", "La cifra che avvisa deve venire prima di quella che ferma."),
        ({"ramp-1-percent": "4"}, "ramp", "Ogni passo dev’essere più grande del precedente."),
        ({"caps-0-most": ""}, "caps", "Riga 1: Manca «Messaggi al massimo»."),
        ({"caps-1-days": "sette"}, "caps", "Riga 2: Scrivi un numero, come 12 o 1,5."),
        ({"tiers-6-people": "900000"}, "tiers", "Una sola riga è senza limite di persone: l’ultima."),
        ({"why": " "}, "why", "Scrivi in poche parole perché: altri se lo chiederanno."),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_told_beside_it_and_nothing_is_saved(admin, inputs, field, told):
    answer = admin.post(EDIT, typed(**{"most_attempts": "2"} | inputs))

    assert answer.status_code == 422
    assert refusals(answer) == {field: [told]}
    assert told.replace("'", "&#x27;") in answer.content.decode()
    assert SendingPolicy.objects.count() == LAST


def test_a_new_tier_finds_its_place_and_an_emptied_line_is_removed(admin):
    new = {"tiers-7-name": "TIER_50K", "tiers-7-people": "50000", "tiers-7-per_minute": "60", "tiers-7-per_hour": ""}  # fmt: skip
    gone = {f"tiers-2-{name}": "" for name in ("name", "people", "per_minute", "per_hour")}

    admin.post(EDIT, typed(**new, **gone))

    names = [row.name for row in policy_in_force().tiers]
    assert names == ["TIER_50", "TIER_250", "TIER_2K", "TIER_10K", "TIER_50K", "TIER_100K", "TIER_UNLIMITED"]  # fmt: skip


def test_whoever_comes_second_sees_what_the_first_changed_and_loses_nothing_typed(admin):
    mine = typed(canary_size="50")
    theirs = figures_of(replace(DEFAULT_POLICY, most_attempts=2))
    colleague = make_user(first_name="Bruno", last_name="Verdi")
    SendingPolicy.objects.create(number=3, figures=theirs, why="x", made_by=colleague, made_at=NOW)

    answer = admin.post(EDIT, mine)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nel frattempo Bruno Verdi ha fatto la versione 3" in page
    assert [(d.before, d.after) for d in answer.context["theirs"]] == [("3", "2")]
    assert answer.context["form"]["canary_size"].value() == "50"
    assert answer.context["form"]["seen"].value() == "3"
    assert SendingPolicy.objects.count() == 3


def test_going_back_shows_what_would_change_and_only_a_post_acts(admin):
    admin.post(EDIT, typed(canary_size="50"))
    address = version_address(LAST, "restore")

    asked = admin.get(address)

    assert [(d.before, d.after) for d in asked.context["changes"]] == [("50", "500")]
    assert policy_in_force().canary_size == 50

    admin.post(address, {"why": "Troppo pochi", "seen": "3"})

    made = SendingPolicy.objects.get(number=4)
    assert made.restored_from == SendingPolicy.objects.get(number=LAST)
    assert made.why == "Troppo pochi"
    assert policy_in_force() == DEFAULT_POLICY


def test_going_back_without_a_reason_does_nothing(admin):
    admin.post(EDIT, typed(canary_size="50"))

    answer = admin.post(version_address(LAST, "restore"), {"why": "", "seen": "3"})

    assert answer.status_code == 422
    assert "why" in refusals(answer)
    assert policy_in_force().canary_size == 50


def test_a_second_click_on_going_back_is_told_and_makes_no_second_version(admin):
    admin.post(EDIT, typed(canary_size="50"))
    address, answer = version_address(LAST, "restore"), {"why": "Troppo pochi", "seen": "3"}
    admin.post(address, answer)

    again = admin.post(address, answer)

    assert again.status_code == 422
    assert SendingPolicy.objects.count() == 4


def test_a_version_tells_what_it_changed(admin):
    admin.post(EDIT, typed(canary_size="50"))

    page = admin.get(version_address(3))

    assert [(d.before, d.after) for d in page.context["changes"]] == [("500", "50")]


def test_a_version_of_a_newer_release_is_shown_as_such(admin):
    SendingPolicy.objects.create(number=3, figures={"warp": 9}, why="domani", made_at=NOW)

    assert "Questa versione viene da un programma più recente" in admin.get(version_address(3)).content.decode()  # fmt: skip
    assert admin.get(IN_FORCE).status_code == 200


def test_nobody_deletes_a_version_in_the_admin(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    assert client.post(version_address(1, "delete"), {"post": "yes"}).status_code == 403
    assert SendingPolicy.objects.count() == LAST


@pytest.mark.parametrize("address", ["/admin/campaigns/sendingpolicy/999999/change/", "/admin/campaigns/sendingpolicy/abc/change/"])  # fmt: skip
def test_a_version_that_is_not_there_is_not_found(admin, address):
    assert admin.get(address).status_code == 404
