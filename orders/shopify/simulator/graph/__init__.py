"""The GraphQL Admin API: a part of Shopify's schema, its costs, its search words, its bulk operations."""
