"""The keeper of one embedded service, a process of its own: see `holding`.

Run as `python -m config.embedded.keeper SERVICE FOLDER`; says `ready` on its standard output, or
what went wrong, and goes silent.
"""

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.holding import READY, START_SECONDS
from config.embedded.postgres import Postgres
from config.embedded.service import Service
from config.embedded.valkey import Valkey
from config.parentage import die_with_parent

SERVICES: dict[str, type[Service]] = {"postgres": Postgres, "valkey": Valkey}
STOP_SECONDS = 60.0


def main(name: str, var: str) -> int:
    """Keep the service `name` of the folder `var` until its last user is gone."""
    service = SERVICES[name](Path(var))
    lock = os.open(service.place.lock("keeper"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        server = _start(service)
    except (EmbeddedError, OSError) as error:
        sys.stdout.write(str(error))
        return 1
    _say_ready()
    threading.Thread(target=_end_with, args=(server,), daemon=True).start()
    users = os.open(service.place.lock("users"), os.O_RDWR)
    fcntl.flock(users, fcntl.LOCK_EX)  # granted when the last user has gone
    _stop(server, service)
    os.close(lock)  # before the lock of the users: whoever comes next starts a new keeper
    os.close(users)
    return 0


def _start(service: Service) -> "subprocess.Popen[bytes]":
    service.prepare()
    with service.place.log.open("ab") as log:
        server = subprocess.Popen(  # noqa: S603 - our own binaries; no thread runs yet
            service.command(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=service.place.folder,
            env=service.environment(),
            preexec_fn=die_with_parent(service.stop_signal),  # noqa: PLW1509 - no thread runs yet
            user=service.place.uid,
            group=service.place.gid,
            extra_groups=service.place.groups,
        )
    for _ in range(int(START_SECONDS * 50)):
        if service.is_ready():
            return server
        if server.poll() is not None:
            break
        threading.Event().wait(0.02)
    _stop(server, service)
    raise service.complaint()


def _say_ready() -> None:
    sys.stdout.write(READY)
    sys.stdout.flush()
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    os.dup2(silence, 2)


def _end_with(server: "subprocess.Popen[bytes]") -> None:
    """End at once when the server ends, so that everybody sees that it is gone."""
    server.wait()
    os._exit(0)


def _stop(server: "subprocess.Popen[bytes]", service: Service) -> None:
    server.send_signal(service.stop_signal)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
