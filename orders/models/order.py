"""An order as the shop tells it, and where its cash-on-delivery confirmation stands. Money is in cents."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact
from orders.models.customer import ShopifyCustomer


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

    class Outcome(models.TextChoices):
        """How it ended at the door; recomputed from the evidence, never counted up."""

        NOT_SHIPPED = "not_shipped", _("Not shipped")
        IN_PROGRESS = "in_progress", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        REFUSED = "refused", _("Refused")
        RETURNED_AFTER_DELIVERY = "returned_after_delivery", _("Returned after delivery")
        UNKNOWN = "unknown", _("Not known")

    COD_UNCONFIRMED = (CodStatus.TO_ASK, CodStatus.ASKED, CodStatus.UNANSWERED)
    # The legal moves. Whether an order is paid at the door is decided once, at first sight; an amount
    # that changed leads back to TO_ASK, and what Shopify cancelled stays cancelled.
    COD_NEXT: ClassVar = {
        CodStatus.NOT_COD: set(),
        CodStatus.NOT_ELIGIBLE: {
            CodStatus.TO_ASK,
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
        },
        CodStatus.TO_ASK: {
            CodStatus.ASKED,
            CodStatus.NOT_ELIGIBLE,
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
        },
        CodStatus.ASKED: {
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
            CodStatus.UNANSWERED,
            CodStatus.TO_ASK,
            CodStatus.NOT_ELIGIBLE,
        },
        CodStatus.UNANSWERED: {
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
            CodStatus.TO_ASK,
            CodStatus.NOT_ELIGIBLE,
        },
        CodStatus.CONFIRMED: {
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
            CodStatus.TO_ASK,
        },
        CodStatus.CHANGE_REQUESTED: {
            CodStatus.CHANGED,
            CodStatus.CONFIRMED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
            CodStatus.TO_ASK,
        },
        CodStatus.CHANGED: {
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCEL_REQUESTED,
            CodStatus.CANCELLED,
            CodStatus.TO_ASK,
        },
        CodStatus.CANCEL_REQUESTED: {
            CodStatus.CONFIRMED,
            CodStatus.CHANGE_REQUESTED,
            CodStatus.CANCELLED,
        },
        CodStatus.CANCELLED: set(),
    }

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
    customer = models.ForeignKey(
        ShopifyCustomer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("Shopify customer"),
    )
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    # Which of the five places of an order the phone was found in, e.g. "shipping_address".
    phone_source = models.CharField(max_length=30, blank=True, db_default="")
    email = models.EmailField(_("email"), blank=True)
    placed_at = models.DateTimeField(_("placed"))
    total_cents = models.PositiveBigIntegerField(_("total (cents)"))
    amount_due_cents = models.PositiveBigIntegerField(_("to pay (cents)"), default=0)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    # What the buyer saw and the courier collects may be in another currency than the shop's books.
    due_currency = models.CharField(
        _("currency to pay in"), max_length=3, default="EUR", db_default="EUR"
    )
    is_cod = models.BooleanField(_("cash on delivery"), default=False)
    cod_status = models.CharField(
        _("COD confirmation"),
        max_length=20,
        choices=CodStatus.choices,
        default=CodStatus.NOT_COD,
    )
    # Frozen at first sight: the gateway names as they came and the rule that decided.
    gateway_names = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("payment names"),
        default=list,
        db_default=[],
        blank=True,
    )
    cod_rule = models.CharField(_("why cash on delivery"), max_length=30, blank=True, db_default="")
    # Why it cannot be asked: a code of `orders.cod`.
    cod_reason = models.CharField(_("why not asked"), max_length=40, blank=True, db_default="")
    is_cod_holdout = models.BooleanField(_("control group"), default=False, db_default=False)
    # The share of the control group when this order was drawn for it or not; 0 = it was never drawn. Only orders
    # drawn by the same rule may be compared.
    cod_drawn_share = models.DecimalField(
        _("drawn with a control group of"), max_digits=4, decimal_places=3, default=0, db_default=0
    )
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True)
    asked_amount_cents = models.PositiveBigIntegerField(
        _("amount asked (cents)"), null=True, blank=True
    )
    # 2 and more: asked again, since the amount changed; a flow calls each round by another name.
    cod_round = models.PositiveSmallIntegerField(_("round"), default=1, db_default=1)
    # Since when something about its confirmation waits for a person to read it.
    cod_question_at = models.DateTimeField(_("question since"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    is_test = models.BooleanField(_("test order"), default=False, db_default=False)
    needs_shipping = models.BooleanField(_("to be shipped"), default=True, db_default=True)
    # Imported orders never set off a message.
    is_imported = models.BooleanField(_("imported"), default=False, db_default=False)
    source_name = models.CharField(_("source"), max_length=100, blank=True, db_default="")
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="")
    tags = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("tags"),
        default=list,
        db_default=[],
        blank=True,
    )
    note = models.TextField(_("note"), blank=True, db_default="")
    attributes = models.JSONField(_("further details"), default=dict, db_default={}, blank=True)
    checkout_token = models.CharField(max_length=64, blank=True, db_default="")
    cart_token = models.CharField(max_length=100, blank=True, db_default="")
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
    cancel_reason = models.CharField(_("why cancelled"), max_length=30, blank=True, db_default="")
    closed_at = models.DateTimeField(_("archived"), null=True, blank=True)
    # The earliest bodies that show it paid, and with a tag of refused parcels.
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    marked_refused_at = models.DateTimeField(null=True, blank=True, editable=False)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    outcome = models.CharField(
        _("how it ended"),
        max_length=30,
        choices=Outcome.choices,
        default=Outcome.NOT_SHIPPED,
        db_default="not_shipped",
    )
    # Which rung of the ladder of evidence says so, 1 (strongest) to 7; see `orders.outcomes`.
    outcome_source = models.PositiveSmallIntegerField(_("evidence"), null=True, blank=True)
    outcome_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Shopify's own clock: an older body never overwrites a newer one.
    shopify_updated_at = models.DateTimeField(_("changed on Shopify"), null=True, blank=True)
    # Which body the columns are of, and of which other one where it left something out: `orders.versions`.
    shopify_version = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    field_versions = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    # The oldest body seen: it decided whether the order is paid at the door.
    cod_version = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    # The person was forgotten: late news brings nothing of her back.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions: ClassVar = [
            ("decide_cod", "Can decide about cash-on-delivery orders"),
            ("export_cod_calls", "Can export the call list with its phones"),
        ]
        indexes: ClassVar = [
            # Segments count orders by whole tables: these hold all they ask, so the wide rows stay unread.
            models.Index(
                fields=["placed_at"],
                include=["id", "contact", "cancelled_at"],
                name="order_placed",
            ),
            # Whose the order of a line is, and of when, without a table of all orders in memory.
            models.Index(
                fields=["id"],
                include=["contact", "placed_at"],
                condition=Q(cancelled_at__isnull=True),
                name="order_by_number",
            ),
            models.Index(
                fields=["contact"],
                include=["total_cents", "delivery_state"],
                condition=Q(cancelled_at__isnull=True),
                name="order_spent",
            ),
            # In the order of people, so that counts per person need no table of everybody in memory.
            models.Index(
                fields=["contact", "placed_at"],
                include=["cancelled_at"],
                name="order_of_contact",
            ),
            models.Index(
                fields=["contact"],
                condition=Q(is_cod=True, delivery_state="pending"),
                name="order_cod_pending",
            ),
            # The call list, the reminders, the inbox of changes and cancellations.
            models.Index(
                fields=["cod_status", "placed_at"],
                include=["contact"],
                condition=Q(is_cod=True, cancelled_at__isnull=True, delivery_state="pending"),
                name="order_cod_open",
            ),
            models.Index(
                fields=["cod_question_at"],
                condition=Q(cod_question_at__isnull=False),
                name="order_cod_question",
            ),
            # Figures of cash on delivery, by the day it was placed or shipped.
            models.Index(fields=["placed_at"], condition=Q(is_cod=True), name="order_cod_placed"),
            models.Index(
                fields=["shipped_at"],
                condition=Q(is_cod=True, shipped_at__isnull=False),
                name="order_cod_shipped",
            ),
            models.Index(
                fields=["checkout_token"], condition=~Q(checkout_token=""), name="order_checkout"
            ),
            models.Index(fields=["phone", "placed_at"], condition=~Q(phone=""), name="order_phone"),
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
            models.CheckConstraint(
                condition=Q(is_cod_holdout=False) | Q(cod_drawn_share__gt=0),
                name="order_held_out_by_a_draw",
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "not_shipped",
                        "in_progress",
                        "delivered",
                        "refused",
                        "returned_after_delivery",
                        "unknown",
                    ]
                ),
                name="order_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
