"""The calls of one submission, each safe to be cut anywhere.

Spoki has no idempotency key. Before a call that may not be made twice the draft notes when it
leaves; if no answer is noted, what Spoki has is read before anything is written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import spoki
from templates_sync.models import DraftMoved, FieldDesk, TemplateDraft
from templates_sync.staging.field_calls import FIELD_PAUSE, advance_fields
from templates_sync.staging.fields import ask, fields_of, want_look
from templates_sync.staging.story import Status, record
from templates_sync.staging.wire import to_spoki
from templates_sync.storing import content_of, status_of, store_template

# A call without an answer may still arrive so much later; only then is its absence believed.
SETTLE_AFTER = timedelta(seconds=60)

Step, Error = TemplateDraft.Step, TemplateDraft.Error
_WAITING_AT_META = frozenset({"pending", "approved", "rejected", "paused", "disabled"})


class SubmissionRefused(Exception):
    """Spoki says no, and would say it again: a person must change something."""

    def __init__(self, error: TemplateDraft.Error, detail: str = "") -> None:
        super().__init__(error)
        self.error, self.detail = error, detail


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step works with; `lease` is the end of our hold, by which a late worker is known.

    `patience` are the seconds that one call may wait where Spoki asks to slow down. Without any, a
    look and the write that follows it would never both be let through by a Spoki that says 429 to
    every second call.
    """

    gateway: spoki.SpokiGateway
    clock: Callable[[], datetime]
    lease: datetime
    patience: float = 0.0


def make_fields(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    """Have the missing custom fields made; return how long to wait, None when all are there.

    :raises SubmissionRefused: Spoki has refused one.
    """
    wait = _fields_to_wait_for(draft, desk)
    if wait is None:
        return _go_on(draft, desk, Step.WRITE)
    advance_fields(gateway=desk.gateway, clock=desk.clock)
    wait = _fields_to_wait_for(draft, desk)
    trouble = FieldDesk.the().error
    _write(draft, desk, error=trouble, error_detail="")
    return _go_on(draft, desk, Step.WRITE) if wait is None else wait


def _fields_to_wait_for(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    """Return how long to wait for the fields of `draft`, asking for what Spoki lacks."""
    now = desk.clock()
    found = fields_of(draft, now=now)
    if all(field.state == "there" for field in found):
        return None
    for field in found:
        if field.state == "refused":
            raise SubmissionRefused(Error.FIELD_REFUSED, f"{field.code}: {field.detail}")
    if any(field.state == "unknown" for field in found):
        want_look(now=now)
    ask((field.code for field in found if field.state == "missing"), draft=draft, by=None, now=now)
    next_at = FieldDesk.the().next_at
    return max(next_at - now if next_at else FIELD_PAUSE, timedelta(seconds=1))


def write_template(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    """Create the template on Spoki, or change the one that it replaces; at most once."""
    if draft.attempted_at is not None and (wait := _too_early(draft, desk)):
        return wait
    spoki_id, localization_id = _look(draft, desk.gateway)
    if spoki_id is not None and localization_id is None:
        # It is there, word for word: an earlier attempt had arrived.
        return _written(draft, desk, spoki_id)
    _leave(draft, desk)
    try:
        read = _send(draft, desk, localization_id)
    except spoki.SpokiRefused as refused:
        raise SubmissionRefused(Error.REFUSED, refused.detail or str(refused)) from refused
    except spoki.SpokiNotFound as gone:
        raise SubmissionRefused(Error.GONE) from gone
    except (spoki.SpokiThrottled, spoki.SpokiAuthError):
        _write(draft, desk, attempted_at=None)
        raise
    if not _is_in(read, draft):
        # The answer may show less than what is stored: what is read by its id decides.
        _write(draft, desk, spoki_id=read.id)
        if not _is_in(desk.gateway.template(read.id, patience=desk.patience), draft):
            raise SubmissionRefused(Error.STORED_DIFFERENTLY)
    return _written(draft, desk, read.id)


def _send(draft: TemplateDraft, desk: Desk, localization_id: int | None) -> spoki.Template:
    words = to_spoki(draft.wording, localization_id=localization_id)
    if draft.spoki_id is None:
        return desk.gateway.create_template(words, patience=desk.patience)
    return desk.gateway.update_template(draft.spoki_id, words, patience=desk.patience)


def _look(draft: TemplateDraft, gateway: spoki.SpokiGateway) -> tuple[int | None, int | None]:
    """Read what Spoki has: (its id, None) if the text is there already, (None, id of the language
    to change) if not.

    :raises SubmissionRefused: another template has the name, or ours is gone.
    """
    if draft.spoki_id is not None:
        try:
            ours = gateway.template(draft.spoki_id)
        except spoki.SpokiNotFound as gone:
            raise SubmissionRefused(Error.GONE) from gone
        if _is_in(ours, draft):
            return ours.id, None
        return None, next((row.id for row in _languages(ours, draft)), None)
    for other in _namesakes(gateway.templates(search=draft.name), draft):
        if _is_in(other, draft):
            return other.id, None
        raise SubmissionRefused(Error.NAME_TAKEN)
    return None, None


def _namesakes(templates: Iterable[spoki.Template], draft: TemplateDraft) -> list[spoki.Template]:
    same = [row for row in templates if row.name == draft.name and _languages(row, draft)]
    # The one that has our words first: names are not unique at Spoki.
    return sorted(same, key=lambda row: not _is_in(row, draft))


def _languages(read: spoki.Template, draft: TemplateDraft) -> list[spoki.Localization]:
    return [row for row in read.localizations if row.language == draft.language]


def _is_in(read: spoki.Template, draft: TemplateDraft) -> bool:
    wanted = draft.wording.content_hash
    return any(content_of(row)["content_hash"] == wanted for row in _languages(read, draft))


def submit(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    """Hand the template over to Meta, at most once; then read what Spoki says of it."""
    assert draft.spoki_id is not None  # noqa: S101 - the step before has set it
    if draft.attempted_at is not None:
        if wait := _too_early(draft, desk):
            return wait
        if _is_at_meta(desk.gateway.template(draft.spoki_id), draft):
            return _submitted(draft, desk)
    _leave(draft, desk)
    try:
        desk.gateway.submit_template(draft.spoki_id, patience=desk.patience)
    except spoki.SpokiRefused as refused:
        raise SubmissionRefused(Error.REFUSED, refused.detail or str(refused)) from refused
    except spoki.SpokiNotFound as gone:
        raise SubmissionRefused(Error.GONE) from gone
    except (spoki.SpokiThrottled, spoki.SpokiAuthError):
        _write(draft, desk, attempted_at=None)
        raise
    return _submitted(draft, desk)


def _is_at_meta(read: spoki.Template, draft: TemplateDraft) -> bool:
    return any(str(status_of(read, row)) in _WAITING_AT_META for row in _languages(read, draft))


def _submitted(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    now = desk.clock()
    draft.move_to(Status.SUBMITTED, now=now, step="", attempted_at=None, leased_until=None,
                  next_at=None, error="", error_detail="")  # fmt: skip
    record(draft, "submitted", by=None, now=now)
    assert draft.spoki_id is not None  # noqa: S101 - narrows the type
    store_template(read=desk.gateway.template(draft.spoki_id), now=desk.clock())
    return None


def _too_early(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    assert draft.attempted_at is not None  # noqa: S101 - narrows the type
    # It may have left so much later as it was willing to wait.
    left = draft.attempted_at + SETTLE_AFTER + timedelta(seconds=desk.patience) - desk.clock()
    return left if left > timedelta(0) else None


def _leave(draft: TemplateDraft, desk: Desk) -> None:
    """Note the point of no return."""
    _write(draft, desk, attempted_at=desk.clock())


def _written(draft: TemplateDraft, desk: Desk, spoki_id: int) -> timedelta | None:
    _write(draft, desk, spoki_id=spoki_id, attempted_at=None, step=Step.SUBMIT,
           error=Error.NONE, error_detail="")  # fmt: skip
    record(draft, "written", by=None, now=desk.clock())
    return None


def _go_on(draft: TemplateDraft, desk: Desk, step: TemplateDraft.Step) -> timedelta | None:
    _write(draft, desk, step=step, error=Error.NONE, error_detail="")
    return None


def _write(draft: TemplateDraft, desk: Desk, **changes: object) -> None:
    """:raises DraftMoved: the hold was lost: another worker, or a person, has the draft now."""
    written = TemplateDraft.objects.filter(
        pk=draft.pk, status=Status.SUBMITTING, leased_until=desk.lease
    ).update(**changes)
    if written != 1:
        raise DraftMoved("another has the draft now")
    for name, value in changes.items():
        setattr(draft, name, value)
