"""What a read found about one template, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from templates_sync.models import SyncFinding, TemplateVersion

Kind = SyncFinding.Kind


def sentence(found: SyncFinding) -> str:
    """Return what changed, such as “approved → paused”, in the active language."""
    was, became = found.was, found.became
    if found.kind == Kind.NEW:
        return _("Seen for the first time: %(status)s.") % {"status": _status(became)}
    if found.kind == Kind.STATUS:
        return _("%(was)s → %(became)s") % {"was": _status(was), "became": _status(became)}
    if found.kind == Kind.CATEGORY:
        return _("Category: %(was)s → %(became)s") % {
            "was": _category(was),
            "became": _category(became),
        }
    texts = {
        Kind.CHANGED: _("New text: version %(became)s follows version %(was)s."),
        Kind.RENAMED: _("Renamed: it was “%(was)s”, it is “%(became)s”."),
        Kind.GONE: _("No longer on Spoki."),
        Kind.BACK: _("Back on Spoki."),
        Kind.UNREADABLE: _("Could not be read: it is not sent until it can be."),
    }
    return texts[Kind(found.kind)] % {"was": was, "became": became}


def _status(code: str) -> str:
    return str(dict(TemplateVersion.Status.choices).get(code, code))


def _category(code: str) -> str:
    return str(dict(TemplateVersion.Category.choices).get(code, code))
