"""The draft's own pages: the question before a move, the live parts of the editor, progress."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView
from kombu.exceptions import OperationalError
from unfold.views import UnfoldModelAdminViewMixin

from templates_sync import tasks
from templates_sync.admin.drafts import shown
from templates_sync.admin.drafts.form import BUTTON_TYPES, DraftForm
from templates_sync.admin.drafts.verbs import VERBS, Verb, offered
from templates_sync.lint_words import sentence
from templates_sync.models import DraftMoved, TemplateDraft, TemplateVersion
from templates_sync.onward import onward_from
from templates_sync.staging import writing
from templates_sync.staging.fields import want_look
from templates_sync.staging.story import DraftRefused

UNPROCESSABLE = 422
VIEW, ADD = "templates_sync.view_templatedraft", "templates_sync.add_templatedraft"
# htmx's own status that ends a polling.
STOP_POLLING = 286


def draft_url(draft: TemplateDraft, name: str = "change") -> str:
    """Return the address of one of the draft's pages: change, approve, submit, …"""
    return reverse(f"admin:templates_sync_templatedraft_{name.replace('-', '_')}", args=[draft.pk])


def draft_context(draft: TemplateDraft, user: User | AnonymousUser) -> dict[str, Any]:
    """Return what every page of a draft shows: where it is in its life, and its buttons."""
    return {
        "draft": draft,
        "steps": shown.steps_of(draft),
        "verbs": [
            {"verb": verb, "url": draft_url(draft, verb.path)} for verb in offered(draft, user)
        ],
        "story": shown.story_of(draft),
        "tone": shown.TONES[TemplateDraft.Status(draft.status)],
        "submission": shown.progress_of(draft),
        "trouble": shown.error_of(draft),
        "bubble": shown.preview(draft.wording),
        **fields_context(draft, user),
        "opts": TemplateDraft._meta,
        "original": draft,
    }


def fields_context(draft: TemplateDraft, user: User | AnonymousUser) -> dict[str, Any]:
    """Return the card of the custom fields that `draft` needs on Spoki."""
    may_make = VERBS["fields"].is_offered(draft, user)
    return {
        "custom_fields": shown.fields_card(draft),
        "make_fields_url": draft_url(draft, "fields") if may_make else "",
        "may_look": user.has_perm(VERBS["fields"].permission),
    }


def find(pk: int) -> TemplateDraft:
    """:raises Http404: there is no such draft."""
    rows = TemplateDraft.objects.select_related(
        "author", "last_editor", "approved_by", "template", "source__template", "result__template"
    )
    return get_object_or_404(rows, pk=pk)


class DraftView(UnfoldModelAdminViewMixin, TemplateView):
    """A page about one draft, inside the admin's frame."""

    title: Any = ""
    permission_required: ClassVar[Any] = VIEW
    request: HttpRequest

    def page(self, draft: TemplateDraft, *, status: int = 200, **more: Any) -> HttpResponse:
        self.title = self.title or str(draft)
        context = self.get_context_data(**draft_context(draft, self.request.user), **more)
        return self.render_to_response(context, status=status)


class DraftPage(DraftView):
    template_name = "templates_sync/admin/drafts/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = find(kwargs["pk"])
        is_waiting = draft.status == TemplateDraft.Status.SUBMITTED
        return self.page(
            draft,
            advice=_advice(draft),
            may_begin=draft.status == "rejected" and request.user.has_perm(ADD),
            may_ask=is_waiting and request.user.has_perm("templates_sync.sync_template"),
            next_step=shown.next_of(draft, request.user),
            onward=onward_from(draft.result, request.user, now=timezone.now()),
        )


def _advice(draft: TemplateDraft) -> list[dict[str, Any]]:
    """Return what a reviewer should know; once it has left, it is too late for advice."""
    return shown.told(draft) if draft.status in {"draft", "in_review", "approved"} else []


class ProgressFragment(DraftView):
    """How far a submission is; the page loads again when it has ended."""

    template_name = "templates_sync/admin/drafts/parts/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = find(kwargs["pk"])
        if draft.status in {"submitting", "submitted"}:
            return self.page(draft)
        return _load_again()


def _load_again() -> HttpResponse:
    answer = HttpResponse(status=STOP_POLLING)
    answer["HX-Refresh"] = "true"
    return answer


class FieldsFragment(DraftView):
    """The custom fields of a draft: GET shows how far they are, POST has Spoki's list read again.

    Once nothing moves any more the page loads again, for its buttons; but never under somebody who
    writes.
    """

    template_name = "templates_sync/admin/drafts/parts/custom_fields.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = find(kwargs["pk"])
        card = shown.fields_card(draft)
        if draft.is_editable or (card and card["is_busy"]):
            return self.page(draft)
        return _load_again()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(VERBS["fields"].permission):
            raise PermissionDenied
        want_look(now=timezone.now())
        _wake(request, tasks.make_fields)
        return self.page(find(kwargs["pk"]))


class ConfirmView(DraftView):
    """One verb on one draft: GET shows it, only POST acts."""

    template_name = "templates_sync/admin/drafts/confirm.html"
    # Given by `as_view`, which takes only what the class already has.
    verb: Verb = next(iter(VERBS.values()))

    def has_permission(self) -> bool:
        return self.request.user.has_perm(self.verb.permission)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = find(kwargs["pk"])
        if not self.verb.is_offered(draft, request.user):
            return say_no(request, draft, _("This is not possible now: look at its state."))
        return self._ask(draft, self.verb.form(initial={"seen": draft.updated_at.isoformat()}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft, form = find(kwargs["pk"]), self.verb.form(request.POST)
        if not form.is_valid():
            return self._ask(draft, form, status=UNPROCESSABLE)
        try:
            moved = self.verb.move(
                draft=draft, by=cast("User", request.user), now=timezone.now(), **form.cleaned_data
            )
        except DraftMoved as refused:
            return say_no(request, draft, str(refused))
        except DraftRefused as refused:
            for text in _sentences(refused):
                form.add_error(None, text)
            draft.refresh_from_db()
            return self._ask(draft, form, status=UNPROCESSABLE)
        messages.success(request, str(self.verb.done) % {"name": moved.name})
        if moved.status == TemplateDraft.Status.SUBMITTING:
            _wake(request, tasks.advance_submission, draft_id=moved.pk)
        if self.verb.path == "fields":
            _wake(request, tasks.make_fields)
        return HttpResponseRedirect(draft_url(moved))

    def _ask(self, draft: TemplateDraft, form: Form, *, status: int = 200) -> HttpResponse:
        self.title = str(self.verb.question)
        advice = _advice(draft) if not form.errors else []
        return self.page(draft, status=status, form=form, verb=self.verb, advice=advice)


def _sentences(refused: DraftRefused) -> list[str]:
    found = [sentence(problem) for problem in refused.problems]
    return found or [str(refused)]


def _wake(request: HttpRequest, task: Any, **options: int) -> None:
    try:
        task.delay(**options)
    except OperationalError:
        # The schedule carries on what nobody does.
        messages.warning(request, _("The background workers are away: it goes on as they return."))


def say_no(request: HttpRequest, draft: TemplateDraft, text: str) -> HttpResponse:
    """Bring the person back to the draft with the reason why nothing was done."""
    messages.error(request, text)
    if not TemplateDraft.objects.filter(pk=draft.pk).exists():
        return redirect("admin:templates_sync_templatedraft_changelist")
    return HttpResponseRedirect(draft_url(draft))


class PanelView(View):
    """Message and problems of what is typed; saves nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        verbs = (ADD, "templates_sync.change_templatedraft")
        if not any(request.user.has_perm(verb) for verb in verbs):
            raise PermissionDenied
        pk = request.POST.get("draft", "")
        instance = TemplateDraft.objects.filter(pk=int(pk)).first() if pk.isdigit() else None
        form = DraftForm(request.POST, instance=instance)
        form.is_valid()
        draft, rows = form.instance, form.button_rows
        slots = shown.slots_of(draft, rows)
        known = request.POST.get("variables", "")
        context = {
            "form": form,
            "bubble": shown.preview(draft.wording),
            "slots": slots,
            "is_begun": any(slot["problems"] for slot in slots) or not draft._state.adding,
            "errors_count": sum(problem["is_error"] for problem in shown.told(draft)),
            "has_new_variables": known != " ".join(draft.wording.variables),
            "new_row": _new_row(request, rows),
            "button_types": BUTTON_TYPES,
        }
        return render(request, "templates_sync/admin/drafts/parts/panel.html", context)


def _new_row(request: HttpRequest, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return a row to fill when the last one on the page is filled."""
    last = rows[-1]
    return None if f"button_type-{last['number']}" in request.POST else last


class StartView(View):
    """Begin a draft from a version, or from a draft that Meta rejected."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        by, now = cast("User", request.user), timezone.now()
        rejected, version = request.POST.get("draft", ""), request.POST.get("version", "")
        if rejected.isdigit():
            source = find(int(rejected))
            try:
                draft = writing.draft_from_draft(rejected=source, by=by, now=now)
            except DraftMoved as refused:
                return say_no(request, source, str(refused))
        else:
            found = get_object_or_404(TemplateVersion, pk=int(version) if version.isdigit() else 0)
            replaces = request.POST.get("replaces") == "1"
            draft = writing.draft_from_version(version=found, replaces=replaces, by=by, now=now)
        messages.success(request, _("A new draft begins with these words: change what you like."))
        return HttpResponseRedirect(draft_url(draft))
