"""A delivery of Spoki's webhook, kept as it came."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import WebhookDelivery, WebhookDeliveryQuerySet


class SpokiDeliveryQuerySet(WebhookDeliveryQuerySet["SpokiDelivery"]):
    """What every delivery may be asked for."""


class SpokiDelivery(WebhookDelivery):
    """One authentic request. The key is the hash of the raw body: Spoki's `event_uuid` may be the
    message's own and the same for all its updates (Spoki's help centre, outgoing webhooks).
    """

    # What was used is not used again: it is a customer's word, or the state of a message.
    NEXT: ClassVar = WebhookDelivery.NEXT | {WebhookDelivery.State.DONE: set()}

    body_hash = models.CharField(max_length=64, unique=True, editable=False)
    event = models.CharField(_("event"), max_length=100, blank=True, default="")
    # While it waits for a message of ours: the identifier of that message.
    event_uuid = models.CharField(max_length=64, blank=True, default="")
    # What became of it, in a word of ours: status, inbound, by_others, waiting…
    outcome = models.CharField(_("outcome"), max_length=20, blank=True, default="")

    objects = SpokiDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "done", "ignored", "failed"]),
                name="delivery_state_is_known",
            )
        ]
        indexes = [
            # The sweep.
            models.Index(
                fields=["due_at"], condition=Q(state="received"), name="delivery_to_sweep"
            ),
            # The list in the admin, and the end of what is kept.
            models.Index(fields=["-received_at"], name="delivery_latest"),
        ]
        permissions = [("process_spokidelivery", _("Can process a delivery again"))]

    def __str__(self) -> str:
        return f"{self.event or 'delivery'} {self.body_hash[:8]}"
