"""The one lawful change of a snapshot: after its time the values are blanked, and this says when."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audiences.models.snapshot import Snapshot


class SnapshotReduction(models.Model):
    """Phones and values of a snapshot were blanked; `digest` is that of the members as they are since."""

    snapshot = models.OneToOneField(
        Snapshot, on_delete=models.PROTECT, related_name="reduction", verbose_name=_("snapshot")
    )
    reduced_at = models.DateTimeField(_("reduced"))
    kept_days = models.PositiveIntegerField(_("kept for (days)"))
    members = models.PositiveIntegerField(_("members"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("reduced snapshot")
        verbose_name_plural = _("reduced snapshots")
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return str(self.snapshot)
