"""The buttons of a draft: who may press each, in which state, and what is asked before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import TEXTAREA_CLASSES

from templates_sync import edge
from templates_sync.models import TemplateDraft
from templates_sync.staging import review, submitting
from templates_sync.staging.fields import WRITABLE, ask_for_fields, not_there, to_make

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Status = TemplateDraft.Status
_WRITE = "templates_sync.change_templatedraft"
_REVIEW = "templates_sync.review_templatedraft"
_SUBMIT = "templates_sync.submit_templatedraft"


def _comment(label: StrOrPromise, *, is_required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=is_required,
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 4}),
    )


class NothingMore(forms.Form):
    """A question that needs no other answer than the button."""


class ApproveForm(forms.Form):
    """Carries what the reviewer looked at."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    comment = _comment(_("A word for the author (optional)"), is_required=False)


class SendBackForm(forms.Form):
    comment = _comment(_("What should be changed?"), is_required=True)


@dataclass(frozen=True, slots=True)
class Verb:
    """One button and the page that asks before it acts."""

    path: str
    permission: str
    states: frozenset[Status]
    label: StrOrPromise
    question: StrOrPromise
    explanation: StrOrPromise
    done: StrOrPromise
    move: Callable[..., TemplateDraft]
    form: type[forms.Form] = NothingMore
    icon: str = ""
    is_main: bool = False
    # One that stands where it is needed on the page, not in the row of buttons.
    is_listed: bool = True

    def is_offered(self, draft: TemplateDraft, user: User | AnonymousUser) -> bool:
        """Return whether `user` sees the button of `draft` in its state."""
        if draft.status not in self.states or not user.has_perm(self.permission):
            return False
        if self.path == "fields":
            return bool(to_make(draft, now=timezone.now()))
        if self.path == "submit":
            return not not_there(draft, now=timezone.now())
        return self.path != "approve" or user.pk not in {draft.author_id, draft.last_editor_id}


VERBS: Mapping[str, Verb] = {
    verb.path: verb
    for verb in (
        Verb(
            path="to-review",
            permission=_WRITE,
            states=frozenset({Status.DRAFT}),
            label=_("Send to review"),
            question=_("Send it to review?"),
            explanation=_("Another person reads it. Until then it cannot be changed."),
            done=_("“%(name)s” is in review: another person must approve it."),
            move=review.send_to_review,
            icon="approval",
            is_main=True,
        ),
        Verb(
            path="approve",
            permission=_REVIEW,
            states=frozenset({Status.IN_REVIEW}),
            label=_("Approve"),
            question=_("Approve this text?"),
            explanation=_("You approve exactly these words. Meta does not see them yet."),
            done=_("“%(name)s” is approved and can be submitted to Meta."),
            move=review.approve_draft,
            form=ApproveForm,
            icon="check_circle",
            is_main=True,
        ),
        Verb(
            path="send-back",
            permission=_REVIEW,
            states=frozenset({Status.IN_REVIEW}),
            label=_("Give back"),
            question=_("Give it back to its author?"),
            explanation=_("The author reads your comment, changes the text and sends it again."),
            done=_("“%(name)s” went back to its author."),
            move=review.send_back,
            form=SendBackForm,
            icon="undo",
        ),
        Verb(
            path="submit",
            permission=_SUBMIT,
            states=frozenset({Status.APPROVED}),
            label=_("Submit to Meta"),
            question=_("Submit it to Meta?"),
            explanation=_(
                "We write it on Spoki and hand it over. Meta answers within minutes, at most in two "
                "days. It cannot be called back."
            ),
            done=_("“%(name)s” is on its way to Meta. You can leave this page."),
            move=submitting.start_submission,
            icon="send",
            is_main=True,
        ),
        Verb(
            path="fields",
            permission=_SUBMIT,
            states=frozenset(WRITABLE),
            label=_("Create them on Spoki"),
            question=_("Create the missing custom fields on Spoki?"),
            explanation=_(
                "Each variable of the text that Spoki does not know becomes a custom field of the "
                "account, about five a minute. Check their names first: a field made by a typing error "
                "stays on Spoki until somebody deletes it there."
            ),
            done=_("The custom fields of “%(name)s” are being created. You can leave this page."),
            move=ask_for_fields,
            icon="playlist_add",
            is_main=True,
            is_listed=False,
        ),
        Verb(
            path="stop",
            permission=_SUBMIT,
            states=frozenset({Status.SUBMITTING}),
            label=_("Stop"),
            question=_("Stop the submission?"),
            explanation=_("What Spoki has already stays there; Meta does not get it."),
            done=_("“%(name)s” was stopped before Meta got it."),
            move=submitting.stop_submission,
            icon="stop_circle",
        ),
        Verb(
            path="take-back",
            permission=_SUBMIT,
            states=frozenset({Status.SUBMITTED}),
            label=_("Take back from Meta"),
            question=_("Take it back before Meta answers?"),
            explanation=_(
                "We bring it back to draft on Spoki too. You can change it again; it must be "
                "approved and submitted anew."
            ),
            done=_("“%(name)s” was taken back and can be changed again."),
            move=edge.take_back_now,
            icon="undo",
        ),
        Verb(
            path="back-to-draft",
            permission=_WRITE,
            states=frozenset({Status.IN_REVIEW, Status.APPROVED, Status.REFUSED}),
            label=_("Back to writing"),
            question=_("Bring it back to writing?"),
            explanation=_("You can change it again. An approval is lost and must be asked again."),
            done=_("“%(name)s” can be changed again."),
            move=review.return_to_draft,
            icon="edit",
        ),
    )
}


def offered(draft: TemplateDraft, user: User | AnonymousUser) -> list[Verb]:
    """Return the buttons that `user` sees on `draft` as it is now."""
    return [verb for verb in VERBS.values() if verb.is_listed and verb.is_offered(draft, user)]
