"""The shop in a folder, so that it is the same after a restart: one JSON file, written whole."""

import json
import os
import types
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from orders.shopify.simulator.shop import Shop, State

_FILE = "shop.json"
WRITE_SECONDS = 1.0


def read(folder: Path) -> State | None:
    """Return what was kept; None where nothing was, or what is there cannot be read any more."""
    try:
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        state: State = restored(State, kept)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return state


def write(shop: Shop, folder: Path) -> None:
    """Replace the file in one step: a crash leaves the old one or the new one."""
    shop.state.last_ids = dict(shop.ids.last)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{_FILE}.new"
    beside.write_text(json.dumps(plain(shop.state), ensure_ascii=False), encoding="utf-8")
    os.replace(beside, folder / _FILE)


def plain(value: Any) -> Any:
    """Dataclasses as objects, times as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def restored(kind: Any, value: Any) -> Any:
    """The way back, by the types of the fields."""
    if get_origin(kind) in {Union, types.UnionType}:
        inner = [one for one in get_args(kind) if one is not type(None)]
        return None if value is None else restored(inner[0], value)
    if get_origin(kind) is list:
        return [restored(get_args(kind)[0], one) for one in value]
    if get_origin(kind) is dict:
        key_kind, each = get_args(kind)
        return {key_kind(key): restored(each, one) for key, one in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(
            **{key: restored(hints[key], one) for key, one in value.items() if key in hints}
        )
    return value
