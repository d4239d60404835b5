"""The question of a double opt-in: asked once, open for some days, answered or not."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audiences.models.consent import ConsentPurpose, ConsentRecord
from audiences.models.contact import Contact


class ConsentRequest(models.Model):
    """A person said yes somewhere (`asked`, in the ledger) and was asked to say it again from her own phone.

    Only the confirmation gives the consent. `message_key` is the reference of the message that asks, where one
    was sent: an answer that quotes it is an answer to this question.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for the answer")
        CONFIRMED = "confirmed", _("Confirmed")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("No answer in time")
        CANCELLED = "cancelled", _("No longer valid")

    NEXT = {
        State.PENDING: {State.CONFIRMED, State.DECLINED, State.EXPIRED, State.CANCELLED},
        State.CONFIRMED: set(),
        State.DECLINED: set(),
        # What was answered in time may be heard of later.
        State.EXPIRED: {State.CONFIRMED},
        State.CANCELLED: set(),
    }

    contact = models.ForeignKey(
        Contact,
        on_delete=models.PROTECT,
        related_name="consent_requests",
        verbose_name=_("contact"),
    )
    purpose = models.CharField(_("purpose"), max_length=30, choices=ConsentPurpose.choices)
    phone = models.CharField(_("for the number"), max_length=16)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    asked = models.ForeignKey(
        ConsentRecord, on_delete=models.PROTECT, related_name="+", verbose_name=_("first step")
    )
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("valid until"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    message_key = models.UUIDField(null=True, unique=True)
    ended_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("request for consent")
        verbose_name_plural = _("requests for consent")
        permissions = [("ask_consent", _("Can ask a person to confirm a consent"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "purpose"],
                condition=Q(state="pending"),
                name="one_open_consent_request",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "confirmed", "declined", "expired", "cancelled"]),
                name="consent_request_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at=None)
                | (~Q(state="pending") & Q(ended_at__isnull=False)),
                name="consent_request_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="consent_request_has_time"
            ),
            models.CheckConstraint(condition=~Q(phone=""), name="consent_request_needs_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_state_display()}"

    def is_open(self, *, now: datetime) -> bool:
        return self.state == self.State.PENDING and now < self.expires_at
