"""The forms in which others may write a message of ours: an export may leave out header or footer, or name the template."""

from __future__ import annotations

from campaigns.models import OutboundMessage
from conversations.told import says_of
from templates_sync.rendering import render


def forms_of(message: OutboundMessage) -> frozenset[str]:
    """Return what the message says, in every form that an export may give it."""
    version = message.template_version
    if message.kind == OutboundMessage.Kind.TEXT or version is None:
        return frozenset({says_of(message.text, "text")})
    shown = render(version, {str(name): str(value) for name, value in message.params.items()})
    buttons = "\n".join(button.text for button in shown.buttons)
    whole = (shown.header, shown.body, shown.footer, buttons)
    texts = ["\n".join(filter(None, whole[start:end])) for start in (0, 1) for end in (2, 3, 4)]
    forms = {says_of(text, "template") for text in (*texts, version.template.name)}
    return frozenset(form for form in forms if not form.startswith("\x00"))
