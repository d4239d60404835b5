"""A flow's message tried out on a phone of one's own.

It is a real message of the real template, so that it arrives as it will, and is marked as a test in its
first value. It is nobody's passage, stands in no figure, and asks no trigger: what a customer ordered is
never told to somebody else, the template's examples stand in its place.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences import parameters
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import Phone, normalise_phone
from audiences.models import ConsentState, Contact
from campaigns.blockers import template_blockers
from campaigns.flows import triggers
from campaigns.flows.passing import number_of
from campaigns.flows.plan import plan_of
from campaigns.flows.story import record
from campaigns.flows.values import variable_problems
from campaigns.models import Flow, FlowTest, Lane, OutboundMessage, WhatsAppNumber
from campaigns.reasons import sentence
from campaigns.refusals import Blocker, CampaignRefused
from campaigns.single import queue_message
from templates_sync.content import placeholders
from templates_sync.models import TemplateVersion

# A test that arrives tomorrow tests nothing.
LASTS: Final = timedelta(hours=1)
# So many in 24 hours by one person: it is a look, no way to write to customers.
MOST_A_DAY: Final = 20
_DAY: Final = timedelta(hours=24)


def try_flow(
    *, flow: Flow, phone: str, by: User, allowlist: Collection[str], now: datetime
) -> OutboundMessage:
    """Send the flow's message, filled with examples, to `phone`; on or off, it makes no difference.

    No consent is asked for, as it is the phone of somebody of ours; a refusal is obeyed all the same.

    :raises CampaignRefused: nothing was sent, with every reason found.
    """
    version, number = flow.template_version, number_of(plan_of(flow))
    blockers = [*_flow_blockers(flow, number, now=now), *_person_blockers(by, now=now)]
    if blockers or version is None or number is None:
        raise CampaignRefused(blockers)
    known = _phone(phone, number, allowlist)
    with transaction.atomic():
        contact = _contact(known, version, by=by, now=now)
        message = queue_message(
            contact=contact,
            number=number,
            lane=Lane.TRANSACTIONAL,
            phone=known.e164,
            template_version=version,
            params=marked(trial_values(flow, contact), version),
            expires_at=now + LASTS,
            now=now,
        )
        FlowTest.objects.create(flow=flow, message=message, by=by, at=now)
        record(flow, "tested", by=by, now=now, message=message.key.hex)
    return message


def trial_values(flow: Flow, contact: Contact | None = None) -> dict[str, str]:
    """Return a value for every variable: fixed texts, what is known of `contact`, else examples."""
    version = flow.template_version
    trigger = triggers.find(flow.trigger)
    own = set(trigger.parameters) if trigger else set()
    names = version.variables if version else []
    entries = {name: flow.variables.get(name) or {} for name in names}
    known = _known(entries, own, contact)
    return {
        name: known.get(name) or _example(name, entry, version) for name, entry in entries.items()
    }


def marked(values: Mapping[str, str], version: TemplateVersion) -> dict[str, str]:
    """Return the values, the first one of the text marked as a test; a text without any stays."""
    first = next(iter(placeholders([version.body])), None)
    if first is None or not values.get(first):
        return dict(values)
    return {**values, first: _("[TEST] %(value)s") % {"value": values[first]}}


def is_markable(version: TemplateVersion | None) -> bool:
    """Return whether the text has a value in which a test can be told from the real thing."""
    return version is not None and bool(placeholders([version.body]))


def last_phone_of(user: User) -> str:
    """Return the phone of the person's last test, to be offered again; empty before the first."""
    last = FlowTest.objects.filter(by=user).select_related("message").order_by("-at", "-pk").first()
    return last.message.phone if last else ""


def _known(
    entries: Mapping[str, Mapping[str, str]], own: Collection[str], contact: Contact | None
) -> dict[str, str]:
    fixed = {n: parameters.sanitise(e["value"]) for n, e in entries.items() if "value" in e}
    if contact is None:
        return fixed
    # Without the fallbacks: an example says more of the message than what stands in for nothing.
    usable = {
        name: {"parameter": entry["parameter"]}
        for name, entry in entries.items()
        if "parameter" in entry
        and entry["parameter"] not in own
        and not parameters.variable_problems([name], {name: entry})
    }
    return fixed | parameters.values_for(contact, usable)


def _example(name: str, entry: Mapping[str, str], version: TemplateVersion | None) -> str:
    example = str(version.examples.get(name) or "") if version else ""
    return parameters.sanitise(example or entry.get("fallback", "") or name)


def _flow_blockers(flow: Flow, number: WhatsAppNumber | None, *, now: datetime) -> list[Blocker]:
    version = flow.template_version
    found = template_blockers(version, now=now)
    problems = variable_problems(flow.variables, version, triggers.find(flow.trigger))
    found += [Blocker("variables", "", problem) for problem in problems]
    if number is None:
        text = _("There is no WhatsApp number yet: read the account from Spoki.")
        found.append(Blocker("no_number", "", text))
    return found


def _person_blockers(by: User, *, now: datetime) -> list[Blocker]:
    if FlowTest.objects.filter(by=by, at__gt=now - _DAY).count() < MOST_A_DAY:
        return []
    text = _("You have sent %(most)d tests in 24 hours: that is enough for a look. Try tomorrow.")
    return [Blocker("too_many_tests", "", text % {"most": MOST_A_DAY})]


def _phone(phone: str, number: WhatsAppNumber, allowlist: Collection[str]) -> Phone:
    """:raises CampaignRefused: nobody can be written to there, or nobody may."""
    known = normalise_phone(phone)
    if not known.e164 or not known.can_receive_whatsapp:
        _refuse("not_a_mobile")
    if known.e164.lstrip("+") == number.phone.lstrip("+"):
        _refuse("own_number")
    if allowlist and known.e164 not in allowlist:
        _refuse("not_on_allowlist")
    return known


def _contact(phone: Phone, version: TemplateVersion, *, by: User, now: datetime) -> Contact:
    """Return the person of this phone, made where nobody has it. :raises CampaignRefused: see above."""
    found = upsert_contact(data=ContactData(phone=phone), by=by, now=now)
    contact = Contact.objects.get(pk=found.contact_id)
    if contact.phone != phone.e164:
        _refuse("phone_changed")
    if contact.is_blocked:
        _refuse("blocked")
    if contact.has_invalid_phone:
        _refuse("invalid_phone")
    is_marketing = version.category != TemplateVersion.Category.UTILITY
    refused = contact.marketing_consent if is_marketing else contact.orders_consent
    if refused == ConsentState.WITHDRAWN:
        text = _("This person has asked us not to write: choose another phone.")
        raise CampaignRefused([Blocker("consent_withdrawn", "phone", text)])
    return contact


def _refuse(code: str) -> None:
    raise CampaignRefused([Blocker(code, "phone", sentence(code))])
