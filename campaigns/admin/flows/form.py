"""The form of a flow: it shows what stands against it, field by field, and saves nothing itself."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from audiences import parameters
from audiences.admin.builder import Builder
from audiences.segments import BrokenSegment, Own
from campaigns.admin.cards import TemplateField, begin_with
from campaigns.admin.rows import Row, read_variables, rows_of
from campaigns.flows import triggers
from campaigns.flows.blockers import draft_blockers
from campaigns.flows.editing import FIELDS
from campaigns.flows.triggers import Trigger
from campaigns.flows.words import parameters_of
from campaigns.models import Flow, Lane, WhatsAppNumber

_INPUT: Final = {"class": " ".join(INPUT_CLASSES)}
_SELECT: Final = {"class": "cp-select"}
UNITS: Final = (
    (1, gettext_lazy("minutes")),
    (60, gettext_lazy("hours")),
    (24 * 60, gettext_lazy("days")),
)
MOST_MINUTES: Final = 365 * 24 * 60
ORDER, LATE_ORDER, MARKETING = "order", "order_in_marketing_hours", "marketing"
# Lane and hours belong together: a marketing message at ten in the evening is no choice to offer.
KINDS: Final[dict[str, tuple[Lane, Flow.Hours]]] = {
    ORDER: (Lane.TRANSACTIONAL, Flow.Hours.TRANSACTIONAL),
    LATE_ORDER: (Lane.TRANSACTIONAL, Flow.Hours.MARKETING),
    MARKETING: (Lane.MARKETING, Flow.Hours.MARKETING),
}
KIND_LABELS: Final = (
    (ORDER, gettext_lazy("An order message: goes first, in the hours of order messages")),
    (LATE_ORDER, gettext_lazy("An order message that can wait for the hours of marketing")),
    (MARKETING, gettext_lazy("Marketing: only to who has agreed to it, in the hours of marketing")),
)


def kind_of(lane: int, hours: str) -> str:
    """Return the kind that lane and hours make together."""
    if lane == Lane.MARKETING:
        return MARKETING
    return LATE_ORDER if hours == Flow.Hours.MARKETING else ORDER


def _triggers() -> list[Any]:
    """Return the triggers by group, as a list of choices."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for trigger in triggers.all_triggers():
        groups.setdefault(str(trigger.group), []).append((trigger.key, str(trigger.label)))
    return [("", _("Choose what sets it off")), *groups.items()]


class FlowForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A flow as typed. Variables and conditions are read from the rows that its trigger asks for."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(attrs=_INPUT), strip=True
    )
    trigger = forms.ChoiceField(label=gettext_lazy("When"), widget=forms.Select(attrs=_SELECT))
    delay = forms.IntegerField(
        label=gettext_lazy("Wait"),
        min_value=0,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs=_INPUT),
        help_text=gettext_lazy("0 = at once. Whatever is over by then is not written about."),
    )
    unit = forms.TypedChoiceField(
        label=gettext_lazy("Unit"), coerce=int, choices=UNITS, widget=forms.Select(attrs=_SELECT)
    )
    template_version = TemplateField(label=gettext_lazy("Template"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of message"),
        choices=KIND_LABELS,
        widget=forms.Select(attrs=_SELECT),
        required=False,
    )
    number = forms.ModelChoiceField(
        WhatsAppNumber.objects.order_by("-is_default", "pk"),
        label=gettext_lazy("From number"),
        required=False,
        empty_label=gettext_lazy("The default number"),
        widget=forms.Select(attrs=_SELECT),
    )
    holdout_percent = forms.DecimalField(
        label=gettext_lazy("Control group, %"),
        help_text=gettext_lazy(
            "Share of people who are not written to, to measure the effect. 0 = nobody."
        ),
        min_value=Decimal(0),
        max_value=Decimal(50),
        max_digits=3,
        decimal_places=1,
        widget=forms.NumberInput(attrs=_INPUT | {"step": "1"}),
    )

    class Meta:
        model = Flow
        fields = ("name", "trigger", "template_version", "number")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidate = Flow(pk=self.instance.pk)
        self.variable_errors: list[str] = []
        self.condition_errors: list[str] = []
        choice = self.fields["trigger"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - narrows the type
        choice.choices = _triggers()
        self._begin()
        field = self.fields["template_version"]
        assert isinstance(field, TemplateField)  # noqa: S101 - narrows the type
        field.offer(self.instance.template_version_id)
        begin_with(self, field)

    def _begin(self) -> None:
        flow, share = self.instance, self.instance.holdout_share * 100
        self.initial["holdout_percent"] = f"{share:f}".rstrip("0").rstrip(".") if share else "0"
        self.initial["kind"] = kind_of(flow.lane, flow.hours)
        minutes = flow.delay_minutes or 0
        # The largest unit that says it in a whole number.
        sizes = [size for size, _label in UNITS if minutes and minutes % size == 0]
        unit = max(sizes, default=1)
        self.initial["unit"], self.initial["delay"] = unit, minutes // unit

    @cached_property
    def trigger_now(self) -> Trigger | None:
        """Return what is chosen now, typed or saved."""
        key = str(self.data.get("trigger", "")) if self.is_bound else self.instance.trigger
        return triggers.find(key or str(self.initial.get("trigger") or ""))

    @property
    def own(self) -> Own:
        """Return the trigger's own conditions by key."""
        trigger = self.trigger_now
        return {} if trigger is None else {c.key: c.in_words() for c in trigger.conditions}

    @cached_property
    def builder(self) -> Builder:
        """Return the rows of conditions, as typed or as saved."""
        if self.is_bound:
            return Builder.from_form(dict(self.data.items()), own=self.own)
        return Builder.from_tree(self.instance.conditions or {}, own=self.own)

    @property
    def parameters(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return what may fill a variable, by group: what happened, then the person."""
        groups = []
        if own := parameters_of(self.trigger_now):
            groups.append((_("What happened"), own))
        named = {key for key, _label in own}
        others = [pair for pair in parameters.choices() if pair[0] not in named]
        return [*groups, (_("The person"), others)]

    @property
    def variable_rows(self) -> list[Row]:
        """Return the rows of the template that is chosen now, filled as typed or as saved."""
        own = self.trigger_now.parameters if self.trigger_now else ()
        if self.is_bound:
            version = self.cleaned_data.get("template_version")
            return rows_of(version, read_variables(self.data, version), own=list(own))
        return rows_of(self.instance.template_version, self.instance.variables, own=list(own))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["variables"] = read_variables(self.data, cleaned.get("template_version"))
        cleaned["holdout_share"] = (cleaned.get("holdout_percent") or Decimal(0)) / 100
        self._clean_delay(cleaned)
        self._clean_kind(cleaned)
        self._clean_conditions(cleaned)
        for name in FIELDS:
            if cleaned.get(name) is not None:
                setattr(self.candidate, name, cleaned[name])
        self._show_blockers()
        return cleaned

    def validate_constraints(self) -> None:
        """Leave them to the blockers, which say the same in words that help."""

    def changes(self) -> dict[str, Any]:
        """Return what the services are told to write."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}

    def _clean_delay(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("delay") is None or cleaned.get("unit") is None:
            return
        minutes = cleaned["delay"] * cleaned["unit"]
        if minutes > MOST_MINUTES:
            self.add_error("delay", _("At most a year."))
            return
        cleaned["delay_minutes"] = minutes

    def _clean_kind(self, cleaned: dict[str, Any]) -> None:
        """What is marketing stays marketing, whatever was sent along."""
        is_marketing = self.trigger_now is not None and self.trigger_now.is_marketing
        kind = MARKETING if is_marketing else cleaned.get("kind") or ORDER
        cleaned["lane"], cleaned["hours"] = KINDS[kind]

    def _clean_conditions(self, cleaned: dict[str, Any]) -> None:
        cleaned["conditions"] = {}
        if not self.builder.groups:
            return
        try:
            cleaned["conditions"] = self.builder.check()
        except BrokenSegment as broken:
            self.condition_errors += broken.problems
            self.add_error(None, _("Look at the conditions: one of them cannot be used."))

    def _show_blockers(self) -> None:
        for blocker in draft_blockers(self.candidate, now=timezone.now()):
            field = "kind" if blocker.field in {"lane", "hours"} else blocker.field
            if field == "variables":
                self.variable_errors.append(blocker.text)
                self.add_error(None, blocker.text)
            elif field in self.fields and field not in self.errors:
                self.add_error(field, blocker.text)
            # What is wrong with the conditions stands beside them already.
            elif field not in self.fields and field != "conditions":
                self.add_error(None, blocker.text)
