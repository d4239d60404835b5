"""Buttons of the template pages that change something: POST only, one service call each."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from templates_sync import acceptance, tasks
from templates_sync.models import SyncRun, TemplateVersion
from templates_sync.sync import request_sync


@require_POST
@permission_required("templates_sync.sync_template", raise_exception=True)
def start_sync(request: HttpRequest) -> HttpResponse:
    run = request_sync(now=timezone.now())
    if run is not None:
        _enqueue(request, run)
    return redirect("admin:templates_sync_template_changelist")


@require_POST
@permission_required("templates_sync.accept_category", raise_exception=True)
def accept_category(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(TemplateVersion, pk=pk)
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


def _enqueue(request: HttpRequest, run: SyncRun) -> None:
    try:
        tasks.sync_templates.delay(run_id=run.pk)
    except OperationalError:
        run.delete()
        messages.error(request, _("The background workers cannot be reached: try again shortly."))


def _back_to(version: TemplateVersion) -> HttpResponse:
    return redirect("admin:templates_sync_template_change", version.template_id)
