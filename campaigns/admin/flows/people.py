"""Who passed through a flow: waiting, left and why, handed to the sender and what became of it."""

from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.customer_card import card_url_for
from campaigns.access import may_see_phones
from campaigns.admin.flows.views import FlowView
from campaigns.admin.readonly import CappedPaginator
from campaigns.flows.words import reason_in_words
from campaigns.missed import MISSED, meaning_of
from campaigns.models import Flow, FlowEntry

ON_A_PAGE: Final = 50
_SELECT: Final = {"class": "cp-select"}


class PeopleForm(forms.Form):
    """What is looked for; anything that is not known shows everybody."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("Everybody")), *FlowEntry.Status.choices],
        required=False,
        widget=forms.Select(attrs=_SELECT),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), required=False, widget=forms.Select(attrs=_SELECT)
    )

    def __init__(self, *args: Any, flow: Flow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["reason"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - narrows the type
        choice.choices = [("", _("Every reason")), *_reasons(flow)]

    @property
    def filters(self) -> dict[str, str]:
        self.is_valid()
        found = {
            "status": self.cleaned_data.get("state"),
            "reason": self.cleaned_data.get("reason"),
        }
        return {name: value for name, value in found.items() if value}


class PeopleView(FlowView):
    template_name = "campaigns/admin/flows/people.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow = self.get_flow()
        form = PeopleForm(request.GET, flow=flow)
        entries = flow.entries.filter(**form.filters).select_related("contact", "message")
        # Who waits by when it is due, everybody else by what happened last.
        is_waiting = form.filters.get("status") == FlowEntry.Status.WAITING
        ordered = entries.order_by(*(("due_at", "pk") if is_waiting else ("-happened_at", "-pk")))
        page = CappedPaginator(ordered, ON_A_PAGE).get_page(request.GET.get("page"))
        self.title = _("%(flow)s: who passed through it") % {"flow": flow.name}
        query = {name: request.GET[name] for name in ("state", "reason") if request.GET.get(name)}
        context = {
            "flow": flow,
            "form": form,
            "page": page,
            "lines": _lines(page, request),
            "query": urlencode(query),
            "is_filtered": bool(form.filters),
        }
        return self.render_to_response(self.get_context_data(**context))


def _reasons(flow: Flow) -> list[tuple[str, str]]:
    codes = flow.entries.exclude(reason="").order_by().values_list("reason", flat=True).distinct()
    return sorted(((code, reason_in_words(code)) for code in codes), key=lambda pair: pair[1])


def _lines(page: Page[FlowEntry], request: HttpRequest) -> list[dict[str, Any]]:
    sees_contacts = request.user.has_perm("audiences.view_contact")
    sees_phones = may_see_phones(request.user)
    return [
        {
            "entry": entry,
            "name": _name(entry, sees_phones=sees_phones),
            "link": card_url_for(request.user, entry.contact_id)
            or (_contact(entry) if sees_contacts else ""),
            "state": _state(entry),
            "why": _why(entry),
        }
        for entry in page.object_list
    ]


def _name(entry: FlowEntry, *, sees_phones: bool) -> str:
    contact = entry.contact
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    phone = contact.phone or ""
    if sees_phones and phone:
        return f"{name} {phone}".strip()
    return name or _("Contact %(number)s") % {"number": contact.pk}


def _contact(entry: FlowEntry) -> str:
    return reverse("admin:audiences_contact_change", args=[entry.contact_id])


def _state(entry: FlowEntry) -> str:
    """Return where the passage stands; once handed over, what became of the message."""
    if entry.message is not None:
        return str(entry.message.get_status_display())
    return str(entry.get_status_display())


def _why(entry: FlowEntry) -> str:
    message = entry.message
    if message is not None:
        if message.status not in MISSED:
            return ""
        return meaning_of(message.status, message.reason, message.error_code)
    return reason_in_words(entry.reason) if entry.reason else ""
