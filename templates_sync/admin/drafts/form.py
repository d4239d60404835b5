"""The form of a draft: it keeps whatever is typed; what stands against it is said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from templates_sync.language_names import language_name
from templates_sync.lint import BUTTONS_MOST
from templates_sync.models import TemplateDraft
from templates_sync.staging.writing import FIELDS
from templates_sync.wording import CALL, MEDIA_HEADERS, QUICK_REPLY, TEXT, URL, tidy

_INPUT = {"class": " ".join(INPUT_CLASSES), "autocomplete": "off"}
_TEXTAREA = {"class": " ".join(TEXTAREA_CLASSES)}
_SELECT = {"class": "td-select"}
# Codes that Meta takes and our customers speak; a draft from elsewhere keeps its own.
LANGUAGES = ("it", "en", "en_us", "en_gb", "de", "fr", "es", "nl", "pt_pt", "pl", "ro", "sq")
CATEGORIES = (("", "–"), ("marketing", _("marketing")), ("utility", _("utility")))
HEADERS = (
    ("", _("none")),
    (TEXT, _("text")),
    ("image", _("picture")),
    ("video", _("video")),
    ("document", _("document")),
)
BUTTON_TYPES = (
    ("", _("no button")),
    (QUICK_REPLY, _("quick reply")),
    (URL, _("link")),
    (CALL, _("call")),
)
BLANK_ROWS = 1


class DraftForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A draft as typed; buttons and examples come in rows of their own."""

    name = forms.CharField(
        label=_("Name"),
        max_length=512,
        help_text=_("Small letters, digits and underscores. Customers do not see it."),
        widget=forms.TextInput(attrs=_INPUT | {"spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("Language"), widget=forms.Select(attrs=_SELECT))
    category = forms.ChoiceField(
        label=_("Category"),
        choices=CATEGORIES,
        required=False,
        help_text=_("Meta decides in the end, and with it the price."),
        widget=forms.Select(attrs=_SELECT),
    )
    header_format = forms.ChoiceField(
        label=_("Header"), choices=HEADERS, required=False, widget=forms.Select(attrs=_SELECT)
    )
    header_text = forms.CharField(
        label=_("Text of the header"), required=False, widget=forms.TextInput(attrs=_INPUT)
    )
    header_media = forms.CharField(
        label=_("Address of an example file"), required=False, widget=forms.TextInput(attrs=_INPUT)
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        help_text=_("*bold*, _italics_, ~struck~. A variable is %%FIRST_NAME%%."),
        widget=forms.Textarea(attrs=_TEXTAREA | {"rows": 9}),
    )
    footer = forms.CharField(
        label=_("Footer"), required=False, widget=forms.TextInput(attrs=_INPUT)
    )

    class Meta:
        model = TemplateDraft
        fields = (
            "name",
            "language",
            "category",
            "header_format",
            "header_text",
            "header_media",
            "body",
            "footer",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.language
        codes = dict.fromkeys([*LANGUAGES, own] if own else LANGUAGES)
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = [(code, language_name(code)) for code in codes]
        if self.instance.template_id is not None:
            # A disabled field keeps its first value whatever is sent.
            for name in ("name", "language"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("name", "header_text", "header_media", "body", "footer"):
            cleaned[name] = tidy(cleaned.get(name))
        return cleaned

    def _post_clean(self) -> None:
        """Show what is typed on the instance; the services write, and the lint judges."""
        for name, value in self.changes().items():
            setattr(self.instance, name, value)

    def changes(self) -> dict[str, Any]:
        """Return what the services are told to write."""
        cleaned = {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}
        return cleaned | {
            "buttons": [
                {
                    "order": order,
                    "type": row["type"],
                    "text": tidy(row["text"]),
                    "url": tidy(row["target"]) if row["type"] == URL else "",
                    "phone": tidy(row["target"]) if row["type"] == CALL else "",
                }
                for order, row in enumerate(self._typed_buttons())
            ],
            "examples": read_examples(self.data),
        }

    def _typed_buttons(self) -> list[dict[str, Any]]:
        return [row for row in read_buttons(self.data) if row["type"]]

    @property
    def button_rows(self) -> list[dict[str, Any]]:
        """Return the rows to show: those with a button and one to fill."""
        if self.is_bound:
            rows = read_buttons(self.data)
        else:
            rows = [
                {"type": row["type"], "text": row["text"], "target": row["url"] or row["phone"]}
                for row in self.instance.buttons
            ]
        blank = [{"type": "", "text": "", "target": ""}] * BLANK_ROWS
        shown = rows if rows and not rows[-1]["type"] else [*rows, *blank]
        return [row | {"number": n} for n, row in enumerate(shown[:BUTTONS_MOST])]

    @property
    def example_rows(self) -> list[dict[str, str]]:
        """Return a row for each variable in use."""
        examples = self.instance.examples
        return [
            {"code": code, "value": examples.get(code, "")}
            for code in self.instance.wording.variables
        ]

    @property
    def media_headers(self) -> tuple[str, ...]:
        return MEDIA_HEADERS


def read_buttons(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of buttons as they were typed, empty ones among them."""
    rows = []
    for number in range(BUTTONS_MOST):
        if f"button_type-{number}" in data:
            kind = str(data[f"button_type-{number}"])
            rows.append(
                {
                    "type": kind if kind in {QUICK_REPLY, URL, CALL} else "",
                    "text": str(data.get(f"button_text-{number}", "")),
                    "target": str(data.get(f"button_target-{number}", "")),
                }
            )
    return rows


def read_examples(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the examples that were typed; of a variable taken out too, it may come back."""
    prefix = "example-"
    return {
        key.removeprefix(prefix)[:100]: str(data[key]).strip(" ")
        for key in data
        if key.startswith(prefix)
    }
