"""Settings that are changed while a simulator runs: all of a change or none, by name and kind."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any, ClassVar


class ConfigRefused(Exception):
    """The settings cannot be used; the text names the field."""


class Changeable:
    """What a dataclass of settings inherits. `CHOICES` are the words that a setting may be."""

    __slots__ = ()
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def change(self, changes: Mapping[str, Any]) -> None:
        """Apply all changes or none.

        :raises ConfigRefused: naming the first field that is unknown or of a wrong kind.
        """
        checked = {name: self._checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return {name: deepcopy(getattr(self, name)) for name in self._names()}

    def _names(self) -> list[str]:
        return [entry.name for entry in fields(self)]  # type: ignore[arg-type] # heirs are dataclasses

    def _checked(self, name: str, value: Any) -> Any:
        if name not in self._names():
            raise ConfigRefused(f"{name}: no such setting")
        current = getattr(self, name)
        if isinstance(current, dict):
            return self._merged(name, current, value)
        if name in self.CHOICES and value not in self.CHOICES[name]:
            raise ConfigRefused(f"{name}: one of {', '.join(self.CHOICES[name])}")
        if isinstance(current, float) and type(value) is int:
            return float(value)
        if type(value) is not type(current):
            raise ConfigRefused(f"{name}: expected {type(current).__name__}")
        return value

    def _merged(self, name: str, current: dict[str, Any], value: Any) -> dict[str, Any]:
        """Objects are merged by name: what is not given stays."""
        if not isinstance(value, Mapping):
            raise ConfigRefused(f"{name}: expected an object")
        return {**current, **value}
