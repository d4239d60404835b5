"""The sender in the foreground: the loop that the Celery task runs, until Ctrl-C."""

import signal
import threading
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from campaigns.sender.running import drain_account

# Another drainer may die at any moment: whoever waits takes over within this long.
FAILOVER_SECONDS = 2.0


class Command(BaseCommand):
    help = "Send what is due, at the pace the limits allow, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--until-idle",
            action="store_true",
            help="End when no campaign is at work and nothing is due.",
        )

    def handle(self, *, until_idle: bool, **_options: object) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: stop.set())
        self.stdout.write(_("The sender runs. Ctrl-C ends it; nothing gets lost."))
        waiting = False
        while not stop.is_set():
            if drain_account(stop=stop, until_idle=until_idle):
                return
            if not waiting:
                self.stdout.write(_("Another sender is at work: this one waits to take over."))
            waiting = True
            stop.wait(FAILOVER_SECONDS)
