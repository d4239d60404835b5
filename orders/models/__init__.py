"""What the shop sold and to whom, as Shopify tells it. Money is in cents."""

from orders.models.catalogue import Product, ProductPair
from orders.models.checkout import Checkout
from orders.models.cod import AddressChange, CodEvent
from orders.models.credit import OrderCredit
from orders.models.customer import ShopifyCustomer
from orders.models.delivery import ShopifyDelivery
from orders.models.order import Order, OrderLine
from orders.models.parcel import Parcel, ParcelEvent
from orders.models.shop import Shop
from orders.models.shop_call import ShopCall

__all__ = [
    "AddressChange",
    "Checkout",
    "CodEvent",
    "Order",
    "OrderCredit",
    "OrderLine",
    "Parcel",
    "ParcelEvent",
    "Product",
    "ProductPair",
    "Shop",
    "ShopCall",
    "ShopifyCustomer",
    "ShopifyDelivery",
]
