"""Campaigns in the admin: the list, the form of a draft, and the addresses of its pages."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from audiences import parameters
from campaigns import editing
from campaigns.access import user_of
from campaigns.addresses import address_name, campaign_url
from campaigns.admin.confirm import ConfirmView
from campaigns.admin.form import CampaignForm
from campaigns.admin.page import CampaignPage, story_of
from campaigns.admin.panel import PanelView, VariableRowsView
from campaigns.admin.progress import MissedFile, ProgressFragment, ProgressPage
from campaigns.admin.scoreboard.views import ComparePage, FiguresFile, FiguresPage, OverviewPage
from campaigns.admin.verbs import VERBS
from campaigns.admin.views import campaign_context, or_reload, say_no
from campaigns.models import Campaign, TransitionRefused
from campaigns.refusals import CampaignRefused

Status = Campaign.Status


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    form = CampaignForm
    change_form_template = "campaigns/admin/campaign_form.html"
    list_display = ("name", "state", "template_name", "segment", "recipients", "send_after", "author_name", "changed_at")  # fmt: skip
    list_select_related = ("template_version__template", "segment", "author")
    list_filter = ("status",)
    search_fields = ("name",)
    ordering = ("-updated_at",)
    list_per_page = 25
    fields = (
        "name",
        "template_version",
        "segment",
        "exclude_segments",
        "number",
        "send_after",
        "send_before",
        "spread_hours",
        "canary_percent",
        "holdout_percent",
    )

    @display(  # type: ignore[untyped-decorator]
        description=_("Status"),
        ordering="status",
        label={
            Status.DRAFT: "default",
            Status.IN_REVIEW: "warning",
            Status.APPROVED: "info",
            Status.REJECTED: "danger",
            Status.LAUNCHING: "info",
            Status.SCHEDULED: "info",
            Status.SENDING: "success",
            Status.PAUSED: "warning",
            Status.DONE: "success",
            Status.CANCELLED: "default",
        },
    )
    def state(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.status, campaign.get_status_display()

    @display(description=_("Template"), ordering="template_version__template__name")  # type: ignore[untyped-decorator]
    def template_name(self, campaign: Campaign) -> str:
        version = campaign.template_version
        return f"{version.template.name} v{version.number}" if version else "—"

    @display(description=_("Recipients"), ordering="total")  # type: ignore[untyped-decorator]
    def recipients(self, campaign: Campaign) -> int | str:
        known = campaign.total if campaign.snapshot_id else campaign.approved_recipients
        return "—" if known is None else known

    @display(description=_("Author"), ordering="author__username")  # type: ignore[untyped-decorator]
    def author_name(self, campaign: Campaign) -> str:
        return campaign.author.get_full_name() or campaign.author.get_username()

    @display(description=_("Changed at"), ordering="updated_at")  # type: ignore[untyped-decorator]
    def changed_at(self, campaign: Campaign) -> datetime:
        return campaign.updated_at

    def get_urls(self) -> list[URLPattern]:
        verbs = [
            self._page(f"<int:pk>/{verb.path}/", address_name(verb.path), ConfirmView, verb=verb)
            for verb in VERBS.values()
        ]
        pages = [
            self._page("<int:pk>/progress/", "progress", ProgressPage),
            self._page("<int:pk>/progress/live/", "progress_live", ProgressFragment),
            self._page("<int:pk>/missed.csv", "missed", MissedFile),
            # Of a template, by its own id.
            self._page("template/<int:pk>/", "figures", FiguresPage),
            self._page("template/<int:pk>/figures.csv", "figures_file", FiguresFile),
            self._page("templates/", "scoreboard", OverviewPage),
            self._page("compare/", "compare", ComparePage),
        ]
        parts = [
            path(
                f"{name}/",
                self.admin_site.admin_view(view.as_view()),
                name=f"campaigns_campaign_{name}",
            )
            for name, view in (("panel", PanelView), ("variables", VariableRowsView))
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*verbs, *pages, *parts, *urls]

    def _page(self, address: str, name: str, view: Any, **fields: Any) -> URLPattern:
        shown = view.as_view(model_admin=self, **fields)
        safe = or_reload(self.admin_site.admin_view(shown))
        url: URLPattern = path(address, safe, name=f"campaigns_campaign_{name}")
        return url

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[CampaignForm]:
        return CampaignForm

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer none for many at once: each campaign is judged by itself."""
        return {}

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_editable)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and obj is not None and obj.is_editable

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the form of a draft to who may change it, the page of the campaign to others."""
        campaign = self.get_object(request, object_id)
        if campaign is None or self.has_change_permission(request, campaign):
            form_page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
            return form_page
        if request.method == "POST":
            text = str(_("It can no longer be changed: bring it back to draft first."))
            return say_no(request, campaign, text)
        return CampaignPage.as_view(model_admin=self)(request, pk=campaign.pk)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save through the services; what they refuse after the form's own look is told, not lost."""
        try:
            page: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except (TransitionRefused, CampaignRefused) as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)
        return page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        context |= {
            "form": form,
            "rows": form.variable_rows,
            "parameters": parameters.choices(),
            "show_save_and_add_another": False,
            "may_submit": request.user.has_perm("campaigns.submit_campaign"),
        }
        campaign = kwargs.get("obj")
        if campaign is not None:
            context |= campaign_context(campaign, request.user) | {"story": story_of(campaign)}
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def save_model(
        self, request: HttpRequest, obj: Campaign, form: CampaignForm, change: bool
    ) -> None:
        by, now = user_of(request), timezone.now()
        if change:
            editing.edit_campaign(
                campaign=obj, changes=form.changes(), left_out=form.left_out, by=by, now=now
            )
        else:
            created = editing.create_campaign(
                fields=form.changes(), left_out=form.left_out, by=by, now=now
            )
            obj.pk = created.pk
        obj.refresh_from_db()

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Write nothing more: the services have written the left out segments too."""

    def response_add(
        self, request: HttpRequest, obj: Campaign, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self._to_review(request, obj) or super().response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        return self._to_review(request, obj) or super().response_change(request, obj)

    def _to_review(self, request: HttpRequest, obj: Campaign) -> HttpResponse | None:
        if "_review" not in request.POST:
            return None
        return HttpResponseRedirect(campaign_url(obj, "submit"))
