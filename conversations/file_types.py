"""What a file is by its first bytes, whatever was said of it; which of them a browser may show. Pure."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "application/octet-stream"

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# The brand after "ftyp" (ISO 14496-12); any other is a film.
_BRANDS: Final = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic", b"hevx": "image/heic", b"mif1": "image/heic", b"msf1": "image/heic",
    b"avif": "image/avif", b"avis": "image/avif",
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp", b"3gp5": "video/3gpp", b"3gp6": "video/3gpp", b"3g2a": "video/3gpp2",
}  # fmt: skip
# What lies in a ZIP, by the ending of its name: never shown by a browser, so a lie does no harm.
_OFFICE: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "zip": "application/zip",
}
# The second byte of an MPEG frame of layer III, of each version, with and without a checksum.
_LAYER_III: Final = frozenset({0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2})
# What every browser shows in a page; HEIC and TIFF most do not.
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
SOUNDS: Final = frozenset(
    {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/flac", "audio/amr"}
)
FILMS: Final = frozenset(
    {"video/mp4", "video/webm", "video/quicktime", "video/3gpp", "video/3gpp2"}
)
PDF: Final = "application/pdf"
# Shown in place; anything else is only ever saved. HEIC too: where a browser cannot show it, it saves it.
SHOWN: Final = PICTURES | SOUNDS | FILMS | {PDF, "image/heic"}

_ENDINGS: Final = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "image/heic": "heic", "image/avif": "avif", "audio/ogg": "ogg", "audio/mpeg": "mp3",
    "audio/mp4": "m4a", "audio/aac": "aac", "audio/wav": "wav", "audio/amr": "amr",
    "audio/flac": "flac", "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov",
    "video/3gpp": "3gp", "video/3gpp2": "3g2", PDF: "pdf",
}  # fmt: skip


def type_of(head: bytes, *, name: str = "") -> str:
    """Return the type that the first bytes prove, UNKNOWN where they prove none.

    What was told of the file counts for nothing: a page called picture.jpg is not a picture. A text proves nothing
    either, so it is saved and never shown.
    """
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"PK\x03\x04"):
        return _OFFICE.get(name.rpartition(".")[2].lower(), "application/zip")
    return _sound(head)


def _sound(head: bytes) -> str:
    """Return the type of a bare stream of sound. A text in UTF-16 begins with the same byte."""
    if len(head) < 2 or head[0] != 0xFF:
        return UNKNOWN
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if head[1] in _LAYER_III else UNKNOWN


def name_for(name: str, content_type: str, *, fallback: str) -> str:
    """Return a name to save the file under, with the ending that its type has."""
    ending = _ENDINGS.get(content_type)
    stem = name or fallback
    if ending is None or stem.lower().endswith(
        (f".{ending}", ".jpeg") if ending == "jpg" else f".{ending}"
    ):
        return stem
    return f"{stem}.{ending}"
