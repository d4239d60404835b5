"""The mail server by its address; without one, no mail leaves."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_BACKENDS = "django.core.mail.backends."
# Scheme → (its port, STARTTLS, TLS from the first byte).
_SCHEMES = {
    "smtp": (25, False, False),
    "smtp+tls": (587, True, False),
    "smtps": (465, False, True),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """What Django's settings say of mail. `is_malformed` is for the checks."""

    backend: str = _BACKENDS + "dummy.EmailBackend"
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    uses_starttls: bool = False
    uses_tls: bool = False
    is_malformed: bool = False

    def __repr__(self) -> str:
        return f"<Mail by {self.host}:{self.port}>"


def mail(url: str, *, is_shown: bool = False) -> Mail:
    """Return what `url` says; without one nothing is sent, or written to the terminal (`is_shown`).

    Never fails: a malformed address sends nothing and is reported by the checks.
    """
    if not url:
        return Mail(backend=_BACKENDS + "console.EmailBackend") if is_shown else Mail()
    try:
        parts = urlsplit(url)
        port, starttls, tls = _SCHEMES[parts.scheme]
        host, given = parts.hostname, parts.port
    except (KeyError, ValueError):
        return Mail(is_malformed=True)
    if not host or parts.query or parts.path.strip("/"):
        return Mail(is_malformed=True)
    return Mail(
        backend=_BACKENDS + "smtp.EmailBackend",
        host=host,
        port=given or port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        uses_starttls=starttls,
        uses_tls=tls,
    )
