"""Two versions or drafts side by side, with what differs marked."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from templates_sync.admin.drafts import shown
from templates_sync.comparing import compare
from templates_sync.models import TemplateDraft, TemplateVersion
from templates_sync.rendering import bubble_html

Text = TemplateDraft | TemplateVersion


class ComparePage(UnfoldModelAdminViewMixin, TemplateView):
    """`left` and `right` are keys such as `v12` (a version) and `d3` (a draft)."""

    title = ""
    permission_required: ClassVar[Any] = "templates_sync.view_templatedraft"
    template_name = "templates_sync/admin/drafts/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        left, right = (_text_of(request.GET.get(side, "")) for side in ("left", "right"))
        self.title = _("Compare two texts")
        context = self.get_context_data(
            left=_column(left),
            right=_column(right),
            parts=compare(parts_of(left), parts_of(right)),
            choices=_choices(left, right),
            opts=TemplateDraft._meta,
        )
        return self.render_to_response(context)


def _text_of(key: str) -> Text:
    """:raises Http404: the key names nothing."""
    kind, number = key[:1], key[1:]
    if number.isdigit() and len(number) < 10:
        found: Text | None = None
        if kind == "v":
            versions = TemplateVersion.objects.select_related("template")
            found = versions.filter(pk=int(number)).first()
        elif kind == "d":
            found = TemplateDraft.objects.filter(pk=int(number)).first()
        if found is not None:
            return found
    raise Http404


def key_of(text: Text) -> str:
    """Return the key by which the page of comparison finds `text`."""
    return f"{'v' if isinstance(text, TemplateVersion) else 'd'}{text.pk}"


def parts_of(text: Text) -> dict[str, str]:
    """Return the parts of a version or a draft as plain text, by their names for people."""
    if isinstance(text, TemplateVersion):
        header, buttons = text.header or {}, text.buttons
    else:
        header, buttons = text.wording.header or {}, text.wording.button_rows
    kind = str(header.get("format") or "")
    return {
        _("Category"): text.get_category_display(),
        _("Header"): str(header.get("text") or "") or (kind if kind != "text" else ""),
        _("Text"): text.body,
        _("Footer"): text.footer,
        _("Buttons"): "\n".join(_line(button) for button in buttons),
    }


def _line(button: dict[str, Any]) -> str:
    target = button.get("url") or button.get("phone") or ""
    return f"{button.get('text', '')} → {target}" if target else str(button.get("text", ""))


def _column(text: Text) -> dict[str, Any]:
    if isinstance(text, TemplateVersion):
        bubble = bubble_html(text, text.examples)
    else:
        bubble = shown.preview(text.wording)
    return {"label": _label(text), "key": key_of(text), "bubble": bubble}


def _label(text: Text) -> str:
    kind = _("version") if isinstance(text, TemplateVersion) else _("draft")
    name = str(text) if isinstance(text, TemplateVersion) else f"{text} #{text.pk}"
    return f"{name} · {kind} · {text.get_status_display()}"


def _choices(*texts: Text) -> list[dict[str, str]]:
    """Return everything of the same names and languages, newest first."""
    wanted = Q()
    for text in texts:
        of = text.template if isinstance(text, TemplateVersion) else text
        wanted |= Q(name=of.name, language=of.language)
    drafts = TemplateDraft.objects.filter(wanted).order_by("-pk")
    by_template = Q(template__in=[t.template_id for t in texts if isinstance(t, TemplateVersion)])
    named = Q()
    for text in texts:
        if isinstance(text, TemplateDraft):
            named |= Q(template__name=text.name, template__language=text.language)
    versions = TemplateVersion.objects.filter(by_template | named).select_related("template")
    rows: dict[str, Text] = {key_of(t): t for t in (*texts, *drafts, *versions.order_by("-pk"))}
    return [{"key": key, "label": _label(text)} for key, text in rows.items()]
