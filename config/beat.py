"""The schedule of the background work, in code; the table of celery-beat follows it by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from config.celery import app

# The rows below this prefix are ours; every other row belongs to an operator and is left alone.
PREFIX = "house: "


@dataclass(frozen=True, slots=True)
class Job:
    """A task by its name, how often it runs, and the queue that runs it."""

    task: str
    every: timedelta
    queue: str = "default"

    @property
    def name(self) -> str:
        return PREFIX + self.task


JOBS = (
    Job("audiences.tasks.push_contacts", timedelta(minutes=5), "sync"),
    Job("audiences.tasks.keep_pushing_contacts", timedelta(minutes=1), "sync"),
    Job("audiences.tasks.read_contacts_again", timedelta(minutes=1), "sync"),
    # It begins by night only, and goes on with what is unfinished.
    Job("audiences.tasks.sweep_contacts", timedelta(minutes=1), "sync"),
    Job("audiences.tasks.import_contacts", timedelta(minutes=1)),
    Job("audiences.tasks.forget_imports", timedelta(days=1)),
    Job("audiences.tasks.reduce_snapshots", timedelta(days=1)),
    Job("audiences.tasks.expire_consent_requests", timedelta(hours=1)),
    Job("campaigns.tasks.drain", timedelta(seconds=10), "sender"),
    Job("campaigns.tasks.settle_unknown", timedelta(minutes=1)),
    Job("campaigns.tasks.watch_sending", timedelta(minutes=1)),
    Job("campaigns.tasks.carry_out_flows", timedelta(minutes=1)),
    Job("campaigns.tasks.forget_flow_values", timedelta(days=1)),
    Job("campaigns.tasks.tell_alerts", timedelta(minutes=1)),
    Job("campaigns.tasks.count_uses", timedelta(minutes=5)),
    Job("campaigns.tasks.refresh_account", timedelta(minutes=5), "sync"),
    Job("conversations.tasks.sweep", timedelta(minutes=1), "webhooks"),
    # Somebody may be looking at the place of a picture whose worker has died.
    Job("conversations.tasks.fetch_files", timedelta(seconds=10)),
    Job("conversations.tasks.watch_silence", timedelta(minutes=5), "webhooks"),
    Job("conversations.tasks.look_after_webhooks", timedelta(hours=1), "sync"),
    Job("conversations.tasks.forget_old", timedelta(days=1)),
    Job("orders.tasks.count_product_pairs", timedelta(days=1)),
    Job("orders.tasks.watch_shop", timedelta(hours=1)),
    Job("orders.tasks.carry_out_privacy_requests", timedelta(minutes=10)),
    Job("orders.tasks.follow_up_confirmations", timedelta(minutes=10)),
    Job("orders.tasks.credit_orders_to_messages", timedelta(minutes=15)),
    Job("orders.tasks.sweep_shop_calls", timedelta(minutes=1)),
    Job("orders.tasks.find_unwritten_consents", timedelta(hours=1)),
    Job("orders.tasks.read_wanted_orders", timedelta(minutes=1)),
    # It begins every quarter of an hour, and goes on with what is unfinished.
    Job("orders.tasks.reconcile_shop", timedelta(minutes=1)),
    Job("orders.tasks.import_shop", timedelta(minutes=1)),
    Job("orders.tasks.look_after_webhooks", timedelta(hours=1)),
    Job("orders.tasks.judge_orders", timedelta(days=1)),
    Job("orders.tasks.forget_shop_logs", timedelta(days=1)),
    Job("orders.tasks.find_abandoned_checkouts", timedelta(minutes=5)),
    Job("orders.tasks.find_lapsed_customers", timedelta(hours=1)),
    Job("orders.tasks.find_refills", timedelta(hours=6)),
    Job("orders.tasks.find_untracked_parcels", timedelta(minutes=5)),
    Job("orders.tasks.forget_deliveries", timedelta(days=1)),
    Job("orders.tasks.sweep_deliveries", timedelta(minutes=1), "webhooks"),
    Job("templates_sync.tasks.sync_templates", timedelta(minutes=10), "sync"),
    Job("templates_sync.tasks.sync_templates_if_urgent", timedelta(minutes=2), "sync"),
    Job("templates_sync.tasks.resume_submissions", timedelta(minutes=1), "sync"),
    Job("templates_sync.tasks.tend_fields", timedelta(minutes=1), "sync"),
)


def reconcile(*, now: datetime, jobs: Iterable[Job] | None = None) -> None:
    """Make our rows of the schedule match `jobs`; an operator's switch-off of a row is kept.

    Rows of ours that no job names any more are deleted; rows without our prefix are never touched.
    """
    wanted = {job.name: job for job in (existing_jobs() if jobs is None else jobs)}
    with transaction.atomic():
        for job in wanted.values():
            _write(job, now=now)
        PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=wanted).delete()
        PeriodicTasks.update_changed()


def existing_jobs() -> list[Job]:
    """Return the jobs whose task is there."""
    app.loader.import_default_modules()
    return [job for job in JOBS if job.task in app.tasks]


def _write(job: Job, *, now: datetime) -> None:
    seconds = int(job.every.total_seconds())
    interval, _ = IntervalSchedule.objects.get_or_create(
        every=seconds, period=IntervalSchedule.SECONDS
    )
    values: dict[str, Any] = {
        "task": job.task,
        "interval": interval,
        "crontab": None,
        "queue": job.queue,
        # A run that waited this long in the queue is dropped: the next one does its work.
        "expire_seconds": seconds,
    }
    PeriodicTask.objects.update_or_create(
        name=job.name, defaults=values, create_defaults=values | {"last_run_at": now - job.every}
    )
