"""A file of contacts on its way: kept, started, worked on."""

import io
from datetime import datetime

from audiences.importing import run
from audiences.importing.proof import NO_PROOF, Basis, Proof
from audiences.importing.storing import receive
from audiences.models import ContactImport
from tests.conftest import NOW

FAIR = Proof(
    basis=Basis.EVERYBODY,
    source="fiera Milano",
    evidence="moduli 1-400",
    at=datetime.fromisoformat("2026-10-03T00:00:00+02:00"),
)


def many(people: int, name: str = "Ada") -> str:
    """A file of so many people."""
    rows = "".join(f"347{number:07d};{name}\n" for number in range(people))
    return f"telefono;nome\n{rows}"


def kept(text: str | bytes, name: str = "clienti.csv") -> ContactImport:
    content = text.encode() if isinstance(text, str) else text
    return receive(file=io.BytesIO(content), name=name, by=None, now=NOW)


def started(text: str, proof: Proof = NO_PROOF, collected_by: str = "") -> ContactImport:
    contact_import = kept(text)
    return run.start(
        contact_import=contact_import, proof=proof, collected_by=collected_by, by=None, now=NOW
    )


def work(contact_import: ContactImport, *, ends_at: datetime | None = None) -> bool:
    return run.work(contact_import=contact_import, clock=lambda: NOW, ends_at=ends_at)


def done(text: str, proof: Proof = NO_PROOF, collected_by: str = "") -> ContactImport:
    """The whole of it, to the end."""
    contact_import = started(text, proof, collected_by)
    assert work(contact_import)
    return contact_import


def figures(contact_import: ContactImport) -> tuple[int, int, int, int]:
    """(created, updated, unchanged, refused), as they are stored."""
    contact_import.refresh_from_db()
    found = contact_import
    return found.created, found.updated, found.unchanged, found.refused
