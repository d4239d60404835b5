"""Products and their variant, as nodes."""

from orders.shopify.simulator.forms import Json, gid, money, zulu
from orders.shopify.simulator.graph.money import amount
from orders.shopify.simulator.graph.paging import Connection
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Product


def product_node(shop: Shop, one: Product) -> Json:
    price = amount(one.price_cents, shop.config.currency)
    return {
        "__typename": "Product",
        "id": gid("Product", one.id),
        "legacyResourceId": str(one.id),
        "title": one.title,
        "handle": f"prodotto-{one.id}",
        "descriptionHtml": "",
        "productType": one.product_type,
        "vendor": one.vendor,
        "tags": list(one.tags),
        "status": "ACTIVE" if one.is_active else "ARCHIVED",
        "createdAt": zulu(one.created_at),
        "publishedAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        "totalInventory": one.stock,
        "tracksInventory": True,
        "hasOnlyDefaultVariant": True,
        "isGiftCard": False,
        "priceRangeV2": {"minVariantPrice": price, "maxVariantPrice": price},
        "variants": Connection([one], lambda product: variant_node(shop, product)),
    }


def variant_node(shop: Shop, one: Product) -> Json:
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", one.variant_id),
        "legacyResourceId": str(one.variant_id),
        "title": "Default Title",
        "displayName": f"{one.title} - Default Title",
        "price": money(one.price_cents),
        "availableForSale": one.stock > 0,
        "createdAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        "inventoryQuantity": one.stock,
        "position": 1,
        "taxable": True,
        "selectedOptions": [{"name": "Title", "value": "Default Title"}],
        "inventoryItem": {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", one.variant_id + 2),
            "requiresShipping": one.requires_shipping,
            "tracked": True,
        },
        "product": lambda _: product_node(shop, one),
    }
