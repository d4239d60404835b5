"""Input that says too much is refused, by name: a misspelt field must never be ignored in silence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
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
