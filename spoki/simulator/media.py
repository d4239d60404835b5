"""Files as customers send them, made here: a picture, a document, a voice. Other names are not found, as old ones are not."""

import io
import math
import struct
import wave
import zlib
from collections.abc import Callable
from functools import cache

from aiohttp import web

# The kind of a message, its word at Spoki, the name of its file and what it is said to be.
FILES = {
    "image": ("Image", "picture.png", "image/png"),
    "video": ("Video", "film.mp4", "video/mp4"),
    "document": ("Document", "scontrino.pdf", "application/pdf"),
    "audio": ("Audio", "voce.wav", "audio/wav"),
}
_WIDTH, _HEIGHT = 320, 200


def media_routes() -> list[web.RouteDef]:
    return [web.get("/_media/{name}", show)]


async def show(request: web.Request) -> web.Response:
    """Answer with the file; 404 for the film, which there is none of: an address that does not last."""
    name = request.match_info["name"]
    make = _MAKERS.get(name)
    if make is None:
        return web.Response(status=404)
    kind = next(told for _, file, told in FILES.values() if file == name)
    return web.Response(body=make(), content_type=kind)


@cache
def picture() -> bytes:
    """A PNG: a round shape on a plain ground (W3C, Portable Network Graphics)."""
    rows = (b"\x00" + b"".join(_dot(x, y) for x in range(_WIDTH)) for y in range(_HEIGHT))
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    parts = (
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", zlib.compress(b"".join(rows))),
        _chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _dot(x: int, y: int) -> bytes:
    inside = math.hypot(x - _WIDTH / 2, y - _HEIGHT / 2) < 70
    return b"\x04\x78\x57" if inside else b"\xf3\xe9\xd2"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def document() -> bytes:
    """A PDF of one page with one line."""
    text = b"BT /F1 24 Tf 60 700 Td (Scontrino di prova) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return body + head + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


@cache
def voice() -> bytes:
    """Half a second of a tone."""
    rate, out = 8_000, io.BytesIO()
    tone = (int(9_000 * math.sin(2 * math.pi * 440 * step / rate)) for step in range(rate // 2))
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", value) for value in tone))
    return out.getvalue()


_MAKERS: dict[str, Callable[[], bytes]] = {
    "picture.png": picture,
    "scontrino.pdf": document,
    "voce.wav": voice,
}
