"""How our webhooks stand on Spoki, and a look at it now."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from conversations import registration
from conversations.models import SpokiWebhook
from spoki import SpokiError
from templates_sync.admin.readonly import ReadOnlyAdmin

TONES = {"active": "success", "off": "warning", "missing": "danger"}
_STATES = {
    "active": gettext_lazy("Active"),
    "off": pgettext_lazy("webhook", "Switched off"),
    "missing": gettext_lazy("Missing"),
}


@admin.register(SpokiWebhook)
class SpokiWebhookAdmin(ReadOnlyAdmin):
    list_display = ("event", "show_state", "url", "checked_at")
    ordering = ("event",)
    list_before_template = "conversations/admin/webhooks_bar.html"

    class Media:
        css = {"all": ["conversations/deliveries.css"]}

    @display(description=gettext_lazy("state"), label=TONES)  # type: ignore[untyped-decorator]
    def show_state(self, webhook: SpokiWebhook) -> tuple[str, str]:
        state = "active" if webhook.is_active else "off" if webhook.is_there else "missing"
        return state, str(_STATES[state])

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(look_now)
        return [path("look/", look, name="conversations_spokiwebhook_look"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_look = request.user.has_perm("conversations.register_spokiwebhook")
        return super().changelist_view(request, {**(extra_context or {}), "may_look": may_look})


@require_POST
@permission_required("conversations.register_spokiwebhook", raise_exception=True)
def look_now(request: HttpRequest) -> HttpResponse:
    """Ask Spoki how they stand; nothing is changed there."""
    client = import_string(settings.SPOKI_GATEWAY)()
    try:
        registration.look(client=client, now=timezone.now())
    except SpokiError:
        messages.error(request, _("Spoki does not answer, or refuses the key: try again later."))
    else:
        messages.success(request, _("This is how they stand now."))
    finally:
        client.close()
    return HttpResponseRedirect(reverse("admin:conversations_spokiwebhook_changelist"))
