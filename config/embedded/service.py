"""What PostgreSQL and Valkey have in common as embedded services."""

import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from config.embedded.account import can_reach
from config.embedded.errors import EmbeddedError
from config.embedded.place import Place, place_for


class Service(ABC):
    """A server that listens on a unix socket alone and keeps its data below one folder."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, var: Path) -> None:
        self.var = var
        self.place: Place = place_for(self.name, var)

    @property
    @abstractmethod
    def socket(self) -> Path:
        """The socket the server listens on."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data on the first start; clear what a killed server left behind."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command of the server, which stays in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server answers now."""

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a tool to its end as the service's account, from the service's folder."""
        return subprocess.run(  # noqa: S603 - our own binaries, no shell
            command,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.place.folder,
            env=self.environment(),
            user=self.place.uid,
            group=self.place.gid,
            extra_groups=self.place.groups,
        )

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return kept | {"LC_ALL": "C"}

    def reachable(self, packages: Path, *parts: str) -> Path:
        """Return `packages`, or a copy of its `parts` that the account can reach and run.

        `packages` is the folder of installed packages, `parts` are folders in it, the programs
        first; a part that is not there is left out. Programs find their libraries by where they
        lie to each other, so the copy keeps that.
        """
        account = self.place.account
        if account is None or can_reach(packages / parts[0] / "any", account):
            return packages
        made = (packages / parts[0]).stat().st_mtime_ns
        copy = self.place.home / f"{self.name}-programs-{made:x}"
        if not copy.exists():
            half = copy.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            for part in parts:
                if (packages / part).exists():
                    shutil.copytree(packages / part, half / part, symlinks=True)
            _open_to_all(half)
            half.rename(copy)
        return copy

    def complaint(self, said: str = "") -> EmbeddedError:
        """Return the error that shows what the server last said."""
        log = self.place.log
        tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
        return EmbeddedError(
            f"The embedded {self.name} does not start. It says:\n{said}{tail}\n"
            f"Its data lies in {self.place.folder}. To use a server of your own set DATABASE_URL "
            "and CELERY_BROKER_URL."
        )


def _open_to_all(folder: Path) -> None:
    """Let everybody read and enter a copy that was made under a strict umask."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            if path.stat().st_mode & 0o100:
                path.chmod(path.stat().st_mode | 0o111)
