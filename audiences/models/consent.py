"""The ledger of consent: rows are only ever added."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models.contact import Contact


class ConsentPurpose(models.TextChoices):
    """What a person agrees to, one by one."""

    WHATSAPP_MARKETING = "whatsapp_marketing", _("Marketing on WhatsApp")
    ORDER_UPDATES = "order_updates", _("Order updates on WhatsApp")


class ConsentRecord(models.Model):
    """One declaration of one person: the proof that GDPR art. 7(1) asks for.

    A consent counts for the number it was given for (`phone`, "" where the person was known by none), a
    withdrawal for the person, whatever the number. `asked` is the first step of a double opt-in: it proves that
    the person was asked, and gives nothing.
    """

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ASKED = "asked", _("Asked to confirm")

    # What a person can declare; the rest is written by services.
    DECLARABLE = (State.GIVEN, State.WITHDRAWN)

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="consents", verbose_name=_("contact")
    )
    purpose = models.CharField(_("purpose"), max_length=30, choices=ConsentPurpose.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    phone = models.CharField(
        _("for the number"), max_length=16, blank=True, default="", db_default=""
    )
    source = models.CharField(_("source"), max_length=100)
    evidence = models.TextField(_("evidence"), blank=True)
    at = models.DateTimeField(_("declared"))
    recorded_at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent ledger")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "purpose", "at", "state", "source"],
                name="consent_said_once",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn") | ~Q(evidence=""), name="consent_needs_evidence"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=ConsentPurpose.values), name="consent_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["given", "withdrawn", "asked"]), name="consent_state_known"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_state_display()}"
