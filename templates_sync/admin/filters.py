"""Filters of the list of templates, by what their version in force says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from templates_sync.models import Template, TemplateVersion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class _OfVersionInForce(admin.SimpleListFilter):
    choices_of_field: Sequence[tuple[str, StrOrPromise]]

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, StrOrPromise]]:
        return list(self.choices_of_field)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Template]
    ) -> QuerySet[Template] | None:
        if self.value() is None:
            return queryset
        in_force = TemplateVersion.objects.filter(
            Q((str(self.parameter_name), self.value())), template=OuterRef("pk"), superseded_at=None
        )
        return queryset.filter(Exists(in_force))


class StatusFilter(_OfVersionInForce):
    title = _("status")
    parameter_name = "status"
    choices_of_field = TemplateVersion.Status.choices


class CategoryFilter(_OfVersionInForce):
    title = _("category")
    parameter_name = "category"
    choices_of_field = TemplateVersion.Category.choices
