"""What the shop sold and to whom, as Shopify tells it. Money is in cents of `currency`."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact


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


class OrderQuerySet(models.QuerySet["Order"]):
    def placed(self) -> "OrderQuerySet":
        """Orders that count as purchases: not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def kept(self) -> "OrderQuerySet":
        """Purchases whose parcel was not refused at the door or returned: the money stayed."""
        return self.placed().exclude(delivery_state=Order.DeliveryState.REFUSED)

    def cod_pending(self) -> "OrderQuerySet":
        """Cash-on-delivery orders nobody has confirmed and no courier has."""
        return self.placed().filter(
            is_cod=True,
            delivery_state=Order.DeliveryState.PENDING,
            cod_status__in=Order.COD_UNCONFIRMED,
        )

    def cod_refused(self) -> "OrderQuerySet":
        return self.filter(is_cod=True, delivery_state=Order.DeliveryState.REFUSED)


class Order(models.Model):
    class CodStatus(models.TextChoices):
        NOT_COD = "not_cod", _("Paid online")
        NOT_ELIGIBLE = "not_eligible", _("Cannot be asked")
        TO_ASK = "to_ask", _("To ask")
        ASKED = "asked", _("Asked")
        CONFIRMED = "confirmed", _("Confirmed")
        CHANGE_REQUESTED = "change_requested", _("Change requested")
        CHANGED = "changed", _("Changed")
        CANCEL_REQUESTED = "cancel_requested", _("Cancellation requested")
        CANCELLED = "cancelled", _("Cancelled")
        UNANSWERED = "unanswered", _("No answer")

    class DeliveryState(models.TextChoices):
        PENDING = "pending", _("To ship")
        SHIPPED = "shipped", _("Shipped")
        OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
        DELIVERED = "delivered", _("Delivered")
        REFUSED = "refused", _("Refused or returned")

    COD_UNCONFIRMED = (CodStatus.TO_ASK, CodStatus.ASKED, CodStatus.UNANSWERED)

    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True, unique=True)
    name = models.CharField(_("number"), max_length=50, db_index=True)
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("contact"),
    )
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    email = models.EmailField(_("email"), blank=True)
    placed_at = models.DateTimeField(_("placed"))
    total_cents = models.PositiveBigIntegerField(_("total (cents)"))
    amount_due_cents = models.PositiveBigIntegerField(_("to pay (cents)"), default=0)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    is_cod = models.BooleanField(_("cash on delivery"), default=False)
    cod_status = models.CharField(
        _("COD confirmation"),
        max_length=20,
        choices=CodStatus.choices,
        default=CodStatus.NOT_COD,
    )
    financial_status = models.CharField(_("payment"), max_length=30, blank=True)
    fulfillment_status = models.CharField(_("fulfilment"), max_length=30, blank=True)
    delivery_state = models.CharField(
        _("delivery"),
        max_length=20,
        choices=DeliveryState.choices,
        default=DeliveryState.PENDING,
    )
    shipping_address = models.JSONField(_("shipping address"), default=dict, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes: ClassVar = [
            # Segments count orders by whole tables: these hold all they ask, so the wide rows stay unread.
            models.Index(
                fields=["placed_at"],
                include=["id", "contact", "cancelled_at"],
                name="order_placed",
            ),
            models.Index(
                fields=["contact"],
                include=["total_cents", "delivery_state"],
                condition=Q(cancelled_at__isnull=True),
                name="order_spent",
            ),
            models.Index(fields=["contact", "placed_at"], name="order_contact_placed"),
            models.Index(
                fields=["contact"],
                condition=Q(is_cod=True, delivery_state="pending"),
                name="order_cod_pending",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    cod_status__in=[
                        "not_cod",
                        "not_eligible",
                        "to_ask",
                        "asked",
                        "confirmed",
                        "change_requested",
                        "changed",
                        "cancel_requested",
                        "cancelled",
                        "unanswered",
                    ]
                ),
                name="order_cod_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    delivery_state__in=[
                        "pending",
                        "shipped",
                        "out_for_delivery",
                        "delivered",
                        "refused",
                    ]
                ),
                name="order_delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(is_cod=True) | Q(cod_status="not_cod"), name="order_cod_status_of_cod"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
    title = models.CharField(_("title"), max_length=255)
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
            # Holds all that a condition on the type asks of a line.
            models.Index(fields=["product_type"], include=["order"], name="order_line_of_type"),
            GinIndex(fields=["tags"], name="order_line_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


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
    amount_cents = models.PositiveBigIntegerField(_("amount (cents)"))
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    abandoned_at = models.DateTimeField(_("abandoned"))
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents / 100:.2f} {self.currency}"
