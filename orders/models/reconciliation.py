"""The log of questions "what changed since?": one row per question, kept for a week."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Reconciliation(models.Model):
    """One pass over what changed of one kind. Up to the start of the newest finished pass everything is
    known: that is the sure point, from which the next one asks, with an overlap.

    `cursor` is where an unfinished pass goes on.
    """

    class Kind(models.TextChoices):
        ORDERS = "orders", _("orders")
        CUSTOMERS = "customers", _("customers")
        CHECKOUTS = "checkouts", _("checkouts")

    kind = models.CharField(_("what"), max_length=9, choices=Kind.choices)
    since = models.DateTimeField(_("changed since"))
    started_at = models.DateTimeField(_("started"))
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True)
    cursor = models.TextField(blank=True)
    seen = models.PositiveIntegerField(_("looked at"), default=0)
    # What webhooks had not brought, or not yet.
    brought = models.PositiveIntegerField(_("news"), default=0)
    unreadable = models.PositiveIntegerField(_("unreadable"), default=0)
    # What stopped it for now: a code of `orders.shopify_words`, and what Shopify itself said.
    error = models.CharField(_("error"), max_length=40, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("check against Shopify")
        verbose_name_plural = _("checks against Shopify")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["orders", "customers", "checkouts"]),
                name="reconciliation_kind_known",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(finished_at__isnull=True),
                name="one_reconciliation_of_a_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "-started_at"], name="reconciliation_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%d/%m %H:%M}"
