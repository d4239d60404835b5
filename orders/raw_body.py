"""The raw bytes of a request, up to a limit of our own: Django's is for forms, and lower."""

from django.http import HttpRequest
from django.http.request import UnreadablePostError

_AT_ONCE = 64 * 1024
# So many times the limit, and whoever sends it is not waited for.
_MUCH_TOO_LARGE = 4


class BodyTooLarge(Exception):
    """The body is longer than allowed; no more of it than that was read."""


def read_body(request: HttpRequest, *, most: int) -> bytes:
    """Return the body of a request nobody has read from.

    :raises BodyTooLarge: past `most` bytes; before any is kept where the length is announced.
    :raises UnreadablePostError: when the client went away in the middle.
    """
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdecimal() and int(announced) > most:
        _let_pass(request, most=most)
        raise BodyTooLarge
    if announced or not request.META.get("wsgi.input_terminated"):
        body = request.read(most + 1)
        if announced.isdecimal() and len(body) < int(announced):
            raise UnreadablePostError("less came than was announced")
    else:
        body = _read_chunks(request, most)
    if len(body) > most:
        raise BodyTooLarge
    return body


def _let_pass(request: HttpRequest, *, most: int) -> None:
    """Take what is not much too large off the wire, and keep none of it.

    A server that is not read to the end hangs up, and who still writes never sees the answer.
    """
    length = int(request.META["CONTENT_LENGTH"])
    if length <= most * _MUCH_TOO_LARGE:
        while request.read(_AT_ONCE):
            pass


def _read_chunks(request: HttpRequest, most: int) -> bytes:
    """Read what comes in chunks without a length, which Django takes for an empty body."""
    source, parts, length = request.META["wsgi.input"], [], 0
    while length <= most and (part := source.read(_AT_ONCE)):
        parts.append(part)
        length += len(part)
    return b"".join(parts)
