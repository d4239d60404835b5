import pytest

from tests.spoki.simulator.conftest import PHONE


def _only(api, phone):
    (contact,) = api.get("contacts/", phone=phone).json()["results"]
    return contact


def test_numbers_are_stored_with_and_without_plus_and_found_as_written(api):
    assert api.get("contacts/", phone="+393330000002").json()["count"] == 0
    assert _only(api, "393330000002")["first_name"] == "Bruno"


def test_the_planted_people_show_every_consent_and_every_flag(api):
    rows = api.get("contacts/", page_size=100).json()["results"]

    assert {row["status"] for row in rows} == {"Subscribed", "Unsubscribed", "Not Declared"}
    assert sum(row["is_blocked"] for row in rows) == 1
    assert sum(row["has_invalid_phone"] for row in rows) == 1
    assert sum(row["phone"].lstrip("+") == "393330000007" for row in rows) == 2


def test_sync_creates_then_changes_and_keeps_what_is_left_out(api):
    first = {"phone": PHONE, "first_name": "Ada", "email": "ada@example.com"}
    created = api.post("contacts/sync/", {**first, "custom_fields": {"PET_NAME": "Argo"}})
    changed = api.post("contacts/sync/", {"phone": PHONE, "last_name": "Neri"})

    contact = _only(api, PHONE)
    assert created.json()["id"] == changed.json()["id"]
    assert (contact["first_name"], contact["last_name"]) == ("Ada", "Neri")
    assert contact["email"] == "ada@example.com"
    assert contact["contactfield_set"][0]["visual_code"] == "%%PET_NAME%%"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "phone"),
        ({"phone": "abc"}, "phone"),
        ({"phone": PHONE, "status": "Maybe"}, "status"),
        ({"phone": PHONE, "email": "no"}, "email"),
        ({"phone": PHONE, "custom_fields": []}, "custom_fields"),
    ],
)
def test_sync_refuses_by_field(api, body, field):
    answer = api.post("contacts/sync/", body)

    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert api.get("contacts/", phone=PHONE).json()["count"] == 0


def test_sync_all_takes_500_and_refuses_objects_and_501(api, control):
    control.config(limits={"contacts_sync_all": None})
    rows = [{"phone": f"+3934700{n:05d}"} for n in range(501)]

    statuses = [
        api.post("contacts/sync_all/", body).status_code
        for body in ({"contacts": rows[:2]}, rows, [], rows[:500])
    ]

    assert statuses == [400, 400, 400, 200]
    assert api.get("contacts/").json()["count"] == 8 + 500


def test_sync_all_keeps_the_good_rows_and_lists_the_bad_ones(api):
    answer = api.post("contacts/sync_all/", [{"phone": PHONE}, {"phone": "x"}, 3])

    assert [error["index"] for error in answer.json()["errors"]] == [1, 2]
    assert _only(api, PHONE)["phone"] == PHONE


def test_sync_all_is_limited_to_one_a_minute(api):
    statuses = [api.post("contacts/sync_all/", [{"phone": PHONE}]).status_code for _ in range(2)]

    assert statuses == [200, 429]


def test_a_contact_is_blocked_changed_and_deleted(api, control, receiver):
    id_ = _only(api, "+393330000001")["id"]
    blocked = api.patch(f"contacts/{id_}/", {"is_blocked": True}).json()
    moved = api.patch(f"contacts/{id_}/", {"phone": PHONE}).json()
    control.wait(idle=True)

    assert (blocked["is_blocked"], moved["phone"]) == (True, PHONE)
    assert [event["event"] for event in receiver.events] == ["contact.updated"] * 2
    assert api.delete(f"contacts/{id_}/").status_code == 204
    assert api.get(f"contacts/{id_}/").status_code == 404


def test_a_sync_that_changes_nothing_tells_nobody(api, control, receiver):
    api.post("contacts/sync/", {"phone": "+393330000001", "first_name": "Ada"})
    control.wait(idle=True)

    assert receiver.deliveries == []


def test_operators_must_be_invited(api):
    id_ = _only(api, "+393330000001")["id"]

    assert api.post(f"contacts/{id_}/add_operator/", {"email": "no@x.it"}).status_code == 400
    added = api.post(f"contacts/{id_}/add_operator/", {"email": "agente@example.com"}).json()
    assert added["role_set"][0]["user"] == {"email": "agente@example.com"}


def test_lists_take_contacts_in_an_object(api, control):
    control.config(limits={"lists_sync": None})
    id_ = api.post("lists/", {"name": "Vip"}).json()["id"]
    refused = api.post(f"lists/{id_}/sync_contacts/", [{"phone": PHONE}])
    taken = api.post(f"lists/{id_}/sync_contacts/", {"contacts": [{"phone": PHONE}, {}]})

    assert refused.status_code == 400
    assert [error["index"] for error in taken.json()["errors"]] == [1]
    assert api.get(f"lists/{id_}/").json()["contacts_count"] == 1
    api.post(f"lists/{id_}/remove_contacts/", {"phones": [PHONE]})
    assert api.get(f"lists/{id_}/").json()["contacts_count"] == 0


def test_custom_fields_are_unique_not_reserved_and_only_renamed(api, control):
    control.config(limits={"custom_fields": None})
    created = api.post("custom-fields/", {"label": "RAZZA", "code": "BREED"})
    again = api.post("custom-fields/", {"label": "RAZZA", "code": "BREED"})
    reserved = api.post("custom-fields/", {"label": "X", "code": "FIRST_NAME"})
    renamed = api.patch(f"custom-fields/{created.json()['id']}/", {"label": "Y", "code": "Z"})

    assert (created.status_code, again.status_code, reserved.status_code) == (201, 400, 400)
    assert (renamed.json()["label"], renamed.json()["code"]) == ("Y", "BREED")
    assert api.get("custom-fields/", code="PET").json()["count"] == 1
