"""The page of the shop: what counts as cash on delivery, where consent is found, tags, hours, costs."""

from orders.admin.shop.admin import ShopAdmin

__all__ = ["ShopAdmin"]
