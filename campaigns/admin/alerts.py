"""Alerts in the admin: the list of what people were told, and the button "Seen" of the banner."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from campaigns.access import user_of
from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.alerts import mark_seen, text_of
from campaigns.models import Alert


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("at", "text", "campaign", "seen_by", "seen_at", "over_at")
    list_select_related = ("campaign", "seen_by")
    list_display_links = None
    ordering = ("-at", "-pk")
    fields = ("at", "text", "campaign", "last_at", "told_at", "seen_by", "seen_at", "over_at")

    @display(description=gettext_lazy("What happened"))  # type: ignore[untyped-decorator]
    def text(self, alert: Alert) -> str:
        return text_of(alert, now=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        seen = self.admin_site.admin_view(require_POST(self.seen))
        return [path("<int:alert_id>/seen/", seen, name="campaigns_alert_seen"), *urls]

    def seen(self, request: HttpRequest, alert_id: int) -> HttpResponse:
        """Note that somebody has seen the alert, and go back to where the button was."""
        if not request.user.has_perm("campaigns.acknowledge_alert"):
            raise PermissionDenied
        if not mark_seen(alert_id=alert_id, by=user_of(request), now=timezone.now()):
            messages.info(request, _("Somebody had seen it already, or it is over."))
        return HttpResponseRedirect(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    """Return the page of the button, if it is one of ours."""
    page: Any = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return str(page) if is_ours else reverse("admin:campaigns_alert_changelist")
