"""Mutations on orders and on tags."""

from typing import Any

from graphql import GraphQLError

from orders.shopify.simulator.acts import changing, parcels
from orders.shopify.simulator.acts.buying import ActRefused
from orders.shopify.simulator.forms import Json, gid, number_of
from orders.shopify.simulator.graph.nodes import event_node
from orders.shopify.simulator.graph.roots import Roots, needs
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Address, Customer, Order, Product

_ADDRESS = {
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "company": "company",
    "countryCode": "country_code",
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "provinceCode": "province_code",
    "zip": "zip",
}
STAFF_NOTE = 255


def trouble(message: str, *field: str) -> Json:
    return {"field": list(field) or None, "message": message}


class OrderWrites:
    def __init__(self, shop: Shop, roots: Roots) -> None:
        self.shop = shop
        self.roots = roots

    def resolvers(self) -> Json:
        return {
            "tagsAdd": lambda _, id, tags: self._tag(id, tags, is_adding=True),
            "tagsRemove": lambda _, id, tags: self._tag(id, tags, is_adding=False),
            "orderUpdate": self._update,
            "orderCancel": self._cancel,
            "orderMarkAsPaid": self._mark_as_paid,
            "fulfillmentEventCreate": self._event,
            "metafieldsSet": self._set_metafields,
        }

    def order(self, global_id: str) -> Order | None:
        return self.shop.state.orders.get(number_of(global_id, "Order") or 0)

    def _taggable(self, global_id: str) -> Order | Customer | Product | None:
        state = self.shop.state
        kinds: dict[str, Any] = {
            "Order": state.orders,
            "Customer": state.customers,
            "Product": state.products,
        }
        for kind, held in kinds.items():
            number = number_of(global_id, kind)
            if number is not None:
                needs(self.shop, f"write_{kind.lower()}s", f"tags on {kind}")
                found: Order | Customer | Product | None = held.get(number)
                return found
        return None

    def _tag(self, global_id: str, tags: list[str], *, is_adding: bool) -> Json:
        """Additive; safe beside other apps."""
        thing = self._taggable(global_id)
        if thing is None or isinstance(thing, Product):
            return {"node": None, "userErrors": [trouble("Resource does not exist", "id")]}
        words = [word for tag in tags for word in tag.split(",")]
        if any(len(word.strip()) > 40 for word in words) and isinstance(thing, Order):
            long = trouble("Tags is too long (maximum is 40 characters)", "tags")
            return {"node": None, "userErrors": [long]}
        change = changing.add_tags if is_adding else changing.remove_tags
        change(self.shop, thing, words)
        return {"node": self.roots.find(global_id), "userErrors": []}

    def _update(self, _: Any, input: Json) -> Json:
        """Note, attributes and tags are overwritten; an address is changed field by field."""
        needs(self.shop, "write_orders", "orderUpdate")
        order = self.order(input["id"])
        if order is None:
            return {"order": None, "userErrors": [trouble("Order does not exist", "id")]}
        asked = input.get("shippingAddress")
        address = _changed_address(order.shipping_address, asked) if asked is not None else None
        if address and (troubles := _wrong_address(address)):
            return {"order": None, "userErrors": troubles}
        if address:
            order.shipping_address = address
        _overwrite(order, input)
        changing.changed(self.shop, order)
        return {"order": self.roots.order_of(order), "userErrors": []}

    def _cancel(self, _: Any, **asked: Any) -> Json:
        """Asynchronous: the answer is a job, the order is cancelled a little later."""
        needs(self.shop, "write_orders", "orderCancel")
        order, code = self.order(asked["orderId"]), "INVALID"
        wrong: Json | None = None
        if order is None:
            wrong, code = trouble("Order does not exist", "orderId"), "NOT_FOUND"
        elif len(asked.get("staffNote") or "") > STAFF_NOTE:
            wrong = trouble("Staff note is too long (maximum is 255 characters)", "staffNote")
            code = "STAFF_NOTE_TOO_LONG"
        elif order.cancelled_at:
            wrong = trouble("Cannot cancel an order that has already been canceled", "orderId")
        elif order.fulfillment_status:
            wrong = trouble("Cannot cancel an order that has fulfillments", "orderId")
        if wrong or order is None:
            codes = [{**(wrong or {}), "code": code}]
            return {"job": None, "orderCancelUserErrors": codes, "userErrors": [wrong]}
        reason, restock = str(asked["reason"]).lower(), bool(asked["restock"])
        self.shop.timeline.after(
            self.shop.config.cancel_seconds, lambda: self._end(order, reason, with_restock=restock)
        )
        job = {"id": gid("Job", order.id), "done": False}
        return {"job": job, "orderCancelUserErrors": [], "userErrors": []}

    def _end(self, order: Order, reason: str, *, with_restock: bool) -> None:
        if order.cancelled_at is None and order.fulfillment_status is None:
            changing.cancel(self.shop, order, reason=reason, with_restock=with_restock)

    def _mark_as_paid(self, _: Any, input: Json) -> Json:
        needs(self.shop, "write_orders", "orderMarkAsPaid")
        order = self.order(input["id"])
        if order is None:
            return {"order": None, "userErrors": [trouble("Order does not exist", "id")]}
        try:
            changing.pay(self.shop, order, gateway="manual")
        except ActRefused:
            wrong = trouble("Order cannot be marked as paid.", "id")
            return {"order": None, "userErrors": [wrong]}
        return {"order": self.roots.order_of(order), "userErrors": []}

    def _event(self, _: Any, fulfillmentEvent: Json) -> Json:  # noqa: N803  (Shopify's word)
        needs(self.shop, "write_fulfillments", "fulfillmentEventCreate")
        number = number_of(fulfillmentEvent["fulfillmentId"], "Fulfillment")
        for order in self.shop.state.orders.values():
            for parcel in order.fulfillments:
                if parcel.id == number:
                    made = parcels.courier_says(
                        self.shop,
                        order,
                        parcel,
                        str(fulfillmentEvent["status"]).lower(),
                        message=str(fulfillmentEvent.get("message") or ""),
                    )
                    return {"fulfillmentEvent": event_node(made), "userErrors": []}
        wrong = trouble("Fulfillment does not exist", "fulfillmentEvent", "fulfillmentId")
        return {"fulfillmentEvent": None, "userErrors": [wrong]}

    def _set_metafields(self, _: Any, metafields: list[Json]) -> Json:
        """At most 25, all or none."""
        if len(metafields) > 25:
            raise GraphQLError(
                "The input array size of 25 is exceeded",
                extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
            )
        owners = [self._owner(one["ownerId"]) for one in metafields]
        if None in owners:
            place = str(owners.index(None))
            wrong = {
                **trouble("Owner does not exist", "metafields", place, "ownerId"),
                "code": "INVALID",
            }
            return {"metafields": None, "userErrors": [wrong]}
        nodes = []
        for owner, one in zip(owners, metafields, strict=True):
            namespace, key = one.get("namespace") or "app--1", one["key"]
            if owner:
                owner.metafields[f"{namespace}.{key}"] = one["value"]
                node = self.roots.find(one["ownerId"]) or {}
                nodes.append(node["metafield"](None, key=key, namespace=namespace))
        self.shop.changed()
        return {"metafields": nodes, "userErrors": []}

    def _owner(self, global_id: str) -> Order | Customer | None:
        customer = self.shop.state.customers.get(number_of(global_id, "Customer") or 0)
        return self.order(global_id) or customer


def _overwrite(order: Order, asked: Json) -> None:
    for key, name in (("note", "note"), ("email", "email"), ("phone", "phone")):
        if key in asked:
            setattr(order, name, asked[key] or "")
    if asked.get("tags") is not None:
        order.tags = [tag.strip() for tag in asked["tags"] if tag.strip()]
    if asked.get("customAttributes") is not None:
        order.attributes = {one["key"]: one["value"] for one in asked["customAttributes"]}
    for one in asked.get("metafields") or ():
        order.metafields[f"{one.get('namespace') or 'app--1'}.{one['key']}"] = one["value"]


def _changed_address(before: Address | None, asked: Json) -> Address:
    """Fields that are not named stay; null empties one."""
    known = before or Address()
    values = {name: getattr(known, name) for name in _ADDRESS.values()}
    values |= {_ADDRESS[key]: value or "" for key, value in asked.items()}
    return Address(id=known.id, **values)


def _wrong_address(address: Address) -> list[Json]:
    """What Shopify checks of an Italian address: a street, a town, five digits, a province."""
    wrong = []
    for name, label in (("address1", "Address1"), ("city", "City"), ("country_code", "Country")):
        if not str(getattr(address, name)).strip():
            wrong.append(trouble(f"{label} can't be blank", "shippingAddress", name))
    if address.country_code == "IT":
        if not (len(address.zip) == 5 and address.zip.isdecimal()):
            wrong.append(trouble("Zip is not valid for Italy", "shippingAddress", "zip"))
        if len(address.province_code) != 2:
            wrong.append(trouble("Province is not valid in Italy", "shippingAddress", "province"))
    return wrong
