"""Templates: the list with its last read, and a page per template with every version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.decorators import display

from templates_sync.admin import decisions
from templates_sync.admin.banner import banner_context
from templates_sync.admin.filters import CategoryFilter, StatusFilter
from templates_sync.admin.readonly import ReadOnlyAdmin
from templates_sync.language_names import language_name
from templates_sync.models import Template, TemplateVersion
from templates_sync.onward import onward_from
from templates_sync.page_links import links_of
from templates_sync.prices import price_of
from templates_sync.rendering import bubble_html
from templates_sync.sendable import reasons_not_sendable

# Colours of labels: green may be sent, orange waits for somebody, red will not go by itself.
STATUS_TONES = {
    TemplateVersion.Status.DRAFT: "default",
    TemplateVersion.Status.APPROVED: "success",
    TemplateVersion.Status.PENDING: "warning",
    TemplateVersion.Status.PAUSED: "warning",
    TemplateVersion.Status.REJECTED: "danger",
    TemplateVersion.Status.DISABLED: "danger",
    TemplateVersion.Status.UNKNOWN: "danger",
}


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = (
        "show_name",
        "show_language",
        "show_number",
        "show_status",
        "show_category",
        "show_why",
    )
    list_filter = (StatusFilter, CategoryFilter, "language")
    list_filter_sheet = True
    list_per_page = 25
    search_fields = ("name",)
    ordering = ("name", "language")
    list_before_template = "templates_sync/admin/banner.html"
    change_form_template = "templates_sync/admin/template.html"

    class Media:
        css = {"all": ["templates_sync/templates.css", "templates_sync/bubble.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        in_force = TemplateVersion.objects.filter(superseded_at=None).select_related("template")
        twins = Template.objects.filter(
            name=OuterRef("name"), language=OuterRef("language"), gone_at=None
        ).exclude(pk=OuterRef("pk"))
        found: QuerySet[Template] = super().get_queryset(request).annotate(has_twin=Exists(twins))
        return found.prefetch_related(Prefetch("versions", queryset=in_force, to_attr="in_force"))

    @display(description=_("name"), ordering="name")  # type: ignore[untyped-decorator]
    def show_name(self, template: Template) -> str:
        """Return the name, which is not unique at Spoki: with its id where two share it."""
        has_twin = getattr(template, "has_twin", False) and template.spoki_id is not None
        return f"{template.name} · Spoki {template.spoki_id}" if has_twin else template.name

    @display(description=_("language"), ordering="language")  # type: ignore[untyped-decorator]
    def show_language(self, template: Template) -> str:
        return language_name(template.language)

    @display(description=_("version"))  # type: ignore[untyped-decorator]
    def show_number(self, template: Template) -> str:
        version = _in_force(template)
        return f"v{version.number}" if version else "–"

    @display(description=_("status"), label=STATUS_TONES | {"gone": "danger"})  # type: ignore[untyped-decorator]
    def show_status(self, template: Template) -> tuple[str, str] | None:
        version = _in_force(template)
        if template.gone_at is not None:
            return "gone", pgettext("template", "gone")
        return (version.status, version.get_status_display()) if version else None

    @display(description=_("category"))  # type: ignore[untyped-decorator]
    def show_category(self, template: Template) -> str:
        version = _in_force(template)
        return version.get_category_display() if version else "–"

    @display(description=_("can be sent"))  # type: ignore[untyped-decorator]
    def show_why(self, template: Template) -> str:
        version = _in_force(template)
        reasons = reasons_not_sendable(version, now=timezone.now()) if version else []
        return reasons[0].text if reasons else str(_("Yes"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("sync/", view(decisions.start_sync), name="templates_sync_sync"),
            path("sync/banner/", view(self.banner_view), name="templates_sync_banner"),
            path(
                "versions/<int:pk>/accept-category/",
                view(decisions.accept_category),
                name="templates_sync_accept_category",
            ),
            path(
                "versions/<int:pk>/release/",
                view(decisions.release_hold),
                name="templates_sync_release",
            ),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = banner_context(request) | (extra_context or {})
        return super().changelist_view(request, context)

    def banner_view(self, request: HttpRequest) -> HttpResponse:
        """Answer only the banner, for the page that waits; at the end of the read the page loads again."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        context = banner_context(request, is_log="log" in request.GET)
        answer = TemplateResponse(request, self.list_before_template, context)
        if not context["is_syncing"]:
            answer["HX-Refresh"] = "true"
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        template = context["original"]
        context["page_links"] = links_of(template, request.user)
        context["cards"] = [
            _card(request, version, before)
            for version, before in _with_the_one_before(template.versions.order_by("-number"))
        ]
        return super().render_change_form(request, context, *args, **kwargs)


def _in_force(template: Template) -> TemplateVersion | None:
    return next(iter(getattr(template, "in_force", [])), None)


def _with_the_one_before(
    versions: Iterable[TemplateVersion],
) -> list[tuple[TemplateVersion, TemplateVersion | None]]:
    """Return each of `versions`, newest first, with the one that it replaced."""
    found = list(versions)
    return list(zip(found, [*found[1:], None], strict=True))


def _prices(version: TemplateVersion) -> dict[str, Any]:
    if not version.has_unaccepted_category:
        return {}
    now = timezone.now()
    return {
        "old_price": price_of(version.requested_category, now=now),
        "new_price": price_of(version.category, now=now),
    }


def _card(
    request: HttpRequest, version: TemplateVersion, before: TemplateVersion | None
) -> dict[str, Any]:
    may_accept = request.user.has_perm("templates_sync.accept_category")
    may_release = request.user.has_perm("templates_sync.release_hold")
    is_open = version.superseded_at is None
    may_draft = request.user.has_perm("templates_sync.add_templatedraft")
    is_there = version.template.gone_at is None and version.template.spoki_id is not None
    compare = reverse("admin:templates_sync_templatedraft_compare")
    may_compare = before is not None and request.user.has_perm("templates_sync.view_templatedraft")
    return {
        "version": version,
        "tone": STATUS_TONES.get(TemplateVersion.Status(version.status), ""),
        "reasons": reasons_not_sendable(version, now=timezone.now()),
        "bubble": bubble_html(version, version.examples),
        **_prices(version),
        "may_accept": may_accept and is_open and version.has_unaccepted_category,
        "may_release": may_release and is_open and version.held_at is not None,
        "may_draft": may_draft,
        "onward": onward_from(version, request.user, now=timezone.now()),
        "may_replace": may_draft and is_open and is_there,
        "compare_url": f"{compare}?left=v{before.pk}&right=v{version.pk}"
        if before and may_compare
        else "",
    }
