"""What the shop sells. Money is in cents of the shop's currency."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True, unique=True)
    title = models.CharField(_("title"), max_length=255)
    product_type = models.CharField(_("type"), max_length=255, blank=True, db_index=True)
    vendor = models.CharField(_("vendor"), max_length=255, blank=True)
    tags = ArrayField(
        models.CharField(max_length=255), verbose_name=_("tags"), default=list, blank=True
    )
    price_cents = models.PositiveBigIntegerField(_("price (cents)"), default=0)
    stock = models.IntegerField(_("stock"), default=0)
    is_active = models.BooleanField(_("on sale"), default=True)
    # Deleted on Shopify; what was bought of it stays.
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)
    shopify_updated_at = models.DateTimeField(_("changed on Shopify"), null=True, blank=True)
    shopify_version = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes: ClassVar = [GinIndex(fields=["tags"], name="product_tags")]

    def __str__(self) -> str:
        return self.title


class ProductPair(models.Model):
    """How many orders of the last year held both products: written whole by `orders.pairs`, read by suggestions."""

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="pairs",
        verbose_name=_("product"),
        db_index=False,
    )
    other = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("other product")
    )
    orders = models.PositiveIntegerField(_("orders"))

    class Meta:
        verbose_name = _("products bought together")
        verbose_name_plural = _("products bought together")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "other"], name="product_pair_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} + {self.other_id}: {self.orders}"
