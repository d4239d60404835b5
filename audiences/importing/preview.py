"""What a file would do: its first rows written and taken back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audiences.contacts import MAX_BATCH, Outcome
from audiences.importing import batches
from audiences.importing.batches import Judged
from audiences.importing.columns import LABELS, columns_of
from audiences.importing.proof import Proof
from audiences.importing.reasons import Reason
from audiences.importing.sheet import read_rows
from audiences.importing.storing import stored_file
from audiences.models import Contact, ContactImport

SHOWN = 20
SAMPLES = 3
_FIELDS = ("first_name", "last_name", "email", "language", "timezone", "province", "country")
_WORDS: Mapping[str, Promise] = {
    "marketing_consent": _("Marketing consent"),
    **{name: LABELS[name] for name in (*_FIELDS, "tags")},
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a contact, before and after; `before` is "" for what is new."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """`outcome` is created, updated, unchanged or refused."""

    line: int
    phone: str
    outcome: str
    changes: Sequence[Change]
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at` rows were tried, with these figures; the first are shown, and the first bad ones."""

    looked_at: int
    is_everything: bool
    figures: Mapping[str, int]
    warned: int
    rows: Sequence[PreviewRow]
    bad: Sequence[PreviewRow]

    @property
    def importable(self) -> int | None:
        """How many rows of the file would be imported; None where not all of them were tried."""
        return self.looked_at - self.figures.get("refused", 0) if self.is_everything else None


def preview(
    *, contact_import: ContactImport, proof: Proof, by: User | None, now: datetime
) -> Preview:
    """Try the first thousand rows; nothing stays written.

    :raises UnreadableFile: the file is no longer kept, or has no column of phones.
    """
    columns = columns_of(contact_import.headings, contact_import.targets)
    with stored_file(contact_import) as file, closing(read_rows(file)) as rows:
        next(rows)
        judged = batches.judge(columns, list(islice(rows, MAX_BATCH)), proof=proof, now=now)
    before, after = _tried(judged, by=by, now=now)
    figures = Counter(_outcome(one) for one in judged)
    return Preview(
        looked_at=len(judged),
        is_everything=len(judged) == contact_import.total_rows,
        figures=figures,
        warned=sum(one.refusal is None and one.warning is not None for one in judged),
        rows=_first(judged[:SHOWN], before, after),
        bad=[_shown(one, before, after) for one in _bad(judged[SHOWN:])],
    )


def samples(contact_import: ContactImport) -> list[list[str]]:
    """The first values of each column that are not empty.

    :raises UnreadableFile: the file is no longer kept.
    """
    found: list[list[str]] = [[] for _heading in contact_import.headings]
    with stored_file(contact_import) as file, closing(read_rows(file)) as rows:
        for row in islice(rows, 1, 50):
            for place, cell in enumerate(row.values[: len(found)]):
                if cell.strip() and len(found[place]) < SAMPLES:
                    found[place].append(cell.strip()[:40])
    return found


def _tried(
    judged: Sequence[Judged], *, by: User | None, now: datetime
) -> tuple[dict[str, Contact], dict[str, Contact]]:
    """Write, look, and take it back; the contacts that are shown, before and after."""
    phones = [one.data.phone.e164 for one in judged[:SHOWN] if one.data is not None]
    with transaction.atomic():
        before = _contacts(phones)
        batches.write(judged, by=by, now=now)
        after = _contacts(phones)
        transaction.set_rollback(True)
    return before, after


def _contacts(phones: Sequence[str]) -> dict[str, Contact]:
    return {contact.phone or "": contact for contact in Contact.objects.filter(phone__in=phones)}


def _first(
    judged: Sequence[Judged], before: Mapping[str, Contact], after: Mapping[str, Contact]
) -> list[PreviewRow]:
    """What becomes of a phone that stands in several rows is told once, at the last of them."""
    lines = {
        one.data.phone.e164: one.row.line
        for one in judged
        if one.data is not None and one.refusal is None
    }
    return [
        shown
        if lines.get(shown.phone, shown.line) == shown.line
        else replace(
            shown,
            changes=[],
            reason=shown.reason or Reason("told_below", {"line": lines[shown.phone]}),
        )
        for shown in (_shown(one, before, after) for one in judged)
    ]


def _bad(judged: Sequence[Judged]) -> Iterator[Judged]:
    return islice((one for one in judged if one.refusal is not None), SHOWN)


def _outcome(one: Judged) -> str:
    return one.answer.outcome.value if one.answer is not None else "refused"


def _shown(one: Judged, before: Mapping[str, Contact], after: Mapping[str, Contact]) -> PreviewRow:
    phone = one.data.phone.e164 if one.data is not None else ""
    old, new = before.get(phone), after.get(phone)
    is_told = _outcome(one) in {Outcome.CREATED, Outcome.UPDATED} and new is not None
    return PreviewRow(
        line=one.row.line,
        phone=phone,
        outcome=_outcome(one),
        changes=list(_changes(old, new)) if is_told and new is not None else [],
        reason=one.refusal or one.warning,
    )


def _changes(old: Contact | None, new: Contact) -> Iterator[Change]:
    """Of a new contact what every new one has is not told."""
    known = old or Contact()
    for name, label in _WORDS.items():
        before, after = _words(known, name), _words(new, name)
        if before != after and after:
            yield Change(str(label), before if old else "", after)
    for name, value in new.attributes.items():
        if known.attributes.get(name) != value:
            yield Change(name, str(localize(known.attributes.get(name, ""))), str(localize(value)))


def _words(contact: Contact, name: str) -> str:
    if name == "marketing_consent":
        return contact.get_marketing_consent_display()
    if name == "tags":
        return ", ".join(contact.tags)
    return str(getattr(contact, name))
