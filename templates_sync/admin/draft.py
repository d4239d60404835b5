"""Template drafts in the admin: the list, the editor, and the addresses of their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from templates_sync.admin.drafts import shown
from templates_sync.admin.drafts.comparison import ComparePage
from templates_sync.admin.drafts.form import BUTTON_TYPES, DraftForm
from templates_sync.admin.drafts.verbs import VERBS
from templates_sync.admin.drafts.views import (
    ConfirmView,
    DraftPage,
    FieldsFragment,
    PanelView,
    ProgressFragment,
    StartView,
    draft_context,
    draft_url,
    say_no,
)
from templates_sync.language_names import language_name
from templates_sync.models import DraftMoved, TemplateDraft
from templates_sync.staging import writing
from templates_sync.staging.story import DraftRefused

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = ModelAdmin
_NAME = "templates_sync_templatedraft"


@admin.register(TemplateDraft)
class TemplateDraftAdmin(Base):
    form = DraftForm
    change_form_template = "templates_sync/admin/drafts/editor.html"
    list_display = ("name", "show_language", "show_status", "category", "show_author", "updated_at")
    list_select_related = ("author",)
    list_filter = ("status", "language")
    search_fields = ("name", "body")
    ordering = ("-updated_at",)
    list_per_page = 25
    show_full_result_count = False
    fields = DraftForm.Meta.fields

    @display(description=_("status"), ordering="status", label=shown.TONES)  # type: ignore[untyped-decorator]
    def show_status(self, draft: TemplateDraft) -> tuple[str, str]:
        return draft.status, draft.get_status_display()

    @display(description=_("language"), ordering="language")  # type: ignore[untyped-decorator]
    def show_language(self, draft: TemplateDraft) -> str:
        return language_name(draft.language)

    @display(description=_("author"), ordering="author__username")  # type: ignore[untyped-decorator]
    def show_author(self, draft: TemplateDraft) -> str:
        return draft.author.get_full_name() or draft.author.get_username()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = [
            path(f"<int:pk>/{verb.path}/",
                 view(ConfirmView.as_view(model_admin=self, verb=verb)),
                 name=f"{_NAME}_{verb.path.replace('-', '_')}")
            for verb in VERBS.values()
        ]  # fmt: skip
        parts = [
            path("panel/", view(PanelView.as_view()), name=f"{_NAME}_panel"),
            path("start/", view(StartView.as_view()), name=f"{_NAME}_start"),
            path("compare/", view(ComparePage.as_view(model_admin=self)), name=f"{_NAME}_compare"),
            path(
                "<int:pk>/progress/",
                view(ProgressFragment.as_view(model_admin=self)),
                name=f"{_NAME}_progress",
            ),
            path(
                "<int:pk>/fields/state/",
                view(FieldsFragment.as_view(model_admin=self)),
                name=f"{_NAME}_fields_state",
            ),
        ]
        return [*pages, *parts, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateDraft]:
        found: QuerySet[TemplateDraft] = super().get_queryset(request)
        return found.select_related("template", "source__template")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[DraftForm]:  # type: ignore[override]
        return DraftForm

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer none for many at once: each draft is judged by itself."""
        return {}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_editable)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and obj is not None and obj.is_editable and obj.spoki_id is None

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the editor to who may write, the page of the draft to others."""
        draft = self.get_object(request, object_id)
        if draft is None or self.has_change_permission(request, draft):
            return super().change_view(request, object_id, *args, **kwargs)
        if request.method == "POST":
            text = str(_("It can no longer be changed: bring it back to writing first."))
            return say_no(request, draft, text)
        return DraftPage.as_view(model_admin=self)(request, pk=draft.pk)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save through the services; what they refuse is told, not lost."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (DraftMoved, DraftRefused) as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        rows = form.button_rows
        context |= {
            "form": form,
            "rows": rows,
            "slots": shown.slots_of(form.instance, rows) if form.instance.pk else [],
            "button_types": BUTTON_TYPES,
            "show_save_and_add_another": False,
        }
        draft = kwargs.get("obj")
        if draft is not None:
            context |= draft_context(draft, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: TemplateDraft, form: DraftForm, change: bool
    ) -> None:
        by, now = cast("User", request.user), timezone.now()
        if change:
            writing.edit_draft(draft=obj, fields=form.changes(), by=by, now=now)
        else:
            obj.pk = writing.create_draft(fields=form.changes(), by=by, now=now).pk
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: TemplateDraft) -> None:
        writing.delete_draft(draft=obj)

    def response_add(
        self, request: HttpRequest, obj: TemplateDraft, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return _to_review(request, obj) or super().response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: TemplateDraft) -> HttpResponse:
        return _to_review(request, obj) or super().response_change(request, obj)


def _to_review(request: HttpRequest, draft: TemplateDraft) -> HttpResponse | None:
    if "_review" not in request.POST:
        return None
    return HttpResponseRedirect(draft_url(draft, "to-review"))
