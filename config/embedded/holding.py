"""Keeps an embedded service up for as long as somebody uses it.

Who needs the service takes a shared lock on its file of users and never gives it back: the
kernel does, however the process ends. The keeper, one small process per service, starts the
server and waits for the exclusive lock: when it gets it, nobody is left, and it stops the server.
So a killed supervisor leaves no server behind, and two commands share one server.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from config.embedded.errors import EmbeddedError
from config.embedded.place import make_folders
from config.embedded.service import Service

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "ready"
START_SECONDS = 60.0
LOOKS = 10
_held: dict[Path, int] = {}


def hold(service: Service) -> int:
    """Start `service` unless it runs, and keep it up while this process lives.

    Returns the file descriptor of the lock: a child that inherits it keeps the service up too.
    Raises EmbeddedError where the service cannot run.
    """
    users = service.place.lock("users")
    if users in _held:
        return _held[users]
    make_folders(service.place)
    descriptor = _open(users)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    with _alone(service.place.lock("start")):
        _ensure_up(service)
    _held[users] = descriptor
    return descriptor


def release(service: Service) -> None:
    """Let the service go before this process ends: its keeper stops it if nobody else is left."""
    descriptor = _held.pop(service.place.lock("users"), None)
    if descriptor is not None:
        os.close(descriptor)


def release_and_wait(service: Service) -> None:
    """Let the service go and, unless somebody else uses it, wait until its server has stopped."""
    release(service)
    seen_in_use = 0
    for _ in range(int(START_SECONDS * 10)):
        Event().wait(0.1)
        # Once is not enough: the keeper may not have noticed yet that it is alone.
        seen_in_use = seen_in_use + 1 if _is_used(service) else 0
        if not is_kept(service) or seen_in_use == LOOKS:
            return


def _is_used(service: Service) -> bool:
    """Return whether the keeper still waits: somebody holds the shared lock, so we may share it."""
    descriptor = _open(service.place.lock("users"))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # the keeper has it alone: it is stopping the server
    finally:
        os.close(descriptor)
    return True


def is_kept(service: Service) -> bool:
    """Return whether the service's keeper lives, and with it the server."""
    descriptor = _open(service.place.lock("keeper"))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _ensure_up(service: Service) -> None:
    for _ in range(int(START_SECONDS * 20)):
        if not is_kept(service):
            _start_keeper(service)
        elif service.is_ready():
            return
        else:
            Event().wait(0.05)
    raise service.complaint()


def _start_keeper(service: Service) -> None:
    """Start the keeper apart from this process and wait for its word.

    Not `subprocess`: the keeper outlives whoever started it, and nobody waits for its end.
    """
    reading, writing = os.pipe()
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "config.embedded.keeper", service.name, str(service.var)],
        os.environ | {"PYTHONPATH": _with_root(os.environ.get("PYTHONPATH", ""))},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_DUP2, writing, 2),
        ],
        setsid=True,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        word = answer.read().strip()
    if word != READY:
        raise EmbeddedError(word or f"The keeper of the embedded {service.name} died at once.")


def _with_root(path: str) -> str:
    return f"{ROOT}{os.pathsep}{path}" if path else str(ROOT)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
