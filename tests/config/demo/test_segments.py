"""The fifteen segments of the brand."""

from django.utils.translation import override

from audiences import segments
from audiences.models import SegmentVersion
from audiences.snapshots import count_audience
from config.demo.segments import NEVER_REPLIED, SEGMENTS


def test_there_are_fifteen_and_a_marketer_wrote_them(demo):
    authors = SegmentVersion.objects.filter(segment__name__in=SEGMENTS).values_list(
        "segment__created_by__username", flat=True
    )

    assert list(authors) == ["marketer"] * 15


def test_each_has_people_who_may_be_written_to(demo, now):
    empty = [
        version.segment.name
        for version in SegmentVersion.objects.all()
        if count_audience(segment_version=version, now=now).will_receive == 0
    ]

    # Until campaigns have run, nobody received one without answering.
    assert empty == [NEVER_REPLIED]


def test_each_reads_as_one_sentence_in_both_languages(demo):
    for version in SegmentVersion.objects.all():
        with override("it"):
            italian = segments.describe(version.rules)
        with override("en"):
            english = segments.describe(version.rules)
        assert italian.endswith(".")
        assert english.endswith(".")
        assert italian != english


def test_none_is_everybody(demo, now):
    for version in SegmentVersion.objects.all():
        assert segments.members(version.rules, now=now).count() < demo.contacts / 2
