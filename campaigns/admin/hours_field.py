"""Writing hours in a form: a line per kind of day, with opening and closing, or closed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from campaigns.hours_shape import LABELS, check_hours
from campaigns.models.account import Hours

_PARTS = ("opens", "closes")


class HoursWidget(forms.Widget):
    """Two small inputs per kind of day; both empty = closed."""

    template_name = "campaigns/admin/parts/hours.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        hours = value if isinstance(value, Mapping) else {}
        context["classes"] = " ".join(INPUT_CLASSES)
        context["lines"] = [
            {
                "label": label,
                "opens": f"{name}-{kind}-opens",
                "closes": f"{name}-{kind}-closes",
                "opens_value": (hours.get(kind) or ["", ""])[0],
                "closes_value": (hours.get(kind) or ["", ""])[1],
            }
            for kind, label in LABELS.items()
        ]
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = {
            kind: [str(data.get(f"{name}-{kind}-{part}") or "").strip() for part in _PARTS]
            for kind in LABELS
        }
        return {kind: pair if any(pair) else None for kind, pair in typed.items()}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(f"{name}-{kind}-opens" in data for kind in LABELS)

    def id_for_label(self, id_: str) -> str:
        return ""


class HoursField(forms.Field):
    widget = HoursWidget
    default_error_messages = {"required": _("Write the hours of each kind of day.")}

    def clean(self, value: Any) -> Hours:
        """:raises ValidationError: they cannot be used, and why."""
        return check_hours(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)
