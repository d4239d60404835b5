"""Where the data, the locks and the sockets of the embedded services lie.

Everything is computed from the folder, the user and the modes of the folders above, so that
settings, the command line and the keeper agree without talking and without starting anything.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from config.embedded.account import Account, account_for, can_reach
from config.embedded.errors import EmbeddedError

# A socket's address holds 103 bytes on macOS and 107 on Linux; the longest name put below is
# ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# Root's data when the unprivileged account cannot walk down to the checkout (/root is 0700).
SYSTEM_HOME = Path("/var/lib/whatsapp-house")
SHORT_FOLDER = Path("/tmp")  # noqa: S108 - the folder below is 0700 and its owner is checked


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one service; `account` None = runs as the current user."""

    name: str
    home: Path
    socket_folder: Path
    account: Account | None

    @property
    def folder(self) -> Path:
        """The service's own folder, closed to everybody but its account."""
        return self.home / self.name

    @property
    def uid(self) -> int | None:
        return self.account.uid if self.account else None

    @property
    def gid(self) -> int | None:
        return self.account.gid if self.account else None

    @property
    def groups(self) -> list[int] | None:
        """The further groups to run with: none at all for the account, unchanged for a user."""
        return [] if self.account else None

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def lock(self, purpose: str) -> Path:
        return self.home / f"{self.name}.{purpose}.lock"


def place_for(name: str, var: Path) -> Place:
    """Return where the service `name` of the folder `var` lies. Reads, never writes."""
    var = var.resolve()
    home, account = var, account_for(var / name)
    if account and not can_reach(var / name, account):
        home = SYSTEM_HOME / _digest(var)
        account = account_for(home / name)
    return Place(name=name, home=home, socket_folder=_socket_folder(home / name), account=account)


def _socket_folder(folder: Path) -> Path:
    """Return `folder`, or a short one where its path is too long or needs quoting in addresses."""
    if len(str(folder)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    return SHORT_FOLDER / f"whatsapp-house-{os.geteuid()}-{_digest(folder)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def make_folders(place: Place) -> None:
    """Create the folders of `place`; harmless when they exist.

    Raises EmbeddedError where a folder cannot be made or belongs to somebody else.
    """
    try:
        for folder in reversed([place.home, *place.home.parents]):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o755)  # whatever the umask: the account must be able to walk down
        for folder in {place.folder, place.socket_folder}:
            _make_private(folder, place.account)
    except OSError as error:
        raise EmbeddedError(
            f"The folder {place.home} cannot hold the embedded database and queue: "
            f"{error.strerror} ({error.filename}). Set APP_VAR to a folder you may write in, or set "
            "DATABASE_URL and CELERY_BROKER_URL to use your own services."
        ) from error


def _make_private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if account and status.st_uid == 0:
        os.chown(folder, account.uid, account.gid)
        status = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if folder.is_symlink() or status.st_uid != owner:
        raise EmbeddedError(
            f"The folder {folder} belongs to another account: run the command as its owner, remove "
            "the folder, or set APP_VAR to another one."
        )
