"""What came after an order: refunds, returns, and the wish to read it again. Money is in cents."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderRefund(models.Model):
    """Money given back, goods put back, or both. Of an unpaid order only goods can come back."""

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="refunds", verbose_name=_("order")
    )
    shopify_id = models.BigIntegerField(_("Shopify id"), unique=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    # Shopify's words: return, cancel, no_restock, legacy_restock.
    restock_types = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    paid_back_cents = models.PositiveBigIntegerField(_("given back (cents)"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.paid_back_cents / 100:.2f}"


class OrderReturn(models.Model):
    """A return that the shop opened; `status` is Shopify's word: requested, open, closed, declined, cancelled."""

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="returns", verbose_name=_("order")
    )
    shopify_id = models.BigIntegerField(_("Shopify id"), unique=True)
    name = models.CharField(_("number"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=30, blank=True)
    # When it was first heard of as open or closed: its bodies carry no moment.
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    shopify_version = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")

    def __str__(self) -> str:
        return self.name or str(self.shopify_id)


class OrderToRead(models.Model):
    """An order to be asked of Shopify: edited without prices, contradicted, or known by hearsay alone.

    `asked_at` moves when it is asked for again, so that an answer on its way does not count for a later wish.
    """

    class Why(models.TextChoices):
        EDITED = "edited", _("Edited")
        PAID = "paid", _("Money came in")
        CONTRADICTED = "contradicted", _("Two versions of one second")
        UNKNOWN = "unknown", _("Something happened to an order we do not have")

    shopify_id = models.BigIntegerField(_("Shopify id"), unique=True)
    why = models.CharField(_("why"), max_length=12, choices=Why)
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"), db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    class Meta:
        verbose_name = _("order to read again")
        verbose_name_plural = _("orders to read again")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(why__in=["edited", "paid", "contradicted", "unknown"]),
                name="order_to_read_why_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shopify_id}: {self.why}"
