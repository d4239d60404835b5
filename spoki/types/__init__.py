"""What we send to Spoki and what we receive: frozen dataclasses, each with its reader or writer."""

from spoki.reading import JsonObject
from spoki.types.accounts import UNLIMITED, Account, Channel, Quality
from spoki.types.automations import (
    Automation,
    AutomationContact,
    AutomationStart,
    AutomationTrigger,
)
from spoki.types.contacts import (
    BulkSyncResult,
    ConsentStatus,
    Contact,
    ContactPage,
    ContactWrite,
    CustomField,
    FieldType,
)
from spoki.types.media import Media
from spoki.types.messages import (
    AnySend,
    ButtonPayload,
    InteractiveSend,
    Menu,
    MenuRow,
    MenuSection,
    MessageStatus,
    ReplyButton,
    SendReceipt,
    TemplateSend,
    TextSend,
    message_status,
)
from spoki.types.templates import (
    Button,
    Component,
    Localization,
    LocalizationDraft,
    Template,
    TemplateDraft,
    TemplateStatus,
    placeholders,
    template_status,
)
from spoki.types.webhooks import Webhook

__all__ = [
    "UNLIMITED",
    "Account",
    "AnySend",
    "Automation",
    "AutomationContact",
    "AutomationStart",
    "AutomationTrigger",
    "BulkSyncResult",
    "Button",
    "ButtonPayload",
    "Channel",
    "Component",
    "ConsentStatus",
    "Contact",
    "ContactPage",
    "ContactWrite",
    "CustomField",
    "FieldType",
    "InteractiveSend",
    "JsonObject",
    "Localization",
    "LocalizationDraft",
    "Media",
    "Menu",
    "MenuRow",
    "MenuSection",
    "MessageStatus",
    "Quality",
    "ReplyButton",
    "SendReceipt",
    "Template",
    "TemplateDraft",
    "TemplateSend",
    "TemplateStatus",
    "TextSend",
    "Webhook",
    "message_status",
    "placeholders",
    "template_status",
]
