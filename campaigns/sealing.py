"""Secrets that must be kept and used again: sealed with SECRET_KEY before the database sees them.

`cryptography` does the work: Fernet seals, with a key that HKDF (RFC 5869) derives from SECRET_KEY
and the purpose; MultiFernet opens with the keys of before too.
"""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(Exception):
    """The sealed text was made with another key, for another purpose, or was changed."""


def seal(text: str, *, key: str, purpose: str) -> str:
    """Return `text` so that only who has `key`, and names the same `purpose`, can read it."""
    return _fernet(key, purpose).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, keys: Sequence[str], purpose: str) -> str:
    """Return the text, with the first of `keys` that opens it: the one in force, then older ones.

    :raises Unreadable: none does.
    """
    readers = [_fernet(key, purpose) for key in keys]
    if not readers:
        raise Unreadable("no key to open it with")
    try:
        return MultiFernet(readers).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("no key opens it") from None


def _fernet(key: str, purpose: str) -> Fernet:
    """Return what seals with `key`: each purpose gets a key of its own, so none opens another's."""
    # Without salt: SECRET_KEY is long and random already (RFC 5869, 3.1).
    derived = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
