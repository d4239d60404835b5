"""The pages of orders in the admin; importing this registers them."""

from orders.admin.checkout import CheckoutAdmin
from orders.admin.deliveries import ShopifyDeliveryAdmin
from orders.admin.order import OrderAdmin
from orders.admin.product import ProductAdmin

__all__ = ["CheckoutAdmin", "OrderAdmin", "ProductAdmin", "ShopifyDeliveryAdmin"]
