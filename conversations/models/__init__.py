"""What Spoki delivered to us, the messages that were not ours to send, and where each conversation stands."""

from conversations.models.conversation import (
    CardOpening,
    Conversation,
    ConversationEvent,
    Note,
)
from conversations.models.delivery import SpokiDelivery
from conversations.models.history import HistoryFetch, HistoryUpload
from conversations.models.media import MediaFile
from conversations.models.message import Message
from conversations.models.reply import Reply
from conversations.models.webhook import SpokiWebhook

__all__ = [
    "CardOpening",
    "Conversation",
    "ConversationEvent",
    "HistoryFetch",
    "HistoryUpload",
    "MediaFile",
    "Message",
    "Note",
    "Reply",
    "SpokiDelivery",
    "SpokiWebhook",
]
