"""What the sender is waiting for, in words."""

from collections.abc import Callable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# What the sender is waiting for.
WAIT: Final[Mapping[str, Promise]] = {
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

# Sentences about a number of people or campaigns, `count`.
COUNTED: Final[Mapping[str, Callable[[int], str]]] = {
    "minute_kept": lambda count: ngettext(
        "The limit of {limit} sends per minute of Spoki: the last place stays free for orders and replies.",
        "The limit of {limit} sends per minute of Spoki: the last {count} places stay free for orders and replies.",
        count,
    ),
    "hour_kept": lambda count: ngettext(
        "The limit of {limit} sends per hour: the last place stays free for orders and replies.",
        "The limit of {limit} sends per hour: the last {count} places stay free for orders and replies.",
        count,
    ),
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
    "shared_with_flows": lambda count: ngettext(
        "{count} campaign and the flows take turns: about {per_minute} a minute for this one.",
        "{count} campaigns and the flows take turns: about {per_minute} a minute for this one.",
        count,
    ),
    "shared_pace": lambda count: ngettext(
        "{count} campaign is at work: about {per_minute} a minute.",
        "{count} campaigns are at work and take turns: about {per_minute} a minute for this one.",
        count,
    ),
}
