"""Contacts: found by phone, name or email, with what they agreed to and the proof of it."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from audiences.admin.contact_export import export_contacts, may_export
from audiences.admin.finding import by_any_number
from audiences.admin.pages import user_of
from audiences.admin.person import PersonPages
from audiences.admin.single_sync import spoki_context, sync_one
from audiences.admin.upload import upload_view
from audiences.consent import ConsentRefused, record_consent
from audiences.identity import PhoneRefused, normalise_phone, whatsapp_phone
from audiences.language_names import language_name
from audiences.languages import language_of
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    ConsentRequest,
    ConsentState,
    Contact,
)
from audiences.provinces import province_code
from audiences.zones import known_zones

if TYPE_CHECKING:
    ContactModelForm = forms.ModelForm[Contact]
else:
    ContactModelForm = forms.ModelForm

CONSENT_TONES = {
    ConsentState.GIVEN: "success",
    ConsentState.WITHDRAWN: "danger",
    ConsentState.UNKNOWN: "warning",
    ConsentRequest.State.PENDING: "info",
}


class ContactForm(ContactModelForm):
    class Meta:
        model = Contact
        fields = (
            "phone",
            "first_name",
            "last_name",
            "email",
            "language",
            "timezone",
            "province",
            "country",
            "tags",
            "attributes",
        )
        widgets: ClassVar[Any] = {
            "tags": UnfoldAdminTextInputWidget(),
            "attributes": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }

    def clean_phone(self) -> str:
        try:
            phone = whatsapp_phone(self.cleaned_data.get("phone") or "")
        except PhoneRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        self.instance.can_receive_whatsapp = phone.can_receive_whatsapp
        return phone.e164

    def clean_language(self) -> str:
        language = language_of(str(self.cleaned_data["language"]))
        if not language:
            raise forms.ValidationError(_("Write a language code such as it or en."))
        return language

    def clean_timezone(self) -> str:
        zone = str(self.cleaned_data["timezone"])
        if zone not in known_zones():
            raise forms.ValidationError(_("Write a time zone such as Europe/Rome."))
        return zone

    def clean_province(self) -> str:
        return province_code(self.cleaned_data["province"])

    def clean_attributes(self) -> dict[str, Any]:
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise forms.ValidationError(
                _("Write names with their values, such as {“pet_name”: “Argo”}.")
            )
        return attributes


class ConsentForm(forms.Form):
    """A declaration typed by hand: somebody called, or wrote."""

    purpose = forms.ChoiceField(choices=ConsentPurpose.choices)
    state = forms.ChoiceField(choices=[(state, state.label) for state in ConsentRecord.DECLARABLE])
    source = forms.CharField(max_length=100)
    evidence = forms.CharField(max_length=5000, required=False)


@admin.register(Contact)
class ContactAdmin(PersonPages):
    form = ContactForm
    list_display = (
        "show_name",
        "phone",
        "email",
        "show_language",
        "province",
        "show_consent",
        "updated_at",
    )
    list_filter = ("marketing_consent", "language", "is_blocked", "has_invalid_phone")
    search_fields = ("phone", "first_name", "last_name", "email")
    search_help_text = gettext_lazy("Phone, name or email")
    ordering = ("-updated_at", "-pk")
    list_before_template = "audiences/admin/contacts_bar.html"
    change_form_outer_after_template = "audiences/admin/ledger.html"
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ("phone", ("first_name", "last_name"), "email")}),
        (None, {"fields": (("language", "timezone"), ("province", "country"))}),
        (None, {"fields": ("tags", "attributes")}),
    ]

    @display(description=gettext_lazy("name"), ordering="last_name")  # type: ignore[untyped-decorator]
    def show_name(self, contact: Contact) -> str:
        return contact.full_name or "–"

    @display(description=gettext_lazy("language"), ordering="language")  # type: ignore[untyped-decorator]
    def show_language(self, contact: Contact) -> str:
        return language_name(contact.language)

    @display(description=gettext_lazy("marketing consent"), label=CONSENT_TONES)  # type: ignore[untyped-decorator]
    def show_consent(self, contact: Contact) -> tuple[str, str]:
        is_asked = getattr(contact, "is_asked", False)
        if is_asked and contact.marketing_consent != ConsentState.GIVEN:
            return ConsentRequest.State.PENDING, _("Asked, not confirmed yet")
        return contact.marketing_consent, contact.get_marketing_consent_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A phone is who the person is: it is not edited like a name."""
        return ("phone",) if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A phone is found however it is written, and also once it was given up."""
        phone = normalise_phone(search_term)
        if phone.e164:
            return queryset.filter(by_any_number(phone.e164)), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("import/", view(self.import_view), name="audiences_contact_import"),
            path("export/", view(self.export_view), name="audiences_contact_export"),
            path("<int:pk>/consent/", view(self.consent_view), name="audiences_contact_consent"),
            path("<int:pk>/sync/", view(sync_one), name="audiences_contact_sync"),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {
            "may_import": request.user.has_perm("audiences.import_contact"),
            "may_export": may_export(request),
            "export_filter": request.GET.urlencode(),
        }
        return super().changelist_view(request, may | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        contact = context.get("original")
        if contact is not None:
            context |= self.person_context(request, contact) | {
                "purposes": ConsentPurpose.choices,
                "states": [(state, state.label) for state in ConsentRecord.DECLARABLE],
                "may_record": self.has_change_permission(request, contact),
                **spoki_context(request, contact),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("audiences.import_contact"):
            raise PermissionDenied
        return upload_view(self, request)

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The contacts of the list as it is filtered, as CSV, written while it is read."""
        if request.method != "GET" or not may_export(request):
            raise PermissionDenied
        contacts = self.get_changelist_instance(request).get_queryset(request)
        return export_contacts(request, contacts.order_by("pk"))

    def consent_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record one declaration; the page never edits a state."""
        contact = get_object_or_404(Contact, pk=pk)
        if request.method != "POST" or not self.has_change_permission(request, contact):
            raise PermissionDenied
        form = ConsentForm(request.POST)
        if not form.is_valid():
            messages.error(
                request, _("Nothing was recorded: say where the declaration comes from.")
            )
        else:
            self._record(request, contact, form.cleaned_data)
        return redirect("admin:audiences_contact_change", contact.pk)

    def _record(self, request: HttpRequest, contact: Contact, said: dict[str, str]) -> None:
        now = timezone.now()
        try:
            record_consent(contact=contact, at=now, by=user_of(request), now=now, **said)
        except ConsentRefused as refusal:
            messages.error(request, _("Nothing was recorded: %(why)s") % {"why": refusal})
        else:
            messages.success(request, _("Recorded: it counts from now on."))
