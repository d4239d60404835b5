"""The buttons of a campaign: who may press each, in which state, and what is asked before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from campaigns import lifecycle, tasks
from campaigns.models import Campaign
from campaigns.reasons import STOP_CODES

Status = Campaign.Status
Text = str | Promise
# The two ways on from a pause; which one is offered depends on what paused it.
_GOING_ON = frozenset({"resume", "continue-anyway"})


class NothingMore(forms.Form):
    """A question that needs no other answer than the button."""


class ApproveForm(forms.Form):
    """Carries what the approver looked at."""

    seen = forms.CharField(widget=forms.HiddenInput)


class RejectForm(forms.Form):
    reason = forms.CharField(
        label=_("What should be changed?"),
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 4}),
    )


class LaunchForm(forms.Form):
    confirm = forms.CharField(
        label=_("Write the campaign's name to confirm"),
        strip=False,
        widget=forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES), "autocomplete": "off"}),
    )


class ContinueForm(forms.Form):
    why = forms.CharField(
        label=_("Why may it go on?"),
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 3}),
    )


@dataclass(frozen=True, slots=True)
class Verb:
    """One button and the page that asks before it acts.

    `shows_plan` puts recipients, cost, end and message on that page.
    """

    path: str
    permission: str
    states: frozenset[Status]
    label: Text
    question: Text
    explanation: Text
    done: Text
    move: Callable[..., Campaign]
    form: type[forms.Form] = NothingMore
    icon: str = ""
    is_main: bool = False
    is_danger: bool = False
    shows_plan: bool = False

    def is_offered(self, campaign: Campaign, user: User | AnonymousUser) -> bool:
        """Return whether `user` sees the button of `campaign` in its state."""
        if campaign.status not in self.states or not user.has_perm(self.permission):
            return False
        is_own = user.pk in {campaign.author_id, campaign.last_editor_id}
        if self.path == "approve" and is_own:
            return False
        # What a stop rule holds is not resumed but judged, by somebody who may approve.
        is_stopped = campaign.status == Status.PAUSED and campaign.pause_code in STOP_CODES
        return is_stopped == (self.path == "continue-anyway") or self.path not in _GOING_ON


VERBS: Mapping[str, Verb] = {
    verb.path: verb
    for verb in (
        Verb(
            path="submit",
            permission="campaigns.submit_campaign",
            states=frozenset({Status.DRAFT, Status.REJECTED}),
            label=_("Send to review"),
            question=_("Send it to review?"),
            explanation=_("Another person looks at it. Until then it cannot be changed."),
            done=_("“%(name)s” is in review: another person must approve it."),
            move=lifecycle.submit_campaign,
            icon="approval",
            is_main=True,
            shows_plan=True,
        ),
        Verb(
            path="approve",
            permission="campaigns.approve_campaign",
            states=frozenset({Status.IN_REVIEW}),
            label=_("Approve"),
            question=_("Approve it?"),
            explanation=_(
                "You approve exactly this message to these people. It does not start yet."
            ),
            done=_("“%(name)s” is approved and can be launched."),
            move=lifecycle.approve_campaign,
            form=ApproveForm,
            icon="check_circle",
            is_main=True,
            shows_plan=True,
        ),
        Verb(
            path="reject",
            permission="campaigns.approve_campaign",
            states=frozenset({Status.IN_REVIEW}),
            label=_("Reject"),
            question=_("Send it back to its author?"),
            explanation=_("The author reads your reason and can send it to review again."),
            done=_("“%(name)s” went back to its author."),
            move=lifecycle.reject_campaign,
            form=RejectForm,
            icon="undo",
        ),
        Verb(
            path="launch",
            permission="campaigns.launch_campaign",
            states=frozenset({Status.APPROVED}),
            label=_("Launch"),
            question=_("Launch the campaign?"),
            explanation=_(
                "Messages cost money. You can pause at any moment, but what has left cannot be "
                "called back."
            ),
            done=_("“%(name)s” is launched."),
            move=tasks.launch,
            form=LaunchForm,
            icon="rocket_launch",
            is_main=True,
            shows_plan=True,
        ),
        Verb(
            path="back-to-draft",
            permission="campaigns.submit_campaign",
            states=frozenset({Status.IN_REVIEW, Status.APPROVED}),
            label=_("Back to draft"),
            question=_("Bring it back to draft?"),
            explanation=_("You can change it again. An approval is lost and must be asked again."),
            done=_("“%(name)s” is a draft again."),
            move=lifecycle.return_to_draft,
            icon="edit",
        ),
        Verb(
            path="pause",
            permission="campaigns.pause_campaign",
            states=frozenset({Status.SCHEDULED, Status.SENDING}),
            label=_("Pause"),
            question=_("Pause the campaign?"),
            explanation=_("Nothing more leaves within two seconds. You can resume it later."),
            done=_("“%(name)s” is paused."),
            move=lifecycle.pause_campaign,
            icon="pause",
        ),
        Verb(
            path="resume",
            permission="campaigns.pause_campaign",
            states=frozenset({Status.PAUSED}),
            label=_("Resume"),
            question=_("Resume the campaign?"),
            explanation=_("It goes on with those who have not been written to yet."),
            done=_("“%(name)s” goes on."),
            move=lifecycle.resume_campaign,
            icon="play_arrow",
            is_main=True,
        ),
        Verb(
            path="continue-anyway",
            permission="campaigns.approve_campaign",
            states=frozenset({Status.PAUSED}),
            label=_("Continue anyway"),
            question=_("Continue in spite of these figures?"),
            explanation=_(
                "People who are annoyed block and report us, and that lowers the quality of the "
                "number for everybody. What has left so far is not judged again; what leaves from "
                "now on is."
            ),
            done=_("“%(name)s” goes on."),
            move=lifecycle.continue_campaign,
            form=ContinueForm,
            icon="fast_forward",
            is_danger=True,
        ),
        Verb(
            path="cancel",
            permission="campaigns.pause_campaign",
            # Before the launch there is nothing to stop: a draft is changed or deleted.
            states=frozenset({Status.SCHEDULED, Status.SENDING, Status.PAUSED}),
            label=_("Stop for good"),
            question=_("Stop the campaign for good?"),
            explanation=_(
                "Whoever has not been written to is not written to any more. This cannot be undone."
            ),
            done=_("“%(name)s” is stopped."),
            move=lifecycle.cancel_campaign,
            icon="stop_circle",
            is_danger=True,
        ),
    )
}


def offered(campaign: Campaign, user: User | AnonymousUser) -> list[Verb]:
    """Return the buttons that `user` sees on `campaign` as it is now."""
    return [verb for verb in VERBS.values() if verb.is_offered(campaign, user)]


def arguments(verb: Verb, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of `verb` hands to its service."""
    return {name: cleaned[name] for name in verb.form.base_fields if name in cleaned}
