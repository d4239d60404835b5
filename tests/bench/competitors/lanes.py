"""The two others as lanes of the throughput row: each fills its queue, drains it, tells its speed."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import embedded
from tests.addresses import database_url
from tests.bench.database import empty_database, server
from tests.bench.stubbed import StubProcess

ROOT = Path(__file__).resolve().parents[3]
STALLED_SECONDS = 30.0
PROCESSES = 2

_MESSAGES = """
INSERT INTO competitors_message (key, phone, params, is_sent, sent_at, provider_uuid)
SELECT gen_random_uuid(), '+39340' || lpad(n::text, 7, '0'), '{"FIRST_NAME": "Giulia"}', false, NULL, ''
FROM generate_series(1, %s) n
"""


@dataclass(frozen=True, slots=True)
class Others:
    """Where the others work: their database, their broker and the stub they share with us."""

    database: str
    broker: str
    stub: StubProcess

    def post_office(self, messages: int) -> float:
        """Return messages a second of `send_queued_mail`, two processes of five threads."""
        self._fill_mail(messages)
        self.stub.reset()
        with tempfile.TemporaryDirectory() as folder:
            lock = f"{folder}/post_office"
            command = ["django", "send_queued_mail", f"--processes={PROCESSES}", "-L", lock]
            self._run(command)
        return self.stub.rate(messages)

    def celery(self, messages: int) -> float:
        """Return messages a second of a worker of two processes; enqueueing is not counted."""
        self._fill_messages(messages)
        self._run(["tests.bench.competitors.enqueue"])
        self.stub.reset()
        options = ["worker", "-P", "prefork", "-c", str(PROCESSES), "-l", "ERROR"]
        app = ["celery", "-A", "tests.bench.competitors.celery_app"]
        worker = subprocess.Popen(
            [sys.executable, "-m", *app, *options],
            cwd=ROOT,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(self.stub, messages)
        finally:
            worker.terminate()
            worker.wait()
        return self.stub.rate(messages)

    def _fill_mail(self, messages: int) -> None:
        with server(self.database) as connection:
            found = connection.execute(
                "SELECT quote_ident(column_name) FROM information_schema.columns "
                "WHERE table_name = 'post_office_email' AND column_name <> 'id'"
            ).fetchall()
            names = [name for (name,) in found]
            headers = (
                "jsonb_build_object('X-Key', md5(n::text), 'X-Phone', "
                "'+39340' || lpad(n::text, 7, '0'))"
            )
            values = [headers if name == "headers" else f"seed.{name}" for name in names]
            connection.execute("TRUNCATE post_office_log, post_office_email CASCADE")
            connection.execute(
                f"INSERT INTO post_office_email ({', '.join(names)}) "  # noqa: S608
                f"SELECT {', '.join(values)} FROM mail_seed seed, generate_series(1, {messages}) n"
            )
            connection.execute("VACUUM ANALYZE")

    def _fill_messages(self, messages: int) -> None:
        with server(self.database) as connection:
            connection.execute("TRUNCATE competitors_message")
            connection.execute(_MESSAGES, [messages])
            connection.execute("VACUUM ANALYZE")

    def _run(self, module: list[str]) -> None:
        """Run a module to its end.

        :raises RuntimeError: with the end of what it wrote, where it fails.
        """
        command = [sys.executable, "-m", *module]
        ended = subprocess.run(
            command, cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(ended.stderr[-2000:])

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.bench.competitors.settings",
            "DATABASE_URL": database_url(self.database),
            "CELERY_BROKER_URL": self.broker,
            "SPOKI_BASE_URL": self.stub.url,
        }


@contextmanager
def others_at(stub: StubProcess) -> Iterator[Others]:
    """Prepare the others' database and broker for the length of the block."""
    broker = embedded.Valkey(embedded.folder() / "bench")
    embedded.hold(broker)
    try:
        with empty_database("bench_others"):
            others = Others("bench_others", broker.broker_url(), stub)
            others._run(["tests.bench.competitors.prepare"])
            with server(others.database) as connection:
                connection.execute("CREATE TABLE mail_seed AS SELECT * FROM post_office_email")
            yield others
    finally:
        embedded.release_and_wait(broker)


def _await(stub: StubProcess, messages: int) -> None:
    """Wait until so many arrived, or until nothing came for half a minute."""
    seen, moved, pause = 0, time.monotonic(), threading.Event()
    while seen < messages and time.monotonic() - moved < STALLED_SECONDS:
        pause.wait(0.2)
        now = stub.count()
        if now != seen:
            seen, moved = now, time.monotonic()
    # The rows behind the last arrivals are still being written.
    pause.wait(0.5)
