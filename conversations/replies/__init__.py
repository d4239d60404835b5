"""What agents write to customers: a text while the window is open, a template at any time, once per click.

    page or API → `send_text` / `send_template` / `send_again` → a row of the outbox in the reply lane → the sender

Nothing here speaks to Spoki. What may have changed by the time the message leaves is asked again by the sender
(`guard`): the window, the template, the person's consent.
"""

from conversations.replies.again import send_again
from conversations.replies.checking import ReplyRefused
from conversations.replies.sending import send_template, send_text
from conversations.replies.suggesting import Suggestion, suggestion_of, suggestions

__all__ = [
    "ReplyRefused",
    "Suggestion",
    "send_again",
    "send_template",
    "send_text",
    "suggestion_of",
    "suggestions",
]
