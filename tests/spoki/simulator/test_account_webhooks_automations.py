import requests

from tests.spoki.simulator.conftest import PHONE

AUTOMATION = "0b7c1f6e-5d3a-4c1e-9f68-2f1f6f0f1a01"
FIELDS = {"FIRST_NAME": "Ada", "PET_NAME": "Argo", "CODE": "X1"}


def _start(process, path="", **body):
    return requests.post(
        f"{process.url}/wh/ap/{AUTOMATION}/{path}",
        json={"secret": "auto-secret-natale", **body},
        timeout=5,
    )


def test_accounts_and_agencies_are_bare_arrays(api):
    assert [row["id"] for row in api.get("accounts/").json()] == [501]
    assert [row["id"] for row in api.get("agencies/").json()] == [61]


def test_the_account_is_found_by_number_and_changed_by_a_test(api, control):
    control.account(quality_score="Low", phone_status="Flagged", daily_limit=250)

    account = api.get("accounts/phone/390212345678/").json()
    channel = api.get("channel/701/").json()
    assert (account["quality_score"], account["daily_limit"]) == ("Low", 250)
    assert (channel["quality_score"], channel["phone_status"]) == ("Low", "Flagged")
    assert account["channels"][0]["is_primary"] is True


def test_channels_have_a_page_of_at_most_30_and_singular_addresses(api):
    page = api.get("channel/", page_size=500).json()

    assert [row["id"] for row in page["results"]] == [701, 702]
    assert api.get("channel/phone/+390298765432/").json()["id"] == 702
    assert api.post("channel/702/set-primary/").json()["is_primary"] is True
    assert api.get("channel/701/").json()["is_primary"] is False


def test_an_automation_starts_with_its_secret_and_without_the_key(process, control):
    answer = _start(process, phone=PHONE, custom_fields=FIELDS, metadata={"msg": "a1"})

    (message,) = control.messages()
    assert (answer.status_code, answer.content) == (200, b"")
    assert (message["template"], message["metadata"]) == (1001, {"msg": "a1"})


def test_an_automation_with_a_wrong_secret_or_address_sends_nothing(process, control):
    wrong = _start(process, secret="no", phone=PHONE, custom_fields=FIELDS)
    unknown = requests.post(f"{process.url}/wh/ap/nobody/", json={"secret": "x"}, timeout=5)

    assert (wrong.status_code, unknown.status_code) == (403, 404)
    assert control.messages() == []


def test_a_bulk_start_sends_to_each_and_drops_what_it_cannot_send(process, control):
    contacts = [
        {"phone": PHONE, "custom_fields": FIELDS, "metadata": {"msg": "a1"}},
        {"phone": "nonsense"},
        {"phone": "+393471234568", "custom_fields": {**FIELDS, "PET_NAME": ""}},
        {"phone": "+393471234569", "custom_fields": FIELDS, "metadata": {"msg": "a2"}},
    ]
    answer = _start(process, "bulk/", contacts=contacts)

    assert (answer.status_code, answer.content) == (200, b"")
    assert [one["metadata"]["msg"] for one in control.messages()] == ["a1", "a2"]
    assert control.worst(lane="automation") == 4


def test_an_automation_has_no_rate_limit(process, control):
    statuses = {_start(process, phone=PHONE, custom_fields=FIELDS).status_code for _ in range(70)}

    assert statuses == {200}


def test_a_bulk_start_takes_at_most_500_and_sends_to_nobody_beyond(process, control):
    whole = [
        {"phone": f"+3934700{n:05d}", "custom_fields": FIELDS, "metadata": {"msg": f"m{n}"}}
        for n in range(501)
    ]

    refused = _start(process, "bulk/", contacts=whole)
    taken = _start(process, "bulk/", contacts=whole[:500])

    assert (refused.status_code, taken.status_code) == (400, 200)
    assert len(control.messages()) == 500


def test_messages_of_an_automation_are_counted_like_all_others(process, control):
    """In the rolling windows, in the person count and among the duplicates."""
    contact = {"phone": PHONE, "custom_fields": FIELDS, "metadata": {"msg": "twice"}}
    _start(process, "bulk/", contacts=[contact, contact])

    assert control.worst(lane="automation") == control.worst(lane="sends") == 2
    assert control.worst(lane="automation", of="accepted") == 2
    assert control.windows()["people"]["worst"] == 1
    assert control.duplicates()["accepted_twice"] == {"twice": 2}
    assert control.duplicates()["arrived_twice"] == {"twice": 2}


def test_metadata_of_an_automation_is_dropped_by_switch(process, control):
    control.config(automation_metadata=False)
    _start(process, phone=PHONE, custom_fields=FIELDS, metadata={"msg": "a1"})

    assert control.messages()[0]["metadata"] == {}


def test_the_list_of_automations_shows_secrets_as_spoki_does(api):
    (row,) = api.get("automations/").json()["results"]

    assert row["first_message_text"].startswith("Ciao %%FIRST_NAME%%")
    assert row["webhook_set"][0]["secret"] == "auto-secret-natale"
    assert row["webhook_set"][0]["link"] == f"{api.url}/wh/ap/{AUTOMATION}/"


def test_a_webhook_shows_its_secret_once_and_a_rotation_changes_it(api, control, receiver):
    body = {"event": "contact.created", "version": 2, "url": receiver.url, "is_active": False}
    created = api.post("external-webhooks/", body)
    id_ = created.json()["id"]
    rotated = api.post(f"external-webhooks/{id_}/rotate_secret/").json()

    assert created.status_code == 201
    assert created.json()["secret"].startswith("whsec_")
    assert rotated["secret"] != created.json()["secret"]
    assert "secret" not in api.get(f"external-webhooks/{id_}/").json()
    assert api.get("external-webhooks/", is_active="false").json()["count"] == 1


def test_a_webhook_is_tested_changed_and_removed(api, control, receiver):
    id_ = api.get("external-webhooks/").json()["results"][0]["id"]
    api.post(f"external-webhooks/{id_}/test/")
    control.wait(idle=True)
    changed = api.patch(f"external-webhooks/{id_}/", {"url": "ftp://x"})
    removed = api.delete(f"external-webhooks/{id_}/")

    assert [event["data"] for event in receiver.events] == [{"test": True}]
    assert (changed.status_code, removed.status_code) == (400, 204)
    assert api.get("external-webhooks/").json()["count"] == 2


def test_history_is_absent_until_switched_on(api, control):
    absent = api.get("messages/", phone=PHONE)
    control.config(history=True)
    control.seed(
        messages=[
            {"phone": PHONE, "text": "Vecchio", "inbound": True, "at": "2026-01-02T10:00:00+01:00"},
            {"phone": PHONE, "text": "Nuovo", "at": "2026-01-03T10:00:00+01:00"},
        ]
    )
    page = api.get("messages/", phone=PHONE, page_size=1).json()

    assert absent.status_code == 404
    assert (page["count"], page["results"][0]["text"]) == (2, "Nuovo")
    older = api.session.get(page["next"], timeout=5).json()["results"][0]
    assert (older["text"], older["direction"]) == ("Vecchio", "Inbound")
