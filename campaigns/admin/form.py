"""The form of a draft: it shows what stands against it, field by field, and saves nothing itself."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from audiences.models import Segment
from campaigns.admin.cards import TemplateField, begin_with
from campaigns.admin.rows import Row, read_variables, rows_of
from campaigns.definition import Definition, definition_from
from campaigns.editing import FIELDS, draft_blockers
from campaigns.models import Campaign, WhatsAppNumber

_INPUT = {"class": " ".join(INPUT_CLASSES)}
_SELECT = {"class": "cp-select"}
_MOMENT = "%Y-%m-%dT%H:%M"


def _moment_field(label: Any, help_text: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=False,
        input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=_MOMENT, attrs=_INPUT | {"type": "datetime-local"}),
    )


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A draft as typed. `variables` are read from the rows that the template asks for."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs=_INPUT), strip=True
    )
    template_version = TemplateField(label=_("Template"), required=False)
    segment = forms.ModelChoiceField(
        Segment.objects.order_by("name"),
        label=_("Segment"),
        required=False,
        empty_label=_("Choose a segment"),
        widget=forms.Select(attrs=_SELECT),
    )
    exclude_segments = forms.ModelMultipleChoiceField(
        Segment.objects.order_by("name"),
        label=_("Leave out"),
        required=False,
        help_text=_("Whoever is in one of these segments does not receive it."),
        widget=forms.CheckboxSelectMultiple,
    )
    number = forms.ModelChoiceField(
        WhatsAppNumber.objects.order_by("-is_default", "pk"),
        label=_("From number"),
        required=False,
        empty_label=_("The default number"),
        widget=forms.Select(attrs=_SELECT),
    )
    send_after = _moment_field(_("Send from"), _("Empty: as soon as it is launched."))
    send_before = _moment_field(
        _("Send until"),
        _("Whoever has not been written to by then is not written to any more."),
    )
    spread_hours = forms.DecimalField(
        label=_("Spread over hours"),
        help_text=_("0 = as fast as the limits allow."),
        min_value=Decimal(0),
        max_value=Decimal(168),
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs=_INPUT | {"step": "0.5"}),
    )
    canary_percent = forms.DecimalField(
        label=_("First share, %"),
        help_text=_(
            "So many leave first, the most interested ones; the others follow if it goes well, "
            "after about an hour. 0 = everybody at once."
        ),
        min_value=Decimal(0),
        max_value=Decimal(50),
        max_digits=3,
        decimal_places=1,
        initial=Decimal(0),
        required=False,
        widget=forms.NumberInput(attrs=_INPUT | {"step": "0.5"}),
    )
    holdout_percent = forms.DecimalField(
        label=_("Control group, %"),
        help_text=_("Share of people who are not written to, to measure the effect. 0 = nobody."),
        min_value=Decimal(0),
        max_value=Decimal(50),
        max_digits=3,
        decimal_places=1,
        widget=forms.NumberInput(attrs=_INPUT | {"step": "1"}),
    )

    class Meta:
        model = Campaign
        fields = (
            "name",
            "template_version",
            "segment",
            "exclude_segments",
            "number",
            "send_after",
            "send_before",
            "spread_hours",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidate = Campaign(pk=self.instance.pk)
        self.variable_errors: list[str] = []
        self.initial["spread_hours"] = _plain(self.instance.spread_hours)
        self.initial["canary_percent"] = _plain(self.instance.canary_share * 100)
        self.initial["holdout_percent"] = _plain(self.instance.holdout_share * 100)
        field = self.fields["template_version"]
        assert isinstance(field, TemplateField)  # noqa: S101 - narrows the type
        field.offer(self.instance.template_version_id)
        begin_with(self, field)

    @property
    def variable_rows(self) -> list[Row]:
        """Return the rows of the template that is chosen now, filled as typed or as saved."""
        if self.is_bound:
            version = self.cleaned_data.get("template_version")
            return rows_of(version, read_variables(self.data, version))
        return rows_of(self.instance.template_version, self.instance.variables)

    @property
    def left_out(self) -> QuerySet[Segment]:
        chosen: QuerySet[Segment] = self.cleaned_data.get(
            "exclude_segments", Segment.objects.none()
        )
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["variables"] = read_variables(self.data, cleaned.get("template_version"))
        percent = cleaned.get("holdout_percent") or Decimal(0)
        cleaned["holdout_share"] = percent / 100
        cleaned["canary_share"] = (cleaned.get("canary_percent") or Decimal(0)) / 100
        self._fill_candidate(cleaned)
        self._show_blockers()
        return cleaned

    def validate_constraints(self) -> None:
        """Leave them to the blockers, which say the same in words that help."""

    def changes(self) -> dict[str, Any]:
        """Return what the services are told to write."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}

    def _fill_candidate(self, cleaned: dict[str, Any]) -> None:
        for name in FIELDS:
            if cleaned.get(name) is not None:
                setattr(self.candidate, name, cleaned[name])

    def _show_blockers(self) -> None:
        for blocker in draft_blockers(self.candidate, self.left_out, now=timezone.now()):
            if blocker.field == "variables":
                self.variable_errors.append(blocker.text)
                self.add_error(None, blocker.text)
            elif blocker.field in self.fields and blocker.field not in self.errors:
                self.add_error(blocker.field, blocker.text)
            elif blocker.field not in self.fields:
                self.add_error(None, blocker.text)


def _plain(number: Decimal) -> str:
    """Return `number` without the zeros that only the database needs."""
    return f"{number:f}".rstrip("0").rstrip(".") if number else "0"


def definition_in(form: CampaignForm) -> Definition:
    """Return the audience the form describes."""
    return definition_from(form.candidate.segment, form.left_out)
