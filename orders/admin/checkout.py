"""Carts that were left, to look up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin
from orders.admin.money import euros
from orders.models import Checkout


@admin.register(Checkout)
class CheckoutAdmin(ReadOnlyAdmin):
    list_display = ("contact", "show_amount", "abandoned_at", "recovered_at")
    fields = ("contact", "show_amount", "abandoned_at", "recovered_at", "recovery_url")
    readonly_fields = fields
    list_select_related = ("contact",)
    ordering = ("-abandoned_at", "-pk")

    @display(description=_("amount"), ordering="amount_cents")  # type: ignore[untyped-decorator]
    def show_amount(self, checkout: Checkout) -> str:
        return euros(checkout.amount_cents)
