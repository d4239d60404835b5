"""What an order is made of. Money is in cents of the shop's currency."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.catalogue import Product
from orders.models.order import Order


class OrderLine(models.Model):
    """Type and tags are copied at purchase: what was bought does not change when the catalogue does."""

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order")
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("product"),
    )
    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True)
    # Known before the product itself is, when the order comes first.
    product_shopify_id = models.BigIntegerField(null=True, blank=True, editable=False)
    variant_id = models.BigIntegerField(_("Shopify variant"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=255)
    # What is left of the line after edits and removals; 0 = taken out.
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    price_cents = models.PositiveBigIntegerField(_("price (cents)"), default=0)
    product_type = models.CharField(_("type"), max_length=255, blank=True)
    tags = ArrayField(
        models.CharField(max_length=255), verbose_name=_("tags"), default=list, blank=True
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        indexes: ClassVar = [
            models.Index(fields=["order"], include=["product_type"], name="order_line_type"),
            # Holds all that a condition on the type asks of a line, in the order of the orders, as
            # `order_by_number` holds theirs: the two are walked through side by side.
            models.Index(fields=["product_type", "order"], name="order_line_of_type"),
            GinIndex(fields=["tags"], name="order_line_tags"),
            # What waits for its product to be told of.
            models.Index(
                fields=["product_shopify_id"],
                condition=Q(product=None, product_shopify_id__isnull=False),
                name="order_line_waits",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "shopify_id"], name="order_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"
