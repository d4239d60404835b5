"""The outbox in the admin: each message we meant to send, and what became of it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.models import OutboundMessage
from campaigns.reasons import sentence

Status = OutboundMessage.Status


@admin.register(OutboundMessage)
class OutboundMessageAdmin(ReadOnlyAdmin):
    list_display = ("phone", "state", "campaign", "lane", "why", "sending_at", "delivered_at", "read_at")  # fmt: skip
    list_filter = ("status", "lane", ("campaign", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("campaign",)
    search_fields = ("phone__startswith",)
    search_help_text = _("Phone, from its beginning: +39347…")
    ordering = ("-pk",)
    fields = (
        "phone", "contact", "campaign", "template_version", "number", "lane", "kind", "language", "zone", "params", "text",
        "state", "why", "error_code", "error_text", "attempts", "created_at", "due_at", "expires_at", "sending_at",
        "accepted_at", "sent_at", "delivered_at", "read_at", "replied_at", "ended_at", "provider_uuid", "provider_id", "key",
    )  # fmt: skip

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

    @display(description=_("Why"))  # type: ignore[untyped-decorator]
    def why(self, message: OutboundMessage) -> str:
        return sentence(message.reason) or "—"

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
