"""Contacts and their custom fields in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from spoki.checks import check_batch, check_phone
from spoki.exceptions import SpokiNotFound
from spoki.fake.payloads import (
    contact_payload,
)
from spoki.fake.store import Row, Store
from spoki.phones import normalise
from spoki.types import (
    BulkSyncResult,
    ConsentStatus,
    Contact,
    ContactPage,
    ContactWrite,
    CustomField,
    FieldType,
)


class ContactShelf(Store):
    """The calls about contacts; `synced` are all writes that were handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.synced: list[ContactWrite] = []
        self.contact_page_size = 100
        self.contact_rows: dict[int, Row] = {}
        self.field_rows: dict[int, Row] = {}

    def add_contact(self, **changes: Any) -> Contact:
        """Add a contact (see `contact_payload`); without an id it gets a new one."""
        contact = Contact.from_payload(contact_payload(**{"id": next(self._numbers), **changes}))
        self.contact_rows[contact.id] = dict(contact.raw)
        return contact

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

    def _upsert(self, write: ContactWrite) -> Contact:
        self.synced.append(write)
        known = [
            id for id, row in self.contact_rows.items() if normalise(row["phone"]) == write.phone
        ]
        id = known[0] if known else next(self._numbers)
        before = self.contact_rows.get(id) or {"status": "Not Declared"}
        payload = {**before, **_columns(write), "id": id}
        return self._store(self.contact_rows, payload, Contact.from_payload)


def _columns(write: ContactWrite) -> Row:
    """Return what a write changes, as the reading form of a contact has it."""
    payload: Row = write.to_payload()
    fields = payload.pop("custom_fields", None)
    if fields is not None:
        payload["contactfield_values"] = fields
    return payload
