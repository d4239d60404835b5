"""A segment is a sentence about people; every wording it ever had is kept."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _


class SegmentQuerySet(models.QuerySet["Segment"]):
    def with_current(self) -> "SegmentQuerySet":
        """Segments that have a version, with `current_number` and `current_rules` read in the same query."""
        latest = SegmentVersion.objects.filter(segment=OuterRef("pk")).order_by("-number")
        return self.annotate(
            current_number=Subquery(latest.values("number")[:1]),
            current_rules=Subquery(latest.values("rules")[:1]),
        ).filter(current_number__isnull=False)


class Segment(models.Model):
    """The name; the rules are in its versions."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "SegmentVersion":
        """The latest version. :raises SegmentVersion.DoesNotExist: before the first is saved."""
        return self.versions.latest("number")


def current_of(segment: Segment) -> tuple[int, dict[str, Any]]:
    """Number and rules of the latest version, without a query for a row of `with_current`."""
    known = vars(segment)
    if "current_rules" in known:
        return known["current_number"], known["current_rules"]
    version = segment.current
    return version.number, version.rules


class SegmentVersion(models.Model):
    """Rules as written on one day, never changed: `{"v": 1, "groups": [{"mode", "rules": [[key, op, value]]}]}`."""

    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, related_name="versions", verbose_name=_("segment")
    )
    number = models.PositiveIntegerField(_("version"))
    rules = models.JSONField(_("rules"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("segment version")
        verbose_name_plural = _("segment versions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "number"], name="segment_version_number"),
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.segment.name} v{self.number}"
