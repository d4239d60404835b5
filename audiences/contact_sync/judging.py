"""What a contact as read from Spoki means for the contact here. Pure.

A withdrawal is news only when Spoki said something else before: an old "unsubscribed" that we pushed
ourselves must not undo a consent given since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import spoki
from audiences.contact_sync.payload import Wanted, consent_of
from audiences.languages import language_of
from audiences.models import ConsentState, SyncConflict

Kind = SyncConflict.Kind
Winner = SyncConflict.Winner
GIVEN, WITHDRAWN, UNKNOWN = ConsentState.GIVEN, ConsentState.WITHDRAWN, ConsentState.UNKNOWN
MOST_TEXT = 500
# Where Spoki shows custom fields.
_FIELD_SETS = ("contactfield_set", "contactfield_values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One value on both sides, and whose is kept."""

    kind: str
    ours: str
    theirs: str
    winner: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentVerdict:
    """`withdrawal` is "unsubscribed", "blocked", or "" when Spoki tells of none that is new."""

    withdrawal: str = ""
    disagreement: Disagreement | None = None


def judge_consent(
    *, own: str, theirs: spoki.Contact, before: str, was_blocked: bool
) -> ConsentVerdict:
    """Weigh our state `own` and the contact read; `before` is what Spoki was known to say, "" at first."""
    said = consent_of(theirs)
    withdrawal = ""
    if said == WITHDRAWN and before != WITHDRAWN:
        withdrawal = "unsubscribed"
    elif theirs.is_blocked and not was_blocked:
        withdrawal = "blocked"
    if withdrawal and own != WITHDRAWN:
        theirs_in_words = WITHDRAWN if withdrawal == "unsubscribed" else withdrawal
        against = _about_consent(own, theirs_in_words, Winner.SPOKI) if own == GIVEN else None
        return ConsentVerdict(withdrawal=withdrawal, disagreement=against)
    if said == GIVEN and own != GIVEN:
        return ConsentVerdict(disagreement=_about_consent(own, GIVEN, Winner.OURS))
    return ConsentVerdict()


def _about_consent(ours: str, theirs: str, winner: str) -> Disagreement:
    return Disagreement(kind=Kind.CONSENT, ours=str(ours), theirs=str(theirs), winner=winner)


def differing(ours: Wanted, theirs: spoki.Contact, *, was_told: bool) -> list[Disagreement]:
    """Return the values of ours that Spoki does not have; what is empty here is no value.

    What its answer leaves out altogether says nothing against what it `was_told`.
    """
    return [
        Disagreement(
            kind=kind,
            name=name[:150],
            ours=own[:MOST_TEXT],
            theirs=their[:MOST_TEXT],
            winner=Winner.OURS,
        )
        for kind, name, own, their in _pairs(ours, theirs)
        if own and not _is_same(kind, own, their) and not (was_told and _is_unsaid(kind, theirs))
    ]


def _pairs(ours: Wanted, theirs: spoki.Contact) -> Iterator[tuple[str, str, str, str]]:
    plain: Mapping[str, str | None] = {
        Kind.FIRST_NAME: theirs.first_name,
        Kind.LAST_NAME: theirs.last_name,
        Kind.EMAIL: theirs.email,
        Kind.LANGUAGE: theirs.language,
    }
    for kind, value in plain.items():
        yield kind, "", str(ours.payload.get(kind) or ""), value or ""
    for code, own in ours.fields.items():
        yield Kind.ATTRIBUTE, code, own, theirs.fields.get(code, "")


def _is_unsaid(kind: str, theirs: spoki.Contact) -> bool:
    names = _FIELD_SETS if kind == Kind.ATTRIBUTE else (kind,)
    return not any(name in theirs.raw for name in names)


def _is_same(kind: str, own: str, their: str) -> bool:
    own, their = own.strip(), their.strip()
    if kind == Kind.LANGUAGE:
        # Regions of one language understand each other.
        return own.lower() == their.lower() or language_of(own) == language_of(their) != ""
    if kind == Kind.EMAIL:
        return own.lower() == their.lower()
    return own == their


def said_consent(theirs: spoki.Contact, *, before: str) -> str:
    """Return what Spoki says of consent; what it said `before` where it says nothing that we know."""
    return str(consent_of(theirs)) if theirs.status else before


def is_known_consent(ours: Wanted, said: str) -> bool:
    """Say whether Spoki has our consent; where we know of none there is nothing to have."""
    return ours.own_consent in {UNKNOWN, said}


def unheard_consent(ours: Wanted, said: str) -> list[Disagreement]:
    """Return the consent that Spoki does not show although it was told."""
    if ours.own_consent != GIVEN or said == GIVEN:
        return []
    return [_about_consent(GIVEN, said or UNKNOWN, Winner.OURS)]
