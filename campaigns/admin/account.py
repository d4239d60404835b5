"""The account in the admin: limits and hours by hand, health as Spoki tells it, read again at will."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from campaigns.access import user_of
from campaigns.account import NoAccount, current_account, set_limits
from campaigns.admin.hours_field import HoursField
from campaigns.admin.number_fields import ShareField
from campaigns.admin.stopping import ResumeView, StopView
from campaigns.edge import refresh_now, unreadable
from campaigns.models import Quality, SpokiAccount, WhatsAppNumber
from campaigns.reasons import sentence
from campaigns.usage import usage_of
from spoki import UNLIMITED, SpokiError

QUALITY_LABELS = {
    Quality.GREEN: "success",
    Quality.YELLOW: "warning",
    Quality.RED: "danger",
    Quality.UNREADABLE: "danger",
    Quality.UNKNOWN: "default",
}
# Meta's words for a number (WhatsApp Business Platform, Phone numbers); others are shown as they come.
NUMBER_STATES = {
    "connected": gettext_lazy("Connected"),
    "disconnected": gettext_lazy("Disconnected"),
    "pending": gettext_lazy("Pending"),
    "flagged": gettext_lazy("Flagged for low quality"),
    "restricted": gettext_lazy("Restricted: its limit for today is used up"),
    "banned": gettext_lazy("Banned"),
    "migrated": gettext_lazy("Moved elsewhere"),
}
LIST_NAME = "admin:campaigns_spokiaccount_changelist"


def number_state(word: str) -> str:
    return str(NUMBER_STATES.get(word.strip().lower(), word)) or "—"


def _people(limit: int | None) -> str:
    if limit is None:
        return _("never read: 250 people assumed")
    return _("no limit") if limit >= UNLIMITED else str(number_format(limit, force_grouping=True))


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    margin = ShareField(
        label=gettext_lazy("Safety margin"),
        help_text=gettext_lazy("Share of each limit that is never used."),
        most=90,
        of=float,
    )
    marketing_share = ShareField(
        label=gettext_lazy("Share of the daily limit for marketing"),
        help_text=gettext_lazy("The rest is kept for order messages."),
        of=float,
    )
    marketing_hours = HoursField(label=gettext_lazy("Marketing hours"))
    transactional_hours = HoursField(label=gettext_lazy("Hours of order messages"))


class NumberInline(TabularInline):
    model = WhatsAppNumber
    fields = ("name", "phone", "quality", "number_state", "is_default")
    readonly_fields = fields
    extra = 0
    can_delete = False

    @display(description=gettext_lazy("State of the number"))  # type: ignore[untyped-decorator]
    def number_state(self, number: WhatsAppNumber) -> str:
        return number_state(number.phone_status)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SpokiAccount)
class SpokiAccountAdmin(ModelAdmin):
    form = AccountForm
    inlines = (NumberInline,)
    change_form_template = "campaigns/admin/account_form.html"
    list_display = ("name", "rating", "number_state", "people", "credit", "refreshed_at")
    readonly_fields = ("rating_in_words", "number_state", "tier", "contacted_in_24h", "credit", "refreshed_at")  # fmt: skip
    fieldsets = (
        (
            gettext_lazy("As Spoki tells it"),
            {"fields": ("rating_in_words", "number_state", "tier", "contacted_in_24h", "credit", "refreshed_at")},
        ),
        (
            gettext_lazy("Limits"),
            {
                "description": gettext_lazy(
                    "Marketing leaves the last places of each minute and hour to order messages and "
                    "replies: one in forty, at least one."
                ),
                "fields": (
                    "template_sends_per_minute", "text_sends_per_minute", "automation_sends_per_minute", "sends_per_hour", "margin", "marketing_share",
                    "daily_limit_override", "quality_by_hand",
                )
            },
        ),
        (gettext_lazy("Hours"), {"fields": ("marketing_hours", "transactional_hours")}),
    )  # fmt: skip

    @display(description=gettext_lazy("Quality"), label=QUALITY_LABELS)  # type: ignore[untyped-decorator]
    def rating(self, account: SpokiAccount) -> tuple[str, str]:
        return account.quality, account.get_quality_display()

    @display(description=gettext_lazy("Quality"))  # type: ignore[untyped-decorator]
    def rating_in_words(self, account: SpokiAccount) -> str:
        return account.get_quality_display()

    @display(description=gettext_lazy("State of the number"))  # type: ignore[untyped-decorator]
    def number_state(self, account: SpokiAccount) -> str:
        return number_state(account.phone_status)

    @display(description=gettext_lazy("Daily limit read from Spoki"))  # type: ignore[untyped-decorator]
    def tier(self, account: SpokiAccount) -> str:
        return _people(account.daily_limit)

    @display(description=gettext_lazy("People in 24 hours"))  # type: ignore[untyped-decorator]
    def people(self, account: SpokiAccount) -> str:
        return _people(account.people_per_day)

    @display(description=gettext_lazy("Credit"))  # type: ignore[untyped-decorator]
    def credit(self, account: SpokiAccount) -> str:
        if account.credit_millis is None:
            return "—"
        return f"{number_format(Decimal(account.credit_millis) / 1000, decimal_pos=2)} €"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        own = [
            path("refresh/", self.admin_site.admin_view(require_POST(self.refresh)), name="campaigns_spokiaccount_refresh"),
            path("resume/", self.admin_site.admin_view(ResumeView.as_view(model_admin=self)), name="campaigns_spokiaccount_resume"),
            path("stop/", self.admin_site.admin_view(StopView.as_view(model_admin=self)), name="campaigns_spokiaccount_stop"),
        ]  # fmt: skip
        return [*own, *urls]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one account there is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        address = reverse("admin:campaigns_spokiaccount_change", args=[current_account().pk])
        return HttpResponseRedirect(address)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        account = kwargs.get("obj")
        if account is not None:
            paused = sentence(account.pause_code or "person", detail=account.pause_detail)
            context |= {
                "usage": usage_of(account, now=timezone.now()),
                "paused_because": paused if account.is_paused else "",
                "may_stop": request.user.has_perm("campaigns.pause_campaign"),
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def save_model(
        self, request: HttpRequest, obj: SpokiAccount, form: AccountForm, change: bool
    ) -> None:
        """Write only what was changed by hand: the sender writes the other columns all the time."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        set_limits(changes=changes, by=user_of(request))

    def refresh(self, request: HttpRequest) -> HttpResponse:
        """Read the account from Spoki now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            refresh_now()
        except (SpokiError, NoAccount) as error:
            messages.error(request, unreadable(error))
        else:
            messages.success(request, _("The account was read from Spoki."))
        return HttpResponseRedirect(reverse(LIST_NAME))
