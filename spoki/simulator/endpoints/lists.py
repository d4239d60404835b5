"""Contact lists and tags."""

from spoki.simulator.contacts import Contact
from spoki.simulator.endpoints.contacts import MOST_AT_ONCE, upsert_many
from spoki.simulator.wire import Answer, Call, Json, digits, not_found, page_of, wrong


def _members(call: Call, id_: int) -> list[Contact]:
    return [one for one in call.world.contacts.by_id.values() if id_ in one.lists]


def _shown(call: Call, row: Json) -> Json:
    return {**row, "contacts_count": len(_members(call, row["id"]))}


def _stored(call: Call) -> Json:
    row = call.world.lists.get(call.id())
    if row is None:
        raise not_found()
    return row


def list_lists(call: Call) -> Answer:
    search = call.query.get("search", "").lower()
    found = [row for row in call.world.lists.values() if search in row["name"].lower()]
    return page_of(call, found, lambda row: _shown(call, row))


def get_list(call: Call) -> Answer:
    return Answer(200, _shown(call, _stored(call)))


def create_list(call: Call) -> Answer:
    name = call.object_body().get("name")
    if not isinstance(name, str) or not name:
        raise wrong(name="This field may not be blank.")
    row: Json = {
        "id": call.world.new_id(),
        "name": name,
        "color": "#2980b9",
        "created_datetime": call.world.stamp(),
    }
    call.world.lists[row["id"]] = row
    return Answer(201, _shown(call, row))


def delete_list(call: Call) -> Answer:
    row = _stored(call)
    for contact in _members(call, row["id"]):
        contact.lists.remove(row["id"])
    del call.world.lists[row["id"]]
    return Answer(204)


def sync_list(call: Call) -> Answer:
    """Upsert up to 500 contacts, given as an object, and put them on the list."""
    row, rows = _stored(call), call.object_body().get("contacts")
    if not isinstance(rows, list):
        raise wrong(contacts=f"Expected a list of at most {MOST_AT_ONCE} contacts.")
    answer = upsert_many(call.world, rows)
    refused = {error["index"] for error in answer.data["errors"]}
    for index, entry in enumerate(rows):
        contact = None if index in refused else call.world.contacts.first(entry["phone"])
        if contact is not None and row["id"] not in contact.lists:
            contact.lists.append(row["id"])
    return answer


def remove_some(call: Call) -> Answer:
    row, body = _stored(call), call.object_body()
    phones = {digits(str(phone)) for phone in body.get("phones") or []}
    emails, ids = set(body.get("emails") or []), set(body.get("ids") or [])
    for contact in _members(call, row["id"]):
        if contact.id in ids or contact.email in emails or digits(contact.phone) in phones:
            contact.lists.remove(row["id"])
    return Answer(200, {})


def remove_all(call: Call) -> Answer:
    row = _stored(call)
    for contact in _members(call, row["id"]):
        contact.lists.remove(row["id"])
    return Answer(200, {})


def list_tags(call: Call) -> Answer:
    return page_of(call, list(call.world.tags.values()), dict)


def get_tag(call: Call) -> Answer:
    tag = call.world.tags.get(call.id())
    if tag is None:
        raise not_found()
    return Answer(200, tag)
