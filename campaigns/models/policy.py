"""The sender's policy in numbered versions: a change is a new version, none is ever rewritten."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SendingPolicy(models.Model):
    """One version of the figures; the newest is in force.

    `figures` are those of `campaigns.sender.policy_shape`, durations in seconds. The first version
    is the defaults', made by nobody.
    """

    number = models.PositiveIntegerField(_("version"), unique=True)
    figures = models.JSONField(_("figures"))
    why = models.CharField(_("why"), max_length=500)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("when"))
    restored_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("copy of")
    )

    class Meta:
        verbose_name = _("sending policy")
        verbose_name_plural = _("sending policy")
        default_permissions = ("add", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="policy_number_positive", condition=Q(number__gte=1)),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return _("version %(number)d") % {"number": self.number}
