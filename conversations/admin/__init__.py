"""The pages of conversations in the admin."""

from conversations.admin.deliveries import SpokiDeliveryAdmin
from conversations.admin.messages import MessageAdmin

__all__ = ["MessageAdmin", "SpokiDeliveryAdmin"]
