"""Process deliveries again: one from its page, or many from the list; asked before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audiences.deliveries import RepeatRefused
from orders import deliveries, tasks
from orders.models import ShopifyDelivery

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ShopifyDelivery]
else:
    Base = object

MOST_AT_ONCE = 1_000
_LIST = "admin:orders_shopifydelivery_changelist"


class AgainPage(Base):
    """Mixin of the deliveries' admin."""

    actions = ("process_selected",)

    def has_process_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.process_shopifydelivery")

    @admin.action(description=gettext_lazy("Process again"), permissions=["process"])
    def process_selected(
        self, request: HttpRequest, queryset: QuerySet[ShopifyDelivery]
    ) -> HttpResponse:
        """Only shows the page that asks; the oldest first where there are very many."""
        chosen = queryset.order_by("received_at").values_list("pk", flat=True)[:MOST_AT_ONCE]
        return self._question(request, list(chosen))

    def again_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what would be processed again; POST does it."""
        if not self.has_process_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        ids = numbers(sent.get("ids", ""))
        if request.method != "POST":
            return self._question(request, ids)
        try:
            count = deliveries.process_again(ids=ids, now=timezone.now())
        except RepeatRefused:
            messages.error(request, _("Nothing was changed: they wait already, or are empty."))
        else:
            tasks.wake_for_deliveries()
            messages.info(request, _told(count))
        return _back(ids)

    def _question(self, request: HttpRequest, ids: list[int]) -> HttpResponse:
        chosen = ShopifyDelivery.objects.filter(pk__in=ids)
        counts = dict(chosen.order_by().values_list("state").annotate(Count("pk")))
        states = [
            (label, counts[state])
            for state, label in ShopifyDelivery.State.choices
            if state in counts
        ]
        movable = sum(counts.values()) - counts.get(ShopifyDelivery.State.RECEIVED, 0)
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": _("Process again?"),
            "opts": ShopifyDelivery._meta,
            "ids": ",".join(map(str, ids)),
            "states": states,
            "movable": movable,
            "is_cut": len(ids) == MOST_AT_ONCE,
            "back": _back(ids).url,
        }
        return TemplateResponse(request, "orders/admin/again.html", context)


def numbers(text: str) -> list[int]:
    """Return the numbers of a list with commas; what is none is left out."""
    parts = text.split(",")[:MOST_AT_ONCE]
    return [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 19]


def _back(ids: list[int]) -> HttpResponseRedirect | HttpResponsePermanentRedirect:
    if len(ids) == 1 and ShopifyDelivery.objects.filter(pk=ids[0]).exists():
        return redirect("admin:orders_shopifydelivery_change", ids[0])
    return redirect(_LIST)


def _told(count: int) -> str:
    text = ngettext(
        "It is processed again: reload the page in a few seconds.",
        "%(count)d are processed again: reload the page in a few seconds.",
        count,
    )
    return text % {"count": count}
