"""Who opened whose card, for whoever must account for it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from conversations.models import CardOpening
from templates_sync.admin.readonly import ReadOnlyAdmin

_WAYS = {
    "inbox": _("from the inbox"),
    "search": _("by a search"),
    "phone": _("by the telephone"),
    "order": _("by an order"),
    "link": _("by a link"),
}


@admin.register(CardOpening)
class CardOpeningAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "contact", "show_way")
    list_filter = (("by", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("by", "contact")
    list_per_page = 50
    search_fields = ("contact__phone", "contact__last_name", "by__username")
    ordering = ("-at", "-pk")
    fields = ("at", "by", "contact", "show_way")
    readonly_fields = ("show_way",)

    @display(description=_("from"))  # type: ignore[untyped-decorator]
    def show_way(self, opening: CardOpening) -> str:
        return str(_WAYS.get(opening.way, opening.way))
