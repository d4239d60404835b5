"""A Spoki in memory, for tests and for a mode without a network."""

from spoki.fake.gateway import FakeSpoki
from spoki.fake.payloads import (
    account_payload,
    automation_payload,
    channel_payload,
    contact_payload,
    template_payload,
)

__all__ = [
    "FakeSpoki",
    "account_payload",
    "automation_payload",
    "channel_payload",
    "contact_payload",
    "template_payload",
]
