"""Submissions in the background: they come back by themselves, and two workers are one."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from spoki.fake import FakeSpoki
from templates_sync import edge, tasks
from templates_sync.staging import submitting
from tests.conftest import NOW
from tests.factories.drafts import make_draft

pytestmark = pytest.mark.django_db


def test_the_task_comes_back_when_the_next_step_may_be_done(monkeypatch):
    queued = []
    monkeypatch.setattr(edge, "advance_now", lambda draft_id: timedelta(seconds=13))
    monkeypatch.setattr(
        tasks.advance_submission, "apply_async", lambda **options: queued.append(options)
    )

    tasks.advance_submission(draft_id=7)

    assert queued == [{"kwargs": {"draft_id": 7}, "countdown": 13.0}]


def test_the_task_does_not_come_back_when_nothing_is_left(monkeypatch):
    queued = []
    monkeypatch.setattr(edge, "advance_now", lambda draft_id: None)
    monkeypatch.setattr(
        tasks.advance_submission, "apply_async", lambda **options: queued.append(options)
    )

    tasks.advance_submission(draft_id=7)

    assert queued == []


def test_the_schedule_carries_on_what_is_due_and_leaves_the_rest(monkeypatch):
    carried: list[int] = []
    now = timezone.now()
    monkeypatch.setattr(edge, "advance_now", carried.append)
    late = timedelta(minutes=5)
    forgotten = make_draft(status="submitting", step="fields", next_at=now - late)
    orphan = make_draft(status="submitting", step="write", leased_until=now - late)
    make_draft(status="submitting", step="fields", next_at=now + late)
    make_draft(status="submitting", step="fields", leased_until=now + late)
    make_draft(status="approved")

    tasks.resume_submissions()

    assert carried == [forgotten.pk, orphan.pk]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_template_and_submit_it_once():
    fake, gate = FakeSpoki(), threading.Barrier(2)
    draft = make_draft(status="submitting", step="fields")

    def work():
        try:
            gate.wait(timeout=10)
            submitting.advance(draft_id=draft.pk, gateway=fake, clock=lambda: NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)

    draft.refresh_from_db()
    assert draft.status == "submitted"
    assert (fake.calls.count("create_template"), fake.calls.count("submit_template")) == (1, 1)
