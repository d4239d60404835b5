"""One decision about one order: a page that asks, and only a POST that acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import TEXTAREA_CLASSES

from campaigns.access import user_of
from orders.admin.cod.page import UNPROCESSABLE, CodView, back_to, say_no
from orders.cod import coming_back, deciding
from orders.cod.deciding import DecisionRefused, seen_of
from orders.models import Order

Text = str | Promise


class SeenForm(forms.Form):
    """Carries what the person looked at, and where they came from."""

    seen = forms.CharField(widget=forms.HiddenInput)
    back = forms.CharField(widget=forms.HiddenInput, required=False)


class WhyForm(SeenForm):
    why = forms.CharField(
        label=_("Why? It goes into the order's note."),
        max_length=250,
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 3}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One button. `does` gets order_id, by, seen, now and what the form asks besides."""

    label: Text
    question: Text
    explanation: Text
    done: Text
    does: Callable[..., None]
    form: type[SeenForm] = SeenForm
    is_danger: bool = False


def _nobody(*, order_id: int, by: Any, seen: str, now: Any) -> None:
    deciding.note_nobody(order_id=order_id, by=by, now=now)


DECISIONS: Mapping[str, Decision] = {
    "confirm": Decision(
        label=_("Confirmed by phone"),
        question=_("Did the customer confirm?"),
        explanation=_("The order can be shipped. Shopify gets the tag and a note with your name."),
        done=_("Order %(name)s is confirmed."),
        does=deciding.confirm_by_phone,
    ),
    "cancel": Decision(
        label=_("Cancel the order"),
        question=_("Cancel this order on Shopify?"),
        explanation=_("This cannot be undone. The goods go back on sale; Shopify writes nothing to the customer."),
        done=_("Shopify is asked to cancel order %(name)s."),
        does=deciding.cancel_order,
        form=WhyForm,
        is_danger=True,
    ),
    "keep": Decision(
        label=_("Keep the order"),
        question=_("Does the customer want it after all?"),
        explanation=_("The order counts as confirmed and can be shipped."),
        done=_("Order %(name)s is kept."),
        does=deciding.keep_order,
    ),
    "refuse": Decision(
        label=_("Leave the address as it is"),
        question=_("Leave the address as it is?"),
        explanation=_("The order counts as confirmed with the old address. The customer is not told: tell her."),
        done=_("Order %(name)s keeps its address."),
        does=deciding.refuse_change,
        form=WhyForm,
    ),
    "nobody": Decision(
        label=_("Nobody answered"),
        question=_("Did nobody answer?"),
        explanation=_("The order stays on the list, with the time of your call."),
        done=_("Noted: nobody answered for order %(name)s."),
        does=_nobody,
    ),
    "seen": Decision(
        label=_("Settled"),
        question=_("Is it settled?"),
        explanation=_("The order leaves the list of questions. What the customer wrote stays in its story."),
        done=_("The question about order %(name)s is settled."),
        does=deciding.settle_question,
    ),
    "came-back": Decision(
        label=_("The parcel was refused"),
        question=_("Was the parcel refused?"),
        explanation=_("Shopify gets the shop's tag for refused parcels, and the order counts as refused in the figures. It can be taken back."),
        done=_("Shopify is asked to tag order %(name)s as refused."),
        does=coming_back.mark_refused,
        is_danger=True,
    ),
    "taken": Decision(
        label=_("The parcel was not refused"),
        question=_("Was the parcel not refused after all?"),
        explanation=_("The tag comes off on Shopify, and the order counts again as the courier says."),
        done=_("Shopify is asked to take the tag off order %(name)s."),
        does=coming_back.unmark_refused,
    ),
}  # fmt: skip


class DecidePage(CodView):
    template_name = "orders/admin/cod/decide.html"
    # Given by `as_view`, which takes only what the class already has.
    decision: Decision = next(iter(DECISIONS.values()))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        order = self.get_order()
        given = {"seen": seen_of(order), "back": request.GET.get("back", "")}
        return self._page(order, self.decision.form(initial=given))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        order = self.get_order()
        form = self.decision.form(request.POST)
        if not form.is_valid():
            return self._page(order, form, status=UNPROCESSABLE)
        told = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "back"}
        try:
            self.decision.does(order_id=order.pk, by=user_of(request), now=timezone.now(), **told)
        except DecisionRefused as refused:
            return say_no(request, order, str(refused))
        messages.success(request, str(self.decision.done) % {"name": order.name})
        return HttpResponseRedirect(back_to(request, order))

    def _page(self, order: Order, form: SeenForm, *, status: int = 200) -> HttpResponse:
        self.title = self.decision.question
        context = self.get_context_data(
            shown=self.shown(order),
            decision=self.decision,
            form=form,
            back_url=back_to(self.request, order),
        )
        return self.render_to_response(context, status=status)
