"""Who a contact is: its own pages, and what stands below its form."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone

from audiences.admin.ledger import entry, ledger_of
from audiences.admin.merge_pages import MergePages
from audiences.admin.phone_pages import PhonePages
from audiences.admin.question_pages import QuestionPages, question_line
from audiences.customer_card import card_url_for
from audiences.models import (
    ConsentPurpose,
    ConsentRequest,
    Contact,
    ContactAlias,
    PhoneChange,
)

_OF_ONE = {"audiences_contact_change", "audiences_contact_history"}


class PersonPages(MergePages, PhonePages, QuestionPages):
    """Mixin of the contact's admin: its own pages, and what stands below the form."""

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
        shown: QuerySet[Any] = listed.annotate(is_asked=_is_asked())
        return shown

    def person_context(self, request: HttpRequest, contact: Contact) -> dict[str, Any]:
        """What the contact's page shows below the form."""
        doubles = list(contact.doubles.select_related("merge__by").order_by("pk"))
        ledger = ledger_of([contact.pk, *(double.pk for double in doubles)])
        requests = contact.consent_requests.order_by("-asked_at")
        numbers = PhoneChange.objects.filter(contact=contact).select_related("by")
        now = timezone.now()
        return {
            "contact": contact,
            "card_url": card_url_for(request.user, contact.pk),
            "ledger": [entry(record, contact) for record in ledger],
            "doubles": doubles,
            "numbers": numbers.order_by("-at", "-pk"),
            "identifiers": ContactAlias.objects.filter(contact=contact).order_by("kind", "value"),
            "questions": [question_line(request, asked, now=now) for asked in requests],
            **self._rights(request, contact),
        }

    def _rights(self, request: HttpRequest, contact: Contact) -> dict[str, bool]:
        may_ask = request.user.has_perm("audiences.ask_consent")
        return {
            "may_merge": self.has_merge_permission(request) and not contact.is_merged,
            "may_renumber": self.has_change_permission(request, contact),
            "may_ask": may_ask and not contact.is_merged and contact.phone is not None,
        }


def _is_asked() -> Exists:
    """Whether a question for the marketing consent waits for its answer."""
    asked = ConsentRequest.objects.filter(
        contact=OuterRef("pk"),
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=ConsentRequest.State.PENDING,
        expires_at__gt=timezone.now(),
    )
    return Exists(asked)
