"""Finding a customer: what an agent types, what the telephone says, and a card for who is new."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audiences.contacts import ContactData, Outcome
from audiences.identity import Phone, normalise_phone
from audiences.models import Contact
from audiences.new_owner import FormerOwner, NewOwnerRefused, create_new_owner
from campaigns.access import user_of
from conversations.access import CHANGE, for_colleagues
from conversations.card.finding import Found, by_phone, by_text
from conversations.card.frame import CONFLICT, UNPROCESSABLE, card_url, framed
from conversations.notes import write_note

_INPUT = {"class": "cp-input"}
# The form says that its number has a new owner: whoever had it is not meant.
_NEW_OWNER: Final = "new_owner"


class NewCustomer(forms.Form):
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        widget=forms.TextInput(attrs=_INPUT | {"type": "tel", "autocomplete": "off"}),
    )
    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs=_INPUT | {"autocomplete": "off"}),
    )
    last_name = forms.CharField(
        label=gettext_lazy("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs=_INPUT | {"autocomplete": "off"}),
    )

    def clean_phone(self) -> Phone:
        typed = str(self.cleaned_data["phone"])
        phone = normalise_phone(typed)
        if not phone.e164:
            raise forms.ValidationError(
                _("“%(phone)s” is not a valid phone number.") % {"phone": typed.strip()}
            )
        return phone


@never_cache
@require_safe
@for_colleagues()
def search(request: HttpRequest) -> HttpResponse:
    """What was typed (`q`), or the number of who rings (`phone`); the one who is meant opens at once."""
    ringing = request.GET.get("phone", "")[:60]
    wanted = request.GET.get("q", "")[:200]
    found = by_phone(ringing) if ringing.strip() else by_text(wanted)
    if found.only is not None:
        return HttpResponseRedirect(_opened(found, is_ringing=bool(ringing.strip())))
    return _page(request, found, ringing=ringing.strip(), wanted=wanted.strip())


@require_POST
@for_colleagues(CHANGE)
def create(request: HttpRequest) -> HttpResponse:
    """A card for a new number; a number that is known leads to the card that it has."""
    form = NewCustomer(request.POST)
    if not form.is_valid():
        found = Found(contacts=(), orders=())
        typed = request.POST.get("phone", "")
        return _page(request, found, ringing=typed, form=form, status=UNPROCESSABLE)
    phone: Phone = form.cleaned_data["phone"]
    names = {name: form.cleaned_data[name] for name in ("first_name", "last_name")}
    found = by_phone(phone.e164)
    if found.only is not None:
        messages.info(request, _("This number is known already: here is its card."))
        return HttpResponseRedirect(card_url(found.only.pk))
    if found.had and request.POST.get(_NEW_OWNER) != "1":
        # Typed as a number that nobody knows: whoever had it may be meant.
        return _page(request, found, ringing=phone.e164)
    told = {name: text.strip() for name, text in names.items() if text.strip()}
    return _created(request, ContactData(phone=phone, fields=told), found)


def _created(request: HttpRequest, data: ContactData, found: Found) -> HttpResponse:
    now, by = timezone.now(), user_of(request)
    try:
        done, freed = create_new_owner(data=data, by=by, now=now)
    except NewOwnerRefused as refusal:
        messages.error(request, str(refusal))
        return _page(request, found, ringing=data.phone.e164, status=CONFLICT)
    if done.outcome is Outcome.CREATED:
        messages.success(
            request, _("The card is there: without consent, so no marketing goes to it.")
        )
    for contact in Contact.objects.filter(pk__in=freed):
        told = _("%(phone)s has a new owner: what comes from it is no longer hers.")
        write_note(contact=contact, text=told % {"phone": data.phone.e164}, by=by, now=now)
    return HttpResponseRedirect(card_url(done.contact_id))


def _opened(found: Found, *, is_ringing: bool) -> str:
    contact = found.only
    assert contact is not None  # noqa: S101 - the caller has looked
    is_by_order = bool(found.orders) and not found.contacts
    way = "phone" if is_ringing else "order" if is_by_order else "search"
    return f"{card_url(contact.pk)}?{urlencode({'from': way})}"


def _page(
    request: HttpRequest,
    found: Found,
    *,
    ringing: str = "",
    wanted: str = "",
    form: NewCustomer | None = None,
    status: int = 200,
) -> HttpResponse:
    phone = found.phone
    shown = {
        "found": found,
        "people": [
            _line(contact, way="phone" if ringing else "search") for contact in found.contacts
        ],
        "orders": found.orders,
        "ringing": ringing,
        "wanted": wanted,
        "form": form or NewCustomer(initial={"phone": phone.e164 if phone else ringing}),
        "had": [_had_line(one, way="phone" if ringing else "search") for one in found.had],
        "is_new": form is not None or found.is_free,
        "may_create": request.user.has_perm(CHANGE),
        "create_url": reverse("customer-new"),
    }
    title = _("Customers")
    return framed(request, "conversations/card/search.html", shown, title=title, status=status)


def _had_line(one: FormerOwner, *, way: str) -> dict[str, object]:
    return _line(one.contact, way=way) | {"until": one.until, "still_means": one.still_means}


def _line(contact: Contact, *, way: str) -> dict[str, object]:
    return {"contact": contact, "url": f"{card_url(contact.pk)}?{urlencode({'from': way})}"}
