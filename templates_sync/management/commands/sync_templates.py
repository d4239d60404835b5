"""Read the templates from Spoki now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from templates_sync.edge import WORKERS_PATIENCE, end_of, sync_now
from templates_sync.models import SyncRun
from templates_sync.report import report_of


class Command(BaseCommand):
    help = "Read all templates from Spoki and store what is new."

    def handle(self, *args: Any, **options: Any) -> None:
        # Another's read that is under way is as good: its end is waited for.
        run = end_of(sync_now(trigger=SyncRun.Trigger.COMMAND), patience=WORKERS_PATIENCE)
        report = report_of(run, now=timezone.now())
        if report.tone == "bad":
            raise CommandError(f"{report.sentence} {report.advice}".strip())
        self.stdout.write(report.sentence)
