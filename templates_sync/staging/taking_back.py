"""A text that Meta has not judged yet, taken back to be written on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

import spoki
from templates_sync.models import TemplateDraft
from templates_sync.staging.following import follow_submitted
from templates_sync.staging.story import DraftRefused, Status, lock, record, require
from templates_sync.storing import status_of, store_template

_UNJUDGED = frozenset({"draft", "pending"})


def take_back(
    *,
    draft: TemplateDraft,
    gateway: spoki.SpokiGateway,
    by: User,
    clock: Callable[[], datetime],
    patience: timedelta = timedelta(0),
) -> TemplateDraft:
    """Bring a submitted text back to draft, on Spoki and here; its approval is void.

    `patience`: how long the call may wait in place where Spoki asks to slow down.

    What Meta has answered meanwhile stays, and is followed instead. A template that Spoki has lost
    is written anew at the next submission. Cut anywhere, it can be asked for again.

    :raises DraftMoved: it is not with Meta (any more).
    :raises DraftRefused: Meta has answered, or Spoki cannot be asked just now.
    """
    require(draft, Status.SUBMITTED)
    try:
        spoki_id = _call_back(draft, gateway, clock, patience.total_seconds())
    except spoki.SpokiError as error:
        raise DraftRefused(_words(error)) from error
    return _move(draft, spoki_id, by, clock())


def _call_back(
    draft: TemplateDraft,
    gateway: spoki.SpokiGateway,
    clock: Callable[[], datetime],
    patience: float,
) -> int | None:
    """Return the id under which Spoki keeps the text, None when it has it no more."""
    assert draft.spoki_id is not None  # noqa: S101 - narrows the type
    try:
        states = _read(draft, draft.spoki_id, gateway, clock(), patience)
    except spoki.SpokiNotFound:
        return None
    if not states <= _UNJUDGED:
        follow_submitted(now=clock())
        raise DraftRefused(_("Meta has answered meanwhile: look at the answer."))
    # An earlier call whose answer was lost may have done it.
    if "pending" in states:
        gateway.back_to_draft(draft.spoki_id, patience=patience)
        _read(draft, draft.spoki_id, gateway, clock(), patience)
    return draft.spoki_id


def _read(
    draft: TemplateDraft,
    spoki_id: int,
    gateway: spoki.SpokiGateway,
    now: datetime,
    patience: float,
) -> set[str]:
    """Store what Spoki shows, and return the states of the language of `draft`."""
    read = gateway.template(spoki_id, patience=patience)
    store_template(read=read, now=now)
    return {
        str(status_of(read, row)) for row in read.localizations if row.language == draft.language
    }


@transaction.atomic
def _move(draft: TemplateDraft, spoki_id: int | None, by: User, now: datetime) -> TemplateDraft:
    locked = lock(draft)
    require(locked, Status.SUBMITTED)
    locked.move_to(
        Status.DRAFT, now=now, approved_by=None, comment="", result=None, spoki_id=spoki_id
    )
    record(locked, "taken_back", by=by, now=now)
    return locked


def _words(error: spoki.SpokiError) -> str:
    if isinstance(error, spoki.SpokiRefused):
        said = error.detail or str(error)
        return _("Spoki does not give it back. It said: “%(detail)s”.") % {"detail": said}
    if isinstance(error, spoki.SpokiOutcomeUnknown):
        return _(
            "Spoki's answer was lost: press again in a minute, then we look what has happened."
        )
    return _("Spoki cannot be asked just now: nothing was changed, try again in a minute.")
