"""What a person writes about a route: its automation, a test phone, a look at what came."""

import re
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from audiences.identity import normalise_phone
from campaigns.models import AutomationRoute
from campaigns.routes import cannot_carry
from spoki import Automation
from templates_sync.models import TemplateVersion

_INPUT = {"class": " ".join(INPUT_CLASSES), "autocomplete": "off"}
_SELECT = {"class": "cp-select"}
# The whole address may be pasted: https://api.spoki.com/wh/ap/<id>/
_ADDRESS = re.compile(r".*/wh/ap/([0-9A-Za-z-]{1,64})(?:/.*)?$")
_TRIGGER = re.compile(r"[0-9A-Za-z-]{1,64}")


def versions_without_route() -> QuerySet[TemplateVersion]:
    """Return the versions in force that an automation could send and that have none yet."""
    current = TemplateVersion.objects.current().select_related("template")
    free = current.filter(automation_route=None, status=TemplateVersion.Status.APPROVED)
    able = [version.pk for version in free if not cannot_carry(version)]
    return free.filter(pk__in=able).order_by("template__name", "template__language")


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs alone
    def __init__(self) -> None:
        super().__init__(
            TemplateVersion.objects.none(),
            label=_("Template"),
            empty_label=_("Choose a template"),
            help_text=_(
                "Only approved templates of text are listed: an automation cannot be given pictures "
                "or cards."
            ),
            widget=forms.Select(attrs=_SELECT),
        )

    @staticmethod
    def fill(form: forms.Form) -> None:
        """Offer what may be chosen now in the field of `form`."""
        cast("VersionField", form.fields["version"]).queryset = versions_without_route()


class AutomationForm(forms.Form):
    """The automation of a route, written by hand."""

    automation_name = forms.CharField(
        label=_("Name of the automation on Spoki"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=_INPUT),
    )
    trigger_uuid = forms.CharField(
        label=_("Id of its API trigger"),
        help_text=_("The address …/wh/ap/<id>/ that Spoki shows; paste all of it if you like."),
        widget=forms.TextInput(attrs=_INPUT),
    )
    secret = forms.CharField(
        label=_("Secret of its API trigger"),
        help_text=_("Kept sealed and never shown again."),
        widget=forms.PasswordInput(attrs=_INPUT | {"autocomplete": "new-password"}),
        max_length=500,
    )

    def clean_trigger_uuid(self) -> str:
        text = str(self.cleaned_data["trigger_uuid"]).strip()
        address = _ADDRESS.fullmatch(text)
        found = address.group(1) if address else text
        if not _TRIGGER.fullmatch(found):
            raise forms.ValidationError(
                _("This is no id of a trigger: letters, digits and dashes.")
            )
        return found


class NewRouteForm(AutomationForm):
    version = VersionField()
    field_order = ("version", "automation_name", "trigger_uuid", "secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        VersionField.fill(self)


class ChangeRouteForm(AutomationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].required = False
        self.fields["secret"].help_text = _("Empty: the one that is kept. It is never shown.")


class ChooseForm(forms.Form):
    """One of the automations that Spoki lists. The secret never comes to the browser."""

    version = VersionField()
    trigger = forms.ChoiceField(
        label=_("Automation"), widget=forms.RadioSelect(attrs={"class": "cp-radio"})
    )

    def __init__(self, *args: Any, automations: list[Automation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        VersionField.fill(self)
        self.automations = automations
        cast("forms.ChoiceField", self.fields["trigger"]).choices = [
            (trigger.uuid, _label(automation, trigger.uuid))
            for automation in automations
            for trigger in automation.triggers
        ]

    def chosen(self) -> tuple[str, str, str]:
        """Return name, trigger and secret of what was chosen."""
        wanted = self.cleaned_data["trigger"]
        for automation in self.automations:
            for trigger in automation.triggers:
                if trigger.uuid == wanted:
                    return automation.name, trigger.uuid, trigger.secret
        raise LookupError(wanted)


class ProbeForm(forms.Form):
    """The test phone, and a value for each variable of the template."""

    phone = forms.CharField(
        label=_("Test phone"),
        help_text=_("Your own, or a colleague's who knows: +39 333 123 4567. No consent is asked."),
        widget=forms.TextInput(attrs=_INPUT | {"inputmode": "tel"}),
    )

    def __init__(self, *args: Any, route: AutomationRoute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = list(route.version.variables)
        for name in self.names:
            self.fields[f"value_{name}"] = forms.CharField(
                label=f"%%{name}%%",
                initial=str(route.version.examples.get(name) or _("Test")),
                max_length=200,
                widget=forms.TextInput(attrs=_INPUT),
            )

    def clean_phone(self) -> str:
        phone = normalise_phone(self.cleaned_data["phone"])
        if not phone.can_receive_whatsapp:
            raise forms.ValidationError(_("This phone cannot receive WhatsApp."))
        return phone.e164

    def values(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"value_{name}"] for name in self.names}


class SwitchOnForm(forms.Form):
    is_right = forms.BooleanField(
        label=_("I have seen the message on the test phone: it is this template, and right."),
        widget=forms.CheckboxInput(attrs={"class": "cp-check"}),
    )


class NothingMore(forms.Form):
    """A question that needs no other answer than the button."""


def _label(automation: Automation, uuid: str) -> str:
    parts = [automation.name or f"#{automation.id}", f"…{uuid[-6:]}"]
    if not automation.is_active:
        parts.append(str(_("switched off on Spoki")))
    if automation.first_message:
        parts.append(automation.first_message[:120])
    return " · ".join(parts)
