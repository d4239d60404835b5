"""Freezing an audience: counted and stored by one statement, so that both see the same instant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from audiences.large_reads import large_read
from audiences.models import (
    ConsentPurpose,
    SegmentVersion,
    Snapshot,
    SnapshotErasure,
    SnapshotReduction,
)
from audiences.models.snapshot import TAKING_SNAPSHOT
from audiences.parameters import Variables
from audiences.selection import (
    TALLY,
    AudienceCount,
    Selection,
    as_count,
    count_selection,
    judged,
)

_FREEZE = """
WITH judged AS MATERIALIZED ({judged}),
member AS (
    INSERT INTO audiences_snapshotmember (snapshot_id, contact_id, phone, language, zone, params, is_holdout)
    SELECT %s, contact_id, phone, language, zone, params, is_holdout FROM judged WHERE reason = ''
)
{tally}
"""
# Hashes of hashes by blocks of a thousand contacts: the longest text hashed stays small at any size.
_DIGEST = """
SELECT encode(sha256(convert_to(coalesce(string_agg(block.hash, '' ORDER BY block.number), ''), 'UTF8')), 'hex')
FROM (
    SELECT contact_id / 1000 AS number,
        encode(sha256(convert_to(string_agg({member}, E'\\n' ORDER BY contact_id), 'UTF8')), 'hex') AS hash
    FROM audiences_snapshotmember WHERE snapshot_id = %s GROUP BY 1
) AS block
"""
# How a member reads in the digest, by the form that the snapshot's definition names. The second is twice as
# quick to write; no two members read alike, for neither phones nor JSON hold a tab and the language tells its length.
_MEMBER_BY_FORM = {
    1: "jsonb_build_array(contact_id, phone, language, zone, is_holdout, params)::text",
    2: "contact_id || E'\\t' || phone || E'\\t' || is_holdout::text || E'\\t' || params::text"
    " || E'\\t' || length(language) || E'\\t' || language || E'\\t' || zone",
}
FORM = 2
# Everybody who was judged is read twice, to be written and to be counted: a million people fit.
_WORK_MEM = "512MB"


def count_audience(
    *,
    segment_version: SegmentVersion,
    exclude: Sequence[SegmentVersion] = (),
    variables: Variables | None = None,
    holdout_share: float = 0,
    holdout_key: str = "",
    purpose: str = ConsentPurpose.WHATSAPP_MARKETING,
    room: int | None = None,
    now: datetime,
) -> AudienceCount:
    """Who would be written to now, by the rules `take_snapshot` uses.

    :raises BrokenSegment: the segment or an excluded one cannot be used.
    :raises UnknownParameter: a variable asks for what nobody offers.
    """
    selection = _selection(
        segment_version=segment_version,
        exclude=exclude,
        variables=variables,
        holdout_share=holdout_share,
        holdout_key=holdout_key,
        purpose=purpose,
        room=room,
    )
    return count_selection(selection, now=now)


def take_snapshot(
    *,
    segment_version: SegmentVersion,
    exclude: Sequence[SegmentVersion] = (),
    variables: Variables | None = None,
    holdout_share: float = 0,
    holdout_key: str = "",
    purpose: str = ConsentPurpose.WHATSAPP_MARKETING,
    room: int | None = None,
    by: User | None,
    now: datetime,
) -> Snapshot:
    """Freeze who is written to, with each one's values; joins the caller's transaction if there is one.

    Members and counts come from one statement, so they agree at any isolation level; alone, the whole runs in
    REPEATABLE READ. Pass the same `holdout_key` to `count_audience` and here, and the draw is the same.

    :raises BrokenSegment: the segment or an excluded one cannot be used.
    :raises UnknownParameter: a variable asks for what nobody offers.
    """
    selection = _selection(
        segment_version=segment_version,
        exclude=exclude,
        variables=variables,
        holdout_share=holdout_share,
        holdout_key=holdout_key,
        purpose=purpose,
        room=room,
    )
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            _see_one_instant()
        snapshot_id = _next_id()
        audience = _freeze(selection, snapshot_id=snapshot_id, now=now)
        return Snapshot.objects.create(
            pk=snapshot_id,
            segment_version=segment_version,
            excluded_versions=[version.pk for version in exclude],
            definition=_definition(selection, segment_version, exclude),
            variables=dict(selection.variables),
            counts=audience.excluded,
            total=audience.will_receive,
            holdout_count=audience.holdout,
            digest=digest_of(snapshot_id=snapshot_id),
            made_at=now,
            made_by=by,
        )


def digest_of(*, snapshot_id: int, form: int = FORM) -> str:
    """SHA-256 over the members as they are in the database now, computed there."""
    statement = _DIGEST.format(member=_MEMBER_BY_FORM[form])
    with large_read(), connection.cursor() as cursor:
        cursor.execute(statement, [snapshot_id])
        digest: str = cursor.fetchone()[0]
        return digest


def form_of(snapshot: Snapshot) -> int:
    """How its members read in its digest; the first snapshots do not say."""
    form: int = snapshot.definition.get("digest_form", 1)
    return form


def is_intact(snapshot: Snapshot) -> bool:
    """Tell whether the members are those that were frozen, or those that the retention rule or an erasure left."""
    expected = _digest_since(snapshot) or snapshot.digest
    return digest_of(snapshot_id=snapshot.pk, form=form_of(snapshot)) == expected


def _digest_since(snapshot: Snapshot) -> str:
    """The digest after the last lawful change, "" where there was none."""
    reduction = SnapshotReduction.objects.filter(snapshot=snapshot).first()
    erased = SnapshotErasure.objects.filter(snapshot=snapshot).select_related("erasure")
    last = erased.order_by("pk").last()
    if reduction and (last is None or last.erasure.at <= reduction.reduced_at):
        return reduction.digest
    return last.digest if last else ""


def _selection(
    *,
    segment_version: SegmentVersion,
    exclude: Sequence[SegmentVersion],
    variables: Variables | None,
    holdout_share: float,
    holdout_key: str,
    purpose: str,
    room: int | None,
) -> Selection:
    return Selection(
        rules=segment_version.rules,
        excluded=[version.rules for version in exclude],
        variables=variables or {},
        holdout_share=holdout_share,
        holdout_key=holdout_key or f"segment-version-{segment_version.pk}",
        purpose=purpose,
        room=room,
    )


def _see_one_instant() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _next_id() -> int:
    """Members are written before their snapshot, which is then right once and for all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audiences_snapshot', 'id'))")
        number: int = cursor.fetchone()[0]
        return number


def _freeze(selection: Selection, *, snapshot_id: int, now: datetime) -> AudienceCount:
    sql, params = judged(selection, now=now)
    statement = _FREEZE.format(judged=sql, tally=TALLY.format(source="judged"))
    with large_read(work_mem=_WORK_MEM), connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [TAKING_SNAPSHOT, str(snapshot_id)])
        cursor.execute(statement, [*params, snapshot_id])
        audience = as_count(cursor.fetchall())
        cursor.execute("SELECT set_config(%s, '', true)", [TAKING_SNAPSHOT])
    return audience


def _definition(
    selection: Selection, version: SegmentVersion, exclude: Sequence[SegmentVersion]
) -> dict[str, Any]:
    """What was asked, readable without this application."""
    return {
        "segment": _named(version),
        "excluded": [_named(other) for other in exclude],
        "purpose": str(selection.purpose),
        "holdout_share": selection.holdout_share,
        "holdout_key": selection.holdout_key,
        "room": selection.room,
        "digest_form": FORM,
    }


def _named(version: SegmentVersion) -> dict[str, Any]:
    return {"name": version.segment.name, "version": version.number, "rules": version.rules}
