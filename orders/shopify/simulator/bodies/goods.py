"""Products and checkouts."""

from orders.shopify.simulator.bodies import parts
from orders.shopify.simulator.forms import Json, gid, local, money
from orders.shopify.simulator.things import Checkout, Customer, Line, Product


def product_body(one: Product) -> Json:
    """The body of `products/update`: it fires on every sale, too."""
    return {
        "admin_graphql_api_id": gid("Product", one.id),
        "body_html": None,
        "created_at": local(one.created_at),
        "handle": f"prodotto-{one.id}",
        "id": one.id,
        "product_type": one.product_type,
        "published_at": local(one.created_at),
        "template_suffix": None,
        "title": one.title,
        "updated_at": local(one.updated_at),
        "vendor": one.vendor,
        "status": "active" if one.is_active else "archived",
        "published_scope": "global",
        "tags": ", ".join(one.tags),
        "variants": [_variant(one)],
        "options": [
            {
                "name": "Title",
                "id": one.variant_id + 1,
                "product_id": one.id,
                "position": 1,
                "values": ["Default Title"],
            }
        ],
        "images": [],
        "image": None,
        "media": [],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", one.variant_id),
                "updated_at": local(one.updated_at),
            }
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def _variant(one: Product) -> Json:
    return {
        "admin_graphql_api_id": gid("ProductVariant", one.variant_id),
        "barcode": None,
        "compare_at_price": None,
        "created_at": local(one.created_at),
        "id": one.variant_id,
        "inventory_policy": "deny",
        "position": 1,
        "price": money(one.price_cents),
        "product_id": one.id,
        "sku": None,
        "taxable": True,
        "title": "Default Title",
        "updated_at": local(one.updated_at),
        "option1": "Default Title",
        "option2": None,
        "option3": None,
        "image_id": None,
        "inventory_item_id": one.variant_id + 2,
        "inventory_quantity": one.stock,
        "old_inventory_quantity": one.stock,
    }


def checkout_body(one: Checkout, customer: Customer | None, *, currency: str) -> Json:
    """The body of `checkouts/create` and `checkouts/update`."""
    body: Json = {
        "abandoned_checkout_url": one.url,
        "billing_address": None,
        "buyer_accepts_marketing": False,
        "buyer_accepts_sms_marketing": False,
        "cart_token": one.cart_token,
        "closed_at": None,
        "completed_at": local(one.completed_at),
        "created_at": local(one.created_at),
        "currency": currency,
        "customer_locale": one.locale,
        "device_id": None,
        "discount_codes": [],
        "email": one.email,
        "gateway": None,
        "id": one.id,
        "landing_site": "/",
        "line_items": [_checkout_line(each) for each in one.lines],
        "location_id": None,
        "name": f"#{one.id}",
        "note": None,
        "note_attributes": [],
        "phone": one.phone or None,
        "presentment_currency": currency,
        "referring_site": None,
        "reservation_token": None,
        "shipping_lines": [],
        "sms_marketing_phone": None,
        "source": None,
        "source_identifier": None,
        "source_name": "web",
        "source_url": None,
        "subtotal_price": money(one.total_cents),
        "tax_lines": [],
        "taxes_included": True,
        "token": one.token,
        "total_discounts": "0.00",
        "total_duties": None,
        "total_line_items_price": money(one.total_cents),
        "total_price": money(one.total_cents),
        "total_tax": "0.00",
        "total_weight": 0,
        "updated_at": local(one.updated_at),
        "user_id": None,
    }
    if customer:
        body["customer"] = parts.customer_inside(customer, currency)
    if one.shipping_address:
        body["shipping_address"] = parts.address(one.shipping_address)
    return body


def _checkout_line(one: Line) -> Json:
    return {
        "applied_discounts": [],
        "compare_at_price": None,
        "discount_allocations": [],
        "fulfillment_service": "manual",
        "gift_card": one.gift_card,
        "grams": 0,
        "key": f"{one.id:032x}",
        "line_price": money(one.price_cents * one.quantity),
        "presentment_title": one.title,
        "presentment_variant_title": "",
        "price": money(one.price_cents),
        "product_id": one.product_id,
        "properties": None,
        "quantity": one.quantity,
        "requires_shipping": one.requires_shipping,
        "sku": "",
        "tax_lines": [],
        "taxable": True,
        "title": one.title,
        "variant_id": one.variant_id,
        "variant_price": money(one.price_cents),
        "variant_title": "",
        "vendor": one.vendor,
    }


def gone_checkout_body(one: Checkout, *, currency: str) -> Json:
    """`checkouts/delete` has no token, only the id and sums."""
    return {
        "id": one.id,
        "presentment_currency": currency,
        "buyer_accepts_sms_marketing": False,
        "sms_marketing_phone": None,
        "total_discounts": "0.00",
        "total_line_items_price": money(one.total_cents),
        "total_price": money(one.total_cents),
        "total_tax": "0.00",
        "subtotal_price": money(one.total_cents),
        "total_duties": None,
        "cart_token": one.cart_token,
    }
