"""Who of a segment would be written to, judged by one SELECT that a count reads and a snapshot stores."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.encoding import force_bytes

from audiences import exclusions, segments
from audiences.large_reads import large_read
from audiences.models import ConsentPurpose
from audiences.parameters import MAX_VALUE_LENGTH, Variables, params_expression

# Rows of (reason, is held out, people).
TALLY = "SELECT reason, reason = '' AND is_holdout, count(*) FROM {source} GROUP BY 1, 2"

# OFFSET 0 keeps PostgreSQL from computing the values again for every time they are named.
_JUDGED = """
SELECT contact_id, phone, language, zone, params, {holdout} AS is_holdout,
    CASE WHEN reason <> '' THEN reason {values} ELSE '' END AS reason
FROM ({candidates} OFFSET 0) AS candidate (contact_id, phone, language, zone, reason, params)
"""
_HOLDOUT = """
('x' || left(encode(sha256(convert_to(%s || ':' || contact_id, 'UTF8')), 'hex'), 8))::bit(32)::bigint < %s
"""

Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The definition of an audience.

    `holdout_share` is from 0 to 1; the same `holdout_key` draws the same people. `room` is how many characters
    the values may take together, if the template sets a limit. `among`, if given, are the only contacts looked at.
    """

    rules: dict[str, Any]
    excluded: Sequence[dict[str, Any]] = ()
    variables: Variables = field(default_factory=dict)
    holdout_share: float = 0
    holdout_key: str = ""
    purpose: str = ConsentPurpose.WHATSAPP_MARKETING
    room: int | None = None
    among: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """in_segment = will_receive + holdout + everyone in `excluded` (reason → people)."""

    in_segment: int
    excluded: dict[str, int]
    will_receive: int
    holdout: int

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The reasons in words, with their counts, in the order they are judged."""
        return [(exclusions.label(key), count) for key, count in self.excluded.items()]


def count_selection(selection: Selection, *, now: datetime) -> AudienceCount:
    """:raises BrokenSegment, UnknownParameter: the definition cannot be used."""
    sql, params = judged(selection, now=now)
    with large_read(), connection.cursor() as cursor:
        cursor.execute(TALLY.format(source=f"({sql}) AS judged"), params)
        return as_count(cursor.fetchall())


def as_count(rows: Sequence[tuple[str, bool, int]]) -> AudienceCount:
    """Add up the rows of `TALLY`."""
    left_out = {reason: people for reason, _held, people in rows if reason}
    chosen = {held: people for reason, held, people in rows if not reason}
    return AudienceCount(
        in_segment=sum(people for _reason, _held, people in rows),
        excluded=dict(sorted(left_out.items(), key=lambda item: (-item[1], item[0]))),
        will_receive=chosen.get(False, 0),
        holdout=chosen.get(True, 0),
    )


def judged(selection: Selection, *, now: datetime) -> Sql:
    """A SELECT of everybody in the segment with values, reason to be left out ("" = chosen) and draw.

    :raises BrokenSegment, UnknownParameter: the definition cannot be used.
    """
    candidates, candidate_params = _candidates(selection, now=now)
    holdout, holdout_params = _holdout(selection)
    values, value_params = _value_reasons(selection)
    sql = _JUDGED.format(holdout=holdout, values=values, candidates=candidates)
    return sql, [*holdout_params, *value_params, *candidate_params]


def _candidates(selection: Selection, *, now: datetime) -> Sql:
    reason = exclusions.reason_expression(
        purpose=selection.purpose,
        excluded=[segments.compile(rules, now=now) for rules in selection.excluded],
        now=now,
    )
    people = segments.members(selection.rules, now=now)
    if selection.among is not None:
        people = people.filter(pk__in=selection.among)
    queryset = people.annotate(reason=reason, params=params_expression(selection.variables))
    columns = ("pk", "phone", "language", "timezone", "reason", "params")
    sql, params = queryset.order_by().values_list(*columns).query.sql_with_params()
    return sql, list(params)


def _holdout(selection: Selection) -> Sql:
    if not selection.holdout_share:
        return "false", []
    threshold = round(selection.holdout_share * 2**32)
    return _HOLDOUT, [_draw_key(selection.holdout_key), threshold]


def is_drawn(*, key: str, contact_id: int, share: float) -> bool:
    """Tell whether the draw of a snapshot with this key and share holds this contact out."""
    drawn = hashlib.sha256(f"{_draw_key(key)}:{contact_id}".encode()).hexdigest()[:8]
    return int(drawn, 16) < round(share * 2**32)


def _draw_key(key: str) -> str:
    """Nobody outside can tell who will be drawn."""
    return hmac.new(
        force_bytes(settings.SECRET_KEY), f"holdout:{key}".encode(), hashlib.sha256
    ).hexdigest()


def _value_reasons(selection: Selection) -> Sql:
    """WHEN branches that judge the values."""
    names = list(selection.variables)
    if not names:
        return "", []
    missing = " OR ".join("params->>%s = ''" for _name in names)
    too_long = " OR ".join(f"length(params->>%s) > {MAX_VALUE_LENGTH}" for _name in names)
    sql = f"WHEN {missing} THEN '{exclusions.MISSING_VALUE}'"
    sql += f" WHEN {too_long} THEN '{exclusions.VALUE_TOO_LONG}'"
    params: list[Any] = [*names, *names]
    if selection.room is not None:
        total = " + ".join("length(params->>%s)" for _name in names)
        sql += f" WHEN {total} > %s THEN '{exclusions.VALUE_TOO_LONG}'"
        params += [*names, selection.room]
    return sql, params
