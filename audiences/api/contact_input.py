"""What a CRM may say of a contact."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audiences.api.strict import MomentField, StrictSerializer
from audiences.consent import ConsentRefused, check_declaration
from audiences.contacts import ContactData, Declaration
from audiences.identity import Phone, PhoneRefused, whatsapp_phone
from audiences.languages import language_of
from audiences.models import ConsentPurpose, ConsentRecord
from audiences.provinces import province_code
from audiences.zones import known_zones

MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_NAME = 100
MAX_ATTRIBUTE_TEXT = 500
MAX_CONSENTS = 50
MAX_PROVINCE = 10
_FIELDS = ("first_name", "last_name", "email", "language", "timezone", "province", "country")


@extend_schema_field(OpenApiTypes.STR)
class PhoneField(serializers.Field[Phone, Any, str, Any]):
    """A phone that WhatsApp can reach, read into E.164."""

    def to_internal_value(self, data: Any) -> Phone:
        if not isinstance(data, str) or len(data) > 40:
            raise serializers.ValidationError(_("Write the phone as text, such as +393471234567."))
        try:
            return whatsapp_phone(data)
        except PhoneRefused as refusal:
            raise serializers.ValidationError(str(refusal)) from None

    def to_representation(self, value: Phone) -> str:
        return value.e164


@extend_schema_field(OpenApiTypes.ANY)
class AttributeField(serializers.Field[Any, Any, Any, Any]):
    """Text, a number, true or false; null takes the attribute away."""

    default_error_messages: ClassVar = {
        "shape": gettext_lazy("Write text, a number, true, false or null."),
        "long": gettext_lazy("At most %(max)s characters.") % {"max": MAX_ATTRIBUTE_TEXT},
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            return self._text(data)
        if isinstance(data, float) and not math.isfinite(data):
            self.fail("shape")
        if data is not None and not isinstance(data, bool | int | float):
            self.fail("shape")
        return data

    def _text(self, data: str) -> str:
        if len(data) > MAX_ATTRIBUTE_TEXT:
            self.fail("long")
        return str(serializers.CharField(allow_blank=True).run_validation(data))

    def to_representation(self, value: Any) -> Any:
        return value


class AttributesField(serializers.DictField):
    child = AttributeField(allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if len(values) > MAX_ATTRIBUTES:
            raise serializers.ValidationError(
                _("At most %(max)s attributes.") % {"max": MAX_ATTRIBUTES}
            )
        for name in values:
            serializers.CharField(max_length=MAX_ATTRIBUTE_NAME).run_validation(name)
        return values


class ConsentInput(StrictSerializer, serializers.Serializer[Any]):
    """One declaration; a consent needs evidence, and its date decides against later or earlier ones."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    state = serializers.ChoiceField(
        choices=[(state.value, state.label) for state in ConsentRecord.DECLARABLE]
    )
    source = serializers.CharField(max_length=100)  # type: ignore[assignment] # a field, not where it is read from
    evidence = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    at = MomentField()

    def validate(self, attrs: Any) -> Any:
        try:
            check_declaration(**attrs, now=self._now())
        except ConsentRefused as refusal:
            raise serializers.ValidationError(str(refusal)) from None
        return attrs

    def _now(self) -> datetime:
        moment: datetime = self.context["now"]
        return moment


class ContactInput(StrictSerializer, serializers.Serializer[Any]):
    """Fields left out keep their value; `attributes` are merged by name, `tags` replace."""

    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False)
    timezone = serializers.CharField(max_length=64, required=False)
    province = serializers.CharField(max_length=MAX_PROVINCE, required=False, allow_blank=True)
    country = serializers.RegexField(r"^[A-Za-z]{2}$", required=False, allow_blank=True)
    attributes = AttributesField(required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    consents = serializers.ListField(child=ConsentInput(), required=False, max_length=MAX_CONSENTS)

    def validate_language(self, value: str) -> str:
        language = language_of(value)
        if not language:
            raise serializers.ValidationError(_("Write a language code such as it or en."))
        return language

    def validate_timezone(self, value: str) -> str:
        if value not in known_zones():
            raise serializers.ValidationError(_("Write a time zone such as Europe/Rome."))
        return value

    def validate_province(self, value: str) -> str:
        """In capitals some letters become two."""
        code = province_code(value)
        if len(code) > MAX_PROVINCE:
            raise serializers.ValidationError(
                _("At most %(max)s characters.") % {"max": MAX_PROVINCE}
            )
        return code

    def validate_country(self, value: str) -> str:
        return value.upper()


class BulkRowInput(ContactInput):
    """A contact of a batch, with its phone."""

    phone = PhoneField()


def contact_data(validated: Mapping[str, Any], phone: Phone) -> ContactData:
    """The checked input as services take it."""
    return ContactData(
        phone=phone,
        fields={name: validated[name] for name in _FIELDS if name in validated},
        attributes=validated.get("attributes", {}),
        tags=validated.get("tags"),
        declarations=[Declaration(**said) for said in validated.get("consents", ())],
    )
