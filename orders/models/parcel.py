"""A parcel of an order, and what the courier said of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Parcel(models.Model):
    """One fulfilment of Shopify. `status` is of the request to ship, `shipment_status` of the parcel."""

    class Status(models.TextChoices):
        OPEN = "open", _("Being prepared")
        SUCCESS = "success", _("Shipped")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Not shipped")

    class Shipment(models.TextChoices):
        NONE = "", _("No news")
        LABEL = "label", _("Label printed")
        CONFIRMED = "confirmed", _("Announced to the courier")
        PICKED_UP_BY_CARRIER = "carrier_picked_up", _("Taken by the courier")
        IN_TRANSIT = "in_transit", _("In transit")
        OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
        ATTEMPTED = "attempted_delivery", _("Delivery attempted")
        READY_FOR_PICKUP = "ready_for_pickup", _("Waiting to be picked up")
        DELAYED = "delayed", _("Delayed")
        DELIVERED = "delivered", _("Delivered")
        RETURNING = "returning", _("On its way back")
        FAILED = "failure", _("Not delivered")
        OTHER = "other", _("News we do not know")

    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True, unique=True)
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="parcels", verbose_name=_("order")
    )
    name = models.CharField(_("number"), max_length=60, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    shipment = models.CharField(
        _("courier says"), max_length=20, choices=Shipment.choices, blank=True, default=""
    )
    courier = models.CharField(_("courier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    tracking_url = models.URLField(_("tracking page"), max_length=1000, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    attempted_at = models.DateTimeField(_("first attempt"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # When the courier's latest news happened: later news that happened earlier changes nothing.
    shipment_at = models.DateTimeField(null=True, blank=True)
    # What the fulfilment itself says of the parcel, in Shopify's word; courier news may say more.
    own_shipment = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False
    )
    shopify_updated_at = models.DateTimeField(_("changed on Shopify"), null=True, blank=True)
    shopify_version = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    field_versions = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "success", "cancelled", "failed"]),
                name="parcel_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.shopify_id)


class ParcelEvent(models.Model):
    """One piece of news of a courier, kept as it came; `status` is Shopify's word, known or not."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="events")
    shopify_id = models.BigIntegerField(_("Shopify id"), null=True, blank=True, unique=True)
    status = models.CharField(_("status"), max_length=40)
    message = models.CharField(_("message"), max_length=300, blank=True)
    happened_at = models.DateTimeField(_("happened"))

    class Meta:
        verbose_name = _("courier news")
        verbose_name_plural = _("courier news")
        ordering: ClassVar = ["happened_at", "pk"]

    def __str__(self) -> str:
        return f"{self.status} {self.happened_at:%d/%m %H:%M}"
