"""What two contacts become when they are one person: decided field by field. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from audiences.models import ConsentRecord, ConsentState

# What a person may choose between.
CHOOSABLE = (
    "phone",
    "first_name",
    "last_name",
    "email",
    "language",
    "timezone",
    "province",
    "country",
)
# What both sides add to; of an attribute that both have, the kept contact's value stays.
JOINED = ("attributes", "tags")
# Where the person lives goes with the number, unless somebody says otherwise.
_WITH_THE_PHONE = ("timezone", "country")


class Side(StrEnum):
    SURVIVOR = "survivor"
    MERGED = "merged"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class KeptField:
    """One field of both, and whose value stays."""

    name: str
    survivor: Any
    merged: Any
    side: Side
    value: Any

    @property
    def differs(self) -> bool:
        return bool(self.survivor != self.merged)

    @property
    def is_choice(self) -> bool:
        """Whether a person may choose: two values, neither of them empty."""
        return self.name in CHOOSABLE and self.differs and bool(self.survivor and self.merged)


def kept_fields(
    survivor: Mapping[str, Any], merged: Mapping[str, Any], *, taken: Collection[str] = ()
) -> dict[str, KeptField]:
    """Judge every field of both; `taken` names those whose value comes from the merged contact.

    What is empty on one side is filled from the other, whatever was chosen.
    """
    kept = {"phone": _one(survivor, merged, "phone", taken=taken)}
    with_phone = _WITH_THE_PHONE if kept["phone"].side is Side.MERGED else ()
    for name in CHOOSABLE[1:]:
        kept[name] = _one(survivor, merged, name, taken={*taken, *with_phone})
    ours, theirs = survivor["attributes"], merged["attributes"]
    kept["attributes"] = KeptField("attributes", ours, theirs, Side.BOTH, theirs | ours)
    tags = list(dict.fromkeys([*survivor["tags"], *merged["tags"]]))
    kept["tags"] = KeptField("tags", survivor["tags"], merged["tags"], Side.BOTH, tags)
    return kept


def _one(
    survivor: Mapping[str, Any], merged: Mapping[str, Any], name: str, *, taken: Collection[str]
) -> KeptField:
    ours, theirs = survivor[name], merged[name]
    is_theirs = bool(theirs) and (name in taken or not ours)
    side = Side.MERGED if is_theirs else Side.SURVIVOR
    return KeptField(name, ours, theirs, side, theirs if is_theirs else ours)


def state_of(
    records: Sequence[ConsentRecord], *, purpose: str, phone: str | None
) -> tuple[ConsentState, datetime | None]:
    """The state that these declarations leave to whoever has this phone, and since when.

    The same rule as the ledger's own (see `audiences.consent`), to show it before it is so.
    """
    counting = [record for record in records if counts(record, phone=phone)]
    newest = max(
        (record for record in counting if record.purpose == purpose),
        key=lambda record: (
            min(record.at, record.recorded_at),
            record.state == ConsentRecord.State.WITHDRAWN,
        ),
        default=None,
    )
    if newest is None:
        return ConsentState.UNKNOWN, None
    return ConsentState(newest.state), newest.at


def counts(record: ConsentRecord, *, phone: str | None) -> bool:
    """Whether a declaration says something about the person with this phone today."""
    if record.state == ConsentRecord.State.WITHDRAWN:
        return True
    return record.state == ConsentRecord.State.GIVEN and record.phone in {"", phone}
