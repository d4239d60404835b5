"""`manage.py import_contacts FILE`: contacts from a CSV or an Excel workbook, with a report."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from audiences.importing import ImportReport, import_contacts
from audiences.importing.proof import NO_PROOF, Basis, Proof
from audiences.importing.values import moment_of


class Command(BaseCommand):
    help = (
        "Import contacts from a CSV or .xlsx file; bad rows are listed with their line and the reason. "
        "Without the four --consent options a consent is recorded only for rows that bring their own proof."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--consent-of", choices=[Basis.COLUMN, Basis.EVERYBODY])
        parser.add_argument("--consent-source", default="")
        parser.add_argument("--consent-date", default="")
        parser.add_argument("--consent-proof", default="")
        parser.add_argument("--consent-collected-by", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        proof = _proof(options, now=timezone.now())
        try:
            with path.open("rb") as file:
                report = import_contacts(
                    file=file,
                    name=path.name,
                    by=None,
                    clock=timezone.now,
                    proof=proof,
                    collected_by=options["consent_collected_by"][:150],
                )
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be opened: %(why)s.") % {"path": path, "why": error.strerror}
            ) from None
        self._tell(report)
        if report.errors and not report.imported:
            raise CommandError(_("Nothing was imported."))

    def _tell(self, report: ImportReport) -> None:
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


def _proof(options: dict[str, Any], *, now: datetime) -> Proof:
    """:raises CommandError: half a proof is none."""
    if not options["consent_of"]:
        return NO_PROOF
    at = moment_of(options["consent_date"])
    names = ("consent_source", "consent_proof", "consent_collected_by")
    if at is None or at > now or not all(options[name].strip() for name in names):
        raise CommandError(
            _(
                "A consent needs --consent-source, --consent-date (not in the future), --consent-proof and"
                " --consent-collected-by."
            )
        )
    return Proof(
        basis=options["consent_of"],
        source=options["consent_source"].strip()[:100],
        evidence=options["consent_proof"].strip(),
        at=at,
    )
