"""Input that says too much is refused, by name: a misspelt field must never be ignored in silence."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.settings import api_settings

from audiences.storable import is_whole_text

if TYPE_CHECKING:
    Base = serializers.Serializer[Any]
else:
    Base = object


class StrictSerializer(Base):
    """Mixin, before the serializer: unknown and read-only fields are errors of their own name."""

    def to_internal_value(self, data: Any) -> Any:
        if not is_whole_text(data):
            # Half a surrogate pair: it can neither be stored nor be repeated in the answer.
            refusal = _("The text contains characters that are not valid.")
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [refusal]})
        unknown = self._unknown(data)
        if not unknown:
            return super().to_internal_value(data)
        errors: dict[str, Any] = {name: [_("Unknown field.")] for name in unknown}
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                errors |= error.detail
        raise serializers.ValidationError(errors)

    def _unknown(self, data: Any) -> list[str]:
        if not isinstance(data, Mapping):
            return []
        writable = {name for name, field in self.fields.items() if not field.read_only}
        return sorted(str(name) for name in data if name not in writable)


class MomentField(serializers.DateTimeField):
    """A moment from `first_year` on: an earlier one is a slip. The framework itself stumbles over the first of all days."""

    first_year = 1900
    default_error_messages: ClassVar = {
        "overflow": gettext_lazy("Write a moment of our times, such as 2026-11-23T10:00:00+01:00."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment: datetime = super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")
        if moment.year < self.first_year:
            self.fail("overflow")
        return moment
