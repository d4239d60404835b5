"""A picture, video or document by its address. Spoki shows it as an object or as a bare address."""

from dataclasses import dataclass
from typing import Self

from spoki.reading import first_text


@dataclass(frozen=True, slots=True)
class Media:
    """`url` may be short-lived or protected: fetch it soon, and do not count on it."""

    url: str
    filename: str | None = None
    content_type: str | None = None

    @classmethod
    def from_payload(cls, value: object) -> Self | None:
        """Read a media object, `{url, filename}` or a bare address; None where there is no address."""
        if isinstance(value, str):
            return cls(url=value) if value else None
        if not isinstance(value, dict):
            return None
        inner = value.get("media")
        if isinstance(inner, dict):
            return cls.from_payload(inner)
        url = first_text(value, ("media", "url", "external_url", "media_url", "link", "file"))
        if not url:
            return None
        return cls(
            url=url,
            filename=first_text(value, ("filename", "title")),
            content_type=first_text(value, ("content_type", "mime_type", "mimetype")),
        )

    def to_payload(self) -> dict[str, str]:
        """Return `{url, filename}`, the form of a send."""
        payload = {"url": self.url}
        if self.filename:
            payload["filename"] = self.filename
        return payload

    def to_record(self) -> dict[str, str]:
        """Return what is kept of a file that came: the form of a send, and its type as it was told."""
        told = {"content_type": self.content_type} if self.content_type else {}
        return self.to_payload() | told
