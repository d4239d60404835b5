"""What every page promises: its defences, its banner, its language; and the addresses for machines."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError as ModelValidationError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error
from rest_framework import exceptions

from config import demo_auth, roles
from config.api import errors_as_lists
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign

pytestmark = pytest.mark.django_db
POLICY = [
    "script-src 'self' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
]


@pytest.fixture
def boss(client):
    user = get_user_model().objects.create_superuser("boss", "boss@example.com", "x" * 20)
    client.force_login(user)
    return client


def as_role(client, role):
    roles.sync_roles()
    user = get_user_model().objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def test_the_first_address_leads_to_the_admin(client):
    assert client.get("/").headers["Location"] == "/admin/"


def test_the_login_page_carries_the_policy_and_no_inline_script(client):
    page = client.get("/admin/login/")

    assert page.status_code == 200
    directives = page.headers["Content-Security-Policy"].split("; ")
    assert [wanted for wanted in POLICY if wanted not in directives] == []
    assert page.content.count(b"<script") == page.content.count(b"<script src=")
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_login_page_shows_no_logins_outside_the_demo(client):
    page = client.get("/admin/login/").content.decode()

    assert demo_auth.PASSWORD not in page
    assert "Demo:" not in page


def test_the_demo_says_so_on_every_page_and_shows_its_logins(client, boss, settings):
    settings.DEMO_MODE = True
    sentence = "Demo: scrive a ogni ora di ogni giorno, solo al simulatore."

    assert sentence in boss.get("/admin/").content.decode()
    assert sentence in boss.get("/admin/auth/user/").content.decode()
    boss.logout()
    login = boss.get("/admin/login/").content.decode()
    assert sentence in login
    assert demo_auth.PASSWORD in login


def test_an_allowlist_is_said_on_every_page_without_its_phones(boss, settings):
    settings.SEND_ALLOWLIST = ["+393331234567", "+393337654321"]

    page = boss.get("/admin/").content.decode()

    assert "Invii di prova: si scrive solo a 2 numeri, a nessun altro." in page
    assert "3331234567" not in page


def test_the_first_page_leads_to_the_main_places(boss):
    page = boss.get("/admin/").content.decode()

    assert "Cruscotto" in page
    assert reverse("admin:campaigns_campaign_changelist") in page
    assert reverse("admin:audiences_segment_changelist") in page


def test_an_agent_sees_no_campaigns_in_the_menu(client):
    page = as_role(client, roles.AGENT).get("/admin/").content.decode()

    assert reverse("admin:campaigns_campaign_changelist") not in page
    assert reverse("admin:audiences_contact_changelist") in page


def test_somebody_without_a_group_is_told_whom_to_ask(client):
    client.force_login(get_user_model().objects.create_user("new", is_staff=True))

    assert "chiedi a un amministratore" in client.get("/admin/").content.decode()


def test_delete_is_elimina_and_never_cancella(boss):
    group = Group.objects.create(name="Night shift")

    page = boss.get(f"/admin/auth/group/{group.pk}/delete/").content.decode()

    assert "Elimina" in page
    assert "ancella" not in page


def test_pages_are_italian_whatever_the_browser_asks_for(boss):
    page = boss.get("/admin/", HTTP_ACCEPT_LANGUAGE="en-US,en;q=0.9").content.decode()

    assert "Cruscotto" in page


def test_the_language_follows_the_switch(boss):
    boss.post("/i18n/setlang/", {"language": "en", "next": "/admin/"})

    assert "Dashboard" in boss.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "name",
    ["auth_user", "auth_group", "authtoken_tokenproxy", "django_celery_beat_periodictask",
     "django_celery_beat_intervalschedule", "django_celery_beat_crontabschedule",
     "django_celery_beat_clockedschedule", "otp_totp_totpdevice", "axes_accessattempt"],
)  # fmt: skip
def test_pages_of_other_packages_open_in_this_frame(boss, name):
    page = boss.get(reverse(f"admin:{name}_changelist"))

    assert page.status_code == 200
    assert b"unfold/css/styles.css" in page.content


def test_a_periodic_task_opens_in_its_form(boss):
    assert boss.get(reverse("admin:django_celery_beat_periodictask_add")).status_code == 200


def test_the_key_of_a_token_is_shown_once_when_it_is_made(boss):
    user = get_user_model().objects.create_user("crm")
    boss.post(reverse("admin:authtoken_tokenproxy_add"), {"user": user.pk})
    pages = reverse("admin:authtoken_tokenproxy_changelist")

    assert user.auth_token.key in boss.get(pages).content.decode()
    assert user.auth_token.key not in boss.get(pages).content.decode()
    assert user.auth_token.key not in boss.get("/admin/").content.decode()
    assert LogEntry.objects.get().object_repr == "crm"


def test_eight_wrong_passwords_lock_the_login_for_that_address(client, settings):
    settings.AXES_ENABLED = True
    get_user_model().objects.create_user("giulia", password="right-" * 4, is_staff=True)

    for _ in range(8):
        answer = client.post("/admin/login/", {"username": "giulia", "password": "wrong"})
    assert answer.status_code == 429
    assert "Troppi tentativi" in answer.content.decode()

    elsewhere = client.post(
        "/admin/login/", {"username": "giulia", "password": "right-" * 4}, REMOTE_ADDR="10.0.0.9"
    )
    assert elsewhere.status_code == 302


def test_live_and_ready_answer(client):
    assert client.get("/health/live/").json() == {"status": "ok"}


def test_ready_names_what_does_not_answer(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    answer = client.get("/health/ready/")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "broker": "unreachable"}


def test_metrics_are_for_this_machine_and_for_staff(client, boss):
    boss.logout()

    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="10.0.0.9").status_code == 403


def test_the_schema_and_its_page_open(client):
    assert client.get("/api/v1/schema/").status_code == 200
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exceptions.ValidationError({"name": "Too long."}), {"name": ["Too long."]}),
        (exceptions.ValidationError(["No rules."]), {"non_field_errors": ["No rules."]}),
        (exceptions.NotFound("Gone."), {"detail": ["Gone."]}),
        (ModelValidationError("No rules."), {"non_field_errors": ["No rules."]}),
        (ModelValidationError({"name": ["Taken."]}), {"name": ["Taken."]}),
    ],
)
def test_every_refusal_is_field_to_list(error, expected):
    response = errors_as_lists(error, {})

    assert response is not None
    assert response.data == expected


def test_an_error_of_ours_stays_an_error():
    assert errors_as_lists(KeyError("x"), {}) is None


def test_browsers_find_the_icon_where_they_look_for_it(client):
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/config/paw.svg")


def test_a_page_of_another_role_says_what_to_do(client):
    answer = as_role(client, "CS agent").get("/admin/auth/user/")

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Il tuo ruolo non apre questa pagina" in page
    assert "chiedi il ruolo a un amministratore" in page
    assert 'href="/admin/"' in page
    assert "<script" not in page


def test_an_address_without_page_leads_back(client):
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "A questo indirizzo non c'è nulla" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_of_the_api_that_is_not_there_answers_in_json(client, method):
    answer = getattr(client, method)("/api/v1/campagne/3/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["detail"]


def test_a_thing_that_is_not_there_is_told_in_the_readers_language(boss):
    answer = boss.get("/api/v1/campaigns/999/progress/")

    assert answer.status_code == 404
    assert answer.json() == {"detail": ["Non trovato."]}


def test_an_address_of_the_api_that_only_lacks_its_slash_is_led_there(client):
    assert client.get("/api/v1/campaigns").headers["Location"] == "/api/v1/campaigns/"


def test_a_form_that_is_too_old_asks_for_a_reload():
    page = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})

    assert page.status_code == 403
    assert "La pagina era aperta da troppo tempo" in page.content.decode()


def test_a_fault_of_ours_is_told_without_the_frame_of_the_admin():
    page = server_error(RequestFactory().get("/")).content.decode()

    assert "Si è rotto qualcosa da parte nostra" in page


def test_what_is_saved_is_told_without_a_gender(boss):
    answer = boss.post("/admin/auth/group/add/", {"name": "Grafici"}, follow=True)

    address = f"/admin/auth/group/{Group.objects.get(name='Grafici').pk}/change/"
    assert [str(each) for each in answer.context["messages"]] == [
        f'Salvataggio riuscito: gruppo «<a href="{address}">Grafici</a>».'
    ]


def test_an_empty_list_and_an_empty_search_say_different_things(boss):
    empty = boss.get("/admin/orders/order/").content.decode()
    searched = boss.get("/admin/orders/order/?q=xyz").content.decode()

    assert "Qui non c'è ancora nulla" in empty
    assert "Azzera filtri" not in empty
    assert "Cambia la ricerca, o togli i filtri." in searched
    assert "Azzera filtri" in searched


def test_the_texts_of_the_permission_lists_are_italian(boss):
    assert "Scegli tutti: %s" in boss.get("/admin/jsi18n/").content.decode()


def test_a_new_installation_says_where_to_begin(boss):
    make_contact()

    page = boss.get("/admin/").content.decode()

    assert "Per cominciare" in page
    assert '<a href="/admin/audiences/segment/add/">Di&#x27; in un segmento' in page
    assert '<span class="house-done">Importa i contatti' in page


def test_once_there_is_a_campaign_nobody_is_told_where_to_begin(boss):
    make_campaign()

    assert "Per cominciare" not in boss.get("/admin/").content.decode()
