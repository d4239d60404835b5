"""Who a contact is, over HTTP: merge with a double, another number, a consent asked in two steps."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiences import double_opt_in
from audiences.api.contact_input import PhoneField
from audiences.api.strict import StrictSerializer
from audiences.consent import ConsentRefused
from audiences.merge_plan import CHOOSABLE
from audiences.merging import MergeBusy, MergeRefused, merge_contacts
from audiences.models import ConsentPurpose, Contact, ContactAlias
from audiences.phone_change import (
    PhoneChangeBusy,
    PhoneChangeRefused,
    PhoneTaken,
    SaidAgain,
    change_phone,
)


class Conflict(APIException):
    """Somebody else is at work on the same contact, or has what was asked for."""

    status_code = status.HTTP_409_CONFLICT


class MayMerge(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perm("audiences.merge_contact"))


class MayAsk(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perm("audiences.ask_consent"))


class MayChange(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perm("audiences.change_contact"))


class PendingConsent(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class Identifier(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ContactAlias.Kind.choices)
    value = serializers.CharField()


class MergeInput(StrictSerializer, serializers.Serializer[Any]):
    """`merged` goes into the contact of the address; `take` names the fields whose value comes from it."""

    merged = serializers.PrimaryKeyRelatedField(queryset=Contact.objects.all())
    take = serializers.ListField(child=serializers.ChoiceField(choices=CHOOSABLE), default=list)
    why = serializers.CharField(max_length=500)


class MergeAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    survivor = serializers.IntegerField()
    merged = serializers.IntegerField()
    kept = serializers.DictField(child=serializers.CharField())
    figures = serializers.DictField(child=serializers.IntegerField())


class PhoneInput(StrictSerializer, serializers.Serializer[Any]):
    """The new number; `consents` are the purposes the person agreed to again for it, with `evidence`."""

    phone = PhoneField()
    why = serializers.CharField(max_length=500)
    consents = serializers.ListField(
        child=serializers.ChoiceField(choices=ConsentPurpose.choices), default=list
    )
    evidence = serializers.CharField(max_length=5000, allow_blank=True, default="")


class PhoneAnswer(serializers.Serializer[Any]):
    """`changed` is false where the contact had the number already."""

    changed = serializers.BooleanField()
    phone = serializers.CharField()


class AskInput(StrictSerializer, serializers.Serializer[Any]):
    """The first yes: where the person gave it, and what proves it."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    source = serializers.CharField(max_length=100)  # type: ignore[assignment] # a field, not where it is read from
    evidence = serializers.CharField(max_length=5000)


class AskAnswer(PendingConsent):
    """The open question, and the link that answers it."""

    link = serializers.URLField()


class PersonCalls:
    """Mixin of the contacts' calls."""

    @extend_schema(request=MergeInput, responses={200: MergeAnswer})
    @action(detail=True, methods=["post"], permission_classes=[MayMerge])
    def merge(self, request: Request, pk: str) -> Response:
        """Merge another contact into this one, for good; the same call again changes nothing."""
        survivor, said = self._asked(MergeInput)
        try:
            log = merge_contacts(
                survivor=survivor,
                merged=said["merged"],
                taken=said["take"],
                why=said["why"],
                by=cast("User", request.user),
                now=timezone.now(),
            )
        except MergeBusy as refusal:
            raise Conflict(str(refusal)) from None
        except MergeRefused as refusal:
            raise serializers.ValidationError({"merged": [str(refusal)]}) from None
        return Response(
            {
                "id": log.pk,
                "survivor": log.survivor_id,
                "merged": log.merged_id,
                "kept": log.kept,
                "figures": log.figures,
            }
        )

    @extend_schema(request=PhoneInput, responses={200: PhoneAnswer})
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def phone(self, request: Request, pk: str) -> Response:
        """Give the contact another number, or its first one."""
        contact, said = self._asked(PhoneInput)
        try:
            log = change_phone(
                contact=contact,
                phone=said["phone"],
                why=said["why"],
                again=SaidAgain(purposes=said["consents"], evidence=said["evidence"]),
                by=cast("User", request.user),
                now=timezone.now(),
            )
        except PhoneChangeBusy as refusal:
            raise Conflict(str(refusal)) from None
        except PhoneTaken as taken:
            where = _("It is contact %(id)s.") % {"id": taken.owner.pk}
            raise Conflict(f"{taken} {where}") from None
        except PhoneChangeRefused as refusal:
            raise serializers.ValidationError({"phone": [str(refusal)]}) from None
        return Response({"changed": log is not None, "phone": said["phone"].e164})

    @extend_schema(request=AskInput, responses={200: AskAnswer})
    @action(detail=True, methods=["post"], url_path="ask-consent", permission_classes=[MayAsk])
    def ask_consent(self, request: Request, pk: str) -> Response:
        """Note a first yes and open the question that confirms it; nothing is given until it is answered."""
        contact, said = self._asked(AskInput)
        try:
            asked = double_opt_in.ask_consent(
                contact=contact, by=cast("User", request.user), now=timezone.now(), **said
            )
        except ConsentRefused as refusal:
            raise serializers.ValidationError({"purpose": [str(refusal)]}) from None
        token = double_opt_in.token_of(asked)
        return Response(
            {
                "purpose": asked.purpose,
                "asked_at": asked.asked_at,
                "expires_at": asked.expires_at,
                "link": request.build_absolute_uri(reverse("consent-confirm", args=[token])),
            }
        )

    def _asked(self, wanted: type[serializers.Serializer[Any]]) -> tuple[Contact, Any]:
        """The contact of the address and the checked body."""
        contact = self.get_object()  # type: ignore[attr-defined] # of the view this is mixed into
        serializer = wanted(data=self.request.data)  # type: ignore[attr-defined] # likewise
        serializer.is_valid(raise_exception=True)
        return contact, serializer.validated_data
