"""Ask a contact for a consent in two steps: the first yes is noted, the second one counts."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import double_opt_in
from audiences.admin.one_person import UNPROCESSABLE, OnePerson
from audiences.admin.pages import user_of
from audiences.consent import ConsentRefused
from audiences.models import ConsentPurpose, ConsentRequest, Contact


class QuestionForm(forms.Form):
    purpose = forms.ChoiceField(label=gettext_lazy("For"), choices=ConsentPurpose.choices)
    source = forms.CharField(label=gettext_lazy("Where the person said yes"), max_length=100)
    evidence = forms.CharField(label=gettext_lazy("What proves it"), max_length=5000)
    choice = forms.ChoiceField(label=gettext_lazy("How to ask"), required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["choice"])
        field.choices = [*choices, ("", _("I hand on the link myself"))]


class QuestionPages(OnePerson):
    """Mixin of the contact's admin."""

    def ask_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note the first yes and ask for the second one."""
        may_ask = request.user.has_perm("audiences.ask_consent")
        contact = self._alive(request, pk, may_ask)
        now = timezone.now()
        choices = double_opt_in.lane_choices(contact, now=now)
        form = QuestionForm(request.POST or None, choices=choices)
        if request.method == "POST" and form.is_valid():
            try:
                self._ask(request, contact, form.cleaned_data)
            except ConsentRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("admin:audiences_contact_change", pk)
        context = self.page(
            request,
            _("Ask for the consent?"),
            contact=contact,
            form=form,
            days=double_opt_in.VALID_FOR.days,
        )
        status = UNPROCESSABLE if form.is_bound else 200
        return TemplateResponse(request, "audiences/admin/ask.html", context, status=status)

    def _ask(self, request: HttpRequest, contact: Contact, said: dict[str, str]) -> None:
        """:raises ConsentRefused: nothing was asked."""
        now = timezone.now()
        asked = double_opt_in.ask_consent(
            contact=contact,
            purpose=said["purpose"],
            source=said["source"],
            evidence=said["evidence"],
            by=user_of(request),
            now=now,
        )
        link = confirmation_link(request, asked)
        is_sent = bool(said["choice"]) and double_opt_in.send_question(
            request=asked, choice=said["choice"], link=link, now=now
        )
        self._note(request, contact, "asked")
        messages.success(request, _told(link, is_sent=is_sent))


def _told(link: str, *, is_sent: bool) -> str:
    if is_sent:
        return _("The question waits to be sent: the consent counts once it is answered.")
    return format_html("{} <code>{}</code>", _("The question is open. Hand on this link:"), link)


def confirmation_link(request: HttpRequest, asked: ConsentRequest) -> str:
    """The address that the person opens to say yes."""
    token = double_opt_in.token_of(asked)
    return request.build_absolute_uri(reverse("consent-confirm", args=[token]))


def question_line(request: HttpRequest, asked: ConsentRequest, *, now: datetime) -> dict[str, Any]:
    """One question on the contact's page; its link only while it may still be answered."""
    is_open = asked.is_open(now=now)
    return {
        "asked": asked,
        "is_open": is_open,
        "is_late": asked.state == ConsentRequest.State.PENDING and not is_open,
        "link": confirmation_link(request, asked) if is_open else "",
    }
