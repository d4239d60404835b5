"""Who runs the embedded services: PostgreSQL refuses root, so root hands them to a plain account."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine, by name and numbers."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Return who owns, or will own, the folder `data`; None = the current user, who is not root.

    Raises EmbeddedError where root finds no account to hand the services to.
    """
    if os.geteuid() != 0:
        return None
    for entry in _candidates(data):
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root and this machine has neither the account “postgres” nor "
        "“nobody”. Run the command as a normal user, or set DATABASE_URL and CELERY_BROKER_URL."
    )


def _candidates(data: Path) -> list[pwd.struct_passwd]:
    """Return the accounts to try: the owner of data made earlier goes before the usual names."""
    wanted: list[str | int] = [*CANDIDATES]
    if data.exists() and data.stat().st_uid != 0:
        wanted.insert(0, data.stat().st_uid)
    found = []
    for who in wanted:
        try:
            found.append(pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who))
        except KeyError:
            continue
    return found


def can_reach(path: Path, account: Account) -> bool:
    """Return whether `account` may walk down to `path`, judged by mode bits (no access lists)."""
    return all(_may_enter(folder, account) for folder in path.parents if folder.exists())


def _may_enter(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
