"""What only a person may decide of a version: a new price, and the end of a hold."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from templates_sync.models import TemplateVersion
from templates_sync.prices import price_of


class DecisionRefused(Exception):
    """There was nothing to decide any more: the page was stale."""


@transaction.atomic
def accept_category(
    *, version: TemplateVersion, category: str, by: AbstractBaseUser, now: datetime
) -> None:
    """Accept that Meta bills `version` as `category`, the one the person saw.

    :raises DecisionRefused: when the category has moved again or needs no acceptance.
    """
    changed = (
        TemplateVersion.objects.filter(pk=version.pk, category=category, category_accepted_at=None)
        .exclude(requested_category=category)
        .exclude(category=TemplateVersion.Category.UNKNOWN)
        .update(category_accepted_at=now, category_accepted_by=by)
    )
    if changed != 1:
        raise DecisionRefused("the category has changed or was accepted already")
    version.refresh_from_db()
    _note(version, by=by, now=now)


def _note(version: TemplateVersion, *, by: AbstractBaseUser, now: datetime) -> None:
    """Write into the template's history who agreed to which price."""
    words = {
        "version": version.number,
        "category": version.get_category_display(),
        "price": price_of(version.category, now=now) or "–",
    }
    LogEntry.objects.log_actions(
        by.pk,
        [version.template],
        CHANGE,
        change_message=_("Version %(version)d accepted as %(category)s: %(price)s.") % words,
        single_object=True,
    )


def release_hold(*, version: TemplateVersion) -> None:
    """Allow again a version that was held after a refused send.

    :raises DecisionRefused: when it was not held any more.
    """
    released = TemplateVersion.objects.filter(pk=version.pk, held_at__isnull=False).update(
        held_at=None, held_reason=""
    )
    if released != 1:
        raise DecisionRefused("the version is not held")
