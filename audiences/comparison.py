"""Two snapshots of one segment side by side: who stayed, who entered, who left."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from audiences.models import Snapshot, SnapshotMember


class NotComparable(Exception):
    """The snapshots are of two segments, or one and the same."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`older` and `newer` by the moment they froze; every member of either is in exactly one of the three."""

    older: Snapshot
    newer: Snapshot
    stayed: int
    entered: int
    left: int

    def who_entered(self) -> QuerySet[SnapshotMember]:
        return _only_in(self.newer, self.older)

    def who_left(self) -> QuerySet[SnapshotMember]:
        return _only_in(self.older, self.newer)

    def reasons(self) -> list[tuple[str, int, int]]:
        """(reason, people left out then, people left out now), for every reason either has."""
        then, now = self.older.counts, self.newer.counts
        keys = dict.fromkeys([*now, *then])
        return [(key, then.get(key, 0), now.get(key, 0)) for key in keys]


def compare(one: Snapshot, other: Snapshot) -> Comparison:
    """Members count whether written to or held out: both were in the audience.

    :raises NotComparable: they are not two snapshots of one segment.
    """
    if one.pk == other.pk or one.segment_version.segment_id != other.segment_version.segment_id:
        raise NotComparable
    older, newer = sorted((one, other), key=lambda snapshot: (snapshot.made_at, snapshot.pk))
    entered = _only_in(newer, older).count()
    return Comparison(
        older=older,
        newer=newer,
        stayed=newer.total + newer.holdout_count - entered,
        entered=entered,
        left=_only_in(older, newer).count(),
    )


def others_of(snapshot: Snapshot) -> QuerySet[Snapshot]:
    """The other snapshots of the same segment, the newest first."""
    same = Snapshot.objects.filter(segment_version__segment=snapshot.segment_version.segment_id)
    return same.exclude(pk=snapshot.pk).select_related("segment_version__segment").order_by("-pk")


def _only_in(here: Snapshot, there: Snapshot) -> QuerySet[SnapshotMember]:
    same = SnapshotMember.objects.filter(snapshot=there, contact=OuterRef("contact"))
    return SnapshotMember.objects.filter(~Exists(same), snapshot=here)
