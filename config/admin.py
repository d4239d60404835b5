"""Other packages' admin pages in the frame of this one, and the pages' titles."""

from collections.abc import Iterable
from typing import Any, cast

from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import ClockedScheduleAdmin as BeatClockedAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

admin.site.index_title = _("Dashboard")
FOREIGN = (
    User, Group, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule,
    TokenProxy, TOTPDevice, AccessAttempt, AccessLog,
)  # fmt: skip
for model in FOREIGN:
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


class TaskForm(PeriodicTaskForm):
    """The form of celery-beat with the fields of this admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    pass


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatTaskAdmin, ModelAdmin):
    form = TaskForm
    # Its own page has an inline script, which the policy refuses.
    change_form_template = None


@admin.register(IntervalSchedule, SolarSchedule)
class ScheduleAdmin(ModelAdmin):
    pass


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(BeatCrontabAdmin, ModelAdmin):
    pass


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(BeatClockedAdmin, ModelAdmin):
    pass


@admin.register(TokenProxy)
class TokenAdmin(ModelAdmin):
    """The key is shown once, to who makes the token; no page, link or history repeats it."""

    list_display = ("user", "created")
    list_display_links = None
    fields = ("user",)
    autocomplete_fields = ("user",)
    ordering = ("-created",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: TokenProxy, message: Any) -> None:
        _note(request, obj, ADDITION)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[TokenProxy]) -> None:
        for token in queryset:
            _note(request, token, DELETION)


def _note(request: HttpRequest, token: TokenProxy, flag: int) -> None:
    """Write the history of a token by its owner: a token's own text is its key."""
    LogEntry.objects.create(
        user_id=cast(int, request.user.pk),
        content_type=ContentType.objects.get_for_model(TokenProxy, for_concrete_model=False),
        object_id=str(token.user_id),
        object_repr=str(token.user),
        action_flag=flag,
        change_message="[]",
    )


@admin.register(TOTPDevice)
class TOTPDeviceAdmin(ModelAdmin):
    list_display = ("user", "name", "confirmed")
    fields = ("user", "name", "confirmed")
    autocomplete_fields = ("user",)


@admin.register(AccessAttempt, AccessLog)
class AccessAdmin(ModelAdmin):
    """Failed and past logins: to be read."""

    list_display = ("attempt_time", "username", "ip_address", "path_info")
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
