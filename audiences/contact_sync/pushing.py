"""Telling Spoki what changed here, and nothing else.

Decide, take a turn, claim under a lease, call outside any transaction, record. The calls may be
repeated without harm: whoever dies in the middle leaves rows that are pushed again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

import spoki
from audiences.contact_sync import fields, pace, requests, runs
from audiences.contact_sync.answers import read_answer, words_of
from audiences.contact_sync.pace import Budget, Call
from audiences.contact_sync.payload import (
    DUE,
    Wanted,
    read_wanted,
    wanted_of,
    wanted_sql,
    write_of,
)
from audiences.contact_sync.told import record_refused, record_taken, release, set_alone
from audiences.models import Contact, ContactSyncRun, NumberToSilence

BATCH = 500
# So few are pushed one by one: it is quicker, and the answer shows Spoki's id.
FEW = 20
URGENT_FOR = timedelta(minutes=15)
MOST_URGENT = 40
LEASE = timedelta(minutes=5)

_CLAIM = """
UPDATE audiences_contactpush SET leased_until = %(until)s WHERE contact_id IN (
    SELECT contact_id FROM audiences_contactpush
    WHERE contact_id = ANY(%(ids)s) AND (leased_until IS NULL OR leased_until <= %(now)s)
    ORDER BY contact_id FOR UPDATE SKIP LOCKED
)
RETURNING contact_id
"""
_ADD_ROWS = """
INSERT INTO audiences_contactpush (contact_id, digest, filled, consent, is_alone, refused_digest, error)
SELECT id, '', '{}', '', false, '', '' FROM audiences_contact WHERE id = ANY(%s) ORDER BY id
ON CONFLICT DO NOTHING
"""


class Stopped(Exception):
    """Spoki cannot be told more for now; the run says why."""


def push_contacts(*, gateway: spoki.SpokiGateway, budget: Budget) -> ContactSyncRun:
    """Push every difference, for as long as `budget` gives turns; what is left is gone on with.

    Never raises for an error of Spoki: the run says it.
    """
    run = runs.open_run(ContactSyncRun.Kind.PUSH, now=budget.clock())
    try:
        codes = fields.known_codes(gateway=gateway, budget=budget)
        due = _compare(run, codes, now=budget.clock()) if run.position == 0 else 1
        if not due and not numbers_due():
            return runs.finish(run, now=budget.clock())
        push = _Push(gateway=gateway, budget=budget, run=run, codes=codes)
        push.urgent_first()
        if push.everything():
            return runs.finish(run, now=budget.clock())
    except Stopped:
        pass
    except spoki.SpokiError as error:
        runs.note_trouble(run, error, now=budget.clock())
    run.refresh_from_db()
    return run


def push_urgent_contacts(*, gateway: spoki.SpokiGateway, budget: Budget) -> ContactSyncRun | None:
    """Push withdrawals and corrections of the last minutes at once; None when there are none."""
    codes = fields.known_codes_kept()
    if codes is None or not (numbers_due() or urgent_rows(codes, now=budget.clock())):
        return None
    underway = runs.unfinished(ContactSyncRun.Kind.PUSH)
    run = underway or runs.open_run(ContactSyncRun.Kind.PUSH, now=budget.clock())
    try:
        _Push(gateway=gateway, budget=budget, run=run, codes=codes).urgent()
    except Stopped:
        run.refresh_from_db()
        return run
    return run if underway else runs.finish(run, now=budget.clock())


def differences(codes: Sequence[str], *, now: datetime) -> tuple[int, int]:
    """Return how many contacts Spoki knows as they are, and how many have to be pushed."""
    statement = f"""
        SELECT count(*) FILTER (WHERE w.wanted IS NOT DISTINCT FROM w.digest),
            count(*) FILTER (WHERE {DUE})
        FROM ({wanted_sql()}) w
    """  # noqa: S608 - our own text
    with connection.cursor() as cursor:
        cursor.execute(statement, {"codes": list(codes), "now": now})
        same, due = cursor.fetchone()
    return same, due


def urgent_rows(codes: Sequence[str], *, now: datetime) -> list[Wanted]:
    """Return what should not wait for a batch; withdrawals that Spoki does not know come first."""
    statement = f"""
        SELECT * FROM ({wanted_sql("AND (c.updated_at > %(since)s OR p.is_alone)")}) w
        WHERE {DUE}
        ORDER BY (w.marketing_consent = 'withdrawn' AND w.consent = 'given') DESC NULLS LAST,
            w.updated_at
        LIMIT {MOST_URGENT}
    """  # noqa: S608 - our own text
    values = {"codes": list(codes), "now": now, "since": now - URGENT_FOR}
    return read_wanted(statement, values)


def numbers_due() -> list[str]:
    """Return the numbers that were given up and of which Spoki was not told yet, the oldest first."""
    due = NumberToSilence.objects.filter(told_at=None).order_by("asked_at", "pk")
    return list(due.values_list("phone", flat=True)[:MOST_URGENT])


def _compare(run: ContactSyncRun, codes: Sequence[str], *, now: datetime) -> int:
    """Count what is the same, and return how many have to be pushed."""
    same, due = differences(codes, now=now)
    ContactSyncRun.objects.filter(pk=run.pk, position=0).update(
        unchanged=same, unknown_fields=fields.unknown_names(codes)
    )
    return due


class _Push:
    def __init__(
        self,
        *,
        gateway: spoki.SpokiGateway,
        budget: Budget,
        run: ContactSyncRun,
        codes: Sequence[str],
    ) -> None:
        self._gateway = gateway
        self._budget = budget
        self._run = run
        self._codes = list(codes)

    def urgent_first(self) -> None:
        """Push what is urgent; where only these calls must wait, the batches go on.

        :raises Stopped: where Spoki cannot be told more for now.
        """
        try:
            self.urgent()
        except Stopped as stopped:
            if not isinstance(stopped.__cause__, spoki.SpokiThrottled):
                raise

    def urgent(self) -> None:
        """:raises Stopped: where Spoki cannot be told more for now."""
        for phone in numbers_due():
            if not self._budget.turn(Call.SYNC):
                return
            self._silence(phone)
        for row in urgent_rows(self._codes, now=self._budget.clock()):
            if not self._budget.turn(Call.SYNC):
                return
            self._push_one(row.contact_id)

    def _silence(self, phone: str) -> None:
        """Take back the consent that Spoki holds for a number that nobody here has any more.

        Told twice by two workers, Spoki knows the same; refused for good, it has no such contact to write to.
        """
        if Contact.objects.filter(phone=phone).exists():
            NumberToSilence.objects.filter(phone=phone).delete()
            return
        write = spoki.ContactWrite(phone=phone, status=spoki.ConsentStatus.UNSUBSCRIBED)
        self._call(Call.SYNC, [], partial(self._gateway.sync_contact, write))
        now = self._budget.clock()
        NumberToSilence.objects.filter(phone=phone).update(told_at=now)
        runs.count(self._run, {"calls": 1, "pushed": 1}, now=now)

    def everything(self) -> bool:
        """Push what is left, in order; False when the turns ended first.

        :raises Stopped: where Spoki cannot be told more for now.
        """
        position = self._run.position
        while rows := self._due_after(position):
            ids = [row.contact_id for row in rows]
            if len(ids) <= FEW:
                for contact_id in ids:
                    if not self._budget.turn(Call.SYNC):
                        return False
                    self._push_one(contact_id)
            elif self._budget.turn(Call.SYNC_ALL):
                self._push_batch(ids)
            else:
                return False
            position = ids[-1]
            ContactSyncRun.objects.filter(pk=self._run.pk).update(position=position)
        return True

    def _due_after(self, position: int) -> list[Wanted]:
        statement = f"""
            SELECT * FROM ({wanted_sql("AND c.id > %(after)s AND p.is_alone IS NOT TRUE")}) w
            WHERE {DUE} ORDER BY w.contact_id LIMIT {BATCH}
        """  # noqa: S608 - our own text
        now = self._budget.clock()
        return read_wanted(statement, {"codes": self._codes, "now": now, "after": position})

    def _claim(self, ids: Collection[int]) -> list[Wanted]:
        """Take the rows that nobody has and that still differ, as they are this moment."""
        now = self._budget.clock()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ADD_ROWS, [list(ids)])
            cursor.execute(_CLAIM, {"ids": list(ids), "now": now, "until": now + LEASE})
            claimed = [row[0] for row in cursor.fetchall()]
            found = wanted_of(claimed, codes=self._codes)
            rows = [found[pk] for pk in sorted(found) if found[pk].wanted != found[pk].digest]
            release(set(claimed) - {row.contact_id for row in rows})
        return rows

    def _push_one(self, contact_id: int) -> None:
        for row in self._claim([contact_id]):
            call = partial(self._gateway.sync_contact, write_of(row))
            answer = self._call(Call.SYNC, [row], call)
            if isinstance(answer, spoki.SpokiError):
                self._record([], {row: answer.detail or str(answer)})
            else:
                self._record([row], {}, ids={row.phone: answer.id})

    def _push_batch(self, ids: Sequence[int]) -> None:
        rows = self._claim(ids)
        if not rows:
            return
        writes = [write_of(row) for row in rows]
        result = self._call(Call.SYNC_ALL, rows, partial(self._gateway.sync_contacts, writes))
        if isinstance(result, spoki.SpokiError):
            # One bad row may spoil the batch: each goes alone, and then the bad one is known.
            set_alone([row.contact_id for row in rows])
            runs.count(self._run, {"calls": 1}, now=self._budget.clock())
            return
        answer = read_answer([row.phone for row in rows], result)
        set_alone([row.contact_id for row in rows if row.phone in answer.doubtful])
        self._record(
            [row for row in rows if row.phone in answer.taken],
            {row: answer.refused[row.phone] for row in rows if row.phone in answer.refused},
            ids={contact.phone: contact.id for contact in result.contacts if contact.phone},
        )
        if answer.taken:
            # A bulk answer proves little: one of the batch is read back.
            requests.ask_again(phone=min(answer.taken), now=self._budget.clock())

    def _call(self, kind: Call, rows: Sequence[Wanted], call: Any) -> Any:
        """Return the answer, or the error of who was refused for good.

        :raises Stopped: for what the next turn may mend; the rows are released.
        """
        try:
            return call()
        except spoki.SpokiError as error:
            now = self._budget.clock()
            is_refused = not error.retryable and not isinstance(
                error, spoki.SpokiAuthError | spoki.SpokiOutcomeUnknown
            )
            if is_refused:
                return error
            release([row.contact_id for row in rows])
            runs.count(self._run, {"calls": 1}, now=now)
            pace.freeze(kind, seconds=error.retry_after, now=now)
            runs.note_trouble(self._run, error, now=now)
            raise Stopped from error

    def _record(
        self,
        taken: Sequence[Wanted],
        refused: Mapping[Wanted, str],
        *,
        ids: Mapping[str, int] | None = None,
    ) -> None:
        now = self._budget.clock()
        with transaction.atomic():
            record_taken(taken, spoki_ids=ids or {}, now=now)
            record_refused({row: words_of(text) for row, text in refused.items()}, now=now)
            figures = {"calls": 1, "pushed": len(taken), "failed": len(refused)}
            runs.count(self._run, figures, now=now)
