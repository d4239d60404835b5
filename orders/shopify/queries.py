"""What we ask of the GraphQL Admin API, word by word.

Sizes of nested lists keep one question below the 1,000 points that a single query may ask for
(“GraphQL Admin API rate limits”). In bulk operations lists are inlined and connections become lines of
their own; a connection inside a list is not allowed there (“Perform bulk operations”), so the bulk
question about orders lacks the couriers' single events and the lines of refunds.
"""

from typing import Final

# The first version with `whatsAppMarketingConsent`; "unstable" sorts after every number.
WHATSAPP_SINCE: Final = "2026-07"

_MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_ADDRESS = (
    "{ firstName lastName name company address1 address2 city zip province provinceCode country "
    "countryCodeV2 phone }"
)
_WHATSAPP = "whatsAppMarketingConsent { state optInLevel updatedAt collectedFrom }"
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_ORDER_PLAIN = f"""
  id name email phone note tags test sourceName customerLocale requiresShipping
  createdAt processedAt updatedAt cancelledAt cancelReason closedAt
  displayFinancialStatus displayFulfillmentStatus paymentGatewayNames
  currencyCode presentmentCurrencyCode
  totalPriceSet {_MONEY} currentTotalPriceSet {_MONEY} totalOutstandingSet {_MONEY}
  customAttributes {{ key value }}
  shippingAddress {_ADDRESS} billingAddress {_ADDRESS}
"""
_LINE = f"""
  id title quantity currentQuantity requiresShipping isGiftCard
  originalUnitPriceSet {_MONEY} product {{ id productType tags }} variant {{ id }}
"""
_FULFILLMENT = """
  id name status displayStatus createdAt updatedAt deliveredAt
  trackingInfo(first: 3) { company number url }
"""
_EVENTS = "events(first: 10) { edges { node { id status message happenedAt } } }"
_REFUND = "id note createdAt"
_REFUND_LINES = f"""
  refundLineItems(first: 10) {{ edges {{ node {{ quantity restockType lineItem {{ id }} }} }} }}
  transactions(first: 5) {{ edges {{ node {{ id kind status gateway amountSet {_MONEY} }} }} }}
"""
_RETURN = "id name status"
_SHIPPING_LINE = "id title"


CUSTOMER_CONSENT: Final = f"""
query CustomerConsent($id: ID!) {{
  customer(id: $id) {{ id defaultPhoneNumber {{ phoneNumber {_WHATSAPP} }} }}
}}"""

WRITE_CONSENT: Final = """
mutation WriteConsent($input: CustomerWhatsAppMarketingConsentUpdateInput!) {
  customerWhatsAppMarketingConsentUpdate(input: $input) { userErrors { field message code } }
}"""


def _customer(version: str) -> str:
    consent = _WHATSAPP if version >= WHATSAPP_SINCE else ""
    return f"""
  id firstName lastName locale tags note createdAt updatedAt
  defaultEmailAddress {{ emailAddress }}
  defaultPhoneNumber {{
    phoneNumber marketingState marketingOptInLevel marketingUpdatedAt marketingCollectedFrom {consent}
  }}
  defaultAddress {_ADDRESS}
"""


def one_order(version: str) -> str:
    """Everything about `$id`; its lines page by page from `$after`."""
    return f"""
query OneOrder($id: ID!, $after: String) {{
  order(id: $id) {{
    {_ORDER_PLAIN}
    customer {{ {_customer(version)} }}
    shippingLines(first: 5) {{ edges {{ node {{ {_SHIPPING_LINE} }} }} }}
    lineItems(first: 50, after: $after) {{ edges {{ node {{ {_LINE} }} }} {_PAGE_INFO} }}
    fulfillments(first: 10) {{ {_FULFILLMENT} {_EVENTS} }}
    refunds(first: 5) {{ {_REFUND} {_REFUND_LINES} }}
    returns(first: 5) {{ edges {{ node {{ {_RETURN} }} }} }}
  }}
}}"""


MORE_LINES: Final = f"""
query MoreLines($id: ID!, $after: String) {{
  order(id: $id) {{ id lineItems(first: 50, after: $after) {{ edges {{ node {{ {_LINE} }} }} {_PAGE_INFO} }} }}
}}"""

# What must be known before an order is written to: it is asked right before.
ORDER_STATE: Final = f"""
query OrderState($id: ID!) {{
  order(id: $id) {{
    id note tags cancelledAt displayFulfillmentStatus displayFinancialStatus
    shippingAddress {_ADDRESS}
    fulfillments(first: 10) {{ id status }}
  }}
}}"""

# Which orders changed; whoever is behind is then read whole, one by one.
CHANGED_ORDERS: Final = f"""
query ChangedOrders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    edges {{ node {{ id updatedAt }} }} {_PAGE_INFO}
  }}
}}"""


def changed_customers(version: str) -> str:
    return f"""
query ChangedCustomers($first: Int!, $after: String, $query: String) {{
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    edges {{ node {{ {_customer(version)} }} }} {_PAGE_INFO}
  }}
}}"""


def _checkout(version: str) -> str:
    return f"""
  id name abandonedCheckoutUrl createdAt updatedAt completedAt
  totalPriceSet {_MONEY} shippingAddress {_ADDRESS} billingAddress {_ADDRESS}
  customer {{ {_customer(version)} }}
  lineItems(first: 10) {{ edges {{ node {{ id title quantity originalUnitPriceSet {_MONEY} }} }} }}
"""


def changed_checkouts(version: str) -> str:
    """Recovered ones are among them. They can only be sorted by id or by when they began."""
    return f"""
query ChangedCheckouts($first: Int!, $after: String, $query: String) {{
  abandonedCheckouts(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {{
    edges {{ node {{ {_checkout(version)} }} }} {_PAGE_INFO}
  }}
}}"""


ADD_TAGS: Final = """
mutation AddTags($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } }
}"""

REMOVE_TAGS: Final = """
mutation RemoveTags($id: ID!, $tags: [String!]!) {
  tagsRemove(id: $id, tags: $tags) { node { id } userErrors { field message } }
}"""

UPDATE_ORDER: Final = """
mutation UpdateOrder($input: OrderInput!) {
  orderUpdate(input: $input) { order { id updatedAt } userErrors { field message } }
}"""

CANCEL_ORDER: Final = """
mutation CancelOrder(
  $orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $notifyCustomer: Boolean, $staffNote: String
) {
  orderCancel(
    orderId: $orderId, reason: $reason, restock: $restock, notifyCustomer: $notifyCustomer, staffNote: $staffNote
  ) {
    job { id done }
    orderCancelUserErrors { field message code }
    userErrors { field message }
  }
}"""

SUBSCRIPTIONS: Final = f"""
query Subscriptions($after: String) {{
  webhookSubscriptions(first: 100, after: $after) {{
    edges {{ node {{ id topic uri format }} }} {_PAGE_INFO}
  }}
}}"""

CREATE_SUBSCRIPTION: Final = """
mutation CreateSubscription($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}"""

_BULK = """
  id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl
"""

RUN_BULK: Final = """
mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status createdAt }
    userErrors { field message code }
  }
}"""

CANCEL_BULK: Final = """
mutation CancelBulk($id: ID!) {
  bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } }
}"""

BULK: Final = f"query Bulk($id: ID!) {{ bulkOperation(id: $id) {{ {_BULK} }} }}"
# Versions before 2026-01 have no `bulkOperation`.
BULK_AS_NODE: Final = (
    f"query Bulk($id: ID!) {{ node(id: $id) {{ ... on BulkOperation {{ {_BULK} }} }} }}"
)


def bulk_customers(version: str) -> str:
    return f"{{ customers {{ edges {{ node {{ {_customer(version)} }} }} }} }}"


def bulk_products() -> str:
    return """{ products { edges { node {
  id title productType vendor tags status totalInventory updatedAt
  priceRangeV2 { minVariantPrice { amount currencyCode } }
} } } }"""


def bulk_orders(version: str) -> str:
    return f"""{{ orders {{ edges {{ node {{
  {_ORDER_PLAIN}
  customer {{ {_customer(version)} }}
  fulfillments(first: 10) {{ {_FULFILLMENT} }}
  refunds(first: 5) {{ {_REFUND} }}
  shippingLines {{ edges {{ node {{ {_SHIPPING_LINE} }} }} }}
  lineItems {{ edges {{ node {{ {_LINE} }} }} }}
  returns {{ edges {{ node {{ {_RETURN} }} }} }}
}} }} }} }}"""
