"""The typed client of Spoki's REST API. https://api.spoki.com (Spoki's Postman collection)

Every method raises a `SpokiError`. A send is never repeated here; reads are, twice at most.
"""

from collections.abc import Iterator, Mapping, Sequence

import requests

from spoki.calls import Calls, given, read, read_created
from spoki.checks import check_batch, check_phone, check_trigger, check_variables
from spoki.courier import Courier
from spoki.exceptions import SpokiNotFound, SpokiOutcomeUnknown, SpokiProtocolError
from spoki.history import HistoryPage
from spoki.phones import normalise
from spoki.reading import as_object, as_text
from spoki.sends import SEND_PATH, body_of, operation_of, receipt_of
from spoki.transport import Transport
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
    SendReceipt,
    Template,
    TemplateDraft,
    TemplateSend,
    TextSend,
    Webhook,
)

_PAGE_SIZE = 100
_CHANNEL_PAGE_SIZE = 30


class SpokiClient:
    """One account of Spoki, by its key. Confined to one thread: each thread builds its own.

    `timeout` is (connect, read) in seconds. `history_path` names the endpoint that lists messages,
    which Spoki's published API lacks; without it `history` finds nothing.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        history_path: str | None = None,
        timeout: tuple[float, float] = (10.0, 20.0),
        session: requests.Session | None = None,
        read_pause: float = 0.25,
    ) -> None:
        self._transport = Transport(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            session=session,
            read_pause=read_pause,
        )
        self._calls = Calls(self._transport)
        self._history_path = f"/{history_path.lstrip('/')}" if history_path else None

    def __repr__(self) -> str:
        return f"<SpokiClient to {self._calls.base_url}>"

    def close(self) -> None:
        """Close the session's connections."""
        self._calls.close()

    # Account and numbers

    def accounts(self) -> list[Account]:
        """Return the accounts that the key may see: a bare array at Spoki."""
        return list(self._calls.list("accounts", "/api/1/accounts/", Account.from_payload))

    def account(self, id: int) -> Account:
        """Return one account, with its credit, limit and quality of now."""
        return self._calls.get("account", f"/api/1/accounts/{id}/", Account.from_payload)

    def channels(self) -> list[Channel]:
        """Return the numbers of the account."""
        query = {"page_size": _CHANNEL_PAGE_SIZE}
        return list(self._calls.list("channels", "/api/1/channel/", Channel.from_payload, query))

    # Templates

    def templates(
        self, *, search: str | None = None, channel_id: int | None = None, patience: float = 0.0
    ) -> Iterator[Template]:
        """Yield every template once, page by page; may raise half way.

        `patience` are the seconds that all pages together may wait where Spoki asks to slow down.
        """
        query = given(page_size=_PAGE_SIZE, search=search, channel_id=channel_id)
        return self._calls.list(
            "templates", "/api/1/templates/", Template.from_payload, query, patience=patience
        )

    def template(self, id: int, *, patience: float = 0.0) -> Template:
        """Return one template. `patience` as in `templates`."""
        return self._calls.get(
            "template", f"/api/1/templates/{id}/", Template.from_payload, patience=patience
        )

    def create_template(self, draft: TemplateDraft, *, patience: float = 0.0) -> Template:
        """Create a template, as a draft at Spoki; `patience`, here and below, as in `templates`."""
        path, body = "/api/1/templates/", draft.to_payload()
        return self._calls.create(
            "create_template", path, body, Template.from_payload, patience=patience
        )

    def update_template(self, id: int, draft: TemplateDraft, *, patience: float = 0.0) -> Template:
        """Change a template. Any change needs a new approval by Meta."""
        path, body = f"/api/1/templates/{id}/", draft.to_payload()
        payload = self._calls.write(
            "update_template", path, body, method="PATCH", patience=patience
        )
        if payload is None:
            return self.template(id)
        return read("update_template", Template.from_payload, payload)

    def clone_template(self, id: int) -> Template:
        """Copy a template into a new draft.

        A GET that changes things, so it counts as a write: it is never repeated.
        """
        path = f"/api/1/templates/{id}/clone/"
        payload = self._calls.act("clone_template", path, method="GET")
        return read_created("clone_template", Template.from_payload, payload)

    def submit_template(self, id: int, *, patience: float = 0.0) -> None:
        """Hand a draft to Meta. The category may come back changed: read it again."""
        self._calls.act("submit_template", f"/api/1/templates/{id}/submit/", patience=patience)

    def back_to_draft(self, id: int, *, patience: float = 0.0) -> None:
        self._calls.act("back_to_draft", f"/api/1/templates/{id}/back_to_draft/", patience=patience)

    def delete_template(self, id: int) -> None:
        self._calls.delete("delete_template", f"/api/1/templates/{id}/")

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
        """Yield the contacts that match every given filter, each once.

        Spoki keeps numbers with and without "+" and matches them letter by letter, so a phone is
        asked for in both forms; more than one contact may have it.
        """
        query = given(
            page_size=_PAGE_SIZE,
            email=email,
            search=search,
            tag=tag,
            status=status.value if status else None,
            is_blocked=is_blocked,
        )
        if phone is None:
            return self._calls.list("contacts", "/api/1/contacts/", Contact.from_payload, query)
        return self._contacts_by_phone(phone, query)

    def _contacts_by_phone(self, phone: str, query: Mapping[str, object]) -> Iterator[Contact]:
        wanted = normalise(phone)
        seen: set[int] = set()
        for form in (wanted, wanted.removeprefix("+")) if wanted else ():
            narrowed = {**query, "phone": form}
            for contact in self._calls.list(
                "contacts", "/api/1/contacts/", Contact.from_payload, narrowed
            ):
                if contact.phone == wanted and contact.id not in seen:
                    seen.add(contact.id)
                    yield contact

    def contact_page(self, *, page: int) -> ContactPage:
        """Return one page of all contacts, pages counted from 1, for who reads at a pace of his own.

        The list moves while it is read: a contact may come twice, or slip between two pages.

        :raises SpokiNotFound: for a page after the last.
        """
        query = {"page_size": _PAGE_SIZE, "page": page}
        return self._calls.get("contact_page", "/api/1/contacts/", ContactPage.from_payload, query)

    def contact(self, id: int) -> Contact:
        return self._calls.get("contact", f"/api/1/contacts/{id}/", Contact.from_payload)

    def sync_contact(self, write: ContactWrite) -> Contact:
        """Create or update the contact with this phone. Fields left out keep their value."""
        check_phone("sync_contact", write.phone)
        payload = self._calls.write("sync_contact", "/api/1/contacts/sync/", write.to_payload())
        if payload is None:
            return self._synced(write.phone)
        return read("sync_contact", Contact.from_payload, payload)

    def _synced(self, phone: str) -> Contact:
        """Read a contact back after an empty answer."""
        for contact in self.contacts(phone=phone):
            return contact
        raise SpokiProtocolError("sync_contact", field="body")

    def sync_contacts(self, writes: Sequence[ContactWrite]) -> BulkSyncResult:
        """Create or update up to 500 contacts; Spoki takes one such call per minute.

        :raises ValueError: for more than 500.
        """
        check_batch(len(writes))
        if not writes:
            return BulkSyncResult()
        for write in writes:
            check_phone("sync_contacts", write.phone)
        payload = self._calls.write(
            "sync_contacts",
            "/api/1/contacts/sync_all/",
            [write.to_payload() for write in writes],
        )
        return read("sync_contacts", BulkSyncResult.from_payload, payload)

    def update_contact(
        self, id: int, write: ContactWrite, *, is_blocked: bool | None = None
    ) -> Contact:
        """Change a contact, whose current phone must be given. Consent goes by `sync_contact`.

        :raises ValueError: where `write` has a status, which this call does not take.
        """
        if write.status is not None:
            raise ValueError("a contact's consent is written by sync_contact")
        check_phone("update_contact", write.phone)
        body = {**write.to_payload(), **given(is_blocked=is_blocked)}
        payload = self._calls.write(
            "update_contact", f"/api/1/contacts/{id}/", body, method="PATCH"
        )
        if payload is None:
            return self.contact(id)
        return read("update_contact", Contact.from_payload, payload)

    def custom_fields(self) -> Iterator[CustomField]:
        """Yield the custom fields. A slow endpoint: about five calls a minute."""
        query = {"page_size": _PAGE_SIZE}
        return self._calls.list(
            "custom_fields", "/api/1/custom-fields/", CustomField.from_payload, query
        )

    def create_custom_field(
        self,
        *,
        code: str,
        label: str,
        field_type: FieldType = FieldType.TEXT,
        example: str | None = None,
    ) -> CustomField:
        body = given(code=code, label=label, field_type=int(field_type), example=example)
        return self._calls.create(
            "create_custom_field", "/api/1/custom-fields/", body, CustomField.from_payload
        )

    # Sending

    def courier(self, *, most: int) -> Courier:
        """Return who carries up to `most` sends at once, by the same key; start it before use."""
        return Courier(self._transport, most=most)

    def send_template(self, send: TemplateSend) -> SendReceipt:
        """Send a template to one person. See `SendReceipt.is_confirmed`.

        :raises SpokiRefused: also before the call, for values that Meta would fail.
        :raises SpokiOutcomeUnknown: where it may have left; never send it again.
        """
        return self._send(send)

    def send_text(self, send: TextSend) -> SendReceipt:
        """Send a free text inside the 24-hour window. Raises as `send_template` does."""
        return self._send(send)

    def send_interactive(self, send: InteractiveSend) -> SendReceipt:
        """Send a text with buttons or a menu. Raises as `send_template` does."""
        return self._send(send)

    def _send(self, send: AnySend) -> SendReceipt:
        operation = operation_of(send)
        payload = self._calls.send(operation, SEND_PATH, body_of(send))
        return receipt_of(payload, operation=operation)

    def start_automation(self, start: AutomationStart) -> None:
        """Start an automation for one person. No identifier comes back, only "taken in charge"."""
        self._check_automation("start_automation", start.uuid, [start.contact])
        self._start("start_automation", f"/wh/ap/{start.uuid}/", start.to_payload())

    def start_automation_bulk(
        self, uuid: str, secret: str, contacts: Sequence[AutomationContact]
    ) -> None:
        """Start an automation for up to 500 people in one call.

        :raises ValueError: for more than 500.
        """
        check_batch(len(contacts))
        if not contacts:
            return
        self._check_automation("start_automation_bulk", uuid, contacts)
        body = {"secret": secret, "contacts": [contact.to_payload() for contact in contacts]}
        self._start("start_automation_bulk", f"/wh/ap/{uuid}/bulk/", body)

    def _check_automation(
        self, operation: str, uuid: str, contacts: Sequence[AutomationContact]
    ) -> None:
        check_trigger(operation, uuid)
        for contact in contacts:
            check_phone(operation, contact.phone)
            check_variables(operation, contact.variables)

    def _start(self, operation: str, path: str, body: Mapping[str, object]) -> None:
        # The trigger's own secret is in the body: the key of the account does not go there.
        self._calls.send(operation, path, body, is_keyed=False)

    def automations(self) -> Iterator[Automation]:
        """Yield the automations, whose triggers come with their secrets: neither log nor show them."""
        query = {"page_size": _PAGE_SIZE}
        return self._calls.list(
            "automations", "/api/1/automations/", Automation.from_payload, query
        )

    # Webhooks

    def webhooks(self) -> list[Webhook]:
        """Return the registered webhooks: one row per event."""
        query = {"page_size": _PAGE_SIZE}
        return list(
            self._calls.list("webhooks", "/api/1/external-webhooks/", Webhook.from_payload, query)
        )

    def create_webhook(self, *, event: str, url: str, is_active: bool = False) -> Webhook:
        """Register `url` for one event. Store the secret of the answer at once."""
        body = {"event": event, "version": 2, "url": url, "is_active": is_active}
        return self._calls.create(
            "create_webhook", "/api/1/external-webhooks/", body, Webhook.from_payload
        )

    def update_webhook(
        self, id: int, *, url: str | None = None, is_active: bool | None = None
    ) -> Webhook:
        path = f"/api/1/external-webhooks/{id}/"
        body = given(url=url, is_active=is_active)
        payload = self._calls.write("update_webhook", path, body, method="PATCH")
        if payload is None:
            return self._webhook(id)
        return read("update_webhook", Webhook.from_payload, payload)

    def _webhook(self, id: int) -> Webhook:
        return self._calls.get("webhook", f"/api/1/external-webhooks/{id}/", Webhook.from_payload)

    def delete_webhook(self, id: int) -> None:
        self._calls.delete("delete_webhook", f"/api/1/external-webhooks/{id}/")

    def test_webhook(self, id: int) -> None:
        """Ask Spoki for a test delivery."""
        self._calls.act("test_webhook", f"/api/1/external-webhooks/{id}/test/")

    def rotate_webhook_secret(self, id: int) -> str:
        """Replace the secret and return the new one; deliveries in flight have the old one.

        :raises SpokiOutcomeUnknown: where the new secret is not shown, though it may be in force.
        """
        operation = "rotate_webhook_secret"
        path = f"/api/1/external-webhooks/{id}/rotate_secret/"
        payload = self._calls.act(operation, path)
        secret = as_text(as_object(payload).get("secret")) or self._webhook(id).secret
        if not secret:
            raise SpokiOutcomeUnknown(operation)
        return secret

    # History

    def history(self, phone: str, *, page: int = 1, within: float | None = None) -> HistoryPage:
        """Return one page of the conversation with `phone` (E.164), pages from 1; asked once, never repeated here.

        :raises SpokiNotFound: where the account has no history endpoint.
        """
        if self._history_path is None:
            raise SpokiNotFound("history")
        query = {"phone": phone, "page": page}
        path, reader = self._history_path, HistoryPage.from_payload
        return self._calls.ask("history", path, reader, query, within=within)
