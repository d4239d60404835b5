"""A small client for `/_control/`, so that tests read like sentences."""

from collections.abc import Sequence
from typing import Any

import requests


class ControlRefused(Exception):
    """The simulator did not understand the order; the text says why."""


class Control:
    """One method per control call; all answers are plain JSON. Not for the API itself."""

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        self._url = url
        self._timeout = timeout

    def get(self, name: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", name, params=query)

    def post(self, name: str, /, **body: Any) -> dict[str, Any]:
        return self._call("POST", name, json=body)

    def _call(self, method: str, name: str, **parts: Any) -> dict[str, Any]:
        response = requests.request(
            method, f"{self._url}/_control/{name}", timeout=self._timeout, **parts
        )
        answer: dict[str, Any] = response.json()
        if response.status_code >= 400:
            raise ControlRefused(f"{name}: {answer.get('detail', answer)}")
        return answer

    def config(self, **changes: Any) -> dict[str, Any]:
        """Read the settings, or change the given ones."""
        return self.post("config", **changes) if changes else self.get("config")

    def reset(self, **options: Any) -> None:
        self.post("reset", **options)

    def webhooks(self, url: str, **options: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.post("webhooks", url=url, **options)["webhooks"]
        return found

    def fault(self, effect: str, **match: Any) -> None:
        """Order one fault, for instance `fault("status:500", lane="templates", times=2)`."""
        self.post("faults", faults=[{"effect": effect, **match}])

    def clear_faults(self) -> None:
        self.post("faults", clear=True)

    def log(self, **filters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get("log", **filters)["rows"]
        return rows

    def sends(self, **filters: Any) -> list[dict[str, Any]]:
        return self.log(path="/messages/send/", **filters)

    def windows(self) -> dict[str, Any]:
        return self.get("windows")

    def worst(self, *, lane: str = "template", window: str = "minute", of: str = "arrived") -> int:
        """Return the fullest `window` of a lane; 0 when nothing came."""
        seen = self.windows()[of].get(lane)
        return int(seen["worst"][window]) if seen else 0

    def duplicates(self) -> dict[str, Any]:
        return self.get("duplicates")

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("messages", **filters)["messages"]
        return found

    def deliveries(self, **filters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get("deliveries", **filters)["rows"]
        return rows

    def inbound(self, phone: str, **message: Any) -> dict[str, Any]:
        return self.post("inbound", phone=phone, **message)

    def seed(self, **things: Sequence[Any] | Any) -> dict[str, Any]:
        return self.post("seed", **things)

    def account(self, **changes: Any) -> dict[str, Any]:
        return self.post("account", **changes)

    def advance(self, seconds: float) -> None:
        self.post("clock", seconds=seconds)

    def wait(self, *, accepted: int = 0, idle: bool = False, timeout: float = 10.0) -> bool:
        """Wait inside the simulator until so many messages were taken, or all came to an end."""
        answer = self.get("wait", accepted=accepted, idle=int(idle), timeout=timeout)
        return bool(answer["done"])
