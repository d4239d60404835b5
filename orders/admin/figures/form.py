"""Which days the figures are of, and by what the table is broken down."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.figures.funnel import By, Period

USUAL_DAYS = 30
# More days than that are a report of their own: the page would count for too long.
MOST_DAYS = 731


def usual(today: date) -> dict[str, str]:
    """Return what the form holds before anybody chose: the last month, by day."""
    first = today - timedelta(days=USUAL_DAYS - 1)
    return {"first": f"{first:%Y-%m-%d}", "last": f"{today:%Y-%m-%d}", "by": By.DAY.value}


class FiguresForm(forms.Form):
    """Two days, both included; what cannot be read shows the usual days and says so."""

    first = forms.DateField(
        label=gettext_lazy("From"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "cp-input"}),
    )  # fmt: skip
    last = forms.DateField(
        label=gettext_lazy("Until"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "cp-input"}),
    )  # fmt: skip
    by = forms.ChoiceField(
        label=gettext_lazy("Table by"), required=False,
        choices=[
            (By.DAY.value, gettext_lazy("day")),
            (By.PROVINCE.value, gettext_lazy("province")),
            (By.COURIER.value, gettext_lazy("courier")),
        ],
        widget=forms.Select(attrs={"class": "cp-input"}),
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if first and last and last < first:
            raise forms.ValidationError(_("The last day comes before the first."))
        if first and ((last or self.today) - first).days >= MOST_DAYS:
            raise forms.ValidationError(_("At most two years at once: choose a later first day."))
        if last == date.max:
            raise forms.ValidationError(_("The last day is out of reach."))
        return typed

    @property
    def period(self) -> Period:
        """Return the days asked for; a missing last one is today, a missing first one a month before."""
        typed = self.cleaned_data if self.is_valid() else {}
        last = typed.get("last") or self.today
        first = typed.get("first") or last - timedelta(days=USUAL_DAYS - 1)
        return Period(first=min(first, last), last=last)

    @property
    def grouping(self) -> By:
        return By(self.cleaned_data.get("by") or By.DAY) if self.is_valid() else By.DAY
