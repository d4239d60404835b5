"""What customers wrote, and what others wrote to them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from audiences.customer_card import card_link
from conversations.admin.judge import JudgePage
from conversations.models import Message
from templates_sync.admin.readonly import ReadOnlyAdmin


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("at", "direction", "customer", "phone", "show_text", "status", "opt_out")
    list_filter = ("opt_out", "direction", "content_type")
    list_filter_sheet = True
    list_per_page = 25
    list_select_related = ("contact",)
    search_fields = ("phone", "contact__first_name", "contact__last_name", "text")
    ordering = ("-at",)
    fields = (
        "at",
        "direction",
        "contact",
        "phone",
        "business_phone",
        "content_type",
        "text",
        "status",
        "error_code",
        "opt_out",
        "uuid",
    )

    class Media:
        css = {"all": ["conversations/deliveries.css"]}

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(JudgePage.as_view(model_admin=self))
        own = [path("to-judge/", page, name="conversations_message_judge")]
        return [*own, *super().get_urls()]

    @display(description=_("contact"), ordering="contact")  # type: ignore[untyped-decorator]
    def customer(self, message: Message) -> str:
        contact = message.contact
        if contact is None:
            return "–"
        return card_link(contact.pk, contact.full_name or contact.phone or contact.pk)

    @display(description=_("text"))  # type: ignore[untyped-decorator]
    def show_text(self, message: Message) -> str:
        return Truncator(message.text).chars(80) or "–"
