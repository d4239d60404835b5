"""What people must be told, wherever they are: a code and figures, words are made when shown."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        """Nobody has said "seen", and what it tells still holds."""
        return self.filter(seen_at=None, over_at=None)

    def untold(self, *, since: datetime) -> "AlertQuerySet":
        """Open, raised after `since`, and not mailed yet."""
        return self.open().filter(told_at=None, at__gt=since)


class Alert(models.Model):
    """One thing that a person should know or judge.

    `subject` tells alerts of one code apart (the error code, the country); `detail` are the figures
    of the sentence in `campaigns.reasons`. `at` is when it was raised first, `last_at` when it
    happened last. It leaves the banner when somebody says "seen" (`seen_at`), or when what it tells
    is over by itself (`over_at`).
    """

    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts"
    )
    at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last time"))
    told_at = models.DateTimeField(_("mailed at"), null=True)
    seen_at = models.DateTimeField(_("seen at"), null=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("seen by"),
    )
    over_at = models.DateTimeField(_("over at"), null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-at", "-id"]
        permissions = [("acknowledge_alert", "Can say that an alert was seen")]
        constraints = [
            # However many processes meet the same wall at once, people are told once.
            models.UniqueConstraint(
                F("code"),
                F("subject"),
                Coalesce("campaign", Value(0, output_field=models.BigIntegerField())),
                condition=Q(seen_at=None, over_at=None),
                name="alert_open_once",
            )
        ]
        indexes = [models.Index(fields=["code", "subject"], name="alert_by_code")]

    def __str__(self) -> str:
        return f"{self.code} at {self.at:%d/%m %H:%M}"
