"""A delivery of Shopify's webhooks, kept as it came."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import WebhookDelivery, WebhookDeliveryQuerySet


class ShopifyDeliveryQuerySet(WebhookDeliveryQuerySet["ShopifyDelivery"]):
    """What every delivery may be asked for."""


class ShopifyDelivery(WebhookDelivery):
    """One authentic request. `webhook_id` stays equal when Shopify tries again (Verify webhook deliveries);
    where it is missing, a hash of shop, topic and body stands in for it."""

    shop_domain = models.CharField(_("shop"), max_length=255)
    webhook_id = models.CharField(max_length=100, editable=False)
    topic = models.CharField(_("topic"), max_length=100)
    # Shared by all deliveries of one action of a person: tells what belongs together, never a duplicate.
    event_id = models.CharField(max_length=100, blank=True, default="")
    api_version = models.CharField(_("API version"), max_length=20, blank=True, default="")
    triggered_at = models.DateTimeField(_("happened"), null=True, blank=True)
    # The order, checkout, customer … it is about, once read: deliveries about one thing go in series.
    object_id = models.BigIntegerField(null=True, blank=True)
    # What became of it, in a word of ours: order, stale, unknown_topic…
    outcome = models.CharField(_("outcome"), max_length=30, blank=True, default="")

    objects = ShopifyDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Shopify delivery")
        verbose_name_plural = _("Shopify deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop_domain", "webhook_id"], name="shopify_delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "done", "ignored", "failed"]),
                name="shopify_delivery_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(state="received"), name="shopify_delivery_to_sweep"
            ),
            models.Index(fields=["-received_at"], name="shopify_delivery_latest"),
            # What waits for a person, however long ago it came.
            models.Index(
                fields=["received_at"], condition=Q(state="failed"), name="shopify_delivery_failed"
            ),
            # All that was said of one order or customer: to look at, or to be erased.
            models.Index(
                fields=["object_id"],
                condition=Q(object_id__isnull=False),
                name="shopify_delivery_object",
            ),
        ]
        permissions: ClassVar = [
            ("process_shopifydelivery", _("Can process a Shopify delivery again"))
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.webhook_id[:8]}"
