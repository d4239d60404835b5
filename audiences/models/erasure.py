"""Who was forgotten at her own wish, and what that changed: the proof, without the person."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from audiences.models.contact import Contact
from audiences.models.snapshot import Snapshot


class ContactErasure(models.Model):
    """A contact was blanked: when, why, on whose word, and how many rows of each kind.

    `marks` are keyed hashes of the numbers she had: nobody reads a number from them, but who comes back by an old
    list is known to have unsubscribed (`withdrawn`: purpose → when).
    """

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="erasures", verbose_name=_("contact")
    )
    at = models.DateTimeField(_("erased"))
    why = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    marks = ArrayField(models.CharField(max_length=64), default=list)
    withdrawn = models.JSONField(default=dict)
    figures = models.JSONField(_("what was erased"), default=dict)

    class Meta:
        verbose_name = _("erased contact")
        verbose_name_plural = _("erased contacts")
        indexes: ClassVar = [GinIndex(fields=["marks"], name="contact_erasure_marks")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.at:%d/%m/%Y}"


class SnapshotErasure(models.Model):
    """One member of a snapshot was blanked; `digest` is that of the members as they are since."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="erasures")
    erasure = models.ForeignKey(ContactErasure, on_delete=models.PROTECT, related_name="snapshots")
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("snapshot with an erased member")
        verbose_name_plural = _("snapshots with an erased member")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "erasure"], name="snapshot_erasure_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.erasure_id}"
