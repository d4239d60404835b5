"""What happened to the confirmation of an order, and the changes of address that customers asked for."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class CodEvent(models.Model):
    """One step of a confirmation, who made it and on what evidence; never changed but by `orders.privacy`.

    `verb` is a word of `orders.cod.words.Verb`. `by` is the agent, None for the customer or the machine.
    `figures` may hold "message" (the identifier of the customer's message), "round" and "how".
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="cod_events")
    at = models.DateTimeField(_("when"))
    verb = models.CharField(_("what"), max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The customer's words, or the identifier of the message that held them.
    evidence = models.CharField(_("evidence"), max_length=300, blank=True)
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("step of a confirmation")
        verbose_name_plural = _("steps of a confirmation")
        ordering: ClassVar = ["at", "pk"]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%d/%m %H:%M}"


class AddressChange(models.Model):
    """A customer wants it elsewhere: asked for, typed, looked at by an agent, applied on Shopify or not."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the new address")
        TYPED = "typed", _("To look at")
        APPLYING = "applying", _("Being written to Shopify")
        APPLIED = "applied", _("Applied")
        REFUSED = "refused", _("Not applied")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    NEXT: ClassVar = {
        State.ASKED: {State.TYPED, State.REFUSED, State.WITHDRAWN},
        State.TYPED: {State.TYPED, State.APPLYING, State.REFUSED, State.WITHDRAWN},
        State.APPLYING: {State.APPLIED, State.TYPED, State.REFUSED},
        State.APPLIED: set(),
        State.REFUSED: set(),
        State.WITHDRAWN: set(),
    }

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="address_changes")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked"))
    typed_text = models.TextField(_("what the customer wrote"), blank=True)
    typed_at = models.DateTimeField(_("written"), null=True, blank=True)
    old_address = models.JSONField(_("old address"), default=dict)
    new_address = models.JSONField(_("new address"), default=dict, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reason = models.CharField(_("why not"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of address")
        permissions: ClassVar = [("decide_addresschange", "Can apply a change of address")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "typed", "applying", "applied", "refused", "withdrawn"]
                ),
                name="address_change_state_known",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["asked", "typed", "applying"]),
                name="one_open_address_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.state}"
