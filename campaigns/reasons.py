"""Every code that the outbox, a paused campaign or the sender writes down, in words for people.

Rows and reports store codes and figures; the words are made where they are shown, in the reader's
language. A code that is not listed is shown as it is: better odd than lost.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

# Why a message was not sent, or not sent yet.
_MESSAGE: Final[Mapping[str, Promise]] = {
    "no_consent": _("No consent to marketing on WhatsApp."),
    "consent_withdrawn": _("Unsubscribed before the message left."),
    "blocked": _("The contact is blocked."),
    "invalid_phone": _("Spoki marks the phone as invalid."),
    "not_a_mobile": _("The phone cannot receive WhatsApp."),
    "contact_gone": _("The contact is no longer there."),
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

# Why a campaign or the account was paused by machine: a person must judge.
_PAUSE: Final[Mapping[str, Promise]] = {
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
_TEMPLATE: Final[Mapping[str, Promise]] = {
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
_STOP: Final[Mapping[str, Promise]] = {
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
_WATCH: Final[Mapping[str, Promise]] = {
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

# What the sender is waiting for.
_WAIT: Final[Mapping[str, Promise]] = {
    "account_paused": _("Sending is paused for the whole account: {detail}"),
    "guard_failed": _("A check could not be made: it will be tried again."),
    "frozen": _("Spoki asked to slow down: waiting until {until}."),
    "slowed": _("Slowed to {percent} % after Spoki asked to slow down at {at}."),
    "number_red": _("The quality of {number} is low: what it sends of marketing is stopped."),
    "number_unreadable": _(
        "The quality of {number} is not understood: what it sends of marketing waits for a person."
    ),
    "number_not_ready": _(
        "The number {number} is not ready on WhatsApp: what it sends of marketing waits."
    ),
    "minute_limit": _("The limit of {limit} sends per minute of Spoki."),
    "hour_limit": _("The limit of {limit} sends per hour."),
    "daily_limit": _("24-hour limit: {left} of {limit} people left, {kept} kept for orders."),
    "daily_limit_frees": _(
        "Marketing has used up its part: people are free again from {until} on."
    ),
    "daily_limit_unknown": _("The daily limit was never read from Spoki: {limit} people assumed."),
    "quality_red": _("The number's quality is low: marketing is stopped."),
    "quality_unreadable": _(
        "The number's quality is not understood: marketing waits for a person."
    ),
    "quality_yellow": _("The number's quality is medium: marketing goes at half speed."),
    "even_pace": _("Even pace: {per_minute} a minute."),
    "automation_pace": _("By automation: {per_minute} a minute."),
    "slowed_down": _(
        "Spoki said that we were too fast: going at {percent} percent of the limit, faster every minute."
    ),
    "opening": _("People have just woken up: starting gently, at {percent} percent of the pace."),
    "campaign_spread": _("Spread over the campaign's hours: {per_minute} a minute."),
    "send_after": _("The start planned for {until}."),
    "sender_not_running": _("The sender is not running: nothing leaves until it is started."),
    "paused_by": _("Paused by {name} ({at})."),
    "paused_expires": _("Whoever has not been written to by {until} is left out, paused or not."),
    "canary_hold": _("The first share is out and watched before the others follow."),
    "sender_asleep": _("The sender has not reported for a while: is it running?"),
    "template_stale": _("The template's state was last read too long ago: waiting for a sync."),
    "canary_share": _("The first {most} people: then it waits and is judged."),
    "canary_watched": _("First {most} sent; judged at {until}, then the others follow."),
    "canary_held": _("Held after the first share: a person must decide."),
    "canary_not_ready": _("The first share is being prepared."),
    "person_gap": _("A few seconds between two messages to the same person."),
}

# Why an automation route is not used.
_ROUTE: Final[Mapping[str, Promise]] = {
    "route_carousel": _("An automation cannot be given the cards of a carousel."),
    "route_header_media": _("An automation cannot be given the picture, video or document."),
    "route_secret_unreadable": _("The secret can no longer be read: write it again."),
    "route_secret_refused": _(
        "Spoki refuses the secret (401 or 403): copy it again from the automation's API trigger."
    ),
    "route_refused": _(
        "Spoki refused a whole call of it: what waits goes one by one. Test it again before use."
    ),
    "route_not_found": _(
        "Spoki knows no automation with this trigger (404): is the id right, and is it switched on?"
    ),
    "route_wrong_template": _(
        "The automation sent another template: choose the right one on Spoki, then test again."
    ),
    "route_no_webhook": _(
        "No webhook came back. Is the automation active, does its only step send this template, "
        "and do Spoki's webhooks reach us?"
    ),
    "route_metadata_lost": _(
        "The message came back without our reference, so nobody could tell whose it is: this "
        "account cannot send by automation."
    ),
    "route_changed": _("The automation was changed meanwhile: test it again."),
    "route_exists": _("This template already has an automation: change that one."),
    "route_superseded": _("Its text was changed on Spoki: choose the newer version."),
    "route_is_on": _("It is on: switch it off before you change it."),
    "route_being_tested": _("A test is under way: wait for its end."),
    "route_secret_missing": _("Another trigger has another secret: write it too."),
    "route_not_proven": _("It has not passed a test of this version: test it first."),
    "route_was_off": _("It was off already."),
    "route_cannot_be_tested": _("It is on, or a test is under way: nothing was sent."),
    "route_secret_not_listed": _(
        "Spoki does not show the secret of this trigger: write it by hand."
    ),
    "route_other_number": _("An automation sends from the default number only."),
    "route_switched_off": _("It is not switched on."),
    "route_broken": _("The automation “{name}” is out of service. {detail}"),
    "way_send": _("By Spoki's send endpoint."),
    "way_automation": _(
        "By the automation “{name}”, up to 500 people per call. No identifier comes back: whoever "
        "no webhook tells of within {minutes} minutes becomes “unknown”, and is never written "
        "to twice."
    ),
    "way_not_automation": _("By Spoki's send endpoint; the automation is not used. {detail}"),
    "route_no_room": _("The account may not send anything right now: try again in a minute."),
}

# What people are told wherever they are: events, and conditions that hold for a while.
_ALERT: Final[Mapping[str, Promise]] = {
    "campaign_stopped": _("“{campaign}” was stopped. {why}"),
    "campaign_watched": _("Look at “{campaign}”. {why}"),
    "account_stopped": _("Sending is stopped for the whole account. {why}"),
    "country_closed": _(
        "Meta does not let this business write to phones with {country} (130497): marketing to them "
        "is skipped, and tried again with one message a day."
    ),
    "unknown_code": _(
        "Spoki answered with a code that we do not know ({error}): that message is not tried "
        "again. Ask Spoki what it means."
    ),
    "alert_quality_yellow": _(
        "The quality of {number} fell to medium: marketing goes at half speed. Write to fewer, more "
        "interested people."
    ),
    "alert_quality_red": _(
        "The quality of {number} is low: marketing is stopped until it recovers. Look at who gets "
        "your messages, and how often."
    ),
    "alert_quality_unreadable": _(
        "Spoki gives a quality for {number} that we do not know: marketing waits until somebody "
        "says under “Account and limits” what it means."
    ),
    "alert_phone_status": _(
        "The number {number} is not ready on WhatsApp: look at it on Spoki before you send more."
    ),
    "limit_unreadable": _(
        "Spoki gives a limit of people in 24 hours that we do not know ({word}): {limit} count until "
        "somebody sets one by hand under “Account and limits”."
    ),
    "sync_too_old": _(
        "The templates' states were last read at {at}: what needs a fresh one waits. Are the "
        "background workers running, does Spoki answer?"
    ),
    "contact_push_old": _(
        "No contact reached Spoki for an hour: what is corrected here is not known there. Look at "
        "System → Contact syncs for the reason."
    ),
    "contact_sweep_old": _(
        "Contacts were not read from Spoki for more than a day and a half: who unsubscribed there may "
        "not be known here. Look at System → Contact syncs for the reason."
    ),
    "account_too_old": _(
        "The account was last read from Spoki at {at}: limits and quality may have changed since. "
        "Are the background workers running, does Spoki answer?"
    ),
    "sender_silent": _("Messages wait and the sender has not reported since {at}: start it again."),
    "undecided": _(
        "Nobody knows whether {count} messages left (the oldest is from {at}): decide on them, or "
        "wait for news from Spoki."
    ),
}

# What would bring the end of a campaign to the day of its start, or why nothing would.
_HELP: Final[Mapping[str, Promise]] = {
    "help_no_spread": _("Without the spread over hours it would, at {until}."),
    "help_start_earlier": _("Started at {at} it would, at {until}."),
    "help_start_later": _("Started on {at} it would finish the same day, at {until}."),
    "help_raise_limit": _("With a limit of {per_minute} a minute it would, at {until}."),
    "help_automation": _(
        "Sent by an automation of Spoki ({per_minute} a minute) it would, at {until}."
    ),
    "help_tier": _(
        "The people allowed in 24 hours ({limit}) decide: it takes at least {days} days, whatever the "
        "limit a minute."
    ),
    "help_hours": _("Hours, spread or first share decide: a higher limit a minute does not help."),
    "help_quality": _("The number's quality stops marketing: no limit helps before it rises."),
    "help_resume_account": _("Sending is stopped for the whole account: resume it first."),
}

# Sentences about a number of people or campaigns, `count`.
_COUNTED: Final[Mapping[str, Callable[[int], str]]] = {
    "quiet_hours": lambda count: ngettext(
        "Quiet hours until {until} for {count} person in {zone}.",
        "Quiet hours until {until} for {count} people in {zone}.",
        count,
    ),
    "quiet_hours_elsewhere": lambda count: ngettext(
        "Quiet hours until {until} or later for {count} person in {zones} more time zones.",
        "Quiet hours until {until} or later for {count} people in {zones} more time zones.",
        count,
    ),
    "never_open": lambda count: ngettext(
        "The marketing hours never open for {count} person in {zone}: look at the account's hours.",
        "The marketing hours never open for {count} people in {zone}: look at the account's hours.",
        count,
    ),
    "never_open_elsewhere": lambda count: ngettext(
        "The marketing hours never open for {count} person in {zones} more time zones.",
        "The marketing hours never open for {count} people in {zones} more time zones.",
        count,
    ),
    "retry_later": lambda count: ngettext(
        "{count} person is tried again later, at {until}.",
        "{count} people are tried again later, the first at {until}.",
        count,
    ),
    "last_leaving": lambda count: ngettext(
        "{count} message is leaving right now.",
        "{count} messages are leaving right now.",
        count,
    ),
    "held_by_meta": lambda count: ngettext(
        "{count} message is held by Meta while it judges the template: it is delivered or fails later.",
        "{count} messages are held by Meta while it judges the template: they are delivered or fail later.",
        count,
    ),
    "will_expire": lambda count: ngettext(
        "{count} person will not be written to: the campaign's last moment is {until}.",
        "{count} people will not be written to: the campaign's last moment is {until}.",
        count,
    ),
    "if_resumed": lambda count: ngettext(
        "Once somebody resumes it, {count} person follows who has not been written to yet.",
        "Once somebody resumes it, {count} people follow who have not been written to yet.",
        count,
    ),
    "if_continued": lambda count: ngettext(
        "Once an approver lets it continue, {count} person follows who has not been written to yet.",
        "Once an approver lets it continue, {count} people follow who have not been written to yet.",
        count,
    ),
    "left_unknown": lambda count: ngettext(
        "It ended with {count} message of which nobody knows whether it left: news from Spoki or a person decides.",
        "It ended with {count} messages of which nobody knows whether they left: news from Spoki or a person decides.",
        count,
    ),
    "shared_pace": lambda count: ngettext(
        "{count} campaign is at work: about {per_minute} a minute.",
        "{count} campaigns are at work and take turns: about {per_minute} a minute for this one.",
        count,
    ),
}

_ALL: Final[Mapping[str, Promise]] = {
    **_MESSAGE,
    **_PAUSE,
    **_STOP,
    **_WATCH,
    **_WAIT,
    **_ROUTE,
    **_ALERT,
    **_HELP,
}
CODES: Final = frozenset(_ALL) | frozenset(_COUNTED)
# What stopped a campaign with these, only an approver lets go on.
STOP_CODES: Final = frozenset(_STOP)


def sentence(code: str, **figures: object) -> str:
    """Return the sentence of `code` in the active language, with its figures filled in.

    The figure `why` is itself a code, whose own figures are the others: its sentence stands in the
    place of {why} and {detail}.
    """
    if not code:
        return ""
    figures = _unpacked(figures)
    if why := figures.pop("why", None):
        inner = sentence(str(why), **figures)
        figures |= {"why": inner, "detail": inner}
    if code == "template_not_sendable":
        detail = str(figures.get("detail"))
        figures["detail"] = str(_TEMPLATE.get(detail, detail))
    counted = _COUNTED.get(code)
    text = counted(_count(figures)) if counted else str(_ALL.get(code, code))
    try:
        return text.format_map({name: _shown(name, figure) for name, figure in figures.items()})
    except (KeyError, IndexError, ValueError):
        return gettext("%(code)s (details are missing)") % {"code": code}


def moment(at: datetime, *, now: datetime) -> str:
    """Return `at` in the reader's zone: the hour, with the day where it is not today.

    What is less than two minutes ahead has its seconds: "until 15:47" at 15:47 says nothing.
    """
    local = timezone.localtime(at)
    if timedelta() < at - now < timedelta(minutes=2):
        return date_format(local, "H:i:s")
    if local.date() == timezone.localtime(now).date():
        return date_format(local, "H:i")
    return date_format(local, "SHORT_DATETIME_FORMAT")


def in_words(code: str, figures: Mapping[str, object], *, now: datetime) -> str:
    """Return the sentence of `code` with stored `figures`, whose moments (ISO 8601) are told."""
    told = dict(figures)
    for name in ("until", "at"):
        at = parse_datetime(str(told.get(name) or ""))
        if at is not None:
            told[name] = moment(at, now=now)
    return sentence(code, **told)


def place_of(zone: str) -> str:
    """Return the city of a time zone as the reader calls it: Roma in Italian, Rome in English."""
    # Heavy to load, and a forecast in the terminal names no city.
    from babel import Locale, UnknownLocaleError
    from babel.dates import get_timezone_location

    try:
        locale = Locale.parse(get_language() or "en", sep="-")
        city = str(get_timezone_location(zone, locale=locale, return_city=True))
    except (LookupError, ValueError, UnknownLocaleError):
        city = zone.replace("_", " ")
    return city.rpartition("/")[2]


def _count(figures: Mapping[str, object]) -> int:
    count = figures.get("count")
    return count if isinstance(count, int) else 0


def why_paused(code: str, detail: str) -> str:
    """Return why a campaign is paused. `detail` is plain text, or an object of figures as JSON."""
    return sentence(code or "person", detail=detail)


def _unpacked(figures: dict[str, object]) -> dict[str, object]:
    """Return the figures with those that a column of text keeps as JSON in `detail`."""
    detail = figures.get("detail")
    if not isinstance(detail, str) or not detail.startswith("{"):
        return figures
    try:
        kept = dict(json.loads(detail))
    except ValueError:
        return figures
    kept.pop("code", None)
    return {**figures, **kept}


def _shown(name: str, figure: object) -> object:
    """Return a number as the reader writes it: 1.204 and 56,1 in Italian; a zone as a city."""
    if name == "zone":
        return place_of(str(figure))
    if isinstance(figure, float) and figure.is_integer():
        figure = int(figure)
    return localize(figure) if isinstance(figure, int | float) else figure
