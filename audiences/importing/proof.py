"""What a whole file proves of the consent of its people, beside what each row says of its own."""

from dataclasses import dataclass
from datetime import datetime

from audiences.models import ContactImport

Basis = ContactImport.Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`basis` says for whom a consent is recorded; the rest completes what a row leaves out.

    `evidence` already names the file and who collected it.
    """

    basis: str = Basis.ROWS
    source: str = ""
    evidence: str = ""
    at: datetime | None = None


NO_PROOF = Proof()


def proof_of(contact_import: ContactImport) -> Proof:
    """The proof as it was given when the import was started."""
    if contact_import.basis == Basis.ROWS:
        return NO_PROOF
    parts = [
        contact_import.consent_evidence,
        contact_import.consent_collected_by,
        f"{contact_import.file_name} (#{contact_import.pk})",
    ]
    return Proof(
        basis=contact_import.basis,
        source=contact_import.consent_source,
        evidence=" · ".join(part for part in parts if part),
        at=contact_import.consent_at,
    )
