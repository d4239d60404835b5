"""Bodies of webhooks: the REST shapes of API 2026-10."""
