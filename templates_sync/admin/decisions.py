"""Buttons of the template pages that change something: POST only, one service call each."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from kombu.exceptions import OperationalError

from templates_sync import acceptance, tasks
from templates_sync.models import SyncRun, Template, TemplateDraft, TemplateVersion
from templates_sync.prices import price_of
from templates_sync.report import moment
from templates_sync.runs import spoki_asks_to_wait
from templates_sync.sync import request_sync


@require_POST
@permission_required("templates_sync.sync_template", raise_exception=True)
def start_sync(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    until = spoki_asks_to_wait(now=now)
    run = request_sync(now=now, by=cast("User", request.user)) if until is None else None
    if run is not None:
        _enqueue(request, run)
    elif until is not None:
        text = _("Spoki has asked to be left alone until %(at)s: then it is read by itself.")
        messages.warning(request, text % {"at": moment(until)})
    else:
        messages.info(request, _("A read is under way already: below you see when it has ended."))
    return _back_from_sync(request)


@require_http_methods(["GET", "POST"])
@permission_required("templates_sync.accept_category", raise_exception=True)
def accept_category(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the old price and the new one; POST accepts the category that was shown."""
    version = get_object_or_404(TemplateVersion.objects.select_related("template"), pk=pk)
    if request.method == "GET":
        return _ask_for_category(request, version)
    seen = request.POST.get("category", "")
    try:
        acceptance.accept_category(
            version=version, category=seen, by=cast("User", request.user), now=timezone.now()
        )
    except acceptance.DecisionRefused:
        messages.error(request, _("Nothing was accepted: the category has changed, look again."))
    else:
        messages.success(request, _("Accepted: it is sent at the price of the new category."))
    return _back_to(version)


@require_POST
@permission_required("templates_sync.release_hold", raise_exception=True)
def release_hold(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(TemplateVersion, pk=pk)
    try:
        acceptance.release_hold(version=version)
    except acceptance.DecisionRefused:
        messages.error(request, _("Nothing was changed: it was not held any more."))
    else:
        messages.success(request, _("It may be sent again."))
    return _back_to(version)


def _ask_for_category(request: HttpRequest, version: TemplateVersion) -> HttpResponse:
    if not version.has_unaccepted_category or version.superseded_at is not None:
        messages.info(request, _("There is nothing to accept any more: look at the template."))
        return _back_to(version)
    now = timezone.now()
    context = {
        **site.each_context(request),
        "title": _("Accept the new category and its price?"),
        "version": version,
        "old_price": price_of(version.requested_category, now=now),
        "new_price": price_of(version.category, now=now),
        "back_url": reverse("admin:templates_sync_template_change", args=[version.template_id]),
        "opts": Template._meta,
    }
    return TemplateResponse(request, "templates_sync/admin/accept_category.html", context)


def _enqueue(request: HttpRequest, run: SyncRun) -> None:
    try:
        tasks.sync_templates.delay(run_id=run.pk)
    except OperationalError:
        # The schedule takes it up.
        text = _("The background workers cannot be reached: it is read as soon as they are back.")
        messages.warning(request, text)


def _back_from_sync(request: HttpRequest) -> HttpResponse:
    """Bring back to where it was asked: a draft, whose page follows by itself, the log, or the list."""
    pk = request.POST.get("draft", "")
    draft = TemplateDraft.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None
    if draft is not None:
        return redirect("admin:templates_sync_templatedraft_change", draft.pk)
    page = "syncrun" if request.POST.get("from") == "runs" else "template"
    return redirect(f"admin:templates_sync_{page}_changelist")


def _back_to(version: TemplateVersion) -> HttpResponse:
    return redirect("admin:templates_sync_template_change", version.template_id)
