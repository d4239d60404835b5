"""Which message an order is credited to: the last one its buyer got in the days before."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Flow, OutboundMessage
from orders.models.order import Order
from templates_sync.models import TemplateVersion


class OrderCredit(models.Model):
    """Written whole by `orders.figures.credit`, which says by which rule; can be thrown away and made again.

    Campaign, flow and template are the message's, kept here so that their sums read these rows alone.
    """

    order = models.OneToOneField(
        Order, on_delete=models.CASCADE, related_name="credit", verbose_name=_("order")
    )
    message = models.ForeignKey(
        OutboundMessage,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("message"),
    )
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("campaign")
    )
    flow = models.ForeignKey(
        Flow, null=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("flow")
    )
    version = models.ForeignKey(
        TemplateVersion,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("template"),
    )
    # When the message left.
    sent_at = models.DateTimeField(_("sent"))

    class Meta:
        default_permissions: ClassVar = ()
        verbose_name = _("credit of an order")
        verbose_name_plural = _("credits of orders")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.message_id}"
