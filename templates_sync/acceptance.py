"""What only a person may decide of a version: a new price, and the end of a hold."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from templates_sync.models import TemplateVersion


class DecisionRefused(Exception):
    """There was nothing to decide any more: the page was stale."""


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


def release_hold(*, version: TemplateVersion) -> None:
    """Allow again a version that was held after a refused send.

    :raises DecisionRefused: when it was not held any more.
    """
    released = TemplateVersion.objects.filter(pk=version.pk, held_at__isnull=False).update(
        held_at=None, held_reason=""
    )
    if released != 1:
        raise DecisionRefused("the version is not held")
