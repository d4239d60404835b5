"""Which webhooks say that something happened; those of one action share its event id."""

from orders.shopify.simulator.bodies import goods, people
from orders.shopify.simulator.bodies.orders import order_body
from orders.shopify.simulator.forms import Json, money
from orders.shopify.simulator.guarding import guarded
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Checkout, Customer, Order, Product


class Happening:
    """One action: its moment and its event id."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.at = shop.now()
        self.event_id = shop.ids.uuid()

    def tell(self, topic: str, body: Json) -> None:
        self.shop.tell(topic, guarded(topic, body, self.shop.config), event_id=self.event_id)

    def order(self, order: Order, *topics: str) -> None:
        """Tell these topics of an order and, last, `orders/updated`."""
        order.updated_at = max(self.at, order.updated_at)
        for topic in (*topics, "orders/updated"):
            self.tell(topic, body_of(self.shop, order))

    def customer(self, customer: Customer, *topics: str) -> None:
        customer.updated_at = max(self.at, customer.updated_at)
        for topic in topics or ("customers/update",):
            self.tell(topic, people.customer_body(customer, self.shop.config.currency))

    def purchases(self, customer: Customer) -> None:
        """The sums of a customer, in a topic of their own since API 2025-01."""
        bought = [one for one in self.shop.state.orders.values() if one.customer_id == customer.id]
        counted = [one for one in bought if not one.is_test]
        spent = sum(one.current_total_cents for one in counted if not one.cancelled_at)
        if counted:
            body = people.purchases_body(
                customer,
                spent=money(spent),
                orders=len(counted),
                last=counted[-1].id,
                currency=self.shop.config.currency,
            )
            self.tell("customers/purchasing_summary", body)

    def product(self, product: Product, topic: str = "products/update") -> None:
        product.updated_at = max(self.at, product.updated_at)
        self.tell(topic, goods.product_body(product))

    def checkout(self, checkout: Checkout, topic: str) -> None:
        checkout.updated_at = max(self.at, checkout.updated_at)
        customer = self.shop.customer_of(checkout)
        self.tell(
            topic, goods.checkout_body(checkout, customer, currency=self.shop.config.currency)
        )


def body_of(shop: Shop, order: Order) -> Json:
    return order_body(
        order, shop.customer_of(order), currency=shop.config.currency, domain=shop.domain
    )
