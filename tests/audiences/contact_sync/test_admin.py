"""The pages of the sync: what happened, what disagrees, whom Spoki refuses, and "sync now"."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import translation
from kombu.exceptions import OperationalError

from audiences import tasks
from audiences.contact_sync.report import alarm_codes, alarms, reports
from audiences.models import ContactPush, ContactSyncRun, SyncConflict
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

RUNS = "/admin/audiences/contactsyncrun/"
CONFLICTS = "/admin/audiences/syncconflict/"
REFUSED = "/admin/audiences/contactpush/"
NOW_URL = f"{RUNS}now/"
SEES = ("view_contactsyncrun", "view_syncconflict", "view_contactpush")


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"marta{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


@pytest.fixture
def woken(monkeypatch):
    """The tasks that were handed to the workers."""
    names = []
    for task in (tasks.push_contacts, tasks.sweep_contacts):
        monkeypatch.setattr(task, "apply_async", lambda name=task.name, **_: names.append(name))
    return names


def make_run(**changes):
    fields = {"kind": "push", "started_at": NOW, "touched_at": NOW, "finished_at": NOW}
    return ContactSyncRun.objects.create(**fields | changes)


def make_conflict(**changes):
    fields = {"kind": "first_name", "ours": "Giulia", "theirs": "Giulietta", "winner": "ours"}
    moments = {"first_at": NOW, "last_at": NOW}
    return SyncConflict.objects.create(contact=make_contact(), **fields | moments | changes)


def test_the_list_shows_figures_and_duration():
    make_run(pushed=1234, unchanged=58_766, finished_at=NOW + timedelta(seconds=125))

    page = browser(*SEES).get(RUNS).content.decode()

    assert "inviati a Spoki" in page
    assert "1.234" in page or "1234" in page
    assert "2 min 5 s" in page


def test_a_run_can_be_opened_and_names_what_was_left_out():
    run = make_run(unknown_fields=["SHOE_SIZE"], error="key_refused")

    page = browser(*SEES).get(f"{RUNS}{run.pk}/change/").content.decode()

    assert "SHOE_SIZE" in page
    assert "Spoki rifiuta la chiave API" in page


def test_sync_now_opens_both_runs_and_wakes_the_workers(woken):
    answer = browser(*SEES, "sync_contacts").post(NOW_URL)

    assert answer.status_code == 302
    runs = ContactSyncRun.objects.order_by("kind")
    assert list(runs.values_list("kind", "by__username")) == [
        ("push", "marta0"),
        ("sweep", "marta0"),
    ]
    assert sorted(woken) == ["audiences.tasks.push_contacts", "audiences.tasks.sweep_contacts"]


def test_a_second_click_opens_nothing_more(woken):
    client = browser(*SEES, "sync_contacts")
    client.post(NOW_URL)

    client.post(NOW_URL)

    assert ContactSyncRun.objects.count() == 2


def test_sync_now_is_for_who_may_and_by_post_only(woken):
    assert browser(*SEES).post(NOW_URL).status_code == 403
    assert browser(*SEES, "sync_contacts").get(NOW_URL).status_code == 405
    assert (ContactSyncRun.objects.count(), woken) == (0, [])


def test_without_a_broker_the_runs_stay_and_the_page_says_when_they_begin(monkeypatch):
    def refuse(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.sweep_contacts, "apply_async", refuse)

    page = browser(*SEES, "sync_contacts").post(NOW_URL, follow=True).content.decode()

    assert "si comincia appena tornano" in page
    assert ContactSyncRun.objects.count() == 2


def test_the_button_is_shown_to_who_may_press_it():
    assert "Sincronizza ora" in browser(*SEES, "sync_contacts").get(RUNS).content.decode()
    assert "Sincronizza ora" not in browser(*SEES).get(RUNS).content.decode()


def test_conflicts_show_both_values_and_who_won():
    make_conflict()
    make_conflict(kind="consent", ours="given", theirs="withdrawn", winner="spoki")

    page = browser(*SEES).get(CONFLICTS).content.decode()

    assert "Giulietta" in page
    assert "Consenso dato" in page
    assert "quello di Spoki" in page


def test_conflicts_are_filtered_by_what_they_are_about_and_by_who_won():
    make_conflict()
    make_conflict(kind="email", theirs="altra@example.com", winner="ours")

    page = browser(*SEES).get(CONFLICTS, {"kind__exact": "email"}).content.decode()

    assert "altra@example.com" in page
    assert "Giulietta" not in page


def test_only_refused_contacts_are_listed_with_what_spoki_said():
    ContactPush.objects.create(contact=make_contact(first_name="Sana"), digest="x")
    ContactPush.objects.create(
        contact=make_contact(first_name="Rifiutata"),
        refused_digest="y",
        refused_at=NOW,
        error="email: Enter a valid email address.",
    )

    page = browser(*SEES).get(REFUSED).content.decode()

    assert "Rifiutata" in page
    assert "Enter a valid email address" in page
    assert "Sana" not in page


@pytest.mark.parametrize("page", [RUNS, CONFLICTS, REFUSED])
def test_nobody_sees_the_pages_without_permission_nor_adds_anything(page):
    assert browser("view_contact").get(page).status_code == 403
    assert browser(*SEES).get(f"{page}add/").status_code == 403


def test_before_the_first_sync_the_page_says_so():
    with translation.override("en"):
        told = [report.sentence for report in reports(now=NOW)]

    assert told == [
        "Contacts were never sent to Spoki.",
        "Contacts were never read from Spoki: it happens every night.",
    ]
    assert alarm_codes(now=NOW) == []


@pytest.mark.parametrize(
    ("kind", "hours", "code"), [("push", 2, "contact_push_old"), ("sweep", 37, "contact_sweep_old")]
)
def test_a_sync_that_goes_wrong_for_long_is_an_alarm_and_ends_with_a_good_one(kind, hours, code):
    old = NOW - timedelta(hours=hours)
    make_run(kind=kind, started_at=old, touched_at=old, finished_at=old)
    make_run(kind=kind, error="unreachable")

    assert alarm_codes(now=NOW) == [code]

    make_run(kind=kind)
    assert alarm_codes(now=NOW) == []


def test_a_first_push_that_takes_hours_and_gets_on_is_no_alarm():
    make_run(started_at=NOW - timedelta(hours=3), finished_at=None)

    assert alarm_codes(now=NOW) == []


def test_refused_contacts_and_unknown_fields_are_told_in_words():
    ContactPush.objects.create(contact=make_contact(), refused_digest="y", refused_at=NOW)
    make_run(unknown_fields=["SHOE_SIZE"])

    with translation.override("en"):
        told = " ".join(alarms(now=NOW))

    assert "refuses 1 contact:" in told
    assert "no custom field of this name: SHOE_SIZE." in told
