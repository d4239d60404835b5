"""Secrets that must be kept and used again: sealed with SECRET_KEY before the database sees them.

Each text gets keys of its own: HKDF (RFC 5869) over SHA-256 from SECRET_KEY and a random salt gives
a key to authenticate with and a stream to hide the text in; encrypted first, then authenticated.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

_VERSION: Final = "1:"
_DIGEST: Final = hashlib.sha256
_SIZE: Final = 32
# HKDF gives at most 255 blocks; the first one authenticates.
LONGEST_BYTES: Final = 254 * _SIZE


class Unreadable(Exception):
    """The sealed text was made with another key, for another purpose, or was changed."""


def seal(text: str, *, key: str, purpose: str) -> str:
    """Return `text` so that only who has `key`, and names the same `purpose`, can read it.

    :raises ValueError: `text` is longer than 8,128 bytes.
    """
    plain = text.encode()
    if len(plain) > LONGEST_BYTES:
        raise ValueError("too long to be sealed")
    salt = secrets.token_bytes(_SIZE)
    authenticating, stream = _keys(key, salt, purpose, len(plain))
    hidden = _mixed(plain, stream)
    mark = hmac.digest(authenticating, hidden, _DIGEST)
    return _VERSION + base64.urlsafe_b64encode(salt + mark + hidden).decode()


def unseal(sealed: str, *, keys: Sequence[str], purpose: str) -> str:
    """Return the text, with the first of `keys` that opens it: the one in force, then older ones.

    :raises Unreadable: none does.
    """
    salt, mark, hidden = _parts(sealed)
    for key in keys:
        authenticating, stream = _keys(key, salt, purpose, len(hidden))
        if hmac.compare_digest(hmac.digest(authenticating, hidden, _DIGEST), mark):
            return _mixed(hidden, stream).decode()
    raise Unreadable("no key opens it")


def _parts(sealed: str) -> tuple[bytes, bytes, bytes]:
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(_VERSION).encode("ascii"))
    except (binascii.Error, ValueError):
        raw = b""
    hidden = raw[2 * _SIZE :]
    if not sealed.startswith(_VERSION) or len(raw) < 2 * _SIZE or len(hidden) > LONGEST_BYTES:
        raise Unreadable("not a sealed text")
    return raw[:_SIZE], raw[_SIZE : 2 * _SIZE], hidden


def _keys(key: str, salt: bytes, purpose: str, length: int) -> tuple[bytes, bytes]:
    """Return HKDF's first block, and `length` bytes of what follows it."""
    extracted = hmac.digest(salt, key.encode(), _DIGEST)
    blocks = [b""]
    for number in range(1, 2 + -(-length // _SIZE)):
        blocks.append(
            hmac.digest(extracted, blocks[-1] + purpose.encode() + bytes([number]), _DIGEST)
        )
    return blocks[1], b"".join(blocks[2:])[:length]


def _mixed(text: bytes, stream: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
