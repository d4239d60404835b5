"""How fast Shopify's deliveries are taken, beside who only verifies and inserts, and how fast they are processed."""
