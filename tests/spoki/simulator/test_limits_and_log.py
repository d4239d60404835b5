import requests

from tests.spoki.simulator.conftest import PHONE


def test_a_call_without_the_right_key_is_refused(api, process, control):
    wrong = requests.get(
        f"{process.url}/api/1/accounts/", headers={"X-Spoki-Api-Key": "no"}, timeout=5
    )
    missing = requests.get(f"{process.url}/api/1/accounts/", timeout=5)

    assert (wrong.status_code, missing.status_code) == (401, 401)
    assert [row["api_key"] for row in control.log()] == ["wrong", "missing"]


def test_the_limit_lets_60_templates_pass_in_60_seconds_and_no_more(api, control):
    statuses = [api.send(key=str(n)).status_code for n in range(62)]

    assert statuses == [200] * 60 + [429] * 2
    assert control.worst(lane="template", of="accepted") == 60
    assert control.worst(lane="template", of="arrived") == 62


def test_a_429_says_when_to_come_back_unless_switched_off(api, control):
    control.config(limits={"template": 0})
    with_header = api.send()
    control.config(retry_after_header=False)
    without = api.send()

    assert with_header.headers["Retry-After"] == "60"
    assert with_header.json()["detail"].startswith("Request was throttled")
    assert without.status_code == 429
    assert "Retry-After" not in without.headers


def test_windows_are_data_and_roll(api, control):
    control.config(window_seconds=2, limits={"template": 2})
    early = [api.send().status_code for _ in range(3)]
    control.advance(2)

    assert early == [200, 200, 429]
    assert api.send().status_code == 200
    assert control.windows()["lengths"] == {"second": 1, "minute": 2, "hour": 120, "day": 2880}


def test_texts_have_a_limit_of_their_own_and_buttons_share_that_of_templates(api, control):
    control.config(limits={"template": 1, "text": 1})
    control.inbound(PHONE)
    buttons = [{"text": "Sì", "order": 0}]

    statuses = [
        api.send().status_code,
        api.text().status_code,
        api.text(content_type="Interactive", buttons=buttons).status_code,
        api.text().status_code,
    ]

    assert statuses == [200, 200, 429, 429]


def test_a_limit_may_hold_for_the_hour_too(api, control):
    control.config(limits={"template": [[5, 1], [2, 3600]]})

    assert [api.send().status_code for _ in range(3)] == [200, 200, 429]


def test_the_log_names_the_message_and_its_two_clocks(api, control):
    api.send(key="abc")

    (row,) = control.sends()
    assert (row["msg"], row["phone"], row["template"], row["status"]) == ("abc", PHONE, 1008, 200)
    assert row["epoch"] > 1.7e9
    assert row["monotonic"] < row["epoch"]
    assert row["uuid"] == control.messages()[0]["uuid"]


def test_the_log_shows_no_secret(api, process, control):
    body = {"secret": "auto-secret-natale", "phone": PHONE}
    requests.post(f"{process.url}/wh/ap/wrong/", json=body, timeout=5)
    api.get("accounts/")

    text = str(control.log(bodies=1))
    assert "auto-secret-natale" not in text
    assert process.api_key not in text
    assert "'secret': '***'" in text


def test_a_key_that_is_accepted_twice_is_a_duplicate_and_a_refused_one_is_not(api, control):
    control.fault("status:500", msg="once")
    for key in ("twice", "twice", "once", "once"):
        api.send(key=key)

    found = control.duplicates()
    assert found["accepted_twice"] == {"twice": 2}
    assert found["arrived_twice"] == {"twice": 2, "once": 2}
    assert found["keys_accepted"] == 2


def test_the_shortest_time_between_two_messages_to_one_person_is_known(api, control):
    api.send()
    control.advance(6)
    api.send()

    assert 6 <= control.windows()["closest_to_one_phone_seconds"] < 8


def test_faults_are_matched_counted_and_delayed(api, control):
    control.fault("status:503", lane="templates", after=1, times=2)

    statuses = [api.get("templates/").status_code for _ in range(4)]

    assert statuses == [200, 503, 503, 200]
    assert [row["fault"] for row in control.log(lane="templates")][1] == "status:503"


def test_a_fault_may_strike_every_second_call(api, control):
    control.fault("429:0", lane="templates", times=None, every=2)

    answers = [api.get("templates/").status_code for _ in range(5)]

    assert answers == [200, 429, 200, 429, 200]


def test_a_fault_may_cut_a_page_of_a_list_or_answer_html(api, control):
    control.fault("html", path="contacts/")

    assert api.get("contacts/").text.startswith("<!doctype html>")


def test_an_unknown_setting_or_fault_is_refused_in_words(process, control):
    setting = requests.post(f"{process.url}/_control/config", json={"lmits": 1}, timeout=5)
    fault = requests.post(
        f"{process.url}/_control/faults", json={"faults": [{"effect": "x"}]}, timeout=5
    )

    assert setting.json() == {"detail": "lmits: no such setting"}
    assert fault.json() == {"detail": "unknown effect: x"}


def test_a_forgotten_slash_is_redirected_for_reads_and_unknown_for_the_rest(api):
    read = api.session.get(f"{api.url}/api/1/templates", allow_redirects=False, timeout=5)
    write = api.session.post(f"{api.url}/api/1/messages/send", json={}, timeout=5)

    assert (read.status_code, read.headers["Location"]) == (301, "/api/1/templates/")
    assert write.status_code == 404
