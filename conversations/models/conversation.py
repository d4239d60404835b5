"""Where the conversation with a person stands: what the inbox sorts by. One row per contact with messages."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def awake(self, *, now: datetime) -> ConversationQuerySet:
        """Return those that are not put off until later."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def unanswered(self) -> ConversationQuerySet:
        """Return those whose customer waits for a person."""
        return self.filter(unanswered_since__isnull=False)


class Conversation(models.Model):
    """Written by `conversations.standing` with each message; can be made again from the messages at any time.

    Unanswered is whoever wrote something that neither an answer of ours nor a machine (a stop word, the answer to an
    order's question) has settled; a person may settle it too (`done`). What a campaign sends answers nobody.
    """

    contact = models.OneToOneField(
        Contact,
        on_delete=models.CASCADE,
        related_name="conversation",
        db_constraint=False,
        verbose_name=_("contact"),
    )
    # The latest message of either side, ours included.
    last_message_at = models.DateTimeField(_("last message"))
    last_inbound_at = models.DateTimeField(_("last from the customer"), null=True, blank=True)
    # The first words of the latest message, for the list; whose it is.
    preview = models.CharField(max_length=160, blank=True, default="")
    # What kind of message it is, for one without words: image, audio, location …
    preview_kind = models.CharField(max_length=20, blank=True, default="", db_default="")
    is_preview_inbound = models.BooleanField(default=False)
    # Since when the customer waits; None = nobody does.
    unanswered_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    unread_count = models.PositiveIntegerField(_("unanswered messages"), default=0)
    # The latest end of a 24-hour window (ours, ten minutes early), on any number.
    window_closes_at = models.DateTimeField(_("window closes"), null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    assigned_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(_("put off until"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        permissions: ClassVar = [
            ("assign_conversation", "Can assign, put off and finish conversations"),
            ("reply_conversation", "Can write to customers"),
        ]
        indexes: ClassVar = [
            # The inbox: who waits longest, whose window closes first, what is mine, the latest of all.
            models.Index(
                fields=["unanswered_since", "id"],
                condition=Q(unanswered_since__isnull=False),
                name="conversation_waiting",
            ),
            models.Index(
                fields=["window_closes_at"],
                condition=Q(unanswered_since__isnull=False),
                name="conversation_closing",
            ),
            models.Index(
                fields=["assignee", "unanswered_since", "id"],
                condition=Q(unanswered_since__isnull=False),
                name="conversation_waiting_of",
            ),
            # What an agent has open, those that have their answer included.
            models.Index(
                F("assignee"),
                F("last_message_at").desc(),
                F("id").desc(),
                condition=Q(done_at__isnull=True),
                name="conversation_open_of",
            ),
            models.Index(
                fields=["snoozed_until", "id"],
                condition=Q(snoozed_until__isnull=False),
                name="conversation_snoozed",
            ),
            models.Index(
                F("done_at").desc(),
                F("id").desc(),
                condition=Q(done_at__isnull=False),
                name="conversation_done",
            ),
            models.Index(F("last_message_at").desc(), F("id").desc(), name="conversation_latest"),
        ]

    def __str__(self) -> str:
        return f"conversation of contact {self.contact_id}"


class ConversationEvent(models.Model):
    """What people did with a conversation, for the card and for whoever asks later; never changed."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="conversation_events", db_constraint=False
    )
    at = models.DateTimeField(_("when"))
    # done, settled (by a machine), reopened: `standing` decides by these; assigned, snoozed, opted_out …
    verb = models.CharField(_("what"), max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    figures = models.JSONField(default=dict)

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("step of a conversation")
        verbose_name_plural = _("steps of conversations")
        indexes: ClassVar = [models.Index(fields=["contact", "at"], name="conversation_story")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%d/%m %H:%M}"


class Note(models.Model):
    """What a colleague should know; never shown to the customer."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="notes", db_constraint=False
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    text = models.TextField(_("note"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes: ClassVar = [models.Index(fields=["contact", "at"], name="note_of_contact")]

    def __str__(self) -> str:
        return self.text[:40]


class CardOpening(models.Model):
    """Who opened whose card, and how they got there; kept for whoever must account for it (GDPR, art. 32)."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="card_openings", db_constraint=False
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # inbox, search, phone, order, link
    way = models.CharField(_("from"), max_length=10)

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("opening of a card")
        verbose_name_plural = _("openings of cards")
        indexes: ClassVar = [
            models.Index(F("contact"), F("at").desc(), name="card_opened"),
            models.Index(F("at").desc(), name="card_opened_latest"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"card {self.contact_id}"
