"""The same small world behind the fake and behind the stubbed client."""

import json
import re
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from spoki import (
    SpokiAuthError,
    SpokiClient,
    SpokiError,
    SpokiGateway,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)
from spoki.fake import FakeSpoki, account_payload, channel_payload
from spoki.types import SendReceipt

BASE = "https://spoki.test"
Row = dict[str, Any]


class World(Protocol):
    gateway: SpokiGateway

    def add(self, kind: str, row: Row) -> None:
        """Let there be a row of this kind: templates, contacts, automations, history."""

    def break_calls(self, operation: str, trouble: str) -> None:
        """Let every call of `operation` meet one of the troubles of `TROUBLES`."""

    def tried_phones(self) -> list[str]:
        """Return the phones of the sends that were tried, whatever became of them."""


TROUBLES: dict[str, tuple[SpokiError, Row]] = {
    "throttled": (
        SpokiThrottled("x", status=429, retry_after=7.0),
        {"status": 429, "headers": {"Retry-After": "7"}},
    ),
    "wrong key": (SpokiAuthError("x", status=401), {"status": 401}),
    "no credit": (
        SpokiRefused("x", status=200, code="spoki::1029"),
        {"json": {"error": "credit", "error_code": "spoki::1029"}},
    ),
    "silence": (SpokiOutcomeUnknown("x"), {"body": requests.ReadTimeout()}),
    "fault": (SpokiServerError("x", status=500), {"status": 500}),
    "closed door": (SpokiUnreachable("x"), {"body": requests.ConnectTimeout()}),
}


class FakeWorld:
    def __init__(self) -> None:
        self._fake = FakeSpoki()
        self.gateway: SpokiGateway = self._fake

    def add(self, kind: str, row: Row) -> None:
        if kind == "history":
            self._fake.add_history("+393330000001", row)
        else:
            rows = {
                "templates": self._fake.template_rows,
                "contacts": self._fake.contact_rows,
                "automations": self._fake.automation_rows,
            }
            rows[kind][row["id"]] = row

    def break_calls(self, operation: str, trouble: str) -> None:
        if trouble == "unconfirmed":
            self._fake.answer(operation, SendReceipt(uuid=None, id=None), times=None)
        else:
            self._fake.fail(operation, TROUBLES[trouble][0], times=None)

    def tried_phones(self) -> list[str]:
        return [send.phone for send in self._fake.attempts]


_PATHS = {
    "send_template": ("POST", "/api/1/messages/send/"),
    "send_text": ("POST", "/api/1/messages/send/"),
    "accounts": ("GET", "/api/1/accounts/"),
    "templates": ("GET", "/api/1/templates/"),
}


class StubWorld:
    """Spoki by `responses`: lists, single rows, upserts and sends over rows in memory."""

    def __init__(self, stub: responses.RequestsMock) -> None:
        self._stub = stub
        self._rows: dict[str, dict[int, Row]] = {
            "templates": {},
            "contacts": {},
            "webhooks": {},
            "automations": {},
        }
        self._history: list[Row] = []
        self._sent_count = 0
        self.gateway: SpokiGateway = SpokiClient(
            base_url=BASE, api_key="k", history_path="/api/1/messages/", read_pause=0.001
        )
        for method in ("GET", "POST", "PATCH", "DELETE"):
            stub.add_callback(method, re.compile(f"{BASE}/.*"), callback=self._answer)

    def add(self, kind: str, row: Row) -> None:
        if kind == "history":
            self._history.append(row)
        else:
            self._rows[kind][row["id"]] = row

    def break_calls(self, operation: str, trouble: str) -> None:
        method, path = _PATHS[operation]
        answer = {"body": b""} if trouble == "unconfirmed" else TROUBLES[trouble][1]
        self._stub.reset()
        self._stub.add(method, f"{BASE}{path}", **answer)

    def tried_phones(self) -> list[str]:
        calls = [call for call in self._stub.calls if call.request.path_url.endswith("/send/")]
        return [json.loads(call.request.body or "")["phone"] for call in calls]

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        parts = urlsplit(request.url or "")
        path, query = str(parts.path), parse_qs(str(parts.query))
        body = json.loads(request.body) if request.body else None
        status, payload = self._route(request.method or "", path, query, body)
        return status, {}, "" if payload is None else json.dumps(payload)

    def _route(self, method: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        fixed = {
            "/api/1/accounts/": [account_payload()],
            "/api/1/channel/": _page([channel_payload()]),
        }
        if path in fixed:
            return 200, fixed[path]
        if path == "/api/1/messages/":
            return (200, _page(self._history)) if self._history else (404, {"detail": "No."})
        if path == "/api/1/messages/send/":
            self._sent_count += 1
            uuid = f"{self._sent_count:032x}"
            return 200, {"id": self._sent_count, "uuid": uuid, "status": "Pending"}
        if path == "/api/1/contacts/sync/":
            return 200, self._upsert(body)
        if path == "/api/1/contacts/sync_all/":
            return 200, [self._upsert(row) for row in body]
        kind = path.split("/")[3].replace("external-webhooks", "webhooks")
        return self._resource(method, kind, path.split("/")[4:-1], query, body)

    def _resource(
        self, method: str, kind: str, rest: list[str], query: Any, body: Any
    ) -> tuple[int, Any]:
        rows = self._rows[kind]
        if not rest and method == "POST":
            row = {**body, "id": 9000 + len(rows), "secret": "whsec_1"}
            rows[row["id"]] = row
            return 201, row
        if not rest:
            phone = query.get("phone", [None])[0]
            return 200, _page([row for row in rows.values() if phone in {None, row.get("phone")}])
        if int(rest[0]) not in rows:
            return 404, {"detail": "Not found."}
        return self._one(method, rows, int(rest[0]), rest[1:], body)

    def _one(
        self, method: str, rows: dict[int, Row], id: int, action: list[str], body: Any
    ) -> tuple[int, Any]:
        if method == "DELETE":
            del rows[id]
            return 204, None
        if method == "PATCH":
            rows[id] = {**rows[id], **body}
        if action == ["submit"]:
            status = {"status": "PENDING"}
            languages = [{**row, **status} for row in rows[id]["templatelocalization_set"]]
            rows[id] = {**rows[id], "is_approved": False, "templatelocalization_set": languages}
        return 200, rows[id]

    def _upsert(self, body: Row) -> Row:
        rows = self._rows["contacts"]
        known = [id for id, row in rows.items() if row["phone"] == body["phone"]]
        id = known[0] if known else 9000 + len(rows)
        rows[id] = {"status": "Not Declared", **rows.get(id, {}), **body, "id": id}
        return rows[id]


def _page(rows: list[Row]) -> Row:
    return {"count": len(rows), "next": None, "previous": None, "results": rows}
