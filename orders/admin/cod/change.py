"""One change of address: what the customer wrote, the old address and the new one side by side, to be put right and applied."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from campaigns.access import user_of
from orders.admin.cod.page import UNPROCESSABLE, CodView, back_to, say_no
from orders.cod import deciding, typed
from orders.cod.deciding import DecisionRefused, Moved, seen_of
from orders.models import AddressChange, Order
from orders.order_words import address_line
from orders.shopify_words import sentence

_LABELS = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "company": gettext_lazy("Company"),
    "address1": gettext_lazy("Street and house number"),
    "address2": gettext_lazy("Further details (staircase, bell)"),
    "zip": gettext_lazy("Postcode"),
    "city": gettext_lazy("Town"),
    "province_code": gettext_lazy("Province (two letters)"),
    "country_code": gettext_lazy("Country (two letters)"),
    "phone": gettext_lazy("Phone for the courier"),
}
_MUST = frozenset({"address1", "zip", "city"})
_LIMITS = {"province_code": 2, "country_code": 2, "zip": 20}


class AddressForm(forms.Form):
    """The fields of an address as Shopify takes them; `seen` is what the person looked at."""

    seen = forms.CharField(widget=forms.HiddenInput)
    back = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _LABELS.items():
            self.fields[name] = forms.CharField(
                label=label,
                required=name in _MUST,
                max_length=_LIMITS.get(name, 255),
                widget=forms.TextInput(
                    attrs={"class": " ".join(INPUT_CLASSES), "autocomplete": "off"}
                ),
            )

    @property
    def address(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in _LABELS}


class ChangePage(CodView):
    template_name = "orders/admin/cod/change.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        order = self.get_order()
        change = _change_of(order)
        text = change.typed_text if change else ""
        known = order.shipping_address
        guessed = typed.guess(text, known) if text else dict(known)
        tried = change.new_address if change and change.reason else {}
        form = AddressForm(
            initial=(tried or guessed)
            | {"seen": seen_of(order), "back": request.GET.get("back", "")}
        )
        return self._page(order, change, form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        order = self.get_order()
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._page(order, _change_of(order), form, status=UNPROCESSABLE)
        try:
            deciding.apply_address(
                order_id=order.pk,
                address=form.address,
                by=user_of(request),
                seen=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except Moved as moved:
            return say_no(request, order, str(moved))
        except DecisionRefused as refused:
            form.add_error(None, str(refused))
            return self._page(order, _change_of(order), form, status=UNPROCESSABLE)
        messages.success(
            request,
            _("The new address of %(name)s is being written to Shopify.") % {"name": order.name},
        )
        return HttpResponseRedirect(back_to(request, order))

    def _page(
        self, order: Order, change: AddressChange | None, form: AddressForm, *, status: int = 200
    ) -> HttpResponse:
        self.title = _("New address for order %(name)s") % {"name": order.name}
        context = self.get_context_data(
            shown=self.shown(order),
            change=change,
            form=form,
            old=address_line(order.shipping_address),
            old_rows=[
                (label, order.shipping_address.get(name, "")) for name, label in _LABELS.items()
            ],
            error=sentence(change.reason) if change and change.reason else "",
            back_url=back_to(self.request, order),
        )
        return self.render_to_response(context, status=status)


def _change_of(order: Order) -> AddressChange | None:
    open_ = AddressChange.objects.filter(order=order, state__in=["asked", "typed", "applying"])
    return open_.select_related("decided_by").first()
