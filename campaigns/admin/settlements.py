"""The decisions about unknown messages: who took them, why, and what was known."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.evidence import in_words
from campaigns.models import Settlement
from campaigns.reasons import sentence


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    list_display = ("at", "decision", "by", "campaign", "phone", "why")
    list_filter = ("decision",)
    list_select_related = ("by", "campaign", "message")
    search_fields = ("message__phone__startswith", "campaign__name")
    ordering = ("-at", "-pk")
    fields = ("at", "decision", "by", "why", "campaign", "phone", "sending_at", "cause", "known")

    @display(description=_("Phone"))  # type: ignore[untyped-decorator]
    def phone(self, settlement: Settlement) -> str:
        return settlement.message.phone

    @display(description=_("Why it was unknown"))  # type: ignore[untyped-decorator]
    def cause(self, settlement: Settlement) -> str:
        return sentence(settlement.reason)

    @display(description=_("What was known"))  # type: ignore[untyped-decorator]
    def known(self, settlement: Settlement) -> str:
        return " ".join(in_words(fact) for fact in settlement.evidence) or "—"
