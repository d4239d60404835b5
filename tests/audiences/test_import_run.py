"""A long file: in turns, through stops and deaths, by two workers, and never a row twice."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, connection, connections

from audiences import contacts, tasks
from audiences.importing import batches, run, turns
from audiences.importing.columns import columns_of
from audiences.importing.preview import preview
from audiences.importing.proof import NO_PROOF
from audiences.importing.run import ImportRefused
from audiences.importing.sheet import Row, UnreadableFile
from audiences.models import ConsentRecord, Contact, ContactImport, ContactImportPiece
from tests.audiences.importing_steps import FAIR, done, figures, kept, many, started, work
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def test_a_turn_ends_after_a_thousand_rows_and_the_next_goes_on_from_there() -> None:
    contact_import = started(many(2500))

    assert not work(contact_import, ends_at=NOW)
    assert figures(contact_import) == (1000, 0, 0, 0)
    assert not work(contact_import, ends_at=NOW)
    assert not work(contact_import, ends_at=NOW)
    assert work(contact_import, ends_at=NOW)

    assert figures(contact_import) == (2500, 0, 0, 0)
    assert (contact_import.status, contact_import.done_rows) == ("done", 2500)


class Killed(BaseException):
    """What ends a process ends it anywhere."""


def test_a_worker_that_dies_in_a_batch_loses_that_batch_only_and_nothing_comes_in_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contact_import = started("telefono;nome\n" + "pippo;x\n" * 3 + many(2497).split("\n", 1)[1])
    write, seen = batches.write, []

    def die_after_the_second(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        seen.append(1)
        if len(seen) == 2:
            raise Killed

    monkeypatch.setattr(batches, "write", die_after_the_second)
    with pytest.raises(Killed):
        work(contact_import)
    assert figures(contact_import) == (997, 0, 0, 3)
    assert Contact.objects.count() == 997

    assert work(ContactImport.objects.get())

    assert figures(contact_import) == (2497, 0, 0, 3)
    assert contact_import.problems.count() == 3


def test_the_same_file_again_changes_nothing() -> None:
    done(many(3), FAIR)
    before = list(Contact.objects.values()), list(ConsentRecord.objects.values())

    again = done(many(3))

    assert figures(again) == (0, 0, 3, 0)
    assert (list(Contact.objects.values()), list(ConsentRecord.objects.values())) == before


def test_a_phone_twice_in_a_file_is_one_contact_and_the_later_row_counts() -> None:
    contact_import = done("telefono;nome\n3471234567;Ada\n+39 347 1234567;Eva\n3471234567;Eva\n")

    assert figures(contact_import) == (1, 1, 1, 0)
    assert Contact.objects.get().first_name == "Eva"


def test_a_stop_lets_no_further_row_in_and_going_on_takes_the_rest() -> None:
    contact_import = started(many(1500))
    work(contact_import, ends_at=NOW)

    run.stop(contact_import=contact_import, now=NOW)
    assert work(contact_import)
    assert figures(contact_import) == (1000, 0, 0, 0)

    run.go_on(contact_import=contact_import, now=NOW)
    assert work(contact_import)
    assert figures(contact_import) == (1500, 0, 0, 0)


def test_a_stop_in_the_middle_of_a_turn_is_seen_before_the_next_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contact_import = started(many(2500))
    judge = batches.judge

    def stop_before(*arguments: Any, **named: Any) -> Any:
        if ContactImport.objects.get().position:
            run.stop(contact_import=ContactImport.objects.get(), now=NOW)
        return judge(*arguments, **named)

    monkeypatch.setattr(batches, "judge", stop_before)

    assert work(contact_import)

    assert (figures(contact_import), contact_import.status) == ((1000, 0, 0, 0), "stopped")
    assert Contact.objects.count() == 1000


@pytest.mark.parametrize("verb", ["start", "stop", "go_on", "match_columns"])
def test_a_finished_import_is_moved_nowhere(verb: str) -> None:
    contact_import = done(many(1))
    known: dict[str, dict[str, Any]] = {
        "start": {"proof": NO_PROOF, "collected_by": "", "by": None},
        "match_columns": {"targets": ["phone", ""]},
    }
    arguments = known.get(verb, {})

    with pytest.raises(ImportRefused):
        getattr(run, verb)(contact_import=contact_import, now=NOW, **arguments)

    contact_import.refresh_from_db()
    assert (contact_import.status, contact_import.targets) == ("done", ["phone", "first_name"])


def test_an_import_starts_once() -> None:
    contact_import = started(many(1))

    with pytest.raises(ImportRefused):
        run.start(contact_import=contact_import, proof=FAIR, collected_by="Eva", by=None, now=NOW)

    contact_import.refresh_from_db()
    assert (contact_import.basis, contact_import.consent_at) == ("rows", None)


def test_columns_matched_by_hand_are_what_the_rows_are_read_by() -> None:
    contact_import = kept("Recapito;Peso;Nato il\n3471234567;4,5;3/4/2020\n")
    assert contact_import.is_waiting_for_columns

    run.match_columns(
        contact_import=contact_import, targets=["phone", "number:peso", "date:nato"], now=NOW
    )
    run.start(contact_import=contact_import, proof=NO_PROOF, collected_by="", by=None, now=NOW)
    work(contact_import)

    contact = Contact.objects.get()
    assert (contact.phone, contact.attributes) == (
        "+393471234567",
        {"peso": 4.5, "nato": "2020-04-03"},
    )


@pytest.mark.parametrize(
    "targets", [["", "first_name"], ["phone", "phone"], ["attribute:phone", ""]]
)
def test_columns_without_a_phone_or_with_two_are_refused(targets: list[str]) -> None:
    contact_import = kept("a;b\n1;2\n")

    with pytest.raises(UnreadableFile):
        run.match_columns(contact_import=contact_import, targets=targets, now=NOW)

    contact_import.refresh_from_db()
    assert contact_import.targets == ["", ""]


def test_a_file_without_headings_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableFile, match="nomi delle colonne"):
        kept("3471234567;Ada\n3331112223;Eva\n")

    assert (ContactImport.objects.count(), ContactImportPiece.objects.count()) == (0, 0)


def test_a_row_that_the_database_refuses_loses_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upsert = contacts.upsert_contacts

    def refuse_eva(*, rows: Any, **named: Any) -> Any:
        if any(row.fields.get("first_name") == "Eva" for row in rows):
            raise DataError("invalid byte sequence")
        return upsert(rows=rows, **named)

    monkeypatch.setattr(contacts, "upsert_contacts", refuse_eva)

    contact_import = done("telefono;nome\n3471234567;Ada\n3331112223;Eva\n3334445556;Lia\n")

    assert figures(contact_import) == (2, 0, 0, 1)
    assert [(one.line, one.code) for one in contact_import.problems.all()] == [(3, "not_stored")]


def test_the_file_goes_when_the_import_is_done_and_the_refused_rows_stay() -> None:
    contact_import = done("telefono;nome\n3471234567;Ada\n02 1234567;=cmd()\n")

    [problem] = contact_import.problems.all()
    assert ContactImportPiece.objects.count() == 0
    assert (problem.line, problem.is_refusal, problem.code) == (3, True, "phone_landline")
    assert problem.cells == ["02 1234567", "=cmd()"]


def test_what_nobody_started_is_forgotten_after_a_week_and_refused_rows_after_a_month() -> None:
    abandoned = kept(many(1))
    stopped = started(many(1500))
    work(stopped, ends_at=NOW)
    run.stop(contact_import=stopped, now=NOW)
    finished = done("telefono\npippo\n")

    assert run.forget_old(now=NOW + timedelta(days=6)) == 0
    run.forget_old(now=NOW + timedelta(days=8))
    assert not ContactImport.objects.filter(pk=abandoned.pk).exists()
    assert not stopped.pieces.exists()
    assert finished.problems.count() == 1

    run.forget_old(now=NOW + timedelta(days=31))
    assert finished.problems.count() == 0
    assert figures(finished) == (0, 0, 0, 1)


def test_an_import_whose_file_was_forgotten_does_not_go_on() -> None:
    contact_import = started(many(1))
    run.stop(contact_import=contact_import, now=NOW)
    run.forget_old(now=NOW + timedelta(days=8))

    with pytest.raises(ImportRefused):
        run.go_on(contact_import=contact_import, now=NOW)

    contact_import.refresh_from_db()
    assert contact_import.status == "stopped"


def test_a_task_imports_what_was_started_and_asks_for_another_turn_only_while_rows_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks.import_contacts, "apply_async", lambda **named: asked.append(named))
    contact_import = started(many(1500))

    monkeypatch.setattr(turns, "TURN", timedelta(0))
    tasks.import_contacts()
    assert (figures(contact_import), len(asked)) == ((1000, 0, 0, 0), 1)

    monkeypatch.setattr(turns, "TURN", timedelta(minutes=5))
    tasks.import_contacts()
    assert (figures(contact_import), len(asked)) == ((1500, 0, 0, 0), 1)


def test_a_look_at_a_file_tells_what_would_happen_and_writes_nothing() -> None:
    make_contact(phone="+393471234567", first_name="Ada")
    make_contact(phone="+393331112223", first_name="Eva")
    contact_import = kept(
        "telefono;nome\n3471234567;Ada\n3331112223;Lia\n3334445556;Ugo\n02 1234567;Bar\n"
    )
    before = list(Contact.objects.order_by("pk").values())

    seen = preview(contact_import=contact_import, proof=FAIR, by=None, now=NOW)

    assert seen.figures == {"updated": 2, "created": 1, "refused": 1}
    assert [(row.line, row.outcome) for row in seen.rows] == [
        (2, "updated"),
        (3, "updated"),
        (4, "created"),
        (5, "refused"),
    ]
    [change] = seen.rows[1].changes
    assert (change.before, change.after) == ("Eva", "Lia")
    assert list(Contact.objects.order_by("pk").values()) == before
    assert ConsentRecord.objects.count() == 2


def test_what_becomes_of_a_phone_that_is_twice_in_a_file_is_shown_at_its_last_row() -> None:
    contact_import = kept("telefono;nome\n3471234567;Ada\n3331112223;Lia\n347 123 4567;Ida\n")

    seen = preview(contact_import=contact_import, proof=NO_PROOF, by=None, now=NOW)

    told = [[change.after for change in row.changes if change.after != "IT"] for row in seen.rows]
    assert told == [[], ["Lia"], ["Ida"]]
    assert [row.reason and row.reason.values for row in seen.rows] == [{"line": 4}, None, None]


def test_bad_rows_further_down_are_shown_too() -> None:
    contact_import = kept(many(30) + "pippo;x\n")

    seen = preview(contact_import=contact_import, proof=NO_PROOF, by=None, now=NOW)

    assert (len(seen.rows), [row.line for row in seen.bad]) == (20, [32])
    assert (seen.looked_at, seen.is_everything) == (31, True)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_file_import_each_row_once() -> None:
    contact_import = started(many(3000))
    begin = threading.Barrier(2)

    def go() -> None:
        mine = ContactImport.objects.get(pk=contact_import.pk)
        begin.wait()
        work(mine)
        connections.close_all()

    workers = [threading.Thread(target=go) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert work(contact_import)
    assert figures(contact_import) == (3000, 0, 0, 0)
    assert Contact.objects.count() == 3000


@pytest.mark.django_db(transaction=True)
def test_who_finds_another_worker_at_it_leaves_it_alone() -> None:
    contact_import = started(many(1))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [run.IMPORT_LOCK, contact_import.pk])

        assert not work(contact_import)
    finally:
        other.close()

    assert figures(contact_import) == (0, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_which_another_worker_did_the_rows_meanwhile_is_not_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lock of a session may be lost with its connection; the position is what holds."""
    contact_import = started(many(10))
    late = ContactImport.objects.get()
    work(contact_import, ends_at=None)
    ContactImport.objects.update(status="running", finished_at=None)

    columns = columns_of(late.headings, late.targets)
    rows = [Row(2, ["3471234567", "Intrusa"])]

    assert not run._import(late, columns, rows, now=NOW)
    assert not Contact.objects.filter(first_name="Intrusa").exists()
