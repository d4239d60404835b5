"""The pages of orders in the admin; importing this registers them."""

from orders.admin.checkout import CheckoutAdmin
from orders.admin.cod import AddressChangeAdmin
from orders.admin.deliveries import ShopifyDeliveryAdmin
from orders.admin.order import OrderAdmin
from orders.admin.privacy import PrivacyRequestAdmin
from orders.admin.product import ProductAdmin
from orders.admin.reconciliations import ReconciliationAdmin
from orders.admin.shop import ShopAdmin
from orders.admin.shop_calls import ShopCallAdmin
from orders.admin.shop_imports import ShopImportAdmin

__all__ = [
    "AddressChangeAdmin",
    "CheckoutAdmin",
    "OrderAdmin",
    "PrivacyRequestAdmin",
    "ProductAdmin",
    "ReconciliationAdmin",
    "ShopAdmin",
    "ShopCallAdmin",
    "ShopImportAdmin",
    "ShopifyDeliveryAdmin",
]
