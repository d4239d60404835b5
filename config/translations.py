"""The Italian catalogues: compiles them, and finds what nobody has translated, or nobody can.

Run as `python -m config.translations` to compile what changed, with `--check` to list gaps. Needs
Babel alone, no settings and no database.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
APPS = ("audiences", "campaigns", "config", "conversations", "orders", "templates_sync")
TEXT_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}  # fmt: skip


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


def unread() -> Iterator[str]:
    """Yield a line for each text inside an f-string, where makemessages does not look."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for line in lines_unread(path.read_text()):
                yield f"{path.relative_to(ROOT)}:{line}"


def lines_unread(source: str) -> Iterator[int]:
    """Yield the lines of a module on which an f-string asks for a translation."""
    formatted = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    for node in (inner for outer in formatted for inner in ast.walk(outer)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TEXT_CALLS:
            yield node.lineno


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        found = [f"No Italian for {line}" for line in gaps()]
        found += [f"A text inside an f-string, take it out: {line}" for line in unread()]
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    compile_changed()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
