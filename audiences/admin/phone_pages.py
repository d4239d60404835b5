"""Give a contact another number: the page says what happens to the old one and to the consents."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import movers
from audiences.admin.one_person import UNPROCESSABLE, OnePerson
from audiences.admin.pages import user_of
from audiences.identity import PhoneRefused, whatsapp_phone
from audiences.models import ConsentPurpose, Contact, PhoneChange
from audiences.phone_change import PhoneChangeRefused, PhoneTaken, SaidAgain, change_phone


class PhoneForm(forms.Form):
    phone = forms.CharField(label=gettext_lazy("New number"), max_length=40)
    why = forms.CharField(label=gettext_lazy("Why: who told you, and how?"), max_length=500)
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("The person agreed again, for the new number, to"),
        choices=ConsentPurpose.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence (needed for a consent)"), max_length=5000, required=False
    )

    def clean_phone(self) -> Any:
        try:
            return whatsapp_phone(self.cleaned_data["phone"])
        except PhoneRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class PhonePages(OnePerson):
    """Mixin of the contact's admin."""

    def phone_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says what happens; POST changes the number."""
        contact = self._alive(request, pk, self.has_change_permission(request))
        form = PhoneForm(request.POST or None)
        if request.method != "POST":
            return self._phone_page(request, contact, form)
        if not form.is_valid():
            return self._phone_page(request, contact, form, status=UNPROCESSABLE)
        return self._renumber(request, contact, form)

    def _renumber(self, request: HttpRequest, contact: Contact, form: PhoneForm) -> HttpResponse:
        """Change the number, or show the page again with what stands against it."""
        owner = None
        try:
            done = _change(request, contact, form.cleaned_data)
        except PhoneTaken as taken:
            owner = taken.owner
            form.add_error("phone", str(taken))
        except PhoneChangeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            self._note(request, contact, "phone")
            said_so = _("The number was changed.") if done else _("It has this number already.")
            messages.success(request, said_so)
            return redirect("admin:audiences_contact_change", contact.pk)
        return self._phone_page(request, contact, form, owner=owner, status=UNPROCESSABLE)

    def _phone_page(
        self,
        request: HttpRequest,
        contact: Contact,
        form: PhoneForm,
        *,
        owner: Contact | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = self.page(
            request,
            _("Change the phone?") if contact.phone else _("Add the phone?"),
            contact=contact,
            form=form,
            owner=owner,
            may_merge=self.has_merge_permission(request),
            waiting=movers.hanging_on(contact.pk).get("waiting", 0),
        )
        return TemplateResponse(request, "audiences/admin/phone.html", context, status=status)


def _change(request: HttpRequest, contact: Contact, said: dict[str, Any]) -> PhoneChange | None:
    """:raises PhoneTaken, PhoneChangeRefused: nothing was changed."""
    return change_phone(
        contact=contact,
        phone=said["phone"],
        why=said["why"],
        again=SaidAgain(purposes=said["purposes"], evidence=said["evidence"]),
        by=user_of(request),
        now=timezone.now(),
    )
