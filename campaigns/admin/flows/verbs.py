"""The buttons of a flow: who may press each, in which state, and what is asked before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from campaigns.flows import lifecycle
from campaigns.models import Flow

Status = Flow.Status
Text = str | Promise


class NothingMore(forms.Form):
    """A question that needs no other answer than the button."""


class EnableForm(forms.Form):
    """Carries what whoever enables it looked at."""

    seen = forms.CharField(widget=forms.HiddenInput)


class DisableForm(forms.Form):
    why = forms.CharField(
        label=_("Why? (optional, for your colleagues)"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES)}),
    )


@dataclass(frozen=True, slots=True)
class Verb:
    """One button and the page that asks before it acts.

    `shows_plan` puts on that page everything that the flow will do, and what stands against it.
    """

    path: str
    permission: str
    label: Text
    question: Text
    explanation: Text
    done: Text
    move: Callable[..., Flow]
    is_possible: Callable[[Flow], bool]
    form: type[forms.Form] = NothingMore
    icon: str = ""
    is_main: bool = False
    is_danger: bool = False
    shows_plan: bool = False

    @property
    def address(self) -> str:
        return f"admin:campaigns_flow_{self.path}"

    def is_offered(self, flow: Flow, user: User | AnonymousUser) -> bool:
        """Return whether `user` sees the button of `flow` in its state."""
        if not self.is_possible(flow) or not user.has_perm(self.permission):
            return False
        is_own = user.pk in {flow.author_id, flow.last_editor_id}
        return self.path != "enable" or not is_own


def _is_off(flow: Flow) -> bool:
    return flow.status == Status.DISABLED


def _may_be_asked(flow: Flow) -> bool:
    return _is_off(flow) and flow.requested_at is None


def _may_be_stopped(flow: Flow) -> bool:
    """One that a machine stopped still holds the people who wait in it: they can be let go."""
    return flow.status == Status.ENABLED or bool(flow.stop_code)


VERBS: Mapping[str, Verb] = {
    verb.path: verb
    for verb in (
        Verb(
            path="request",
            permission="campaigns.request_flow",
            label=_("Ask for it to be switched on"),
            question=_("Ask for it to be switched on?"),
            explanation=_(
                "Another person looks at it and switches it on. Until then nothing leaves."
            ),
            done=_("“%(name)s” waits for another person to switch it on."),
            move=lifecycle.request_enabling,
            is_possible=_may_be_asked,
            icon="approval",
            is_main=True,
            shows_plan=True,
        ),
        Verb(
            path="enable",
            permission="campaigns.enable_flow",
            label=_("Switch on"),
            question=_("Switch it on?"),
            explanation=_(
                "You answer for exactly this: whatever happens from now on sets it off, without "
                "anybody looking again. It can be switched off at any moment."
            ),
            done=_("“%(name)s” is on."),
            move=lifecycle.enable_flow,
            is_possible=_is_off,
            form=EnableForm,
            icon="toggle_on",
            is_main=True,
            shows_plan=True,
        ),
        Verb(
            path="disable",
            permission="campaigns.disable_flow",
            label=_("Switch off"),
            question=_("Switch it off?"),
            explanation=_(
                "Nothing more leaves: whoever waits in it leaves, and what has not begun to leave is "
                "not sent. To be changed it must be off."
            ),
            done=_("“%(name)s” is off."),
            move=lifecycle.disable_flow,
            is_possible=_may_be_stopped,
            form=DisableForm,
            icon="toggle_off",
            is_danger=True,
        ),
    )
}


def offered(flow: Flow, user: User | AnonymousUser) -> list[Verb]:
    """Return the buttons that `user` sees on `flow` as it is now."""
    return [verb for verb in VERBS.values() if verb.is_offered(flow, user)]


def arguments(verb: Verb, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of `verb` hands to its service."""
    return {name: cleaned[name] for name in verb.form.base_fields if name in cleaned}
