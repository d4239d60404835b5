"""A delivery of Spoki's webhook, kept as it came."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SpokiDeliveryQuerySet(models.QuerySet["SpokiDelivery"]):
    def unfinished(self) -> SpokiDeliveryQuerySet:
        """Return what still has to be processed."""
        return self.filter(state=SpokiDelivery.State.RECEIVED)

    def free(self, *, now: datetime) -> SpokiDeliveryQuerySet:
        """Return unfinished rows that no worker holds."""
        return self.unfinished().filter(Q(leased_until=None) | Q(leased_until__lte=now))


class SpokiDelivery(models.Model):
    """One authentic request. The key is the hash of the raw body: Spoki's `event_uuid` may be the
    message's own and the same for all its updates (Spoki's help centre, outgoing webhooks).

    RECEIVED rows are the work to do, whether new, waiting for a message of ours, or to be tried
    again; `due_at` says when a worker takes them.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("To process")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Not used")
        FAILED = "failed", _("Failed")

    # A person may ask for any finished row to be processed again.
    NEXT = {
        State.RECEIVED: {State.DONE, State.IGNORED, State.FAILED},
        State.DONE: set(),
        State.IGNORED: {State.RECEIVED},
        State.FAILED: {State.RECEIVED},
    }

    body_hash = models.CharField(max_length=64, unique=True, editable=False)
    body = models.BinaryField(_("as it came"), editable=False)
    event = models.CharField(_("event"), max_length=100, blank=True, default="")
    event_uuid = models.CharField(max_length=64, blank=True, default="")
    received_at = models.DateTimeField(_("received"))
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.RECEIVED
    )
    # What became of it, in a word of ours: status, inbound, by_others, waiting…
    outcome = models.CharField(_("outcome"), max_length=20, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    due_at = models.DateTimeField(_("due"))
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)

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

    @property
    def text(self) -> str:
        """Return the body for a person to read."""
        return bytes(self.body).decode(errors="replace")
