"""Cash on delivery in the admin: the work of the day, the call list, one change of address, one decision."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from audiences.admin.pages import ReadOnlyAdmin
from orders.admin.cod.calls import CallList, CallListFile
from orders.admin.cod.change import ChangePage
from orders.admin.cod.decide import DECISIONS, DecidePage
from orders.admin.cod.work import WorkPage
from orders.models import AddressChange


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnlyAdmin):
    """Home of the pages; each change is part of its order's story, and has no page of its own."""

    def get_urls(self) -> list[URLPattern]:
        pages = [
            self._page("work/", "cod_work", WorkPage),
            self._page("calls/", "cod_calls", CallList),
            self._page("calls.csv", "cod_calls_file", CallListFile),
            self._page("order/<int:pk>/address/", "cod_address", ChangePage),
        ]
        pages += [
            self._page(f"order/<int:pk>/{name}/", f"cod_{name}", DecidePage, decision=decision)
            for name, decision in DECISIONS.items()
        ]
        return [*pages, *super().get_urls()]

    def _page(self, address: str, name: str, view: Any, **given: Any) -> URLPattern:
        page = self.admin_site.admin_view(view.as_view(model_admin=self, **given))
        found: URLPattern = path(address, page, name=f"orders_{name}")
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_cod_work"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.decide_cod")
