"""The schedule follows the table in code, and leaves an operator's rows alone."""

from datetime import timedelta

import pytest
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config import beat
from config.beat import Job
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
DRAIN = Job("campaigns.tasks.drain", timedelta(seconds=10), "sender")
SWEEP = Job("conversations.tasks.sweep", timedelta(minutes=1), "webhooks")


def test_a_job_gets_its_row():
    beat.reconcile(now=NOW, jobs=[DRAIN])

    row = PeriodicTask.objects.get(name=DRAIN.name)
    assert (row.task, row.queue, row.interval.every) == ("campaigns.tasks.drain", "sender", 10)
    assert row.expire_seconds == 10


def test_a_second_time_changes_nothing():
    beat.reconcile(now=NOW, jobs=[DRAIN, SWEEP])
    before = list(PeriodicTask.objects.values("pk", "name", "interval", "last_run_at"))

    beat.reconcile(now=NOW + timedelta(hours=1), jobs=[DRAIN, SWEEP])

    assert list(PeriodicTask.objects.values("pk", "name", "interval", "last_run_at")) == before


def test_a_changed_interval_reaches_the_row():
    beat.reconcile(now=NOW, jobs=[DRAIN])

    beat.reconcile(now=NOW, jobs=[Job(DRAIN.task, timedelta(seconds=30), "sender")])

    assert PeriodicTask.objects.get(name=DRAIN.name).interval.every == 30


def test_a_job_that_is_gone_loses_its_row_and_an_operators_row_stays():
    beat.reconcile(now=NOW, jobs=[DRAIN, SWEEP])
    nightly = CrontabSchedule.objects.create(hour="3")
    PeriodicTask.objects.create(
        name="Nightly report", task="reports.tasks.nightly", crontab=nightly
    )

    beat.reconcile(now=NOW, jobs=[DRAIN])

    assert not PeriodicTask.objects.filter(name=SWEEP.name).exists()
    assert PeriodicTask.objects.filter(name="Nightly report").exists()


def test_a_job_an_operator_switched_off_stays_off():
    beat.reconcile(now=NOW, jobs=[DRAIN])
    PeriodicTask.objects.filter(name=DRAIN.name).update(enabled=False)

    beat.reconcile(now=NOW, jobs=[DRAIN])

    assert not PeriodicTask.objects.get(name=DRAIN.name).enabled


def test_every_job_of_the_table_names_a_task_that_exists():
    assert [job.task for job in beat.existing_jobs()] == [job.task for job in beat.JOBS]


def test_intervals_are_shared_and_not_doubled():
    beat.reconcile(now=NOW, jobs=[DRAIN])
    beat.reconcile(now=NOW, jobs=[DRAIN])

    assert IntervalSchedule.objects.filter(every=10, period="seconds").count() == 1
