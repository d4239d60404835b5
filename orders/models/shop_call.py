"""What Shopify must still be told of an order or a person: written with the decision, carried out by a worker."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact
from orders.models.customer import ShopifyCustomer
from orders.models.order import Order


class ShopCall(models.Model):
    """One call to Shopify, kept until it is known to be done: HTTP never happens inside a transaction.

    `key` says what it is for ("tag:confirmed:1"), so that the same decision asks once. `payload` by kind:
    add_tags {"tags": […]} · remove_tags {"tags": […]} · append_note {"text"} · update_address {"address"}
    · cancel_order {"reason", "staff_note"} · write_consent {"state": given or withdrawn, "at": ISO-8601}.

    It is about an `order`, or about the consent of a person: then `contact` is set, and `customer` unless she has no
    account in the shop. Skipped: there was nothing (more) to be done, `error` says why.
    """

    class Kind(models.TextChoices):
        ADD_TAGS = "add_tags", _("Add tags")
        REMOVE_TAGS = "remove_tags", _("Remove tags")
        APPEND_NOTE = "append_note", _("Add to the note")
        UPDATE_ADDRESS = "update_address", _("Change the address")
        CANCEL_ORDER = "cancel_order", _("Cancel the order")
        WRITE_CONSENT = "write_consent", _("Write the consent")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Not needed")

    NEXT: ClassVar = {
        State.WAITING: {State.DONE, State.FAILED, State.SKIPPED},
        State.FAILED: {State.WAITING},
        State.SKIPPED: {State.WAITING},
        State.DONE: set(),
    }

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="shop_calls", null=True, blank=True
    )
    customer = models.ForeignKey(
        ShopifyCustomer, on_delete=models.CASCADE, related_name="shop_calls", null=True, blank=True
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="shop_calls", null=True, blank=True
    )
    key = models.CharField(max_length=60)
    kind = models.CharField(_("what"), max_length=14, choices=Kind)
    payload = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # A code of `orders.shopify_words`, and what Shopify itself said.
    error = models.CharField(_("error"), max_length=300, blank=True)
    error_detail = models.CharField(max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("call to Shopify")
        verbose_name_plural = _("calls to Shopify")
        permissions: ClassVar = [("repeat_shopcall", "Can repeat a call to Shopify")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "key"], name="shop_call_once"),
            models.UniqueConstraint(fields=["customer", "key"], name="shop_call_once_of_customer"),
            models.CheckConstraint(
                condition=Q(order__isnull=False, customer=None, contact=None)
                | Q(order=None, contact__isnull=False),
                name="shop_call_about_order_or_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done", "failed", "skipped"]),
                name="shop_call_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "add_tags",
                        "remove_tags",
                        "append_note",
                        "update_address",
                        "cancel_order",
                        "write_consent",
                    ]
                ),
                name="shop_call_kind_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="shop_call_due"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
