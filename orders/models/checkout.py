"""A cart with a person's details in it, until it becomes an order or is left behind."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact


class Checkout(models.Model):
    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True, unique=True)
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checkouts",
        verbose_name=_("contact"),
    )
    # Shopify's key of a checkout; its deletions carry the id only.
    token = models.CharField(_("token"), max_length=64, null=True, blank=True, unique=True)
    cart_token = models.CharField(max_length=100, blank=True, db_default="")
    phone = models.CharField(_("phone"), max_length=16, blank=True, db_default="")
    email = models.EmailField(_("email"), blank=True, db_default="")
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="")
    # [{"title", "quantity", "price_cents"}], as the buyer left them.
    lines = models.JSONField(_("what was in it"), default=list, db_default=[], blank=True)
    amount_cents = models.PositiveBigIntegerField(_("amount (cents)"))
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    # When the buyer last touched it: abandoned is whoever has not come back since.
    abandoned_at = models.DateTimeField(_("abandoned"))
    # When it became an order, or was deleted.
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)
    shopify_updated_at = models.DateTimeField(_("changed on Shopify"), null=True, blank=True)
    shopify_version = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    recovery_url = models.URLField(_("recovery address"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")
        indexes: ClassVar = [
            models.Index(
                fields=["abandoned_at"],
                include=["contact", "amount_cents"],
                condition=Q(recovered_at__isnull=True),
                name="checkout_abandoned",
            ),
            models.Index(fields=["cart_token"], condition=~Q(cart_token=""), name="checkout_cart"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="checkout_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents / 100:.2f} {self.currency}"
