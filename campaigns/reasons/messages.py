"""Why a message was not sent, or not sent yet, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why a message was not sent, or not sent yet.
MESSAGE: Final[Mapping[str, Promise]] = {
    "no_consent": _("No consent to marketing on WhatsApp."),
    "consent_withdrawn": _("Unsubscribed before the message left."),
    "blocked": _("The contact is blocked."),
    "invalid_phone": _("Spoki marks the phone as invalid."),
    "not_a_mobile": _("The phone cannot receive WhatsApp."),
    "contact_gone": _("The contact is no longer there."),
    "no_phone": _("The contact has no phone: add one to write to this person."),
    "phone_changed": _("The contact has another phone by now."),
    "merged_twin": _("The same person as another contact of this campaign: written to once."),
    "frequency_cap": _("Written to often enough lately."),
    "not_on_allowlist": _("Not on the list of allowed test phones (SEND_ALLOWLIST)."),
    "window_closed": _("The 24-hour window is closed: send a template instead."),
    "campaign_cancelled": _("The campaign was cancelled."),
    "send_before_passed": _("The campaign's last hour passed before its turn came."),
    "no_answer": _("No clear answer from Spoki: it may have left. Wait for the webhook or decide."),
    "no_identifier": _(
        "Spoki answered without an identifier: it may have left. Wait for the webhook or decide."
    ),
    "crashed": _("The sender stopped while this one was leaving. Wait for the webhook or decide."),
    "no_news": _(
        "Spoki took it and has told nothing since: it may have left. Wait for the webhook or decide."
    ),
    "assumed_sent": _("A person assumed that it was sent: nobody knows for certain."),
    "released": _("A person sent it again, with the risk of a double."),
    "refused": _("Refused by Spoki."),
    "unreachable": _("Spoki could not be reached: it will be tried again."),
    "too_many_attempts": _("Tried as often as allowed."),
    "person_pace": _("Too many messages to this person: it will be tried again."),
    "marketing_cap": _("Meta holds back marketing to this person for now."),
    "stopped_marketing": _("The person stopped marketing from us in WhatsApp."),
    "undeliverable": _("Not reachable on WhatsApp."),
    "unreachable_person": _("Was not reachable on WhatsApp twice: left alone for 90 days."),
    "held": _("Meta holds it while it judges the template."),
    "throttled": _("Spoki asked us to slow down: it will be tried again."),
    "provider_busy": _("WhatsApp was not available for a moment: it will be tried again."),
    "provider_unsure": _(
        "WhatsApp reports an error of its own: it may have left. Wait for the webhook or decide."
    ),
    "experiment": _("The person is part of an experiment of Meta: try in a later campaign."),
    "country_restricted": _("Meta does not let this business write to the person's country."),
    "own_number": _("The phone is the number that we send from."),
    "text_too_long": _("With this person's values the text is too long: shorten them."),
    "value_refused": _("A value of this person is empty, or has line breaks or too many spaces."),
    "bad_phone": _("The phone is not a valid number: correct the contact."),
    "bad_parameter": _("Meta refuses a value of the message: check the template's variables."),
    "unsupported_type": _("WhatsApp does not take this kind of message."),
    "media_problem": _(
        "WhatsApp could not read the picture, video or document: check its address, type and size."
    ),
    "refused_by_spoki": _("Refused by Spoki, which does not say why (3004)."),
    "endpoint_missing": _("Spoki does not know what was asked (404): check SPOKI_BASE_URL."),
}
