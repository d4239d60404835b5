"""An admin page that only shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from django.contrib import admin

    Base = admin.ModelAdmin[Any]
else:
    Base = ModelAdmin


class ReadOnlyAdmin(Base):
    """Nobody adds, edits or deletes here, superusers included."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
