"""What a customer answers to the question about a cash-on-delivery order."""

from datetime import datetime

from audiences.models import Contact


def take_answer(
    *,
    contact: Contact,
    text: str,
    payload: str,
    reply_to: str,
    message_key: str,
    at: datetime,
    now: datetime,
) -> bool:
    """Do what the message says about an order; True if it was about one. The same message again changes nothing.

    `payload` is that of the tapped button, `reply_to` Spoki's identifier of the message that is quoted, `message_key`
    the identifier of the message itself, `at` when it was written (UTC).
    """
    return False
