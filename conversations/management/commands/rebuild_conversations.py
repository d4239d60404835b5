"""`manage.py rebuild_conversations`: where each conversation stands, made again out of the messages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from conversations.recount import recount, recount_all


class Command(BaseCommand):
    help = (
        "Make the inbox's rows again out of the messages. What people decided stays: assignments, what is put off, "
        "what is done. May run while messages come in, and be stopped and started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contact", type=int, action="append", help="only this one, by its id")

    def handle(self, *args: Any, **options: Any) -> None:
        only: list[int] = options["contact"] or []
        batches = [(len(only), recount(contact_ids=only))] if only else recount_all()
        looked_at = changed = 0
        for contacts, rows in batches:
            looked_at, changed = looked_at + contacts, changed + rows
        self.stdout.write(
            _("%(contacts)s conversations looked at, %(rows)s put right.")
            % {"contacts": looked_at, "rows": changed}
        )
