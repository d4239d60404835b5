"""What Meta charges, in the admin: the card of today, the others, and a form for the next one."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.access import user_of
from campaigns.admin.confirm import UNPROCESSABLE
from campaigns.admin.number_fields import CLASSES, Column, RowsField, typed
from campaigns.cost import MARKETS, Rate, rate_for
from campaigns.models import MessageRate
from campaigns.rates import CATEGORIES, Card, CardRefused, add_card, rates_in_use

LIST_NAME = "admin:campaigns_messagerate_changelist"
MOST_ROWS = 500
_INPUT = {"class": CLASSES}
_DAY = "%Y-%m-%d"
LABELS = {
    "marketing": gettext_lazy("Marketing"),
    "utility": gettext_lazy("Utility"),
    "authentication": gettext_lazy("Authentication"),
    "service": gettext_lazy("Free text"),
}


def _day_field(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        input_formats=[_DAY],
        widget=forms.DateInput(format=_DAY, attrs=_INPUT | {"type": "date"}),
    )


class CardForm(forms.Form):
    """One card: from when, from where, and the prices by market."""

    valid_from = _day_field(
        gettext_lazy("Valid from"),
        gettext_lazy("Meta changes prices on 1 January, April, July and October only."),
    )
    prices = RowsField(
        (
            Column("market", gettext_lazy("Market"), "fixed"),
            *(Column(category, LABELS[category], "decimal") for category in CATEGORIES),
        ),
        label=gettext_lazy("Euro per delivered message"),
        help_text=gettext_lazy("A market left empty keeps its earlier prices."),
        extra=0,
        words=MARKETS,
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Which card, of which day, from which page."),
        widget=forms.TextInput(attrs=_INPUT),
    )
    verified_on = _day_field(gettext_lazy("Verified on"), "")
    is_estimate = forms.BooleanField(
        label=gettext_lazy("These are estimates, not the account's own card"), required=False
    )

    def card(self) -> Card:
        typed_fields = dict(self.cleaned_data)
        rows = typed_fields.pop("prices")
        prices = {row["market"]: {name: row[name] for name in CATEGORIES} for row in rows}
        return Card(prices=prices, **typed_fields)


class RatesView(UnfoldModelAdminViewMixin, TemplateView):
    title: Any = gettext_lazy("Message rates")
    permission_required: ClassVar[Any] = "campaigns.view_messagerate"
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        may_add = self.request.user.has_perm("campaigns.add_messagerate")
        return context | {"opts": MessageRate._meta, "may_add": may_add}


class RatesPage(RatesView):
    template_name = "campaigns/admin/rates_page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = MessageRate.objects.select_related("added_by").order_by(
            "-valid_from", "-added_at", "pk"
        )
        context = {
            "today": rates_of_today(),
            "is_estimate": any(line["rate"].is_estimate for line in rates_of_today()),
            "categories": [LABELS[category] for category in CATEGORIES],
            "cards": list(_cards(rows[:MOST_ROWS])),
        }
        return self.render_to_response(self.get_context_data(**context))


class AddCardPage(RatesView):
    title = gettext_lazy("Add a card")
    permission_required: ClassVar[Any] = "campaigns.add_messagerate"
    template_name = "campaigns/admin/rates_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        prices = [
            {"market": line["market"], **{name: getattr(line["rate"], name) for name in CATEGORIES}}
            for line in rates_of_today()
        ]
        initial = {"prices": prices, "verified_on": timezone.localdate(), "is_estimate": True}
        return self._page(CardForm(initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = CardForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=UNPROCESSABLE)
        try:
            add_card(card=form.card(), by=user_of(request), now=timezone.now())
        except CardRefused as refused:
            for problem in refused.problems:
                form.add_error(problem.field, str(problem.text))
            return self._page(form, status=UNPROCESSABLE)
        messages.success(request, _("The card was added; earlier ones stay as they were."))
        return HttpResponseRedirect(reverse(LIST_NAME))

    def _page(self, form: CardForm, *, status: int = 200) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)


@admin.register(MessageRate)
class MessageRateAdmin(ModelAdmin):
    """Cards are read and added; nobody rewrites or deletes one."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return RatesPage.as_view(model_admin=self)(request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return AddCardPage.as_view(model_admin=self)(request)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """:raises Http404: single rows have no page; the cards are all on one."""
        raise Http404


def rates_of_today() -> list[dict[str, Any]]:
    """Return the rate in force of each market, as the page and the form show it."""
    rates, today = rates_in_use(), timezone.localdate()
    return [_line(rate_for(market, on=today, rates=rates)) for market in MARKETS]


def _line(rate: Rate) -> dict[str, Any]:
    prices = [typed(getattr(rate, category)) for category in CATEGORIES]
    return {
        "market": rate.market,
        "label": MARKETS.get(rate.market, rate.market),
        "rate": rate,
        "prices": prices,
    }


def _cards(rows: Iterable[MessageRate]) -> Iterable[dict[str, Any]]:
    """Group rows into the cards they were added as, the newest day first."""
    today = timezone.localdate()
    for (valid_from, added_at), group in groupby(rows, key=lambda r: (r.valid_from, r.added_at)):
        members = list(group)
        first = members[0]
        yield {
            "valid_from": valid_from,
            "added_at": added_at,
            "by": first.added_by,
            "source": first.source,
            "verified_on": first.verified_on,
            "is_estimate": first.is_estimate,
            "is_to_come": valid_from > today,
            "markets": ", ".join(str(MARKETS.get(row.market, row.market)) for row in members),
        }
