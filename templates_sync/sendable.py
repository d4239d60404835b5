"""May this version be sent? One list of reasons why not, with every reader of the house.

The form shows it, approval and launch repeat it, the sender decides by it at the last moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from templates_sync.models import TemplateVersion

# What the sender may believe of a status: Meta pauses a template within minutes.
FRESHNESS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a version may not be sent: a code for programs, a sentence for people."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


def reasons_not_sendable(
    version: TemplateVersion,
    *,
    now: datetime,
    require_fresh: bool = False,
    fresh: timedelta = FRESHNESS,
    language: str | None = None,
) -> list[Reason]:
    """Return every reason why `version` may not be sent at `now`; none means it may.

    `require_fresh` adds `stale` when Spoki was not asked within `fresh`: the sender wants it, a
    form does not. `language` is the one the recipients expect, when that is known.
    """
    reasons = [
        *_asset_reasons(version),
        *_status_reasons(version),
        *_category_reasons(version),
        *_shape_reasons(version),
        *_language_reasons(version, language),
    ]
    if require_fresh and now - version.last_seen_at > fresh:
        text = _("Spoki has not confirmed its status in the last %(minutes)d minutes.")
        reasons.append(Reason("stale", text % {"minutes": fresh.total_seconds() // 60}))
    return reasons


def is_sendable(version: TemplateVersion, *, now: datetime, require_fresh: bool = False) -> bool:
    """Return whether nothing stands against sending `version` at `now`."""
    return not reasons_not_sendable(version, now=now, require_fresh=require_fresh)


def _asset_reasons(version: TemplateVersion) -> list[Reason]:
    reasons = []
    if version.template.gone_at is not None:
        reasons.append(Reason("gone", _("It no longer exists on Spoki: choose another template.")))
    if version.superseded_at is not None:
        reasons.append(
            Reason("superseded", _("Its text was changed on Spoki: choose the newer version."))
        )
    if version.template.spoki_id is None:
        reasons.append(Reason("not_on_spoki", _("It has not been handed to Spoki yet.")))
    return reasons


def _status_reasons(version: TemplateVersion) -> list[Reason]:
    reasons = []
    if version.status != TemplateVersion.Status.APPROVED:
        reasons.append(Reason(version.status, _status_sentence(version)))
    if version.held_at is not None and version.status != TemplateVersion.Status.PAUSED:
        reasons.append(
            Reason(
                "held",
                _(
                    "A send was refused because Meta has paused or disabled it: once it is back "
                    "on WhatsApp Manager, allow it again here."
                ),
            )
        )
    return reasons


def _status_sentence(version: TemplateVersion) -> str:
    sentences = {
        TemplateVersion.Status.DRAFT: _("It is a draft: submit it to Meta first."),
        TemplateVersion.Status.PENDING: _(
            "Meta is still reviewing it: this takes minutes, at most two days."
        ),
        TemplateVersion.Status.REJECTED: _("Meta rejected it: edit it and submit it again."),
        TemplateVersion.Status.PAUSED: _(
            "Meta paused it because too few people liked it: wait until it is approved again."
        ),
        TemplateVersion.Status.DISABLED: _(
            "Meta disabled it for low quality: write a new template."
        ),
        TemplateVersion.Status.UNKNOWN: _(
            "Spoki gives a status we do not know, so it is not sent: look at it on Spoki."
        ),
    }
    sentence = sentences[TemplateVersion.Status(version.status)]
    if version.status == TemplateVersion.Status.REJECTED and version.rejection_reason:
        return _("%(sentence)s Reason given: %(reason)s.") % {
            "sentence": sentence,
            "reason": version.rejection_reason.rstrip("."),
        }
    return sentence


def _category_reasons(version: TemplateVersion) -> list[Reason]:
    if version.category == TemplateVersion.Category.UNKNOWN:
        return [
            Reason(
                "unknown_category",
                _("Its category is not known, so neither is its price: look at it on Spoki."),
            )
        ]
    if version.has_unaccepted_category:
        return [
            Reason(
                "category_changed",
                _(
                    "Meta changed its category from %(asked)s to %(returned)s, which has another "
                    "price: a person must accept it."
                )
                % {
                    "asked": version.get_requested_category_display(),
                    "returned": version.get_category_display(),
                },
            )
        ]
    return []


def _shape_reasons(version: TemplateVersion) -> list[Reason]:
    if version.has_carousel:
        return [Reason("carousel", _("It is a carousel, which cannot be sent from here yet."))]
    if version.needs_header_media and not version.header_media:
        return [
            Reason(
                "no_header_media",
                _("Its header needs a picture, video or document: set a default one on Spoki."),
            )
        ]
    return []


def _language_reasons(version: TemplateVersion, language: str | None) -> list[Reason]:
    # A send names one language and Meta never falls back to another (error 132001).
    if language is None or version.template.language == language.lower():
        return []
    return [
        Reason(
            "wrong_language",
            _("It is in %(has)s, the recipients expect %(wanted)s.")
            % {"has": version.template.language, "wanted": language.lower()},
        )
    ]
