"""Which templates an agent may choose, filled as far as is known, with what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.safestring import SafeString

from audiences.language_names import language_name
from audiences.models import Contact
from campaigns.rates import rates_in_use
from conversations.header_files import head_html
from conversations.replies.checking import unwanted_code
from conversations.replies.costing import price_for
from conversations.replies.filling import fill_in
from conversations.replies.offers import advice_on_offer
from conversations.window import Window, window_of
from templates_sync.formatting import Piece, styled_runs
from templates_sync.models import TemplateVersion
from templates_sync.prices import Price
from templates_sync.rendering import bubble_html, fill
from templates_sync.sendable import is_sendable

Category = TemplateVersion.Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A template as it would reach the person.

    `values`: variable → text; `labels`: variable → what it is, in words; `missing`: those an agent must write;
    `advice`: what speaks against sending her an offer now, in words; empty for any other template.
    """

    version: TemplateVersion
    values: Mapping[str, str]
    labels: Mapping[str, str]
    missing: tuple[str, ...]
    price: Price
    advice: str = ""

    @property
    def preview(self) -> SafeString:
        """The bubble that the customer would see; what is filled in, and what is missing, is marked."""
        return bubble_html(self.version, self.values, media=head_html(self.version))

    @property
    def beginning(self) -> str:
        """The text on one line, for a list, without WhatsApp's marks for bold and the like."""
        runs = styled_runs([Piece(fill(self.version.body, self.values))])
        return " ".join("".join(run.text for run in runs).split())

    @property
    def language(self) -> str:
        """The language of the template by its name, for the reader."""
        return language_name(self.version.template.language)

    @property
    def is_offer(self) -> bool:
        return self.version.category == Category.MARKETING


def suggestions(*, contact: Contact, now: datetime) -> list[Suggestion]:
    """Return the templates that may be sent to the contact at `now`: utility first, the readiest first.

    Those in her language; all of them where there is none. Offers only to whoever agreed to them.
    """
    sendable = _sendable(now=now)
    categories = {version.category for version in sendable}
    unwanted = {category for category in categories if unwanted_code(contact, category)}
    versions = [version for version in sendable if version.category not in unwanted]
    return _ordered(_filled(contact, _spoken(contact, versions), now=now))


def suggestion_of(
    *,
    contact: Contact,
    version: TemplateVersion,
    written: Mapping[str, str] | None = None,
    now: datetime,
) -> Suggestion:
    """Return one of them, with what the agent has `written` in place of what is known."""
    (found,) = _filled(contact, [version], now=now)
    if written is None:
        return found
    values = {name: written.get(name, found.values[name]) for name in found.values}
    return replace(found, values=values, missing=_missing(values))


def _sendable(*, now: datetime) -> list[TemplateVersion]:
    rows = TemplateVersion.objects.current().filter(status=TemplateVersion.Status.APPROVED)
    rows = rows.exclude(category=Category.AUTHENTICATION).select_related("template")
    return [version for version in rows if is_sendable(version, now=now)]


def _spoken(contact: Contact, versions: Sequence[TemplateVersion]) -> Sequence[TemplateVersion]:
    language = contact.language.partition("-")[0].partition("_")[0].lower()
    hers = [v for v in versions if v.template.language.partition("_")[0] == language]
    return hers or versions


def _filled(
    contact: Contact, versions: Sequence[TemplateVersion], *, now: datetime
) -> list[Suggestion]:
    filled = fill_in(contact, versions)
    rates, window = rates_in_use(), window_of(contact, now=now)
    advice = _advice(contact, versions, window, now=now)
    return [
        Suggestion(
            version=version,
            values=filled[version.pk].values,
            labels=filled[version.pk].labels,
            missing=_missing(filled[version.pk].values),
            price=price_for(
                contact, version.category, is_open=window.is_open, now=now, rates=rates
            ),
            advice=advice if version.category == Category.MARKETING else "",
        )
        for version in versions
    ]


def _advice(
    contact: Contact, versions: Sequence[TemplateVersion], window: Window, *, now: datetime
) -> str:
    """Ask once for all of them, and not at all where there is no offer."""
    if not any(version.category == Category.MARKETING for version in versions):
        return ""
    account = window.number.account if window.number is not None else None
    return advice_on_offer(contact, account, now=now)


def _missing(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, text in values.items() if not text.strip())


def _ordered(found: Sequence[Suggestion]) -> list[Suggestion]:
    return sorted(
        found, key=lambda one: (one.is_offer, len(one.missing), one.version.template.name)
    )
