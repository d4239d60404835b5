"""Pure: a policy as plain figures that can be kept as JSON, and back.

Durations are seconds. Whatever is missing takes its default, so that an old version stays readable
when a figure is added; a name that we do not know is refused, as nobody could say what it does.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from math import isfinite
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from campaigns.sender.policy import Policy

Shape = TypeVar("Shape")


class PolicyUnreadable(ValueError):
    """These figures are no policy; the text names the figure."""


def figures_of(policy: Policy) -> dict[str, Any]:
    """Return every figure of `policy`, by name, as JSON has it."""
    return {field.name: _plain(getattr(policy, field.name)) for field in fields(policy)}


def policy_from(figures: object) -> Policy:
    """Return the policy written as `figures`.

    :raises PolicyUnreadable: a name is unknown, or a figure is not of its kind.
    """
    return _record(Policy, figures, "")


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _record(shape: type[Shape], raw: object, path: str) -> Shape:
    if not isinstance(raw, Mapping):
        raise PolicyUnreadable(f"{path or 'policy'}: figures by name are expected")
    hints = get_type_hints(shape)
    if unknown := sorted(str(name) for name in raw if name not in hints):
        raise PolicyUnreadable(f"unknown: {', '.join(path + name for name in unknown)}")
    for field in fields(shape):  # type: ignore[arg-type]  # only our dataclasses come here
        if field.name not in raw and field.default is MISSING:
            raise PolicyUnreadable(f"{path}{field.name} is missing")
    return shape(**{name: _read(hints[name], raw[name], path + name) for name in raw})


def _read(kind: Any, raw: object, path: str) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        (kind,) = (member for member in get_args(kind) if member is not type(None))
        return None if raw is None else _read(kind, raw, path)
    if get_origin(kind) is tuple:
        if not isinstance(raw, list):
            raise PolicyUnreadable(f"{path}: a list is expected")
        return tuple(_read(get_args(kind)[0], item, f"{path}.{n}") for n, item in enumerate(raw))
    if is_dataclass(kind):
        return _record(kind, raw, f"{path}.")  # type: ignore[arg-type]  # a class, not an instance
    return _scalar(kind, raw, path)


def _scalar(kind: type, raw: object, path: str) -> Any:
    if kind is str and isinstance(raw, str):
        return raw
    if kind is int and type(raw) is int:
        return raw
    if kind in {float, timedelta} and type(raw) in {int, float}:
        return _measure(kind, raw, path)
    raise PolicyUnreadable(f"{path}: {kind.__name__} is expected")


def _measure(kind: type, raw: Any, path: str) -> float | timedelta:
    try:
        number = float(raw)
        if isfinite(number):
            return timedelta(seconds=raw) if kind is timedelta else number
    except OverflowError as error:
        raise PolicyUnreadable(f"{path}: too large") from error
    raise PolicyUnreadable(f"{path}: {kind.__name__} is expected")
