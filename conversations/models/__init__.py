"""What Spoki delivered to us, and the messages that were not ours to send."""

from conversations.models.delivery import SpokiDelivery
from conversations.models.message import Message

__all__ = ["Message", "SpokiDelivery"]
