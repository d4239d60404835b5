"""Senders as processes of their own, as production runs them, that a test may kill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.addresses import database_url

ROOT = Path(__file__).resolve().parents[1]
Sender = subprocess.Popen[bytes]


def start_sender(
    spoki_url: str, *options: str, threads: int = 8, undecided_seconds: float = 2.0, **changes: str
) -> Sender:
    """Start `run_sender` on this test's database against the Spoki at `spoki_url`.

    `changes` are variables of its environment.
    """
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "SPOKI_BASE_URL": spoki_url,
        "SPOKI_API_KEY": "test-key",
        "SENDER_THREADS": str(threads),
        "SENDER_UNDECIDED_SECONDS": str(undecided_seconds),
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_sender", "--skip-checks", *options],
        cwd=ROOT,
        env=environment | changes,
        stdout=subprocess.DEVNULL,
    )


def kill(sender: Sender) -> None:
    """End it as a power cut would; harmless if it has ended."""
    sender.kill()
    sender.wait()


@contextmanager
def sender_at(spoki_url: str, *options: str, **changes: Any) -> Iterator[Sender]:
    """A sender for the length of the block, which ends as it is asked to."""
    sender = start_sender(spoki_url, *options, **changes)
    try:
        yield sender
    finally:
        sender.terminate()
        sender.wait()
