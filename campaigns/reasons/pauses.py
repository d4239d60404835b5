"""Why a campaign or the account is paused, in words: by a machine, a stop rule, a template."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why a campaign or the account was paused by machine: a person must judge.
PAUSE: Final[Mapping[str, Promise]] = {
    "person": _("Paused by a person."),
    "person_because": _("Paused by a person: {detail}"),
    "template_recategorised": _(
        "Meta changed the template's category, which has another price: accept it, then resume."
    ),
    "template_not_sendable": _("The template may not be sent: {detail}"),
    "template_paused": _("Meta paused the template (132015). Wait until it is approved again."),
    "template_disabled": _("Meta disabled the template (132016). Use another one."),
    "template_mismatch": _("Spoki refuses the template as we fill it ({detail}). Check variables."),
    "template_missing": _(
        "Meta does not have the template in this language, or has not approved it (132001). Check "
        "it on Spoki, then resume."
    ),
    "template_content": _(
        "The template's text breaks a rule of Meta ({detail}). Write a new version of it."
    ),
    "flow_blocked": _("Meta has blocked the template's form (132068). Correct it on Spoki."),
    "flow_throttled": _(
        "Meta lets the template's form through ten times an hour (132069). Correct it on Spoki."
    ),
    "credit_exhausted": _("The Spoki credit is used up. Top up, then resume."),
    "payment_problem": _("Meta reports a payment problem (131042). Fix billing, then resume."),
    "spam_limit": _("Meta restricted the number for blocks and reports (131048)."),
    "account_blocked": _("Meta blocked the account (368 or 131031). Appeal in WhatsApp Manager."),
    "miscategorised": _("Meta enforces template categories (131064). Review the templates."),
    "portfolio_pacing": _("Meta holds the portfolio's messages (135000). Wait for its review."),
    "meta_token": _(
        "Meta no longer accepts Spoki's access to the number ({detail}). Connect the number on "
        "Spoki again, then resume."
    ),
    "meta_permission": _(
        "Spoki lacks a permission on Meta ({detail}). Give it in Meta Business Manager, then resume."
    ),
    "number_deleted": _(
        "Meta does not know the number any more (33). Check it on Spoki, then resume."
    ),
    "display_name": _(
        "Meta has not approved the number's display name (131037). Correct it in WhatsApp Manager, "
        "then resume."
    ),
    "number_not_registered": _(
        "The number is not registered on WhatsApp ({detail}). Register it on Spoki, then resume."
    ),
    "wrong_credentials": _("Spoki refuses the API key. Check SPOKI_API_KEY, then resume."),
    "repeated_refusals": _("Many refusals with the same code ({detail})."),
    "repeated_unknown": _(
        "Spoki gave no clear answer several times in a row, so nobody knows what left. Look whether "
        "Spoki works, then resume."
    ),
}

# Why a template may not be sent, by the codes of `templates_sync.sendable`: what stands in the
# place of {detail} above. A pause keeps the code, so that each reader gets it in his language.
TEMPLATE: Final[Mapping[str, Promise]] = {
    "gone": _("it no longer exists on Spoki."),
    "superseded": _("its text was changed on Spoki."),
    "not_on_spoki": _("it has not been handed to Spoki yet."),
    "draft": _("it is a draft again."),
    "pending": _("Meta is reviewing it again."),
    "rejected": _("Meta rejected it."),
    "unknown": _("Spoki gives a status that we do not know."),
    "held": _("a send of it was refused, because Meta has paused or disabled it."),
    "unknown_category": _("its category is not known, so neither is its price."),
    "carousel": _("it is a carousel, which cannot be sent from here yet."),
    "no_header_media": _("its header needs a picture, video or document."),
    "wrong_language": _("it is in another language than its recipients expect."),
}

# Why a stop rule, or the verdict on the first share, stopped a campaign.
STOP: Final[Mapping[str, Promise]] = {
    "stop_opt_outs": _(
        "Too many people unsubscribed: {count} of {of} who got it, {percent}% (limit {limit}%)."
    ),
    "stop_failures": _("Too many failed: {count} of {of} sent, {percent}% (limit {limit}%)."),
    "stop_undeliverable": _(
        "Too many cannot be reached on WhatsApp: {count} of {of} sent, {percent}% (limit {limit}%)."
    ),
    "stop_delivered": _(
        "Too few arrived: {count} of the {of} sent long enough ago, {percent}% (at least {limit}%)."
    ),
    "stop_read": _(
        "Too few read it, as with the campaign before: {count} of the {of} who got it a day ago, "
        "{percent}% (at least {limit}%)."
    ),
    "canary_blind": _(
        "The first {count} were sent, but no receipt has come: check that Spoki's webhooks arrive."
    ),
}

# Above the mild threshold: people are told, nothing is stopped.
WATCH: Final[Mapping[str, Promise]] = {
    "watch_stop_opt_outs": _(
        "Many people unsubscribe: {count} of {of} who got it, {percent}% (watched above {limit}%)."
    ),
    "watch_stop_failures": _(
        "Many fail: {count} of {of} sent, {percent}% (watched above {limit}%)."
    ),
    "watch_stop_undeliverable": _(
        "Many cannot be reached on WhatsApp: {count} of {of} sent, {percent}% (watched above {limit}%)."
    ),
    "watch_stop_delivered": _(
        "Few arrive: {count} of the {of} sent long enough ago, {percent}% (watched below {limit}%)."
    ),
    "watch_stop_read": _(
        "Few read it: {count} of the {of} who got it a day ago, {percent}% (watched below {limit}%)."
    ),
}
