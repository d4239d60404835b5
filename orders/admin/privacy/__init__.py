"""Privacy requests: list, one request, its file, and closing it."""

from orders.admin.privacy.admin import PrivacyRequestAdmin

__all__ = ["PrivacyRequestAdmin"]
