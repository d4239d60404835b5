"""Custom fields of contacts."""

import re

from spoki.simulator.seeds import custom_field
from spoki.simulator.templates import STANDARD_CODES
from spoki.simulator.wire import Answer, Call, Json, not_found, page_of, wrong

_CODE = re.compile(r"_?[A-Z][A-Z0-9_]*")


def list_fields(call: Call) -> Answer:
    label, code = call.query.get("label", "").lower(), call.query.get("code", "").lower()
    found = [
        row
        for row in call.world.custom_fields.values()
        if label in row["label"].lower() and code in row["code"].lower()
    ]
    return page_of(call, found, dict)


def _stored(call: Call) -> Json:
    row = call.world.custom_fields.get(call.id())
    if row is None:
        raise not_found()
    return row


def get_field(call: Call) -> Answer:
    return Answer(200, _stored(call))


def create_field(call: Call) -> Answer:
    body = call.object_body()
    code, label = body.get("code"), body.get("label")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise wrong(code="Upper case letters, digits and underscores.")
    if code in STANDARD_CODES or any(r["code"] == code for r in call.world.custom_fields.values()):
        raise wrong(code="This code is taken.")
    if not isinstance(label, str) or not label:
        raise wrong(label="This field may not be blank.")
    if body.get("field_type", 1) not in {1, 2, 3}:
        raise wrong(field_type="1 text, 2 date, 3 datetime.")
    row = custom_field(
        call.world.new_id(), label, code, int(body.get("field_type", 1)), body.get("example")
    )
    call.world.custom_fields[row["id"]] = row
    return Answer(201, row)


def rename_field(call: Call) -> Answer:
    """Only the label can change."""
    row, label = _stored(call), call.object_body().get("label")
    if not isinstance(label, str) or not label:
        raise wrong(label="This field may not be blank.")
    row["label"] = label
    return Answer(200, row)


def delete_field(call: Call) -> Answer:
    del call.world.custom_fields[_stored(call)["id"]]
    return Answer(204)
