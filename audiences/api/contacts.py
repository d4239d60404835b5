"""Contacts over HTTP: read, and written by phone, so that a CRM may call as often as it likes."""

from datetime import datetime
from typing import Any, ClassVar, cast

import django_filters
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.api.contact_input import BulkRowInput, ContactInput, PhoneField, contact_data
from audiences.api.permissions import MayWriteContacts, ModelPermissions
from audiences.api.person import Identifier, PendingConsent, PersonCalls
from audiences.api.size import check_size
from audiences.contacts import (
    MAX_BATCH,
    ContactData,
    Outcome,
    Upserted,
    upsert_contact,
    upsert_each,
)
from audiences.identity import normalise_phone
from audiences.models import Contact, ContactAlias


class ContactOutput(serializers.ModelSerializer[Contact]):
    """A contact; the consents are what the ledger says today, for the phone of today.

    `pending_consents` were asked and not confirmed yet: they are not given. Whoever has a `merged_into` is that
    other contact now.
    """

    pending_consents = serializers.SerializerMethodField()
    identifiers = serializers.SerializerMethodField()

    class Meta:
        model = Contact
        fields = (
            "id",
            "phone",
            "can_receive_whatsapp",
            "first_name",
            "last_name",
            "email",
            "language",
            "timezone",
            "province",
            "country",
            "attributes",
            "tags",
            "marketing_consent",
            "marketing_consent_at",
            "orders_consent",
            "orders_consent_at",
            "pending_consents",
            "is_blocked",
            "has_invalid_phone",
            "identifiers",
            "merged_into",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(PendingConsent(many=True))
    def get_pending_consents(self, contact: Contact) -> list[dict[str, Any]]:
        now = timezone.now()
        asked = contact.consent_requests.all()
        return [
            {"purpose": one.purpose, "asked_at": one.asked_at, "expires_at": one.expires_at}
            for one in asked
            if one.is_open(now=now)
        ]

    @extend_schema_field(Identifier(many=True))
    def get_identifiers(self, contact: Contact) -> list[dict[str, str]]:
        return [{"kind": alias.kind, "value": alias.value} for alias in contact.aliases.all()]


class BulkAnswer(serializers.Serializer[Any]):
    """What became of one row: an outcome with the contact's id, or errors."""

    phone = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[*Outcome, "refused"])
    id = serializers.IntegerField(required=False)
    errors = serializers.DictField(required=False)  # type: ignore[assignment] # a field of the answer


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc] # no types
    phone = django_filters.CharFilter(method="by_phone")
    updated_since = django_filters.IsoDateTimeFilter(method="changed")

    class Meta:
        model = Contact
        fields: ClassVar = ["phone", "updated_since"]

    def by_phone(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """A plus not escaped in an address arrives as a blank: it is read all the same.

        The phone of a contact that was merged finds whoever was kept.
        """
        phone = normalise_phone(value).e164
        if not phone:
            return queryset.none()
        merged = ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value=phone)
        return queryset.filter(Q(phone=phone) | Q(pk__in=merged.values("contact")))

    def changed(self, queryset: QuerySet[Contact], name: str, value: datetime) -> QuerySet[Contact]:
        """In our own time zone: PostgreSQL knows none sixteen hours away, which ISO 8601 can write."""
        try:
            since = serializers.DateTimeField().run_validation(value)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({name: error.detail}) from None
        return queryset.filter(updated_at__gte=since)


class ContactViewSet(PersonCalls, viewsets.ReadOnlyModelViewSet[Contact]):
    queryset = Contact.objects.prefetch_related("consent_requests", "aliases").order_by("pk")
    serializer_class = ContactOutput
    permission_classes = (ModelPermissions,)
    filterset_class = ContactFilter

    @extend_schema(
        request=ContactInput,
        responses={200: ContactOutput, 201: ContactOutput},
        parameters=[OpenApiParameter("phone", OpenApiTypes.STR, OpenApiParameter.PATH)],
    )
    @action(
        detail=False,
        methods=["put"],
        url_path=r"by-phone/(?P<phone>[^/]+)",
        permission_classes=[MayWriteContacts],
    )
    def by_phone(self, request: Request, phone: str) -> Response:
        """Create or change the contact with this phone; the same call again changes nothing."""
        now = timezone.now()
        check_size(request)
        serializer = ContactInput(data=request.data, context={"now": now})
        serializer.is_valid(raise_exception=True)
        data = contact_data(serializer.validated_data, _phone(phone))
        done = upsert_contact(data=data, by=cast("User", request.user), now=now)
        body = ContactOutput(Contact.objects.get(pk=done.contact_id)).data
        is_new = done.outcome is Outcome.CREATED
        return Response(body, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(request=BulkRowInput(many=True), responses={200: BulkAnswer(many=True)})
    @action(detail=False, methods=["post"], permission_classes=[MayWriteContacts])
    def bulk(self, request: Request) -> Response:
        """Create or change up to 1,000 contacts; right rows go in, each wrong one says why."""
        now = timezone.now()
        check_size(request)
        rows = _rows(request.data)
        # One for all rows: to build it takes longer than to read a row.
        reader = BulkRowInput(context={"now": now})
        read = [_read(row, reader) for row in rows]
        good = [data for data in read if isinstance(data, ContactData)]
        done = iter(upsert_each(rows=good, by=cast("User", request.user), now=now))
        return Response(
            [
                _accepted(row, data, next(done))
                if isinstance(data, ContactData)
                else _refused(row, data)
                for row, data in zip(rows, read, strict=True)
            ]
        )


def _phone(text: str) -> Any:
    """:raises ValidationError: on the field phone."""
    try:
        return PhoneField().to_internal_value(text)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"phone": error.detail}) from None


def _rows(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise serializers.ValidationError([_("Send a list of contacts.")])
    if len(data) > MAX_BATCH:
        raise serializers.ValidationError(
            [_("At most %(max)s contacts at a time.") % {"max": MAX_BATCH}]
        )
    return data


def _read(row: Any, reader: BulkRowInput) -> ContactData | Any:
    """The row as services take it, or its errors."""
    try:
        checked = reader.run_validation(row)
    except serializers.ValidationError as error:
        return serializers.as_serializer_error(error)
    return contact_data(checked, checked["phone"])


def _accepted(row: Any, data: ContactData, upserted: Upserted | None) -> dict[str, Any]:
    if upserted is None:
        return _refused(row, {"non_field_errors": [_("The database does not accept this row.")]})
    return {
        "phone": data.phone.e164,
        "outcome": upserted.outcome,
        "id": upserted.contact_id,
    }


def _refused(row: Any, errors: Any) -> dict[str, Any]:
    return {"phone": _as_sent(row), "outcome": "refused", "errors": errors}


def _as_sent(row: Any) -> str:
    text = str(row.get("phone", "")) if isinstance(row, dict) else ""
    return text.encode(errors="replace").decode()
