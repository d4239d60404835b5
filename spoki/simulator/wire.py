"""What an endpoint gets and gives back: plain data, so that the rules need no web framework."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from spoki.simulator.arrivals import Arrival
    from spoki.simulator.faults import Effect
    from spoki.simulator.world import World

Json = dict[str, Any]
T = TypeVar("T")

E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `behave` may be `hang` or `reset`: then the client never sees it."""

    status: int = 200
    data: Any = None
    behave: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """The call is answered with an error instead of being done."""

    def __init__(self, status: int, data: Any) -> None:
        super().__init__(f"refused with {status}")
        self.answer = Answer(status, data)


@dataclass(slots=True)
class Call:
    """One request, read and authenticated."""

    world: "World"
    arrival: "Arrival"
    method: str
    origin: str
    path: str
    query: dict[str, str]
    params: dict[str, str]
    body: Any
    now: float
    effect: "Effect | None" = None

    def id(self) -> int:
        return int(self.params["id"])

    def object_body(self) -> Json:
        """:raises Refused: when the body is not a JSON object."""
        if not isinstance(self.body, dict):
            raise Refused(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
        return self.body


Endpoint = Callable[[Call], Answer]


def not_found() -> Refused:
    return Refused(404, {"detail": "Not found."})


def wrong(**messages: Any) -> Refused:
    """A per-field validation error, in the shape of Django REST Framework."""
    return Refused(
        400,
        {name: [text] if isinstance(text, str) else text for name, text in messages.items()},
    )


def digits(phone: str) -> str:
    """The identity of a number: its digits, since `+` comes and goes."""
    return re.sub(r"\D", "", phone.partition("@")[0])


def page_of(
    call: Call, items: Sequence[T], show: Callable[[T], Any], *, largest: int = 100
) -> Answer:
    """Cut one page: `{"count", "next", "previous", "results"}` with absolute links."""
    size = _whole(call.query.get("page_size"), call.world.config.page_size)
    size = min(max(size, 1), largest)
    page = _whole(call.query.get("page"), 1)
    last = max(1, -(-len(items) // size))
    if not 1 <= page <= last:
        raise Refused(404, {"detail": "Invalid page."})

    def link(number: int) -> str | None:
        if not 1 <= number <= last:
            return None
        query = {**call.query, "page": str(number), "page_size": str(size)}
        return f"{call.origin}{call.path}?{urlencode(query)}"

    start = (page - 1) * size
    results = [show(item) for item in items[start : start + size]]
    links = {"next": link(page + 1), "previous": link(page - 1)}
    return Answer(200, {"count": len(items), **links, "results": results})


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise Refused(404, {"detail": "Invalid page."}) from None
