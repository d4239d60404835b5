"""The outbox: our intention to send one message, and what became of it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact
from campaigns.models.account import SpokiAccount, WhatsAppNumber
from campaigns.models.campaign import Campaign
from templates_sync.models import TemplateVersion


class Lane(models.IntegerChoices):
    """Who goes first: a lower number always passes a higher one."""

    REPLY = 0, _("Reply")
    TRANSACTIONAL = 1, _("Order messages")
    MARKETING = 2, _("Marketing")


class OutboundMessage(models.Model):
    """One message to one person.

    `key` is the opaque reference that Spoki echoes in its webhooks (`metadata.msg`).
    A row reserved under a lease still counts as queued: nothing has left.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("message", "Queued")
        SENDING = "sending", pgettext_lazy("message", "Sending")
        ACCEPTED = "accepted", pgettext_lazy("message", "Accepted by Spoki")
        SENT = "sent", pgettext_lazy("message", "Sent")
        DELIVERED = "delivered", pgettext_lazy("message", "Delivered")
        READ = "read", pgettext_lazy("message", "Read")
        FAILED = "failed", pgettext_lazy("message", "Failed")
        SKIPPED = "skipped", pgettext_lazy("message", "Skipped")
        UNKNOWN = "unknown", pgettext_lazy("message", "Unknown")
        EXPIRED = "expired", pgettext_lazy("message", "Expired")

    class Kind(models.TextChoices):
        TEMPLATE = "template", _("Template")
        TEXT = "text", _("Text")

    # The legal moves; each is made by a conditional UPDATE that names the state it leaves.
    # Unknown is left only by news from Spoki or by a person, never by a machine's resend.
    NEXT = {
        # A row that went back to the queue and is reported as sent all the same had left after
        # all: it must not go twice.
        Status.QUEUED: {
            Status.SENDING,
            Status.SKIPPED,
            Status.EXPIRED,
            Status.ACCEPTED,
            Status.SENT,
            Status.DELIVERED,
            Status.READ,
            Status.UNKNOWN,
        },
        Status.SENDING: {
            Status.QUEUED,
            Status.ACCEPTED,
            Status.SENT,
            Status.DELIVERED,
            Status.READ,
            Status.FAILED,
            Status.UNKNOWN,
        },
        # Back to the queue: reported as failed, and worth another try (see `sender.reports`).
        Status.ACCEPTED: {
            Status.QUEUED,
            Status.SENT,
            Status.DELIVERED,
            Status.READ,
            Status.FAILED,
            Status.UNKNOWN,
        },
        # Back to the queue only by a person, and once: see `Settlement`.
        Status.UNKNOWN: {
            Status.QUEUED,
            Status.ACCEPTED,
            Status.SENT,
            Status.DELIVERED,
            Status.READ,
            Status.FAILED,
        },
        Status.SENT: {Status.QUEUED, Status.DELIVERED, Status.READ, Status.FAILED},
        Status.DELIVERED: {Status.READ},
        Status.READ: set(),
        # A delivery that is reported after a failure wins (Spoki does not promise order).
        Status.FAILED: {Status.DELIVERED, Status.READ},
        # Only for what once began to leave, came back, and is reported as sent all the same.
        Status.SKIPPED: {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ},
        Status.EXPIRED: {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ},
    }

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Every index costs each of a message's moves: where a wider one begins with the same column, or
    # nobody looks, there is none.
    account = models.ForeignKey(
        SpokiAccount, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.ForeignKey(
        WhatsAppNumber,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.PROTECT,
        related_name="outbound_messages",
        db_constraint=False,
        db_index=False,
    )
    lane = models.PositiveSmallIntegerField(choices=Lane)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEMPLATE)
    template_version = models.ForeignKey(
        TemplateVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    phone = models.CharField(_("phone"), max_length=20)
    language = models.CharField(max_length=10, blank=True)
    zone = models.CharField(max_length=64, default="Europe/Rome")
    params = models.JSONField(default=dict)
    text = models.TextField(blank=True)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, editable=False)
    leased_by = models.UUIDField(null=True, editable=False)
    sending_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    # When the person asked for no more marketing, this being the last they had got from us.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Why it was skipped, failed, put back or left unknown: a code of `campaigns.reasons`.
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    # Lower case, without dashes: Spoki writes it both ways.
    provider_uuid = models.CharField(max_length=64, null=True, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    # Under which identifiers earlier tries went that were reported as failed: their news is old.
    earlier_uuids = ArrayField(
        models.CharField(max_length=64), default=list, db_default=[], editable=False
    )

    class Meta:
        verbose_name = _("outbound message")
        verbose_name_plural = _("outbound messages")
        permissions = [("settle_outboundmessage", "Can decide about unknown messages")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "contact"], name="one_message_per_campaign_and_contact"
            ),
            models.UniqueConstraint(fields=["provider_uuid"], name="outbound_provider_uuid_once"),
            models.CheckConstraint(
                name="outbound_status_known",
                condition=Q(
                    status__in=[
                        "queued",
                        "sending",
                        "accepted",
                        "sent",
                        "delivered",
                        "read",
                        "failed",
                        "skipped",
                        "unknown",
                        "expired",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="outbound_started_has_time",
                condition=Q(status__in=["queued", "skipped", "expired"])
                | Q(sending_at__isnull=False),
            ),
            models.CheckConstraint(
                name="outbound_template_or_text",
                condition=Q(kind="template", template_version__isnull=False)
                | (Q(kind="text") & ~Q(text="")),
            ),
        ]
        indexes = [
            # The claim of a campaign: by time zone, oldest first.
            models.Index(
                fields=["campaign", "zone", "due_at", "id"],
                condition=Q(status="queued", lane=2),
                name="outbound_campaign_queue",
            ),
            # The claim of what flows write of marketing: by template and number, as a campaign.
            models.Index(
                fields=["template_version", "number", "zone", "due_at", "id"],
                condition=Q(status="queued", lane=2, campaign__isnull=True),
                name="outbound_flows_queue",
            ),
            # The claim of replies and order messages.
            models.Index(
                fields=["account", "lane", "due_at", "id"],
                condition=Q(status="queued", lane__lt=2),
                name="outbound_urgent_queue",
            ),
            # Housekeeping: what is in flight, what was taken without an identifier, what expires.
            # Each holds only what it is about: millions that were accepted are in none of them.
            models.Index(
                fields=["sending_at"], condition=Q(status="sending"), name="outbound_in_flight"
            ),
            models.Index(
                fields=["sending_at"],
                condition=Q(status="accepted", provider_uuid__isnull=True, provider_id=""),
                name="outbound_silent",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="queued", expires_at__isnull=False),
                name="outbound_expiring",
            ),
            # What a person or a webhook must settle; what only a late webhook can.
            models.Index(
                fields=["sending_at"], condition=Q(status="unknown"), name="outbound_unknown"
            ),
            # Counters of a campaign; of its first share, who began and did not go after all.
            models.Index(fields=["campaign", "status"], name="outbound_counters"),
            models.Index(
                fields=["campaign"],
                condition=Q(sending_at__isnull=False, status__in=["queued", "skipped", "expired"]),
                name="outbound_came_back",
            ),
            # The breaker: what became of the latest ones.
            models.Index(
                "campaign",
                F("sending_at").desc(),
                condition=Q(campaign__isnull=False, sending_at__isnull=False),
                name="outbound_campaign_latest",
            ),
            # The gap per person, the frequency cap, the timeline.
            models.Index(
                F("phone"), F("sending_at").desc(nulls_first=True), name="outbound_person"
            ),
            models.Index(fields=["contact", "lane", "sending_at"], name="outbound_contact"),
            # Who was written to lately, asked for everybody at once: a few pages, whatever the history behind.
            BrinIndex(
                fields=["sending_at"],
                pages_per_range=16,
                autosummarize=True,
                name="outbound_lately",
            ),
            # The scoreboard: what templates sent outside campaigns, day by day.
            models.Index(
                fields=["created_at"],
                condition=Q(campaign__isnull=True, template_version__isnull=False),
                name="outbound_outside_campaigns",
            ),
            # The search of the inbox, in what people answered: campaigns have no text of their own.
            GinIndex(
                SearchVector("text", config="simple"), condition=~Q(text=""), name="outbound_words"
            ),
        ]

    def __str__(self) -> str:
        return gettext("message %(key)s") % {"key": self.key.hex[:8]}


class ConversationWindow(models.Model):
    """The 24 hours from a person's last message to one of our numbers (Meta, Service messages)."""

    number = models.ForeignKey(WhatsAppNumber, on_delete=models.CASCADE, related_name="windows")
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="windows", db_constraint=False
    )
    last_inbound_at = models.DateTimeField()
    # Ten minutes earlier than Meta's, so that an answer written at the edge still gets through.
    closes_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "contact"], name="one_window_per_pair")
        ]

    def __str__(self) -> str:
        return f"window until {self.closes_at:%d/%m %H:%M}"
