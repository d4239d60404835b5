"""Makes `.venv/` hold what a locked file of requirements names. Standard library alone.

Usage: python requirements/install.py base|dev|bench

A stamp in `.venv/` remembers the file by its hash: nothing is touched while it has not changed.
Packages come from the indexes that pip is configured with on this machine; uv, which is faster, is
told of them through its environment, and where uv cannot, pip does the work.
"""

import ast
import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv"
PYTHON = VENV / "bin" / "python"
# What pip calls a setting → what uv calls it. Several values are parted by spaces in pip.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
COMMAS = {"UV_FIND_LINKS"}


def main(name: str) -> int:
    """Install the locked file `name`; return an exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one gets a sentence
        say(f"Python 3.11 or later is needed, this is {sys.version.split()[0]}.")
        return 1
    with alone():
        if is_installed(name):
            return 0
        make_environment()
        installed = install_with_uv(name) or install_with_pip(name)
        if installed:
            stamp(name).write_text(digest(name))
    return 0 if installed else 1


def make_environment() -> None:
    """Create `.venv/`; with a pip of its own only where this Python's pip is none or too old."""
    if not runs(PYTHON, "-c", ""):
        say("Creating .venv…")
        # Linked, not copied: a copy of some builds of Python does not find its own library.
        builder = venv.EnvBuilder(with_pip=not outer_pip(), clear=VENV.exists(), symlinks=True)
        builder.create(VENV)


@cache
def outer_pip() -> tuple[str | Path, ...]:
    """Return the command of this Python's pip if it can install into another environment."""
    command = (sys.executable, "-m", "pip")
    can = output_of(*command, "--python", sys.executable, "--version")
    return (*command, "--python", PYTHON) if can else ()


def install_with_uv(name: str) -> bool:
    """Return whether uv installed the file, after installing uv itself from its own locked file."""
    say(f"Installing requirements/{name}.txt…")
    if not is_installed("uv"):
        if not runs(
            *pip("install", "--quiet", "--quiet"), "--require-hashes", "-r", HERE / "uv.txt"
        ):
            return False
        stamp("uv").write_text(digest("uv"))
    command = (VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON)
    return runs(*command, "--require-hashes", "-r", HERE / f"{name}.txt", environment=uv_settings())


def install_with_pip(name: str) -> bool:
    say("uv could not do it; pip, which is slower, tries.")
    return runs(*pip("install"), "--require-hashes", "-r", HERE / f"{name}.txt")


def uv_settings() -> dict[str, str]:
    """Return the environment that tells uv what pip is configured with; what uv is told wins."""
    settings = {
        # pip looks at all indexes and takes the best match; the hashes decide what is accepted.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    for key, value in pip_settings():
        if key in UV_NAMES and value:
            joint = "," if UV_NAMES[key] in COMMAS else " "
            settings[UV_NAMES[key]] = joint.join(value.split())
    return settings | dict(os.environ)


def pip_settings() -> Iterator[tuple[str, str]]:
    """Yield pip's configuration from its files and the environment, the stronger one later."""
    lines = [line.partition("=") for line in output_of(*pip("config", "list")).splitlines()]
    strength = {"global": 0, "install": 1, ":env:": 2}
    known = [(name.rpartition("."), value) for name, _, value in lines]
    for (section, _, key), value in sorted(known, key=lambda item: strength.get(item[0][0], -1)):
        if section in strength:
            yield key, str(ast.literal_eval(value))


def pip(*arguments: str) -> tuple[str | Path, ...]:
    command = outer_pip() or (PYTHON, "-m", "pip")
    return (*command, "--disable-pip-version-check", *arguments)


def runs(*command: str | Path, environment: dict[str, str] | None = None) -> bool:
    """Return whether the command can be run and succeeds."""
    try:
        ended = subprocess.run([str(part) for part in command], check=False, env=environment)  # noqa: S603
    except OSError:
        return False
    return ended.returncode == 0


def output_of(*command: str | Path) -> str:
    """Return what the command prints, nothing where it fails."""
    ended = subprocess.run(  # noqa: S603
        [str(part) for part in command], check=False, capture_output=True, text=True
    )
    return ended.stdout if ended.returncode == 0 else ""


def is_installed(name: str) -> bool:
    return stamp(name).exists() and stamp(name).read_text() == digest(name)


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def digest(name: str) -> str:
    return hashlib.sha256((HERE / f"{name}.txt").read_bytes()).hexdigest()


@contextmanager
def alone() -> Iterator[None]:
    """Let two commands that start at once install one after the other."""
    folder = os.open(HERE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
