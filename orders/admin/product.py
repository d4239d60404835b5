"""What the shop sells, to look up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin
from orders.admin.money import euros
from orders.models import Product


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ("title", "product_type", "show_price", "stock", "is_active")
    list_filter = ("is_active",)
    search_fields = ("title", "product_type")
    ordering = ("title",)

    @display(description=_("price"), ordering="price_cents")  # type: ignore[untyped-decorator]
    def show_price(self, product: Product) -> str:
        return euros(product.price_cents)
