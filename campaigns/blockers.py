"""What stands against a campaign: one list, read by the form, by the actions and by the services."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audiences import segments
from audiences.models import SegmentVersion
from audiences.selection import AudienceCount
from campaigns.account import READY_PHONES, current_account
from campaigns.definition import Definition, count, definition_of
from campaigns.fingerprint import number_of
from campaigns.languages import language_blockers, others_than, people_by_language
from campaigns.models import Campaign, Flow, Quality, SpokiAccount
from campaigns.reasons import STOP_CODES, why_paused
from campaigns.refusals import Blocker
from campaigns.variables import problems_with
from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable

# A draft may be saved before these are chosen; it may not be submitted.
MAY_COME_LATER = frozenset({"no_template", "no_segment"})
# While one of these fields is wrong the audience means nothing.
UNCOUNTABLE = frozenset({"segment", "exclude_segments", "variables"})


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that stands against a campaign, and the audience that was counted to know it.

    `audience` is None where it cannot be counted: no segment, a broken one, a variable unknown.
    `other_language` are people of the segment who expect another language than the template's.
    """

    blockers: tuple[Blocker, ...]
    audience: AudienceCount | None
    other_language: int = 0


def launch_blockers(campaign: Campaign, *, now: datetime) -> list[Blocker]:
    """Return, in words an operator can act on, why `campaign` cannot start at `now`."""
    return list(assess(campaign, definition_of(campaign), now=now).blockers)


def assess(campaign: Campaign, definition: Definition, *, now: datetime) -> Assessment:
    """Judge `campaign`, saved or still in a form, against `definition`; counts the audience once."""
    blockers = [
        *content_blockers(campaign, definition, now=now),
        *sending_blockers(campaign, now=now),
    ]
    if any(blocker.field in UNCOUNTABLE for blocker in blockers):
        return Assessment(tuple(blockers), None)
    audience = count(campaign, definition, now=now)
    version, people = campaign.template_version, people_by_language(definition, now=now)
    blockers += [*audience_blockers(audience), *language_blockers(version, people, now=now)]
    others = others_than(version, people) if version is not None else 0
    return Assessment(tuple(blockers), audience, others)


def content_blockers(campaign: Campaign, definition: Definition, *, now: datetime) -> list[Blocker]:
    """Return what is wrong with what was written and chosen: all of it is cured in the form."""
    return [
        *template_blockers(campaign.template_version, now=now),
        *_segment_blockers(definition),
        *_variable_blockers(campaign),
        *_schedule_blockers(campaign, now=now),
    ]


def template_blockers(version: TemplateVersion | None, *, now: datetime) -> list[Blocker]:
    """Return why the template may not be sent."""
    if version is None:
        return [Blocker("no_template", "template_version", _("Choose a template."))]
    blockers = [
        Blocker("template_not_sendable", "template_version", reason.text)
        for reason in reasons_not_sendable(version, now=now)
    ]
    if version.category == TemplateVersion.Category.AUTHENTICATION:
        text = _("Login codes are not sent by a campaign: choose another template.")
        blockers.append(Blocker("template_category", "template_version", text))
    return blockers


def sending_blockers(sender: Campaign | Flow, *, now: datetime) -> list[Blocker]:
    """Return what about the account or the number forbids sending right now."""
    account = current_account()
    number = number_of(sender, account)
    if number is None:
        text = _("There is no WhatsApp number yet: read the account from Spoki.")
        return [Blocker("no_number", "number", text)]
    blockers = _account_blockers(account)
    if sender.number is not None:
        is_judged = number.quality == Quality.UNREADABLE and account.quality_by_hand
        quality = account.quality_by_hand if is_judged else number.quality
        blockers += _health_blockers(quality, number.phone_status, field="number")
    return list(dict.fromkeys(blockers))


def resume_blockers(campaign: Campaign, *, now: datetime) -> list[Blocker]:
    """Return why a paused campaign may not be resumed: a stop rule wants a second pair of eyes."""
    if campaign.pause_code in STOP_CODES:
        why = why_paused(campaign.pause_code, campaign.pause_detail)
        text = _("%(why)s An approver must look and press “Continue anyway”.") % {"why": why}
        return [Blocker("stop_rule", "", text)]
    return going_on_blockers(campaign, now=now)


def going_on_blockers(campaign: Campaign, *, now: datetime) -> list[Blocker]:
    """Return why a paused campaign may not go on: what was frozen is not judged again."""
    return [
        *template_blockers(campaign.template_version, now=now),
        *sending_blockers(campaign, now=now),
        *_end_blockers(campaign, now=now),
    ]


def audience_blockers(audience: AudienceCount | None) -> list[Blocker]:
    """Return that nobody would receive it, if so."""
    if audience is None or audience.will_receive > 0:
        return []
    text = _("Nobody would receive it: the segment is empty, or everybody in it is left out.")
    return [Blocker("empty_audience", "segment", text)]


def _segment_blockers(definition: Definition) -> list[Blocker]:
    if definition.version is None:
        return [Blocker("no_segment", "segment", _("Choose a segment."))]
    return [
        *_rule_blockers([definition.version], field="segment"),
        *_rule_blockers(definition.excluded, field="exclude_segments"),
    ]


def _rule_blockers(versions: Iterable[SegmentVersion], *, field: str) -> list[Blocker]:
    return [
        Blocker("broken_segment", field, sentence)
        for version in versions
        if (sentence := _broken(version))
    ]


def _broken(version: SegmentVersion) -> str:
    problems = segments.problems_of(version.rules)
    if not problems:
        return ""
    named = {"name": version.segment.name, "why": " ".join(problems)}
    return _("The segment “%(name)s” cannot be used: %(why)s") % named


def _variable_blockers(campaign: Campaign) -> list[Blocker]:
    return [
        Blocker("variables", "variables", problem)
        for problem in problems_with(campaign.variables, campaign.template_version)
    ]


def _schedule_blockers(campaign: Campaign, *, now: datetime) -> list[Blocker]:
    after, before = campaign.send_after, campaign.send_before
    if after is not None and before is not None and before <= after:
        text = _("“Send until” must come after “send from”.")
        return [Blocker("schedule_order", "send_before", text)]
    return _end_blockers(campaign, now=now)


def _end_blockers(campaign: Campaign, *, now: datetime) -> list[Blocker]:
    if campaign.send_before is None or campaign.send_before > now:
        return []
    text = _("“Send until” has passed: choose a later moment.")
    return [Blocker("schedule_past", "send_before", text)]


def _account_blockers(account: SpokiAccount) -> list[Blocker]:
    if account.refreshed_at is None:
        text = _("The account was never read from Spoki: read it, so that its limits are known.")
        return [Blocker("account_never_read", "", text)]
    return _health_blockers(account.quality_in_force, account.phone_status, field="")


def _health_blockers(quality: str, phone_status: str, *, field: str) -> list[Blocker]:
    blockers = []
    if quality == Quality.RED:
        text = _("The number's quality is low: marketing would make it worse. Wait until it rises.")
        blockers.append(Blocker("quality_red", field, text))
    if quality == Quality.UNREADABLE:
        text = _(
            "Spoki tells a quality we do not understand: look at it on Spoki, then write it by hand "
            "under Account and limits."
        )
        blockers.append(Blocker("quality_unreadable", field, text))
    if phone_status not in READY_PHONES:
        text = _("The number is not ready on Spoki (it says “%(status)s”): look at it there.") % {
            "status": phone_status or "?"
        }
        blockers.append(Blocker("phone_not_ready", field, text))
    return blockers
