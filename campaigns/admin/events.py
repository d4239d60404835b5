"""The story of all campaigns: who did what, when, with which figures."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.page import VERB_LABELS
from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.models import CampaignEvent


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "campaign", "what", "who")
    list_filter = ("verb",)
    list_select_related = ("campaign", "by")
    search_fields = ("campaign__name",)
    ordering = ("-at", "-pk")
    fields = ("at", "campaign", "what", "who", "figures")

    @display(description=_("What happened"), ordering="verb")  # type: ignore[untyped-decorator]
    def what(self, event: CampaignEvent) -> str:
        return str(VERB_LABELS.get(event.verb, event.verb))

    @display(description=_("By"), ordering="by__username")  # type: ignore[untyped-decorator]
    def who(self, event: CampaignEvent) -> str:
        """By name, without the link that Django puts on people: few may open their pages."""
        return (event.by.get_full_name() or event.by.get_username()) if event.by else "—"
