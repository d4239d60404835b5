"""Who a contact is: merge with a double, another number, a consent asked in two steps. Each asks before it acts."""

import hashlib
import json
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import double_opt_in, movers
from audiences.admin.pages import PageAdmin, user_of
from audiences.consent import ConsentRefused
from audiences.identity import PhoneRefused, normalise_phone, whatsapp_phone
from audiences.merge_plan import CHOOSABLE, KeptField, counts, kept_fields, state_of
from audiences.merging import MergeRefused, merge_contacts, values_of
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    ConsentRequest,
    Contact,
    ContactAlias,
    PhoneChange,
)
from audiences.phone_change import PhoneChangeRefused, PhoneTaken, SaidAgain, change_phone

MOST_CANDIDATES = 10
UNPROCESSABLE = 422
_OF_ONE = {"audiences_contact_change", "audiences_contact_history"}


class MergeForm(forms.Form):
    """Why, and the sides that were chosen, one radio a field."""

    why = forms.CharField(label=gettext_lazy("Why are they one person?"), max_length=500)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


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


class QuestionForm(forms.Form):
    purpose = forms.ChoiceField(label=gettext_lazy("For"), choices=ConsentPurpose.choices)
    source = forms.CharField(label=gettext_lazy("Where the person said yes"), max_length=100)
    evidence = forms.CharField(label=gettext_lazy("What proves it"), max_length=5000)
    choice = forms.ChoiceField(label=gettext_lazy("How to ask"), required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["choice"])
        field.choices = [*choices, ("", _("I hand on the link myself"))]


class PersonPages(PageAdmin):
    """Mixin of the contact's admin: its own pages, and what stands below the form."""

    actions = ("merge_selected",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/merge/", view(self.choose_view), name="audiences_contact_choose"),
            path(
                "<int:pk>/merge/<int:other>/", view(self.merge_view), name="audiences_contact_merge"
            ),
            path("<int:pk>/phone/", view(self.phone_view), name="audiences_contact_phone"),
            path("<int:pk>/ask/", view(self.ask_view), name="audiences_contact_ask"),
        ]
        return own + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Nobody stands twice in a list or a file; the page of a merged contact says where it went."""
        found: QuerySet[Any] = super().get_queryset(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in _OF_ONE:
            return found
        listed = found.filter(merged_into__isnull=True)
        if name != "audiences_contact_changelist":
            return listed
        asked = ConsentRequest.objects.filter(
            contact=OuterRef("pk"),
            purpose=ConsentPurpose.WHATSAPP_MARKETING,
            state=ConsentRequest.State.PENDING,
            expires_at__gt=timezone.now(),
        )
        shown: QuerySet[Any] = listed.annotate(is_asked=Exists(asked))
        return shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_merged:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audiences.merge_contact"))

    @admin.action(description=gettext_lazy("Merge two contacts"), permissions=["merge"])
    def merge_selected(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        """Only leads to the page that asks."""
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(chosen) != 2:
            messages.error(request, _("Choose exactly two contacts to merge them."))
            return None
        return redirect("admin:audiences_contact_merge", *chosen)

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whom to merge with: likely doubles first, anybody by search."""
        contact = self._alive(request, pk, self.has_merge_permission(request))
        asked = request.GET.get("q", "").strip()[:100]
        found = search_contacts(asked) if asked else likely_doubles(contact)
        others = found.filter(merged_into__isnull=True).exclude(pk=pk)[:MOST_CANDIDATES]
        context = self.page(
            request, _("Merge with another contact"), contact=contact, others=others, asked=asked
        )
        return TemplateResponse(request, "audiences/admin/merge_choose.html", context)

    def merge_view(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        """GET shows both side by side and what is kept; POST merges."""
        merged = get_object_or_404(Contact, pk=other)
        if request.user.has_perm("audiences.merge_contact") and merged.merged_into_id == pk:
            messages.info(request, _("The two were merged already."))
            return redirect("admin:audiences_contact_change", pk)
        survivor = self._alive(request, pk, self.has_merge_permission(request))
        if merged.is_merged or other == pk:
            messages.error(request, _("These two cannot be merged: choose another contact."))
            return redirect("admin:audiences_contact_choose", pk)
        if request.method != "POST":
            form = MergeForm(initial={"seen": _digest(survivor, merged)})
            return self._merge_page(request, survivor, merged, form)
        return self._merge(request, survivor, merged)

    def _merge(self, request: HttpRequest, survivor: Contact, merged: Contact) -> HttpResponse:
        """Merge as the page showed it, or show it again with what stands against it."""
        form, log = MergeForm(request.POST), None
        if form.is_valid() and form.cleaned_data["seen"] != _digest(survivor, merged):
            form = MergeForm({"why": form.cleaned_data["why"], "seen": _digest(survivor, merged)})
            form.add_error(None, _("One of the two was changed meanwhile: look again."))
        elif form.is_valid():
            try:
                log = merge_contacts(
                    survivor=survivor,
                    merged=merged,
                    taken=_taken(request),
                    why=form.cleaned_data["why"],
                    by=user_of(request),
                    now=timezone.now(),
                )
            except MergeRefused as refusal:
                form.add_error(None, str(refusal))
        if log is None:
            return self._merge_page(request, survivor, merged, form, status=UNPROCESSABLE)
        self._note(request, survivor, "merged")
        moved = ", ".join(f"{name}: {count}" for name, count in movers.in_words(log.figures))
        told = _("Merged: one person, one contact.")
        messages.success(request, f"{told} {moved}".strip())
        return redirect("admin:audiences_contact_change", survivor.pk)

    def _merge_page(
        self,
        request: HttpRequest,
        survivor: Contact,
        merged: Contact,
        form: MergeForm,
        *,
        status: int = 200,
    ) -> HttpResponse:
        taken = _taken(request)
        fields = kept_fields(values_of(survivor), values_of(merged), taken=taken)
        records = list(_ledger([survivor.pk, merged.pk]))
        context = self.page(
            request,
            _("Merge two contacts?"),
            survivor=survivor,
            merged=merged,
            form=form,
            fields=[_row(field, taken) for field in fields.values() if _says_something(field)],
            consents=_foreseen(survivor, merged, fields["phone"], records),
            hanging=_side_by_side(survivor, merged),
        )
        return TemplateResponse(request, "audiences/admin/merge.html", context, status=status)

    def phone_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says what happens; POST changes the number."""
        contact = self._alive(request, pk, super().has_change_permission(request))
        form = PhoneForm(request.POST or None)
        status, owner = 200, None
        if request.method == "POST" and not form.is_valid():
            status = UNPROCESSABLE
        elif request.method == "POST":
            said = form.cleaned_data
            try:
                done = change_phone(
                    contact=contact,
                    phone=said["phone"],
                    why=said["why"],
                    again=SaidAgain(purposes=said["purposes"], evidence=said["evidence"]),
                    by=user_of(request),
                    now=timezone.now(),
                )
            except PhoneTaken as taken:
                status, owner = UNPROCESSABLE, taken.owner
                form.add_error("phone", str(taken))
            except PhoneChangeRefused as refusal:
                status = UNPROCESSABLE
                form.add_error(None, str(refusal))
            else:
                self._note(request, contact, "phone")
                said_so = _("The number was changed.") if done else _("It has this number already.")
                messages.success(request, said_so)
                return redirect("admin:audiences_contact_change", pk)
        context = self.page(
            request,
            _("Change the phone?") if contact.phone else _("Add the phone?"),
            contact=contact,
            form=form,
            owner=owner,
            may_merge=self.has_merge_permission(request),
            waiting=movers.hanging_on(pk).get("waiting", 0),
        )
        return TemplateResponse(request, "audiences/admin/phone.html", context, status=status)

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
        if is_sent:
            messages.success(
                request, _("The question waits to be sent: the consent counts once it is answered.")
            )
        else:
            messages.success(
                request,
                format_html(
                    "{} <code>{}</code>", _("The question is open. Hand on this link:"), link
                ),
            )

    def person_context(self, request: HttpRequest, contact: Contact) -> dict[str, Any]:
        """What the contact's page shows below the form."""
        doubles = list(contact.doubles.select_related("merge__by").order_by("pk"))
        ledger = _ledger([contact.pk, *(double.pk for double in doubles)])
        requests = contact.consent_requests.order_by("-asked_at")
        now = timezone.now()
        return {
            "contact": contact,
            "ledger": [_entry(record, contact) for record in ledger],
            "doubles": doubles,
            "numbers": PhoneChange.objects.filter(contact=contact)
            .select_related("by")
            .order_by("-at", "-pk"),
            "identifiers": ContactAlias.objects.filter(contact=contact).order_by("kind", "value"),
            "questions": [_question(request, asked, now=now) for asked in requests],
            "may_merge": self.has_merge_permission(request) and not contact.is_merged,
            "may_renumber": self.has_change_permission(request, contact),
            "may_ask": request.user.has_perm("audiences.ask_consent")
            and not contact.is_merged
            and contact.phone is not None,
        }

    def _alive(self, request: HttpRequest, pk: int, is_allowed: bool) -> Contact:
        contact = get_object_or_404(Contact, pk=pk)
        if not is_allowed or contact.is_merged:
            raise PermissionDenied
        return contact

    def _note(self, request: HttpRequest, contact: Contact, what: str) -> None:
        """The history of the page names the deed; figures and reasons are in its own log."""
        LogEntry.objects.log_actions(
            user_id=user_of(request).pk,
            queryset=[contact],
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"fields": [what]}}]),
        )


def search_contacts(text: str) -> QuerySet[Contact]:
    """By any number the person has or had, else by name or email."""
    phone = normalise_phone(text).e164
    if phone:
        return Contact.objects.filter(by_any_number(phone)).order_by("pk")
    found = Contact.objects.all()
    for word in text.split()[:5]:
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        )
    return found.order_by("-updated_at")


def by_any_number(e164: str) -> Q:
    """Whoever has the number, had it, or is the one that its contact was merged into."""
    aliases = ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value=e164)
    changes = PhoneChange.objects.filter(old_phone=e164)
    return Q(phone=e164) | Q(pk__in=aliases.values("contact")) | Q(pk__in=changes.values("contact"))


def likely_doubles(contact: Contact) -> QuerySet[Contact]:
    """Whoever has the same email, or the same full name."""
    same = Q(pk__in=[])
    if contact.email:
        same |= Q(email=contact.email)
    if contact.first_name and contact.last_name:
        same |= Q(first_name=contact.first_name, last_name=contact.last_name)
    return Contact.objects.filter(same).order_by("-updated_at")


def confirmation_link(request: HttpRequest, asked: ConsentRequest) -> str:
    """The address that the person opens to say yes."""
    token = double_opt_in.token_of(asked)
    return request.build_absolute_uri(reverse("consent-confirm", args=[token]))


def _ledger(contact_ids: list[int]) -> QuerySet[ConsentRecord]:
    records = ConsentRecord.objects.filter(contact__in=contact_ids).select_related("by", "contact")
    return records.order_by("-at", "-pk")


def _entry(record: ConsentRecord, contact: Contact) -> dict[str, Any]:
    is_given = record.state == ConsentRecord.State.GIVEN
    return {
        "record": record,
        "is_of_double": record.contact_id != contact.pk,
        "is_for_another_number": is_given and not counts(record, phone=contact.phone),
    }


def _question(request: HttpRequest, asked: ConsentRequest, *, now: Any) -> dict[str, Any]:
    is_open = asked.is_open(now=now)
    return {
        "asked": asked,
        "is_open": is_open,
        "is_late": asked.state == ConsentRequest.State.PENDING and not is_open,
        "link": confirmation_link(request, asked) if is_open else "",
    }


def _taken(request: HttpRequest) -> set[str]:
    return {name for name in CHOOSABLE if request.POST.get(f"keep-{name}") == "merged"}


def _digest(*contacts: Contact) -> str:
    """Of what the page showed, so that nobody confirms what is no longer so."""
    seen = json.dumps([values_of(contact) for contact in contacts], cls=DjangoJSONEncoder)
    return hashlib.sha256(seen.encode()).hexdigest()


def _says_something(field: KeptField) -> bool:
    return bool(field.survivor or field.merged)


def _row(field: KeptField, taken: set[str]) -> dict[str, Any]:
    column: Any = Contact._meta.get_field(field.name)
    return {
        "name": field.name,
        "label": column.verbose_name,
        "survivor": _shown(field.survivor),
        "merged": _shown(field.merged),
        "value": _shown(field.value),
        "is_choice": field.is_choice,
        "is_taken": field.name in taken,
        "differs": field.differs,
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said}" for name, said in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value or "")


def _foreseen(
    survivor: Contact, merged: Contact, phone: KeptField, records: list[ConsentRecord]
) -> list[dict[str, Any]]:
    """What each purpose will be, for either number where there is a choice."""
    numbers = [phone.survivor, phone.merged] if phone.is_choice else [phone.value]
    return [
        {
            "label": label,
            "survivor": getattr(survivor, f"get_{column}_display")(),
            "merged": getattr(merged, f"get_{column}_display")(),
            "after": [
                (number, state_of(records, purpose=purpose, phone=number)[0]) for number in numbers
            ],
        }
        for (purpose, label), column in zip(
            ConsentPurpose.choices, ("marketing_consent", "orders_consent"), strict=True
        )
    ]


def _side_by_side(survivor: Contact, merged: Contact) -> list[tuple[str, int, int]]:
    ours, theirs = movers.hanging_on(survivor.pk), movers.hanging_on(merged.pk)
    return [
        (movers.label(name), ours.get(name, 0), theirs.get(name, 0))
        for name in dict.fromkeys([*ours, *theirs])
    ]
