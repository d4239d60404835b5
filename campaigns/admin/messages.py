"""The outbox in the admin: each message we meant to send, and what became of it."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from audiences.customer_card import card_link, may_open_cards
from audiences.language_names import language_name
from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.admin.unknown import DecidePage, UnknownPage
from campaigns.models import Campaign, Flow, FlowEntry, FlowTest, OutboundMessage
from campaigns.reasons import sentence

Status = OutboundMessage.Status


class MessageForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Says the columns in the reader's words; nobody edits a message."""

    class Meta:
        model = OutboundMessage
        fields = ()
        labels: ClassVar[Any] = {
            "contact": _("Contact"),
            "campaign": _("Campaign"),
            "template_version": _("Template"),
            "number": _("From number"),
            "lane": _("Lane"),
            "kind": _("Kind"),
            "zone": _("Time zone"),
            "params": _("Values of the variables"),
            "text": _("Text"),
            "error_text": _("Error in Spoki's words"),
            "attempts": _("Attempts"),
            "created_at": _("Queued at"),
            "due_at": _("Not before"),
            "expires_at": _("Not after"),
            "sending_at": _("Left at"),
            "accepted_at": _("Taken by Spoki at"),
            "sent_at": _("Sent at"),
            "delivered_at": _("Delivered at"),
            "read_at": _("Read at"),
            "replied_at": _("Replied at"),
            "ended_at": _("Ended at"),
            "provider_uuid": _("Spoki's identifier"),
            "provider_id": _("Spoki's number"),
            "key": _("Our identifier"),
        }


@admin.register(OutboundMessage)
class OutboundMessageAdmin(ReadOnlyAdmin):
    form = MessageForm
    list_display = ("phone", "state", "of_campaign", "lane_name", "why", "left_at", "got_at", "seen_at")  # fmt: skip
    list_filter = ("status", "lane", ("campaign", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("contact", "campaign", "flow_entry__flow", "flow_test__flow")
    search_fields = ("phone__startswith",)
    search_help_text = _("Phone, from its beginning: +39347…")
    ordering = ("-pk",)
    fields = (
        "phone", "contact", "campaign", "template_version", "number", "lane", "kind", "language_name", "zone", "params", "text",
        "status", "why", "error_code", "error_text", "attempts", "created_at", "due_at", "expires_at", "sending_at",
        "accepted_at", "sent_at", "delivered_at", "read_at", "replied_at", "ended_at", "provider_uuid", "provider_id", "key",
    )  # fmt: skip

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Whoever may open the card of a customer gets there from each of her messages."""
        phone, *others = self.list_display
        return (phone, "customer", *others) if may_open_cards(request.user) else self.list_display

    @display(description=_("Customer"))  # type: ignore[untyped-decorator]
    def customer(self, message: OutboundMessage) -> str:
        return card_link(message.contact_id, message.contact.full_name or _("Customer card"))

    @display(  # type: ignore[untyped-decorator]
        description=_("Status"),
        ordering="status",
        label={
            Status.QUEUED: "default",
            Status.SENDING: "info",
            Status.ACCEPTED: "info",
            Status.SENT: "info",
            Status.DELIVERED: "success",
            Status.READ: "success",
            Status.FAILED: "danger",
            Status.SKIPPED: "warning",
            Status.UNKNOWN: "warning",
            Status.EXPIRED: "warning",
        },
    )
    def state(self, message: OutboundMessage) -> tuple[str, str]:
        return message.status, message.get_status_display()

    @display(description=_("Language"))  # type: ignore[untyped-decorator]
    def language_name(self, message: OutboundMessage) -> str:
        return language_name(message.language)

    @display(description=_("Why"))  # type: ignore[untyped-decorator]
    def why(self, message: OutboundMessage) -> str:
        return sentence(message.reason) or "—"

    @display(description=_("Campaign or flow"), ordering="campaign")  # type: ignore[untyped-decorator]
    def of_campaign(self, message: OutboundMessage) -> Campaign | Flow | str:
        if message.campaign is not None:
            return message.campaign
        test: FlowTest | None = getattr(message, "flow_test", None)
        if test is not None:
            return gettext("Test of “%(name)s”") % {"name": test.flow.name}
        entry: FlowEntry | None = getattr(message, "flow_entry", None)
        return entry.flow if entry is not None else "—"

    @display(description=_("Lane"), ordering="lane")  # type: ignore[untyped-decorator]
    def lane_name(self, message: OutboundMessage) -> str:
        return message.get_lane_display()

    @display(description=_("Left at"), ordering="sending_at")  # type: ignore[untyped-decorator]
    def left_at(self, message: OutboundMessage) -> datetime | None:
        return message.sending_at

    @display(description=_("Delivered at"), ordering="delivered_at")  # type: ignore[untyped-decorator]
    def got_at(self, message: OutboundMessage) -> datetime | None:
        return message.delivered_at

    @display(description=_("Read at"), ordering="read_at")  # type: ignore[untyped-decorator]
    def seen_at(self, message: OutboundMessage) -> datetime | None:
        return message.read_at

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"{name}/",
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=f"campaigns_outboundmessage_{name}",
            )
            for name, view in (("unknown", UnknownPage), ("decide", DecidePage))
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboundMessage], search_term: str
    ) -> tuple[QuerySet[OutboundMessage], bool]:
        """Accept a phone as people write it: with spaces, dashes, or 00 for +."""
        digits = "".join(letter for letter in search_term if letter.isdigit() or letter == "+")
        if digits.startswith("00"):
            digits = f"+{digits[2:]}"
        found: tuple[QuerySet[OutboundMessage], bool] = super().get_search_results(
            request, queryset, digits
        )
        return found
