"""The Italian catalogues: compiles them, and finds what nobody has translated.

Run as `python -m config.translations` to compile what changed, with `--check` to list gaps. Needs
Babel alone, no settings and no database.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def catalogues() -> list[Path]:
    """Return every app's catalogue."""
    own = ROOT.glob("*/locale/*/LC_MESSAGES/*.po")
    return sorted([*own, *ROOT.glob("config/*/locale/*/LC_MESSAGES/*.po")])


def compile_changed() -> None:
    """Write the compiled catalogue beside each one that is newer than it."""
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as read, target.open("wb") as written:
            write_mo(written, read_po(read))


def gaps() -> Iterator[str]:
    """Yield a line for each text that is untranslated, or translated by guess (fuzzy)."""
    for source in catalogues():
        with source.open("rb") as read:
            for message in read_po(read):
                texts = message.string if isinstance(message.string, tuple) else (message.string,)
                if message.id and (message.fuzzy or not all(texts)):
                    yield f"{source.relative_to(ROOT)}: {message.id!r}"


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        found = list(gaps())
        sys.stdout.writelines(f"No Italian for {line}\n" for line in found)
        return 1 if found else 0
    compile_changed()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
