"""What Spoki delivered, what became of it, and a second try by hand."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from audiences.deliveries import RepeatRefused
from conversations import deliveries, tasks
from conversations.models import SpokiDelivery
from templates_sync.admin.readonly import ReadOnlyAdmin

STATE_TONES = {
    SpokiDelivery.State.RECEIVED: "warning",
    SpokiDelivery.State.DONE: "success",
    SpokiDelivery.State.IGNORED: "default",
    SpokiDelivery.State.FAILED: "danger",
}
OUTCOMES = {
    "status": gettext_lazy("status of a message of ours"),
    "inbound": gettext_lazy("message of a customer"),
    "inbound_unknown": gettext_lazy("message without a readable phone"),
    "by_others": gettext_lazy("message written by others"),
    "probe": gettext_lazy("test of an automation route"),
    "contact": gettext_lazy("a contact changed: it is read again"),
    "waiting": gettext_lazy("waits for the answer to a send of ours"),
    "fault": gettext_lazy("a fault of this application"),
    "unreadable": gettext_lazy("it cannot be read"),
    "worker_died": gettext_lazy("the worker ended in the middle"),
    "not_used": gettext_lazy("event that is not used"),
}


@admin.register(SpokiDelivery)
class SpokiDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "show_event", "show_state", "show_outcome", "attempts", "error")
    list_filter = ("state", "event", "outcome")
    list_filter_sheet = True
    list_per_page = 25
    search_fields = ("event_uuid", "body_hash")
    ordering = ("-received_at",)
    readonly_fields = ("show_outcome", "show_body")
    change_form_outer_before_template = "conversations/admin/process_again.html"

    class Media:
        css = {"all": ["conversations/deliveries.css"]}

    @display(description=gettext_lazy("event"), ordering="event")  # type: ignore[untyped-decorator]
    def show_event(self, delivery: SpokiDelivery) -> str:
        return delivery.event or "–"

    @display(description=gettext_lazy("state"), label=STATE_TONES)  # type: ignore[untyped-decorator]
    def show_state(self, delivery: SpokiDelivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @display(description=gettext_lazy("outcome"))  # type: ignore[untyped-decorator]
    def show_outcome(self, delivery: SpokiDelivery) -> str:
        return str(OUTCOMES.get(delivery.outcome, delivery.outcome or "–"))

    @display(description=gettext_lazy("as it came"))  # type: ignore[untyped-decorator]
    def show_body(self, delivery: SpokiDelivery) -> SafeString:
        return format_html('<pre class="cv-body" tabindex="0">{}</pre>', _readable(delivery.text))

    def get_fields(self, request: HttpRequest, obj: SpokiDelivery | None = None) -> tuple[str, ...]:
        waits = obj is not None and obj.state == SpokiDelivery.State.RECEIVED
        return (
            "event",
            "event_uuid",
            "received_at",
            "state",
            "show_outcome",
            "attempts",
            "error",
            "due_at" if waits else "processed_at",
            "show_body",
        )

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(process_again)
        own = [path("<int:pk>/again/", again, name="conversations_spokidelivery_again")]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery = context["original"]
        context["again_url"] = reverse(
            "admin:conversations_spokidelivery_again", args=[delivery.pk]
        )
        context["may_process_again"] = bool(
            SpokiDelivery.NEXT[SpokiDelivery.State(delivery.state)] & {SpokiDelivery.State.RECEIVED}
        ) and request.user.has_perm("conversations.process_spokidelivery")
        return super().render_change_form(request, context, *args, **kwargs)


@require_POST
@permission_required("conversations.process_spokidelivery", raise_exception=True)
def process_again(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(SpokiDelivery, pk=pk)
    try:
        deliveries.process_again(delivery=delivery, now=timezone.now())
    except RepeatRefused:
        messages.error(request, _("Nothing was changed: it is done, or waits already."))
    else:
        tasks.wake_for_deliveries()
        messages.info(request, _("It is processed again: reload the page in a few seconds."))
    return redirect("admin:conversations_spokidelivery_change", delivery.pk)


def _readable(text: str) -> str:
    """Return JSON with its lines broken, anything else as it came."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
