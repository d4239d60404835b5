"""A delivery of a webhook, kept as it came, whoever delivered it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Row_co = TypeVar("Row_co", bound="WebhookDelivery", covariant=True)


class WebhookDeliveryQuerySet(models.QuerySet[Row_co]):
    def unfinished(self) -> Self:
        """Return what still has to be processed."""
        return self.filter(state=WebhookDelivery.State.RECEIVED)

    def free(self, *, now: datetime) -> Self:
        """Return unfinished rows that no worker holds."""
        return self.unfinished().filter(Q(leased_until=None) | Q(leased_until__lte=now))


class WebhookDelivery(models.Model):
    """One authentic request; its life is in `audiences.deliveries`.

    RECEIVED rows are the work to do, whether new, waiting for something else, or to be tried again; `due_at` says
    when a worker takes them. The table keeps what makes two requests the same, and limits of its own.
    """

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("webhook delivery", "To process")
        DONE = "done", pgettext_lazy("webhook delivery", "Done")
        IGNORED = "ignored", pgettext_lazy("webhook delivery", "Not used")
        FAILED = "failed", pgettext_lazy("webhook delivery", "Failed")

    # A person may ask for a finished row to be processed again.
    NEXT: ClassVar[dict[State, set[State]]] = {
        State.RECEIVED: {State.DONE, State.IGNORED, State.FAILED},
        State.DONE: {State.RECEIVED},
        State.IGNORED: {State.RECEIVED},
        State.FAILED: {State.RECEIVED},
    }

    body = models.BinaryField(_("as it came"), editable=False)
    received_at = models.DateTimeField(pgettext_lazy("webhook delivery", "received"))
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.RECEIVED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    due_at = models.DateTimeField(pgettext_lazy("webhook delivery", "due"))
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    processed_at = models.DateTimeField(
        pgettext_lazy("webhook delivery", "processed"), null=True, blank=True
    )

    class Meta:
        abstract = True

    @property
    def text(self) -> str:
        """Return the body for a person to read."""
        return bytes(self.body).decode(errors="replace")
