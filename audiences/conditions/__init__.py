"""The conditions a segment may be made of: a registry that higher floors fill when they start."""

from audiences.conditions import periods
from audiences.conditions.registry import (
    Condition,
    InvalidRule,
    Operator,
    find,
    grouped,
    operator,
    register,
)
from audiences.conditions.values import InvalidValue, Kind, ValueField

__all__ = [
    "Condition",
    "InvalidRule",
    "InvalidValue",
    "Kind",
    "Operator",
    "ValueField",
    "find",
    "grouped",
    "operator",
    "periods",
    "register",
]
