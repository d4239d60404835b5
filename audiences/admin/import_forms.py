"""What is asked about a file of contacts: the file, its columns, its consent."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from audiences.identity import HOME_ZONE
from audiences.importing.columns import ATTRIBUTE_KINDS, LABELS, MAX_NAME
from audiences.importing.proof import NO_PROOF, Basis, Proof
from audiences.importing.values import FIRST_YEAR
from audiences.models import ContactImport

MAX_BYTES = 50 * 1024 * 1024
_WIDE = {"class": "au-input au-input--wide"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=UnfoldAdminFileFieldWidget(
            attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv,text/plain"}
        ),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty."),
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 50 MB: split it, or use the command.")
            )
        return file


class ColumnsForm(forms.Form):
    """A meaning for each column; an attribute also has a name."""

    def __init__(
        self, contact_import: ContactImport, samples: Sequence[Sequence[str]], *args: Any
    ) -> None:
        super().__init__(*args)
        self._headings = contact_import.headings
        self._samples = samples
        for place, target in enumerate(contact_import.targets):
            kind, _colon, name = target.partition(":")
            self.fields[f"target-{place}"] = forms.ChoiceField(
                choices=_meanings, required=False, initial=kind
            )
            self.fields[f"name-{place}"] = forms.CharField(
                max_length=MAX_NAME,
                required=False,
                initial=name or _slug(contact_import.headings[place]),
            )
            for field in (f"target-{place}", f"name-{place}"):
                self.fields[field].widget.attrs["class"] = "au-input"

    def clean(self) -> dict[str, Any]:
        for place in range(len(self._headings)):
            kind = self.cleaned_data.get(f"target-{place}")
            if kind in ATTRIBUTE_KINDS and not self.cleaned_data.get(f"name-{place}", "").strip():
                self.add_error(f"name-{place}", _("Write a name for the attribute."))
        return self.cleaned_data

    @property
    def targets(self) -> list[str]:
        """What was chosen, as `audiences.importing.columns` has it."""
        chosen = []
        for place in range(len(self._headings)):
            kind = self.cleaned_data[f"target-{place}"]
            name = self.cleaned_data[f"name-{place}"].strip()
            chosen.append(f"{kind}:{name}" if kind in ATTRIBUTE_KINDS else kind)
        return chosen

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """For the page: heading, first values, and the two fields of each column."""
        for place, heading in enumerate(self._headings):
            yield {
                "heading": heading,
                "samples": self._samples[place],
                "target": self[f"target-{place}"],
                "name": self[f"name-{place}"],
            }


class ProofForm(forms.Form):
    """For whom the file proves a consent, and how."""

    basis = forms.ChoiceField(
        label=gettext_lazy("Consent to marketing on WhatsApp"), widget=forms.RadioSelect
    )
    source = forms.CharField(
        label=gettext_lazy("Where the consents come from"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For example: forms at the Milan fair"),
        widget=forms.TextInput(attrs=_WIDE),
    )
    at = forms.DateField(
        label=gettext_lazy("On which day they were given"),
        required=False,
        help_text=gettext_lazy("The earliest that is true for all of them"),
        widget=forms.DateInput(attrs={"type": "date", "class": "au-input"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
    )
    evidence = forms.CharField(
        label=gettext_lazy("The text people agreed to, or where the proof is kept"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={**_WIDE, "rows": 3}),
    )
    collected_by = forms.CharField(
        label=gettext_lazy("Who collected them"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs=_WIDE),
    )

    def __init__(self, contact_import: ContactImport, *args: Any) -> None:
        super().__init__(*args)
        has_column = "consent" in contact_import.targets
        field = cast("forms.ChoiceField", self.fields["basis"])
        field.initial = Basis.ROWS.value
        field.choices = list(_bases(has_column=has_column))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("basis") == Basis.ROWS:
            return data
        for name in ("source", "evidence", "collected_by"):
            if not data.get(name, "").strip():
                self.add_error(name, _("A consent needs it."))
        at = data.get("at")
        if at is None and "at" not in self.errors:
            self.add_error("at", _("A consent needs it."))
        elif at is not None and at > timezone.localdate():
            self.add_error("at", _("This day has yet to come."))
        elif at is not None and at.year < FIRST_YEAR:
            # A year of two digits: browsers make 0026 of it.
            self.add_error("at", _("Write the year with all its digits."))
        return data

    @property
    def proof(self) -> Proof:
        data = self.cleaned_data
        if data["basis"] == Basis.ROWS:
            return NO_PROOF
        return Proof(
            basis=data["basis"],
            source=data["source"].strip(),
            evidence=data["evidence"].strip(),
            at=_start_of(data["at"]),
        )


def _bases(*, has_column: bool) -> Iterator[tuple[str, str]]:
    if has_column:
        yield Basis.ROWS, _("Only rows that bring their own source, proof and date")
        yield Basis.COLUMN, _("Rows with yes in the consent column; this is the proof:")
    else:
        yield Basis.ROWS, _("None: the people come in, and are not written to")
    yield Basis.EVERYBODY, _("Everybody in the file agreed; this is the proof:")


def _meanings() -> list[tuple[str, str]]:
    return [
        ("", _("Leave out")),
        *((name, str(label)) for name, label in LABELS.items()),
        *((kind, str(label)) for kind, label in ATTRIBUTE_KINDS.items()),
    ]


def _slug(heading: str) -> str:
    return "_".join(heading.casefold().split())[:MAX_NAME]


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(HOME_ZONE))
