"""The pages of conversations in the admin."""

from conversations.admin.deliveries import SpokiDeliveryAdmin
from conversations.admin.messages import MessageAdmin
from conversations.admin.openings import CardOpeningAdmin
from conversations.admin.webhooks import SpokiWebhookAdmin

__all__ = ["CardOpeningAdmin", "MessageAdmin", "SpokiDeliveryAdmin", "SpokiWebhookAdmin"]
