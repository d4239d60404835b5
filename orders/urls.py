"""Addresses of orders, from the root."""

from __future__ import annotations

from django.urls import re_path

from orders.webhooks import shopify_webhook

# Without the slash too: Shopify counts a redirect as a failure, and gives up after some of them.
urlpatterns = [re_path(r"^webhooks/shopify/?$", shopify_webhook, name="shopify-webhook")]
