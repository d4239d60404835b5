import pytest
import requests

from tests.spoki.simulator.conftest import PHONE


def test_an_accepted_send_is_answered_with_both_identifiers(api, control):
    answer = api.send()

    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "uuid", "status"}
    assert answer.json()["status"] == "Pending"
    assert len(answer.json()["uuid"]) == 32


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ("uuid", {"uuid"}),
        ("nested", {"data"}),
        ("queued", {"detail"}),
        ("accepted", {"accepted"}),
    ],
)
def test_the_answer_of_a_send_has_every_known_shape(api, control, how, names):
    control.config(send_answer=how)

    assert set(api.send().json()) == names


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "Text"}, "type"),
        ({"phone": "393471234567"}, "phone"),
        ({"phone": "+39 347"}, "phone"),
        ({"template": 4}, "template"),
        ({"template": 1020}, "template"),
        ({"template": 1021}, "template"),
        ({"template": 1026}, "template"),
        ({"language": ""}, "language"),
        ({"custom_fields": {"FIRST_NAME": ""}}, "custom_fields"),
        ({"custom_fields": {"FIRST_NAME": "A\nda"}}, "custom_fields"),
        ({"custom_fields": {}}, "custom_fields"),
        ({"custom_fields": []}, "custom_fields"),
        ({"metadata": "x"}, "metadata"),
        ({"channel_id": 9}, "channel_id"),
    ],
)
def test_a_wrong_send_is_refused_by_the_name_of_the_field(api, control, changes, field):
    answer = api.send(**changes)

    assert answer.status_code == 400
    assert set(answer.json()) == {field}
    assert control.messages() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"language": "FR"}, "whatsapp::132001"),
        ({"template": 1024, "custom_fields": {"FIRST_NAME": "A", "PET_NAME": "B"}},
         "whatsapp::132015"),
        ({"template": 1025}, "whatsapp::132016"),
        ({"phone": "+393330000005"}, "spoki::1044"),
    ],
)  # fmt: skip
def test_a_send_that_spoki_will_not_make_gets_its_code(api, control, changes, code):
    answer = api.send(**changes)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == code
    assert control.messages() == []


def test_a_body_that_is_no_json_is_refused(api, process):
    answer = api.session.post(f"{process.url}/api/1/messages/send/", data=b"{", timeout=5)

    assert answer.status_code == 400


def test_placeholders_are_filled_and_custom_fields_are_saved_on_the_contact(api, control):
    fields = {"FIRST_NAME": "Ada", "PET_NAME": "Argo", "CODE": "NATALE20"}
    api.send(template=1001, custom_fields=fields)

    (message,) = control.messages(phone=PHONE)
    (contact,) = api.get("contacts/", phone=PHONE).json()["results"]
    saved = {row["visual_code"]: row["value"] for row in contact["contactfield_set"]}
    assert message["text"].startswith("Ciao Ada, per te e Argo c'è il *20%*")
    assert message["buttons"][0]["url"] == "https://shop.example.com/natale/NATALE20"
    assert saved == {"%%PET_NAME%%": "Argo", "%%CODE%%": "NATALE20"}


def test_a_free_text_is_refused_until_the_customer_writes(api, control):
    refused = api.text()
    control.inbound(PHONE)
    accepted = api.text()

    assert refused.json()["error_code"] == "whatsapp::131047"
    assert accepted.status_code == 200


def test_the_window_closes_after_24_hours(api, control):
    control.inbound(PHONE)
    control.advance(86_401)

    assert api.text().json()["error_code"] == "whatsapp::131047"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"buttons": [{"text": "Sì, confermo", "order": 0}]}, 200),
        ({"buttons": []}, 400),
        ({"buttons": [{"text": "x" * 21}]}, 400),
        ({"buttons": [{"text": str(n)} for n in range(4)]}, 400),
    ],
)
def test_interactive_buttons_keep_to_whatsapps_limits(api, control, changes, status):
    control.inbound(PHONE)

    assert api.text(content_type="Interactive", **changes).status_code == status


def test_a_list_needs_rows(api, control):
    control.inbound(PHONE)
    rows = {"title": "Scegli", "sections": [{"title": "A", "rows": [{"title": "Uno"}]}]}

    assert api.text(content_type="List", list=rows).status_code == 200
    assert api.text(content_type="List", list={}).status_code == 400


def test_credit_falls_with_each_delivered_template_and_its_end_stops_sends(api, control):
    control.account(current_credit=57)

    first = api.send()
    control.wait(accepted=1, idle=True)
    second = api.send()

    assert first.status_code == 200
    assert api.get("accounts/").json()[0]["current_credit"] == 0
    assert second.json()["error_code"] == "spoki::1029"


def test_people_reached_grow_once_per_person_and_leave_after_24_hours(api, control):
    for phone in (PHONE, PHONE, "+393471234568"):
        api.send(phone)

    before = api.get("accounts/501/").json()["contacted_in_24h"]
    control.advance(86_401)

    assert before == 2
    assert api.get("accounts/501/").json()["contacted_in_24h"] == 0
    assert control.windows()["people"]["worst"] == 2


def test_a_person_beyond_the_daily_limit_is_not_reached(api, control):
    control.account(daily_limit=1)
    for phone in (PHONE, PHONE, "+393471234568"):
        api.send(phone)

    control.wait(accepted=3, idle=True)

    errors = [message["error_code"] for message in control.messages()]
    assert errors == [None, None, "whatsapp::130429"]


@pytest.mark.parametrize(
    ("suffix", "status", "code"),
    [
        ("901029", 400, "spoki::1029"),
        ("901044", 400, "spoki::1044"),
        ("920029", 200, "spoki::1029"),
        ("900400", 400, None),
        ("900401", 401, None),
        ("900500", 500, None),
        ("900502", 200, None),
        ("900429", 429, None),
    ],
)
def test_numbers_that_are_refused_take_no_message(api, control, suffix, status, code):
    answer = api.send(f"+393470{suffix}")

    assert answer.status_code == status
    assert (answer.json().get("error_code") if code else None) == code
    assert control.messages() == []


@pytest.mark.parametrize("suffix", ["900200", "900201", "900501", "900503"])
def test_numbers_with_a_bad_answer_take_the_message_all_the_same(api, control, suffix):
    answer = api.send(f"+393470{suffix}")

    assert "uuid" not in answer.text
    assert len(control.messages()) == 1


def test_a_429_of_a_number_says_when_to_come_back_or_does_not(api, control):
    assert api.send("+393470900429").headers["Retry-After"] == "2"
    assert "Retry-After" not in api.send("+393470900430").headers


@pytest.mark.parametrize(("suffix", "taken"), [("900409", 1), ("900411", 0)])
def test_a_cut_connection_may_hide_an_accepted_message(api, control, suffix, taken):
    with pytest.raises(requests.ConnectionError):
        api.send(f"+393470{suffix}")

    assert len(control.messages()) == taken


@pytest.mark.parametrize(("suffix", "taken"), [("900408", 1), ("900410", 0)])
def test_a_number_may_never_answer(api, process, control, suffix, taken):
    body = {"type": "Template", "phone": f"+393470{suffix}", "template": 1008, "language": "it",
            "custom_fields": {"FIRST_NAME": "Ada"}}  # fmt: skip
    with pytest.raises(requests.ReadTimeout):
        api.session.post(f"{process.url}/api/1/messages/send/", json=body, timeout=0.2)

    assert len(control.messages()) == taken


@pytest.mark.parametrize("code", ["131026", "131049", "131050"])
def test_some_numbers_fail_after_they_were_accepted(api, control, receiver, code):
    answer = api.send(f"+393470{code}")
    control.wait(accepted=1, idle=True)

    (event,) = receiver.events
    assert answer.status_code == 200
    assert event["data"]["send_status"] == "Error"
    assert event["data"]["error_code"] == f"whatsapp::{code}"


def test_a_number_may_stay_without_news(api, control, receiver):
    api.send("+393470900000")
    control.wait(accepted=1, idle=True)

    assert receiver.deliveries == []
    assert control.messages()[0]["status"] == "Read"
