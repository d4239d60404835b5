"""What `run_all` and `demo` share: what must hold before the start, and which processes run."""

import fcntl
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.utils import timezone

from config import beat, embedded, roles
from config.embedded.place import make_folders
from config.supervise import Child

PYTHON = (sys.executable, "-m")
CELERY = (*PYTHON, "celery", "--quiet", "-A", "config.celery")
QUIET = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")


@contextmanager
def only_one(services: list[embedded.Service]) -> Iterator[None]:
    """Hold the embedded folder for one supervisor; raise CommandError while another one runs.

    With outside services only, several machines may run everything: nothing is held.
    """
    if not services:
        yield
        return
    make_folders(services[0].place)
    path = services[0].place.home / "run_all.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise CommandError(
                f"Already running from this folder (process {file.read().strip() or 'unknown'}). "
                "Stop it first with Ctrl-C, or set APP_VAR to another folder for a second one."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def prepare() -> None:
    """Bring database, roles and schedule to what this code needs."""
    call_command("migrate", interactive=False, verbosity=0)
    roles.sync_roles()
    beat.reconcile(now=timezone.now())


def collect_static() -> None:
    """Collect the static files where they are served from there and any of them changed.

    Before the web process loads: it lists the folder once, and serves nothing that comes later.
    """
    if not settings.NEEDS_COLLECTED_STATIC:
        return
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    wanted = "\n".join(sorted(_static_files()))
    if not stamp.exists() or stamp.read_text() != wanted:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(wanted)


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            yield f"{name} {status.st_size} {status.st_mtime_ns}"


def local_secret_key(home: Path) -> str:
    """Return the secret key kept in `home`, made the first time: sessions survive a restart."""
    path = home / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def web(address: tuple[str, int]) -> Child:
    """Return the process that serves people; loaded once, then forked."""
    host, port = address
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = (*PYTHON, "gunicorn", "config.wsgi", "--preload", "--bind", bind, "--workers", "2",
               "--threads", "8", "--keep-alive", "65", "--log-level", "warning",
               "--no-control-socket")  # fmt: skip
    return Child("web", command)


def background() -> list[Child]:
    """Return the processes that work behind the pages."""
    worker = (
        *CELERY,
        "worker",
        "-n",
        "worker@%h",
        "-Q",
        "default,sync",
        "-c",
        "2",
        *QUIET,
    )
    # By itself: an order or a customer's STOP never waits behind an import of ten minutes.
    webhooks = (
        *CELERY,
        "worker",
        "-n",
        "webhooks@%h",
        "-Q",
        "webhooks",
        "-P",
        "threads",
        "-c",
        "4",
        *QUIET,
    )
    # One drainer at a time is all an account takes: a second one would only wait for the lock.
    sender = (
        *CELERY,
        "worker",
        "-n",
        "sender@%h",
        "-Q",
        "sender",
        "-P",
        "threads",
        "-c",
        "1",
        *QUIET,
    )
    schedule = (*CELERY, "beat", "--pidfile=", "--loglevel", "WARNING")
    # On SIGTERM beat writes its schedule, and waits for ever where the signal met it in the middle of
    # a query. It holds nothing that is lost, so an orphan is ended at once.
    orphan = Child("beat", schedule, orphan_signal=SIGKILL)
    return [Child("worker", worker), Child("webhooks", webhooks), Child("sender", sender), orphan]
