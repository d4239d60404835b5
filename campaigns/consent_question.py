"""The question of a double opt-in, sent as an order message is: at once, by an approved utility template.

Meta counts the confirmation of a consent as utility (Template categorization). Only templates whose values are all
known here are offered.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import double_opt_in
from audiences.consent import ConsentRefused
from audiences.models import ConsentRequest, Contact
from audiences.parameters import sanitise
from campaigns.models import Lane
from campaigns.single import default_number, queue_message
from templates_sync.models import TemplateVersion
from templates_sync.sendable import is_sendable

# What a template may ask for.
LINK = "CONSENT_LINK"
_KNOWN = {"FIRST_NAME", "LAST_NAME", LINK}
MOST = 50


def question_texts(contact: Contact, now: datetime) -> list[tuple[str, str]]:
    """Return the templates that could ask this contact, as (id, name)."""
    versions = (
        TemplateVersion.objects.filter(
            category=TemplateVersion.Category.UTILITY, template__language=contact.language
        )
        .select_related("template")
        .order_by("template__name", "-number")
    )
    fitting = [v for v in versions if set(v.variables) <= _KNOWN and is_sendable(v, now=now)]
    return [(str(version.pk), str(version)) for version in fitting[:MOST]]


def queue_question(request: ConsentRequest, choice: str, link: str, now: datetime) -> UUID:
    """Queue the question to the number it is for; return the message's key.

    :raises ConsentRefused: the template may not be sent (any more), or no number to send from is known.
    """
    contact = request.contact
    offered = dict(question_texts(contact, now))
    number = default_number()
    if choice not in offered or number is None:
        raise ConsentRefused(_("This template cannot be sent now: choose another one."))
    version = TemplateVersion.objects.get(pk=int(choice))
    values = {"FIRST_NAME": contact.first_name, "LAST_NAME": contact.last_name, LINK: link}
    message = queue_message(
        contact=contact,
        number=number,
        lane=Lane.TRANSACTIONAL,
        phone=request.phone,
        template_version=version,
        params={name: sanitise(values[name]) or _("friend") for name in version.variables},
        expires_at=request.expires_at,
        now=now,
    )
    return message.key


def register_lane() -> None:
    """Offer the way to `audiences`; called when the application starts."""
    double_opt_in.register(
        "template",
        double_opt_in.Lane(
            label=gettext_lazy("WhatsApp template"), choices=question_texts, send=queue_question
        ),
    )
