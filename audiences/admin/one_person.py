"""What the pages of one contact share: who may open them, and the note in the history."""

import json
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from audiences.admin.pages import PageAdmin, user_of
from audiences.models import Contact

UNPROCESSABLE = 422


class OnePerson(PageAdmin):
    """A contact that was merged elsewhere is only looked at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_merged:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audiences.merge_contact"))

    def _alive(self, request: HttpRequest, pk: int, is_allowed: bool) -> Contact:
        """:raises PermissionDenied: it was merged, or is not for whoever asks."""
        contact = get_object_or_404(Contact, pk=pk)
        if not is_allowed or contact.is_merged:
            raise PermissionDenied
        return contact

    def _note(self, request: HttpRequest, contact: Contact, what: str) -> None:
        """The history of the page names the deed; figures and reasons are in its own log."""
        LogEntry.objects.log_actions(
            user_id=user_of(request).pk,
            queryset=[contact],
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"fields": [what]}}]),
        )
