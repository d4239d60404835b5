"""Every address of the simulated API, with its endpoint class."""

from aiohttp import web

from spoki.simulator.endpoints import (
    account,
    automations,
    contacts,
    fields,
    history,
    lists,
    templates,
    webhooks,
)
from spoki.simulator.sending import send_message
from spoki.simulator.server import guarded
from spoki.simulator.wire import Endpoint

Row = tuple[str, str, Endpoint, str]

_API: tuple[Row, ...] = (
    ("POST", "messages/send/", send_message, "send"),
    ("GET", "accounts/", account.list_accounts, "accounts"),
    ("GET", r"accounts/phone/{phone}/", account.account_by_phone, "accounts"),
    ("GET", r"accounts/{id:\d+}/", account.get_account, "accounts"),
    ("GET", r"accounts/{id:\d+}/current_report/", account.current_report, "accounts"),
    ("GET", "agencies/", account.list_agencies, "accounts"),
    ("GET", "channel/", account.list_channels, "channels"),
    ("GET", r"channel/phone/{phone}/", account.channel_by_phone, "channels"),
    ("GET", r"channel/{id:\d+}/", account.get_channel, "channels"),
    ("PATCH", r"channel/{id:\d+}/", account.rename_channel, "channels"),
    ("POST", r"channel/{id:\d+}/refresh-wa-status/", account.refresh_channel, "channels"),
    ("POST", r"channel/{id:\d+}/set-primary/", account.set_primary, "channels"),
    ("GET", "templates/", templates.list_templates, "templates"),
    ("POST", "templates/", templates.create_template, "templates"),
    ("GET", r"templates/{id:\d+}/", templates.get_template, "templates"),
    ("PATCH", r"templates/{id:\d+}/", templates.update_template, "templates"),
    ("DELETE", r"templates/{id:\d+}/", templates.delete_template, "templates"),
    ("GET", r"templates/{id:\d+}/clone/", templates.clone_template, "templates"),
    ("POST", r"templates/{id:\d+}/submit/", templates.submit_template, "templates"),
    ("POST", r"templates/{id:\d+}/back_to_draft/", templates.back_to_draft, "templates"),
    ("GET", "contacts/", contacts.list_contacts, "contacts"),
    ("POST", "contacts/sync/", contacts.sync_contact, "contacts_sync"),
    ("POST", "contacts/sync_all/", contacts.sync_all, "contacts_sync_all"),
    ("GET", r"contacts/{id:\d+}/", contacts.get_contact, "contacts"),
    ("PATCH", r"contacts/{id:\d+}/", contacts.update_contact, "contacts_write"),
    ("DELETE", r"contacts/{id:\d+}/", contacts.delete_contact, "contacts_write"),
    ("POST", r"contacts/{id:\d+}/add_operator/", contacts.add_operator, "operators"),
    ("POST", r"contacts/{id:\d+}/remove_operator/", contacts.remove_operator, "operators"),
    ("GET", "tags/", lists.list_tags, "tags"),
    ("GET", r"tags/{id:\d+}/", lists.get_tag, "tags"),
    ("GET", "lists/", lists.list_lists, "lists"),
    ("POST", "lists/", lists.create_list, "lists"),
    ("GET", r"lists/{id:\d+}/", lists.get_list, "lists"),
    ("DELETE", r"lists/{id:\d+}/", lists.delete_list, "lists"),
    ("POST", r"lists/{id:\d+}/sync_contacts/", lists.sync_list, "lists_sync"),
    ("POST", r"lists/{id:\d+}/remove_contacts/", lists.remove_some, "lists"),
    ("POST", r"lists/{id:\d+}/remove_all_contacts/", lists.remove_all, "lists"),
    ("GET", "custom-fields/", fields.list_fields, "custom_fields"),
    ("POST", "custom-fields/", fields.create_field, "custom_fields"),
    ("GET", r"custom-fields/{id:\d+}/", fields.get_field, "custom_fields"),
    ("PATCH", r"custom-fields/{id:\d+}/", fields.rename_field, "custom_fields"),
    ("DELETE", r"custom-fields/{id:\d+}/", fields.delete_field, "custom_fields"),
    ("GET", "external-webhooks/", webhooks.list_webhooks, "webhooks"),
    ("POST", "external-webhooks/", webhooks.create_webhook, "webhooks"),
    ("GET", r"external-webhooks/{id:\d+}/", webhooks.get_webhook, "webhooks"),
    ("PATCH", r"external-webhooks/{id:\d+}/", webhooks.update_webhook, "webhooks"),
    ("DELETE", r"external-webhooks/{id:\d+}/", webhooks.delete_webhook, "webhooks"),
    ("GET", r"external-webhooks/{id:\d+}/expands/", webhooks.expands, "webhooks"),
    ("POST", r"external-webhooks/{id:\d+}/expands/", webhooks.expands, "webhooks"),
    ("POST", r"external-webhooks/{id:\d+}/test/", webhooks.test_webhook, "webhooks"),
    ("POST", r"external-webhooks/{id:\d+}/rotate_secret/", webhooks.rotate_secret, "webhooks"),
    ("GET", "automations/", automations.list_automations, "automations"),
    ("GET", r"automations/{id:\d+}/", automations.get_automation, "automations"),
    (
        "GET",
        r"automations/{id:\d+}/custom-fields-used/",
        automations.fields_used,
        "automations",
    ),
    ("GET", "messages/", history.list_messages, "messages"),
    # Last: whatever the others did not take.
    ("*", r"{rest:.*}", history.nothing_here, "unknown"),
)

_WITHOUT_KEY: tuple[Row, ...] = (
    ("POST", "/wh/ap/{uuid}/", automations.start_one, automations.LANE),
    ("POST", "/wh/ap/{uuid}/bulk/", automations.start_many, automations.LANE),
)


def api_routes() -> list[web.RouteDef]:
    """Return all routes; a GET answers no HEAD, since `clone` writes."""
    routes = [
        web.RouteDef(method, f"/api/1/{path}", guarded(endpoint, lane=lane), {})
        for method, path, endpoint, lane in _API
    ]
    return routes + [
        web.RouteDef(method, path, guarded(endpoint, lane=lane, with_key=False), {})
        for method, path, endpoint, lane in _WITHOUT_KEY
    ]
