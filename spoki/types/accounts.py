"""The account and its numbers ("channels"). https://api.spoki.com/api/1/accounts/, …/channel/"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from spoki.phones import normalise
from spoki.reading import (
    JsonObject,
    as_flag,
    as_int,
    as_text,
    as_word,
    need_int,
    need_object,
)


class Quality(StrEnum):
    """How Meta judges a number. `unknown` blocks marketing until a person looked."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"


# Words of Spoki's web application, and Meta's colours. The scale of a bare number is not known.
_QUALITY = {
    "high": Quality.HIGH,
    "green": Quality.HIGH,
    "medium": Quality.MEDIUM,
    "yellow": Quality.MEDIUM,
    "low": Quality.LOW,
    "red": Quality.LOW,
}


def quality(raw: object) -> Quality:
    """Return our name for Spoki's word, `unknown` for a number or a new word."""
    return _QUALITY.get(as_word(raw), Quality.UNKNOWN)


# More people than WhatsApp has: what an account without a limit may write to.
UNLIMITED = 2_000_000_000

# Meta's names of the tiers (Messaging limits), should Spoki hand them on. A bare −1 is not a name: as
# long as nobody says what it means, the last limit that was understood counts.
_TIERS = {
    "tier_50": 50,
    "tier_250": 250,
    "tier_1k": 1_000,
    "tier_2k": 2_000,
    "tier_10k": 10_000,
    "tier_100k": 100_000,
    "tier_unlimited": UNLIMITED,
    "unlimited": UNLIMITED,
}


def _count(raw: object) -> int | None:
    number = as_int(raw)
    return number if number is not None and number >= 0 else None


def _limit(raw: object) -> int | None:
    """Return people per 24 hours, `UNLIMITED` where a name says so; None for anything else."""
    number = _count(raw)
    if number is None:
        return _TIERS.get(as_word(raw))
    return min(number, UNLIMITED)


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind the key. `credit_millis` is in thousandths of a euro.

    `daily_limit` and `contacted_in_24h` count unique people per rolling 24 hours; `limit_word` and
    `quality_word` are what Spoki wrote, in lower case, empty where it wrote nothing. `phone_status` is
    Spoki's word in lower case: connected, flagged and restricted are known.
    """

    id: int
    name: str
    phone: str | None = field(repr=False)
    phone_status: str
    quality: Quality
    daily_limit: int | None
    contacted_in_24h: int | None
    credit_millis: int | None
    timezone: str | None
    is_active: bool
    quality_word: str = ""
    limit_word: str = ""
    contacted_in_7d: int | None = None
    account_type: int | None = None
    primary_channel_id: int | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read an account.

        :raises SpokiProtocolError: where there is no object or no id.
        """
        payload = need_object(value, "account")
        return cls(
            id=need_int(payload, "id", "account.id"),
            name=as_text(payload.get("name")) or "",
            phone=normalise(payload.get("phone")),
            phone_status=as_word(payload.get("phone_status")) or "unknown",
            quality=quality(payload.get("quality_score")),
            quality_word=as_word(payload.get("quality_score")),
            daily_limit=_limit(payload.get("daily_limit")),
            limit_word=as_word(payload.get("daily_limit")),
            contacted_in_24h=_count(payload.get("contacted_in_24h")),
            contacted_in_7d=_count(payload.get("contacted_in_7d")),
            credit_millis=as_int(payload.get("current_credit")),
            timezone=as_text(payload.get("timezone")),
            is_active=as_flag(payload.get("is_active")) is not False,
            account_type=as_int(payload.get("account_type")),
            primary_channel_id=as_int(payload.get("primary_channel_id")),
            raw=payload,
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """A WhatsApp number of the account, in the same units as `Account`."""

    id: int
    name: str
    phone: str | None = field(repr=False)
    phone_status: str
    quality: Quality
    daily_limit: int | None
    is_primary: bool
    is_active: bool = True
    quality_word: str = ""
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a channel; older answers name the phone `identifier`.

        :raises SpokiProtocolError: where there is no object or no id.
        """
        payload = need_object(value, "channel")
        return cls(
            id=need_int(payload, "id", "channel.id"),
            name=as_text(payload.get("name")) or "",
            phone=normalise(payload.get("phone")) or normalise(payload.get("identifier")),
            phone_status=as_word(payload.get("phone_status")) or "unknown",
            quality=quality(payload.get("quality_score")),
            quality_word=as_word(payload.get("quality_score")),
            daily_limit=_limit(payload.get("daily_limit")),
            is_primary=as_flag(payload.get("is_primary")) is True,
            is_active=as_flag(payload.get("is_active")) is not False,
            raw=payload,
        )
