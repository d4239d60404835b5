"""A message that was not ours to send: written by a customer, by an operator, by an automation."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact
from campaigns.models import WhatsAppNumber
from spoki import ContentKind


class Message(models.Model):
    """One message as Spoki tells it. What we sent ourselves is an OutboundMessage, never here.

    `uuid` is Spoki's, lower case and without dashes; a message without one has a key of ours with
    a colon in it. `content_type` is one of `spoki.ContentKind`. `at` is when the message was written; `news_at` when the latest news of it arose.
    """

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("From the customer")
        OUTBOUND = "outbound", _("Written by others")

    class Status(models.TextChoices):
        NONE = "", _("–")
        PENDING = "pending", _("Pending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")

    class OptOut(models.TextChoices):
        """What an inbound text says about receiving marketing."""

        NONE = "", _("–")
        STOP = "stop", _("Unsubscribed")
        TO_JUDGE = "to_judge", _("Perhaps unsubscribes: to be read")
        RESUME = "resume", _("Subscribed again")

    class Source(models.TextChoices):
        """How it reached us first."""

        WEBHOOK = "webhook", _("Delivered")
        HISTORY = "history", _("From Spoki's history")
        UPLOAD = "upload", _("From an uploaded chat")

    uuid = models.CharField(max_length=80, unique=True)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        db_constraint=False,
        verbose_name=_("contact"),
    )
    number = models.ForeignKey(
        WhatsAppNumber, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="")
    business_phone = models.CharField(_("our number"), max_length=20, blank=True, default="")
    content_type = models.CharField(_("kind"), max_length=40, blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    payload = models.TextField(blank=True, default="")
    reply_to = models.CharField(max_length=80, blank=True, default="")
    media = models.JSONField(default=list, blank=True)
    # What is neither text nor file: a place, a contact, a reaction and what it is to.
    details = models.JSONField(default=dict, db_default={}, blank=True)
    source = models.CharField(
        _("source"),
        max_length=7,
        choices=Source.choices,
        default=Source.WEBHOOK,
        db_default="webhook",
    )
    template_id = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, blank=True, default=Status.NONE
    )
    error_code = models.CharField(_("error code"), max_length=40, blank=True, default="")
    error_text = models.CharField(max_length=300, blank=True, default="", db_default="")
    opt_out = models.CharField(
        _("unsubscribing"), max_length=8, choices=OptOut.choices, blank=True, default=OptOut.NONE
    )
    # When an inbound one was counted in `Conversation`, once; None: nobody is known, or it was old when a history told of it. Whether
    # a machine settled it (a stop word, an answer about an order), so that nobody has to answer.
    noted_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_settled = models.BooleanField(
        _("settled by itself"), default=False, db_default=False, editable=False
    )
    at = models.DateTimeField(_("written"))
    news_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=["inbound", "outbound"]), name="message_direction_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["", "pending", "sent", "delivered", "read", "failed"]),
                name="message_status_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["webhook", "history", "upload"]),
                name="message_source_known",
            ),
            models.CheckConstraint(
                condition=Q(opt_out__in=["", "stop", "to_judge", "resume"]),
                name="message_opt_out_known",
            ),
        ]
        indexes = [
            # The search of the inbox.
            GinIndex(SearchVector("text", config="simple"), name="message_words"),
            # The timeline of a person.
            models.Index(F("contact"), F("at").desc(), name="message_timeline"),
            models.Index(F("phone"), F("at").desc(), name="message_by_phone"),
            # What a person must read: perhaps an unsubscription.
            models.Index(fields=["at"], condition=Q(opt_out="to_judge"), name="message_to_judge"),
            models.Index(fields=["-at"], name="message_latest"),
        ]

    def __str__(self) -> str:
        return f"message {self.uuid[:8]} ({self.direction})"

    @property
    def kind(self) -> str:
        """What it is, as one of `spoki.ContentKind`, also where a delivery did not say."""
        is_outbound = self.direction == self.Direction.OUTBOUND
        if self.template_id is not None and is_outbound:
            return ContentKind.TEMPLATE.value
        shown = ContentKind.TEXT if self.text else ContentKind.UNSUPPORTED
        return self.content_type or shown.value
