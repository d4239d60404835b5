"""What the shop sold and to whom, as Shopify tells it. Money is in cents."""

from orders.models.access import ShopAccess
from orders.models.aftermath import OrderRefund, OrderReturn, OrderToRead
from orders.models.catalogue import Product, ProductPair
from orders.models.checkout import Checkout
from orders.models.cod import AddressChange, CodEvent
from orders.models.credit import OrderCredit
from orders.models.customer import ShopifyCustomer
from orders.models.delivery import ShopifyDelivery
from orders.models.line import OrderLine
from orders.models.order import Order
from orders.models.parcel import Parcel, ParcelEvent
from orders.models.privacy import PrivacyRequest
from orders.models.reconciliation import Reconciliation
from orders.models.shop import Shop
from orders.models.shop_call import ShopCall
from orders.models.shop_import import ShopImport, ShopImportLine, ShopImportPart

__all__ = [
    "AddressChange",
    "Checkout",
    "CodEvent",
    "Order",
    "OrderCredit",
    "OrderLine",
    "OrderRefund",
    "OrderReturn",
    "OrderToRead",
    "Parcel",
    "ParcelEvent",
    "PrivacyRequest",
    "Product",
    "ProductPair",
    "Reconciliation",
    "Shop",
    "ShopAccess",
    "ShopCall",
    "ShopImport",
    "ShopImportLine",
    "ShopImportPart",
    "ShopifyCustomer",
    "ShopifyDelivery",
]
