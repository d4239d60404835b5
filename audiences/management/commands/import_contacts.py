"""`manage.py import_contacts FILE`: contacts from a CSV, with a report."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from audiences.importing import import_contacts


class Command(BaseCommand):
    help = "Import contacts from a CSV file; bad rows are listed with their line and the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                report = import_contacts(file=file, by=None, now=timezone.now())
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be opened: %(why)s.") % {"path": path, "why": error.strerror}
            ) from None
        for problem in [*report.errors, *report.warnings]:
            self.stderr.write(
                _("Line %(line)s: %(reason)s") % {"line": problem.line, "reason": problem.reason}
            )
        self.stdout.write(
            _(
                "Created %(created)s, updated %(updated)s, unchanged %(unchanged)s, refused %(refused)s."
            )
            % {
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "refused": len(report.errors),
            }
        )
        if report.errors and not report.imported:
            raise CommandError(_("Nothing was imported."))
