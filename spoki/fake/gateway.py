"""A Spoki in memory, with the methods of the client and answers that a test programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from spoki.checks import check_batch, check_phone, check_text, check_trigger, check_variables
from spoki.exceptions import SpokiError, SpokiNotFound
from spoki.fake.payloads import (
    account_payload,
    automation_payload,
    channel_payload,
    contact_payload,
    template_payload,
)
from spoki.fake.store import Row, Store
from spoki.history import HistoryPage
from spoki.phones import normalise
from spoki.types import (
    Account,
    AnySend,
    Automation,
    AutomationContact,
    AutomationStart,
    BulkSyncResult,
    Channel,
    ConsentStatus,
    Contact,
    ContactPage,
    ContactWrite,
    CustomField,
    FieldType,
    InteractiveSend,
    MessageStatus,
    SendReceipt,
    Template,
    TemplateDraft,
    TemplateSend,
    TextSend,
    Webhook,
)

_HISTORY_PAGE_SIZE = 15


class FakeSpoki(Store):
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
        self.synced: list[ContactWrite] = []
        self.has_history = has_history
        self.contact_page_size = 100
        self.is_closed = False
        self.account_rows: dict[int, Row] = {1: account_payload()}
        self.channel_rows: dict[int, Row] = {7: channel_payload()}
        self.template_rows: dict[int, Row] = {}
        self.contact_rows: dict[int, Row] = {}
        self.field_rows: dict[int, Row] = {}
        self.webhook_rows: dict[int, Row] = {}
        self.automation_rows: dict[int, Row] = {}
        self.history_rows: dict[str, list[Row]] = {}

    # Seeding

    def add_template(self, **changes: Any) -> Template:
        """Add a template (see `template_payload`); without an id it gets a new one."""
        payload = template_payload(**{"id": next(self._numbers), **changes})
        template = Template.from_payload(payload)
        self.template_rows[template.id] = payload
        return template

    def add_contact(self, **changes: Any) -> Contact:
        """Add a contact (see `contact_payload`); without an id it gets a new one."""
        contact = Contact.from_payload(contact_payload(**{"id": next(self._numbers), **changes}))
        self.contact_rows[contact.id] = dict(contact.raw)
        return contact

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

    # Templates

    def templates(
        self,
        *,
        search: str | None = None,
        channel_id: int | None = None,
        patience: float = 0.0,
    ) -> Iterator[Template]:
        found = self._rows("templates", self.template_rows, Template.from_payload)
        wanted = (search or "").lower()
        return (template for template in found if wanted in template.name.lower())

    def template(self, id: int, *, patience: float = 0.0) -> Template:
        return self._row("template", self.template_rows, id, Template.from_payload)

    def create_template(self, draft: TemplateDraft) -> Template:
        id = next(self._numbers)
        payload = {**draft.to_payload(), "id": id, "is_approved": False}
        self._set_status(payload, "DRAFT")
        return self._do(
            "create_template",
            lambda: self._store(self.template_rows, payload, Template.from_payload),
        )

    def update_template(self, id: int, draft: TemplateDraft) -> Template:
        def update() -> Template:
            payload = {**self._need("update_template", self.template_rows, id)}
            payload.update(draft.to_payload(), is_approved=False)
            self._set_status(payload, "DRAFT")
            return self._store(self.template_rows, payload, Template.from_payload)

        return self._do("update_template", update)

    def clone_template(self, id: int) -> Template:
        def clone() -> Template:
            source = self._need("clone_template", self.template_rows, id)
            payload = {**source, "id": next(self._numbers), "is_approved": False}
            self._set_status(payload, "DRAFT")
            return self._store(self.template_rows, payload, Template.from_payload)

        return self._do("clone_template", clone)

    def submit_template(self, id: int) -> None:
        self._do("submit_template", lambda: self.set_template_status(id, "PENDING"))

    def back_to_draft(self, id: int) -> None:
        self._do("back_to_draft", lambda: self.set_template_status(id, "DRAFT"))

    def delete_template(self, id: int) -> None:
        self._remove("delete_template", self.template_rows, id)

    def set_template_status(self, id: int, status: str) -> None:
        """Give every language of a template this status, as Meta's answer would."""
        payload = {**self._need("template", self.template_rows, id)}
        self._set_status(payload, status)
        self.template_rows[id] = payload

    # Contacts

    def contacts(
        self,
        *,
        phone: str | None = None,
        email: str | None = None,
        search: str | None = None,
        tag: int | None = None,
        status: ConsentStatus | None = None,
        is_blocked: bool | None = None,
    ) -> Iterator[Contact]:
        """Filter by phone, email, status and block; `search` and `tag` change nothing here."""
        wanted = None if phone is None else normalise(phone)
        for contact in self._rows("contacts", self.contact_rows, Contact.from_payload):
            if (
                (phone is None or contact.phone == wanted)
                and email in {None, contact.email}
                and status in {None, contact.status}
                and is_blocked in {None, contact.is_blocked}
            ):
                yield contact

    def contact_page(self, *, page: int) -> ContactPage:
        """`contact_page_size` contacts at a time; a page after the last is not found."""

        def cut() -> ContactPage:
            rows = list(self.contact_rows.values())
            end = page * self.contact_page_size
            chosen = rows[end - self.contact_page_size : end]
            if not chosen and page > 1:
                raise SpokiNotFound("contact_page", status=404)
            return ContactPage(
                contacts=tuple(Contact.from_payload(row) for row in chosen),
                has_more=end < len(rows),
            )

        return self._do("contact_page", cut)

    def contact(self, id: int) -> Contact:
        return self._row("contact", self.contact_rows, id, Contact.from_payload)

    def sync_contact(self, write: ContactWrite) -> Contact:
        check_phone("sync_contact", write.phone)
        return self._do("sync_contact", lambda: self._upsert(write))

    def sync_contacts(self, writes: Sequence[ContactWrite]) -> BulkSyncResult:
        check_batch(len(writes))
        if not writes:
            return BulkSyncResult()
        for write in writes:
            check_phone("sync_contacts", write.phone)
        return self._do(
            "sync_contacts",
            lambda: BulkSyncResult(contacts=tuple(self._upsert(write) for write in writes)),
        )

    def update_contact(
        self, id: int, write: ContactWrite, *, is_blocked: bool | None = None
    ) -> Contact:
        if write.status is not None:
            raise ValueError("a contact's consent is written by sync_contact")
        check_phone("update_contact", write.phone)

        def update() -> Contact:
            payload = {**self._need("update_contact", self.contact_rows, id), **_columns(write)}
            if is_blocked is not None:
                payload["is_blocked"] = is_blocked
            return self._store(self.contact_rows, payload, Contact.from_payload)

        return self._do("update_contact", update)

    def custom_fields(self) -> Iterator[CustomField]:
        return self._rows("custom_fields", self.field_rows, CustomField.from_payload)

    def create_custom_field(
        self,
        *,
        code: str,
        label: str,
        field_type: FieldType = FieldType.TEXT,
        example: str | None = None,
    ) -> CustomField:
        payload = {
            "id": next(self._numbers),
            "code": code,
            "label": label,
            "field_type": int(field_type),
            "example": example,
        }
        return self._do(
            "create_custom_field",
            lambda: self._store(self.field_rows, payload, CustomField.from_payload),
        )

    # Sending

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

    # Webhooks

    def webhooks(self) -> list[Webhook]:
        return list(self._rows("webhooks", self.webhook_rows, Webhook.from_payload))

    def create_webhook(self, *, event: str, url: str, is_active: bool = False) -> Webhook:
        id = next(self._numbers)
        payload = {
            "id": id,
            "event": event,
            "version": 2,
            "url": url,
            "is_active": is_active,
            "secret": f"whsec_fake_{id}",
        }
        return self._do(
            "create_webhook", lambda: self._store(self.webhook_rows, payload, Webhook.from_payload)
        )

    def update_webhook(
        self, id: int, *, url: str | None = None, is_active: bool | None = None
    ) -> Webhook:
        def update() -> Webhook:
            payload = {**self._need("update_webhook", self.webhook_rows, id)}
            changes = {"url": url, "is_active": is_active}
            payload.update({key: value for key, value in changes.items() if value is not None})
            return self._store(self.webhook_rows, payload, Webhook.from_payload)

        return self._do("update_webhook", update)

    def delete_webhook(self, id: int) -> None:
        self._remove("delete_webhook", self.webhook_rows, id)

    def test_webhook(self, id: int) -> None:
        self._do("test_webhook", lambda: self._need("test_webhook", self.webhook_rows, id))

    def rotate_webhook_secret(self, id: int) -> str:
        def rotate() -> str:
            payload = {**self._need("rotate_webhook_secret", self.webhook_rows, id)}
            payload["secret"] = f"whsec_fake_{next(self._numbers)}"
            self.webhook_rows[id] = payload
            return str(payload["secret"])

        return self._do("rotate_webhook_secret", rotate)

    # History

    def history(self, phone: str, *, page: int = 1) -> HistoryPage:
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

    def _set_status(self, payload: Row, status: str) -> None:
        payload["is_approved"] = status == "APPROVED"
        payload["templatelocalization_set"] = [
            {**localization, "status": status}
            for localization in payload["templatelocalization_set"]
        ]

    def _upsert(self, write: ContactWrite) -> Contact:
        self.synced.append(write)
        known = [
            id for id, row in self.contact_rows.items() if normalise(row["phone"]) == write.phone
        ]
        id = known[0] if known else next(self._numbers)
        before = self.contact_rows.get(id) or {"status": "Not Declared"}
        payload = {**before, **_columns(write), "id": id}
        return self._store(self.contact_rows, payload, Contact.from_payload)

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


def _columns(write: ContactWrite) -> Row:
    """Return what a write changes, as the reading form of a contact has it."""
    payload: Row = write.to_payload()
    fields = payload.pop("custom_fields", None)
    if fields is not None:
        payload["contactfield_values"] = fields
    return payload
