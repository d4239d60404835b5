"""The frozen audience of one launch: evidence, refused any change by the database."""

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from audiences.models.contact import Contact
from audiences.models.segment import SegmentVersion

# The transaction-local setting under which members may be written; only `audiences.snapshots` sets it.
TAKING_SNAPSHOT = "audiences.taking_snapshot"

# The transaction-local setting, a snapshot's id, under which its values may be blanked; only `audiences.retention` sets it.
REDUCING_SNAPSHOT = "audiences.reducing_snapshot"


class Snapshot(models.Model):
    """Who was chosen, by which definition, when and by whom; who was left out, counted by reason.

    `total` are the members to be written to, `holdout_count` those kept aside for comparison.
    """

    segment_version = models.ForeignKey(
        SegmentVersion,
        on_delete=models.PROTECT,
        related_name="snapshots",
        verbose_name=_("segment"),
    )
    excluded_versions = ArrayField(
        models.BigIntegerField(), verbose_name=_("excluded segments"), default=list, blank=True
    )
    definition = models.JSONField(_("definition"))
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    counts = models.JSONField(_("left out"), default=dict)
    total = models.PositiveIntegerField(_("members"))
    holdout_count = models.PositiveIntegerField(_("control group"), default=0)
    digest = models.CharField(_("digest"), max_length=64)
    made_at = models.DateTimeField(_("frozen"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("frozen by"),
    )

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        permissions = [
            ("export_snapshot", _("Can export the members of a snapshot")),
            ("export_members", _("Can export the members of a snapshot, without their phones")),
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.segment_version} · {_moment(self.made_at)}"


class SnapshotMember(models.Model):
    """One person as she was when the audience froze; no constraint to the contact, who may be erased later."""

    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, related_name="members", verbose_name=_("snapshot")
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        verbose_name=_("contact"),
    )
    phone = models.CharField(_("phone"), max_length=16)
    language = models.CharField(_("language"), max_length=10)
    zone = models.CharField(_("time zone"), max_length=64)
    params = models.JSONField(_("values"), default=dict)
    is_holdout = models.BooleanField(_("control group"), default=False)

    class Meta:
        verbose_name = _("snapshot member")
        verbose_name_plural = _("snapshot members")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "contact"], name="snapshot_member_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_blanked",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF coalesce(current_setting('{REDUCING_SNAPSHOT}', true), '') = OLD.snapshot_id::text
                        AND NEW.phone = '' AND NEW.params = '{{}}'::jsonb
                        AND (NEW.id, NEW.snapshot_id, NEW.contact_id, NEW.language, NEW.zone, NEW.is_holdout)
                        = (OLD.id, OLD.snapshot_id, OLD.contact_id, OLD.language, OLD.zone, OLD.is_holdout)
                    THEN RETURN NEW; END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows of a snapshot';
                """,
            ),
            # Once per statement, so that a million members cost nothing more.
            pgtrigger.Trigger(
                name="only_while_taken",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF coalesce(current_setting('{TAKING_SNAPSHOT}', true), '') = '' THEN
                        RAISE EXCEPTION 'pgtrigger: members are written only while a snapshot is taken';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}/{self.contact_id}"


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
