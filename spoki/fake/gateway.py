"""A Spoki in memory, with the methods of the client and answers that a test programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from spoki.checks import check_batch, check_phone, check_text, check_trigger, check_variables
from spoki.exceptions import SpokiError, SpokiNotFound
from spoki.fake.contacts import ContactShelf
from spoki.fake.payloads import (
    account_payload,
    automation_payload,
    channel_payload,
)
from spoki.fake.store import Row
from spoki.fake.templates import TemplateShelf
from spoki.fake.webhooks import WebhookShelf
from spoki.history import HistoryPage
from spoki.types import (
    Account,
    AnySend,
    Automation,
    AutomationContact,
    AutomationStart,
    Channel,
    InteractiveSend,
    MessageStatus,
    SendReceipt,
    TemplateSend,
    TextSend,
)

_HISTORY_PAGE_SIZE = 15


class FakeSpoki(TemplateShelf, ContactShelf, WebhookShelf):
    """Satisfies `SpokiGateway`. Program it with `fail`, `answer`, `fail_for` and `before_call`.

    `attempts` are all sends that were tried, `sent` those that may have left: accepted ones, and
    ones that failed with an error that says `maybe_sent`. `calls` are the names of all calls.
    Rows are kept as Spoki writes them and read by the same readers as the client's.
    """

    def __init__(self, *, has_history: bool = False) -> None:
        super().__init__()
        self.attempts: list[AnySend] = []
        self.sent: list[AnySend] = []
        self.started: list[tuple[str, AutomationContact]] = []
        self.has_history = has_history
        self.is_closed = False
        self.account_rows: dict[int, Row] = {1: account_payload()}
        self.channel_rows: dict[int, Row] = {7: channel_payload()}
        self.automation_rows: dict[int, Row] = {}
        self.history_rows: dict[str, list[Row]] = {}

    # Seeding

    def add_automation(self, **changes: Any) -> Automation:
        """Add an automation (see `automation_payload`); without an id it gets a new one."""
        payload = automation_payload(**{"id": next(self._numbers), **changes})
        self.automation_rows[payload["id"]] = payload
        return Automation.from_payload(payload)

    def add_history(self, phone: str, *rows: Row) -> None:
        """Add messages, each the `data` of a delivery, to the conversation with `phone`."""
        self.has_history = True
        self.history_rows.setdefault(phone, []).extend(rows)

    # Account and numbers

    def accounts(self) -> list[Account]:
        return list(self._rows("accounts", self.account_rows, Account.from_payload))

    def account(self, id: int) -> Account:
        return self._row("account", self.account_rows, id, Account.from_payload)

    def channels(self) -> list[Channel]:
        return list(self._rows("channels", self.channel_rows, Channel.from_payload))

    # Sending

    def courier(self, *, most: int) -> None:
        """Whoever sends, sends one by one."""

    def send_template(self, send: TemplateSend) -> SendReceipt:
        check_phone("send_template", send.phone)
        check_variables("send_template", send.variables)
        return self._send("send_template", send)

    def send_text(self, send: TextSend) -> SendReceipt:
        check_phone("send_text", send.phone)
        check_text("send_text", send.text)
        return self._send("send_text", send)

    def send_interactive(self, send: InteractiveSend) -> SendReceipt:
        check_phone("send_interactive", send.phone)
        check_text("send_interactive", send.text)
        return self._send("send_interactive", send)

    def start_automation(self, start: AutomationStart) -> None:
        self._start("start_automation", start.uuid, [start.contact])

    def start_automation_bulk(
        self, uuid: str, secret: str, contacts: Sequence[AutomationContact]
    ) -> None:
        check_batch(len(contacts))
        if contacts:
            self._start("start_automation_bulk", uuid, contacts)

    def automations(self) -> Iterator[Automation]:
        return self._rows("automations", self.automation_rows, Automation.from_payload)

    # History

    def history(self, phone: str, *, page: int = 1, within: float | None = None) -> HistoryPage:
        def read() -> HistoryPage:
            if not self.has_history:
                raise SpokiNotFound("history")
            rows = self.history_rows.get(phone, [])
            end = page * _HISTORY_PAGE_SIZE
            following = "more" if end < len(rows) else None
            chosen = rows[end - _HISTORY_PAGE_SIZE : end]
            return HistoryPage.from_payload(
                {"count": len(rows), "next": following, "results": chosen}
            )

        return self._do("history", read)

    def close(self) -> None:
        self.is_closed = True

    # The usual thing

    def _send(self, operation: str, send: AnySend) -> SendReceipt:
        with self.lock:
            self.attempts.append(send)
        try:
            receipt = self._do(operation, self._receipt, send.phone)
        except SpokiError as error:
            if error.maybe_sent:
                self._note(send)
            raise
        self._note(send)
        return receipt

    def _note(self, send: AnySend) -> None:
        with self.lock:
            self.sent.append(send)

    def _receipt(self) -> SendReceipt:
        number = next(self._numbers)
        return SendReceipt.from_payload(
            {"id": number, "uuid": f"{number:032x}", "status": MessageStatus.PENDING.title()}
        )

    def _start(self, operation: str, uuid: str, contacts: Sequence[AutomationContact]) -> None:
        check_trigger(operation, uuid)
        for contact in contacts:
            check_phone(operation, contact.phone)
            check_variables(operation, contact.variables)
        self._do(operation, lambda: None)
        with self.lock:
            self.started.extend((uuid, contact) for contact in contacts)
