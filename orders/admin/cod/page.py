"""What the pages of cash on delivery share: the frame, one order, what is shown of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from audiences.customer_card import card_url
from orders.cod import lists
from orders.cod.eligibility import has_shipped
from orders.models import Order
from orders.order_words import address_line, lacks_house_number, money, summary

PERMISSION = "orders.decide_cod"
UNPROCESSABLE = 422


def cod_url(name: str, order: Order) -> str:
    """Return the address of one of an order's pages: address, confirm, cancel, keep, …"""
    return reverse(f"admin:orders_cod_{name}", args=[order.pk])


def frame_of(title: Any) -> dict[str, Any]:
    """What has the admin's frame say where one is: a page of its own, not the list of some model."""
    return {"opts": None, "model_admin": None, "content_title": title}


@dataclass(frozen=True, slots=True)
class Shown:
    """An order as the lists show it."""

    order: Order
    language: str

    @property
    def who(self) -> str:
        contact = self.order.contact
        name = self.order.shipping_address.get("name") or ""
        return (contact.full_name if contact else "") or str(name) or self.order.email

    @property
    def card(self) -> str:
        """Where the customer's card is, "" where nobody is known. Shown to who may open it."""
        return card_url(self.order.contact_id) if self.order.contact_id is not None else ""

    @property
    def phone(self) -> str:
        contact = self.order.contact
        return self.order.phone or (contact.phone or "" if contact else "")

    @property
    def amount(self) -> str:
        return money(self.order.amount_due_cents, self.order.due_currency, self.language)

    @property
    def address(self) -> str:
        return address_line(self.order.shipping_address)

    @property
    def lacks_number(self) -> bool:
        return lacks_house_number(self.order.shipping_address)

    @property
    def summary(self) -> str:
        return summary(list(self.order.lines.all()))

    @property
    def has_shipped(self) -> bool:
        return has_shipped(self.order)


class CodView(UnfoldModelAdminViewMixin, TemplateView):
    """A page about cash on delivery, inside the admin's frame."""

    title: Any = _("Cash on delivery")
    permission_required: ClassVar[Any] = PERMISSION
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            **frame_of(self.title),
            "is_asking": lists.is_asking(),
            "may_see_flows": self.request.user.has_perm("campaigns.view_flow"),
        }

    def shown(self, order: Order) -> Shown:
        return Shown(order, getattr(self.request, "LANGUAGE_CODE", "it"))

    def get_order(self) -> Order:
        """:raises Http404: there is no such COD order."""
        found = (
            Order.objects.select_related("contact")
            .filter(pk=self.kwargs["pk"], is_cod=True)
            .first()
        )
        if found is None:
            raise Http404
        return found


def back_to(request: HttpRequest, order: Order) -> str:
    """Return where the person came from: a list, the inbox, the order, or the customer's card.

    What comes with the request is a word, never an address.
    """
    wanted = request.POST.get("back") or request.GET.get("back") or ""
    if wanted == "card" and order.contact_id is not None:
        return card_url(order.contact_id)
    if wanted == "inbox":
        return reverse("inbox")
    if wanted == "order":
        return reverse("admin:orders_order_change", args=[order.pk])
    return reverse(f"admin:{_BACK.get(wanted, _BACK['work'])}")


_BACK: Mapping[str, str] = {"calls": "orders_cod_calls", "work": "orders_cod_work"}


def say_no(request: HttpRequest, order: Order, text: str) -> HttpResponse:
    """Bring the person back with the reason why nothing was done."""
    messages.error(request, text)
    return HttpResponseRedirect(back_to(request, order))
