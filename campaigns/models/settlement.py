"""What people decided about messages of which nobody knows whether they left."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.outbox import OutboundMessage


class Settlement(models.Model):
    """One decision about one message: who, when, why, and what they saw. Rows are only added."""

    class Decision(models.TextChoices):
        ASSUMED_SENT = "assumed_sent", _("Assumed sent")
        RELEASED = "released", _("Sent again, with the risk of a double")

    message = models.ForeignKey(
        OutboundMessage, on_delete=models.PROTECT, related_name="settlements"
    )
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="settlements"
    )
    decision = models.CharField(_("decision"), max_length=12, choices=Decision)
    at = models.DateTimeField(_("decided at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    why = models.TextField(_("why"))
    evidence = models.JSONField(_("what was seen"), default=list)
    # The state it was found in: why it was unknown, and since when it may have left.
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    sending_at = models.DateTimeField(_("began to leave"))
    # What Spoki echoes for the first attempt of a released message, should it have left after all.
    former_key = models.UUIDField(null=True, unique=True)

    class Meta:
        verbose_name = _("decision on an unknown message")
        verbose_name_plural = _("decisions on unknown messages")
        constraints = [
            models.CheckConstraint(
                name="settlement_decision_known",
                condition=Q(decision="assumed_sent", former_key__isnull=True)
                | Q(decision="released", former_key__isnull=False),
            ),
            models.CheckConstraint(name="settlement_says_why", condition=~Q(why="")),
            models.UniqueConstraint(
                fields=["message"],
                condition=Q(decision="released"),
                name="message_released_once",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.decision} at {self.at:%d/%m %H:%M}"
