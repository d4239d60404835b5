"""What the pages of a draft show of it: message, problems beside their fields, steps, story."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from templates_sync.lint import BODY_MOST, FOOTER_MOST, HEADER_MOST, LABEL_MOST, Level, Problem
from templates_sync.lint_words import sentence
from templates_sync.models import DraftEvent, FieldDesk, TemplateDraft, TemplateVersion
from templates_sync.rendering import bubble_html
from templates_sync.staging.field_calls import FIELD_PAUSE
from templates_sync.staging.fields import WRITABLE, fields_of, not_there
from templates_sync.staging.problems import problems_of
from templates_sync.wording import Wording

if TYPE_CHECKING:
    from django.utils.safestring import SafeString
    from django_stubs_ext import StrOrPromise

Status = TemplateDraft.Status
TONES = {
    Status.DRAFT: "default",
    Status.IN_REVIEW: "warning",
    Status.APPROVED: "info",
    Status.SUBMITTING: "warning",
    Status.SUBMITTED: "warning",
    Status.REFUSED: "danger",
    Status.ACCEPTED: "success",
    Status.REJECTED: "danger",
}
_STEPS: tuple[tuple[StrOrPromise, frozenset[str]], ...] = (
    (gettext_lazy("Writing"), frozenset({"draft"})),
    (gettext_lazy("Review"), frozenset({"in_review"})),
    (gettext_lazy("Ready"), frozenset({"approved", "refused"})),
    (gettext_lazy("With Meta"), frozenset({"submitting", "submitted"})),
    (gettext_lazy("Answer"), frozenset({"accepted", "rejected"})),
)
_STORY: dict[str, StrOrPromise] = {
    "created": gettext_lazy("Begun"),
    "edited": gettext_lazy("Changed"),
    "sent_to_review": gettext_lazy("Sent to review"),
    "approved": gettext_lazy("Approved by us"),
    "sent_back": gettext_lazy("Given back to its author"),
    "returned": gettext_lazy("Brought back to writing"),
    "submission_started": gettext_lazy("Handed over for Meta"),
    "fields_asked": gettext_lazy("Custom fields asked for on Spoki"),
    "field_made": gettext_lazy("Custom field made on Spoki"),
    "written": gettext_lazy("Written on Spoki"),
    "submitted": gettext_lazy("Submitted to Meta"),
    "refused": gettext_lazy("Not taken by Spoki"),
    "stopped": gettext_lazy("Submission stopped"),
    "taken_back": gettext_lazy("Taken back from Meta"),
    "accepted": gettext_lazy("Approved by Meta"),
    "rejected": gettext_lazy("Rejected by Meta"),
}
_ERRORS: dict[str, StrOrPromise] = {
    "key_refused": gettext_lazy("Spoki refuses the API key. An administrator must look at it; we try again every minute."),
    "unreachable": gettext_lazy("Spoki does not answer. We try again every minute."),
    "throttled": gettext_lazy("Spoki asks to slow down. We go on as soon as it lets us."),
    "unreadable": gettext_lazy("Spoki's answer could not be read. We try again every minute."),
    "answer_lost": gettext_lazy("Spoki's answer was lost. In a minute we look whether it has arrived; nothing is sent twice."),
    "refused": gettext_lazy("Spoki refused it. Bring it back to writing, change what it says, and send it again."),
    "field_refused": gettext_lazy("Spoki refused a custom field. Make it on Spoki or take its variable out of the text."),
    "name_taken": gettext_lazy("Another template on Spoki has this name. Bring it back to writing and choose another one."),
    "differs": gettext_lazy("Spoki stored something else than what was approved, so it was not submitted. Look at the template on Spoki, then bring it back to writing and make both the same."),
    "gone": gettext_lazy("The template no longer exists on Spoki. Write a new one from this text."),
}  # fmt: skip
_FIELD_WORDS: dict[str, dict[str, StrOrPromise]] = {
    "there": {"tone": "success", "words": pgettext_lazy("custom field", "on Spoki")},
    "missing": {"tone": "danger", "words": pgettext_lazy("custom field", "missing on Spoki")},
    "asked": {"tone": "warning", "words": pgettext_lazy("custom field", "being created")},
    "refused": {"tone": "danger", "words": pgettext_lazy("custom field", "refused by Spoki")},
    "unknown": {"tone": "default", "words": pgettext_lazy("custom field", "not known yet")},
}
_DESK_ERRORS: dict[str, StrOrPromise] = {
    "key_refused": gettext_lazy("Spoki refuses the API key. An administrator must look at it; we try again every minute."),
    "unreachable": gettext_lazy("Spoki does not answer. We try again every minute."),
    "throttled": gettext_lazy("Spoki asks to slow down. We go on as soon as it lets us."),
    "unreadable": gettext_lazy("Spoki's answer could not be read. We try again every minute."),
}  # fmt: skip
_COUNTED = {"header": HEADER_MOST, "body": BODY_MOST, "footer": FOOTER_MOST}


def preview(wording: Wording) -> SafeString:
    """Return `wording` as a bubble, its variables filled from the examples."""
    version = TemplateVersion(
        header=wording.header,
        body=wording.body,
        footer=wording.footer,
        buttons=wording.button_rows,
    )
    return bubble_html(version, wording.examples)


def slots_of(draft: TemplateDraft, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what stands beside each field; `rows` are the rows of buttons that are shown."""
    found: dict[str, list[Problem]] = defaultdict(list)
    filled = [row["number"] for row in rows if row["type"]]
    for problem in problems_of(draft, now=timezone.now()):
        # An empty page is not wrong yet: what is missing is told once the draft is kept.
        if draft._state.adding and problem.code.endswith("_missing"):
            continue
        found[_slot(problem.field, filled)].append(problem)
    names = ["name", "language", "category", "header", "body", "footer", "buttons"]
    names += [f"buttons-{row['number']}" for row in rows]
    names += [f"examples-{code}" for code in draft.wording.variables]
    lengths = {
        "header": len(draft.header_text),
        "body": len(draft.body),
        "footer": len(draft.footer),
    } | {f"buttons-{row['number']}": len(row["text"]) for row in rows if row["type"]}
    return [
        {
            "name": name,
            "problems": [_told(problem) for problem in found[name]],
            "length": lengths.get(name) or None,
            "most": _COUNTED.get(name, LABEL_MOST),
        }
        for name in names
    ]


def _slot(field: str, filled: list[int]) -> str:
    part, _dot, rest = field.partition(".")
    if part == "buttons" and rest:
        return f"buttons-{filled[int(rest)]}"
    return f"{part}-{rest}" if rest else part


def _told(problem: Problem) -> dict[str, Any]:
    return {"text": sentence(problem), "is_error": problem.level is Level.ERROR}


def told(draft: TemplateDraft) -> list[dict[str, Any]]:
    """Return every problem of `draft` in words."""
    return [_told(problem) for problem in problems_of(draft, now=timezone.now())]


def steps_of(draft: TemplateDraft) -> list[dict[str, Any]]:
    """Return the strip of steps, each past, current or to come."""
    current = next(n for n, (_label, states) in enumerate(_STEPS) if draft.status in states)
    return [
        {"number": n + 1, "label": label, "is_current": n == current, "is_past": n < current}
        for n, (label, _states) in enumerate(_STEPS)
    ]


def story_of(draft: TemplateDraft) -> list[dict[str, Any]]:
    """Return what happened, newest first; changes in a row by one person are one line."""
    lines: list[DraftEvent] = []
    for event in draft.events.select_related("by"):
        is_same = lines and (lines[-1].verb, lines[-1].by_id) == ("edited", event.by_id)
        if is_same and event.verb == "edited":
            lines.pop()
        lines.append(event)
    return [
        {
            "at": event.at,
            "what": _STORY.get(event.verb, event.verb),
            "by": event.by and (event.by.get_full_name() or event.by.get_username()),
            "note": event.note,
        }
        for event in reversed(lines)
    ]


def error_of(draft: TemplateDraft) -> str:
    """Return why a submission waits or was not taken, in words, with what Spoki said."""
    words = str(_ERRORS.get(draft.error, ""))
    if draft.error in {"refused", "field_refused"} and draft.error_detail:
        return _("%(words)s It said: “%(detail)s”.") % {
            "words": words,
            "detail": draft.error_detail,
        }
    return words


def next_of(draft: TemplateDraft, user: User | AnonymousUser) -> str:
    """Return whose turn it is and what they do, "" where another part of the page says it."""
    if draft.status == Status.DRAFT:
        return _("Its author is still writing: it comes to you when it is sent to review.")
    if draft.status == Status.IN_REVIEW:
        return _whose_review(draft, user)
    if draft.status == Status.APPROVED:
        if user.has_perm("templates_sync.submit_templatedraft"):
            if not_there(draft, now=timezone.now()):
                return _(
                    "Approved by us. First its custom fields on Spoki, then it can be submitted."
                )
            return _("Approved by us. One step is left: submit it to Meta.")
        return _("Approved by us. Now who writes the campaigns submits it to Meta.")
    return ""


def _whose_review(draft: TemplateDraft, user: User | AnonymousUser) -> str:
    if user.pk in {draft.author_id, draft.last_editor_id}:
        return _(
            "It is being reviewed: a colleague who may approve reads it. Nobody approves their own text."
        )
    if user.has_perm("templates_sync.review_templatedraft"):
        return _("It is your turn: read it as the customer will, then approve it or give it back.")
    return _("It is being reviewed: a colleague who may approve reads it.")


def progress_of(draft: TemplateDraft) -> dict[str, Any] | None:
    """Return how far a submission is, None when none is under way."""
    if draft.status != Status.SUBMITTING:
        return None
    fields = fields_of(draft, now=timezone.now())
    there, needed = sum(field.state == "there" for field in fields), len(fields)
    sentences = {
        TemplateDraft.Step.FIELDS: _("Looking which custom fields Spoki lacks…"),
        TemplateDraft.Step.WRITE: _("Writing the template on Spoki…"),
        TemplateDraft.Step.SUBMIT: _("Handing it over to Meta…"),
    }
    now = sentences[TemplateDraft.Step(draft.step)]
    if draft.step == TemplateDraft.Step.FIELDS and any(field.state == "asked" for field in fields):
        now = _fields_sentence(there, needed)
    before = {"fields": there, "write": needed, "submit": needed + 1}
    return {"sentence": now, "done": before[draft.step], "all": needed + 2}


def _fields_sentence(there: int, needed: int) -> str:
    words = {"there": there, "all": needed}
    return _("Custom fields on Spoki: %(there)s of %(all)s are there, about five a minute.") % words


def fields_card(draft: TemplateDraft) -> dict[str, Any] | None:
    """Return what is known of the custom fields of `draft`, None when it needs none (any more)."""
    fields = fields_of(draft, now=timezone.now())
    if not fields or draft.status not in WRITABLE:
        return None
    desk = FieldDesk.the()
    states = {field.state for field in fields}
    left = sum(field.state == "asked" for field in fields)
    is_looking = bool(desk.wanted_at and (desk.read_at is None or desk.wanted_at > desk.read_at))
    return {
        "fields": [{**asdict(field), **_FIELD_WORDS[field.state]} for field in fields],
        "there": sum(field.state == "there" for field in fields),
        "all": len(fields),
        "is_complete": states == {"there"},
        "is_busy": is_looking or bool(states & {"asked", "unknown"}),
        "is_looking": is_looking,
        "is_making": left > 0,
        "seconds": left * int(FIELD_PAUSE.total_seconds()),
        "may_make": bool(states & {"missing", "refused"}),
        "read_at": desk.read_at,
        "trouble": str(_DESK_ERRORS.get(desk.error, "")),
    }
