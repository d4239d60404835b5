import json
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from spoki import signature
from tests.spoki.simulator.conftest import PHONE, SECRETS


def _is_authentic(delivery, secrets=SECRETS):
    headers, body = delivery
    header = headers.get("x-spoki-signature", "")
    return signature.is_authentic(header, body, secrets, now=datetime.now(tz=UTC))


def test_statuses_come_in_order_signed_with_the_secret_of_their_webhook(api, control, receiver):
    uuid = api.send().json()["uuid"]
    control.wait(accepted=1, idle=True)

    assert receiver.statuses() == ["Sent", "Delivered", "Read"]
    assert all(_is_authentic(one, ["secret-outbound"]) for one in receiver.deliveries)
    assert {event["data"]["uuid"] for event in receiver.events} == {uuid}
    assert {event["data"]["metadata"]["msg"] for event in receiver.events} == {"k1"}


def test_each_event_has_its_own_secret(api, control, receiver):
    control.inbound(PHONE)
    control.wait(idle=True)

    assert _is_authentic(receiver.deliveries[0], ["secret-inbound"])
    assert not _is_authentic(receiver.deliveries[0], ["secret-outbound"])


def test_the_first_sent_has_no_template_and_the_business_number_no_plus(api, control, receiver):
    api.send()
    control.wait(accepted=1, idle=True)

    sent, delivered, _ = (event["data"] for event in receiver.events)
    assert "template" not in sent
    assert delivered["template"] == 1008
    assert (sent["from_phone"], sent["to_phone"]) == ("390212345678", PHONE)
    assert "timestamp_ms" not in sent
    assert isinstance(sent["timestamp"], int)


def test_the_event_uuid_is_that_of_the_message_or_unique_by_switch(api, control, receiver):
    uuid = api.send().json()["uuid"]
    control.wait(accepted=1, idle=True)
    assert {event["event_uuid"].replace("-", "") for event in receiver.events} == {uuid}

    receiver.deliveries.clear()
    control.config(event_uuid="unique")
    api.send()
    control.wait(accepted=2, idle=True)
    assert len({event["event_uuid"] for event in receiver.events}) == 3


@pytest.mark.parametrize("how", ["wrong", "stale", "missing", "malformed"])
def test_a_bad_signature_comes_on_request(api, control, receiver, how):
    control.config(signature=how)
    api.send()
    control.wait(accepted=1, idle=True)

    assert len(receiver.deliveries) == 3
    assert not any(_is_authentic(one) for one in receiver.deliveries)


def test_deliveries_can_be_doubled(api, control, receiver):
    control.config(duplicate_share=1.0)
    api.send()
    control.wait(accepted=1, idle=True)

    assert Counter(receiver.statuses()) == {"Sent": 2, "Delivered": 2, "Read": 2}


def test_deliveries_can_be_lost(api, control, receiver):
    control.config(loss_share=1.0)
    api.send()
    control.wait(accepted=1, idle=True)

    assert receiver.deliveries == []
    assert control.get("deliveries")["lost"] == 3


def test_deliveries_can_overtake_each_other_and_do_so_the_same_way_each_time(
    api, control, receiver
):
    def order():
        receiver.deliveries.clear()
        control.config(reorder_share=0.5, reorder_seconds=0.1)
        for _ in range(4):
            api.send()
        control.wait(accepted=4, idle=True)
        return [receiver.statuses().index("Read"), sorted(receiver.statuses())]

    first = order()

    assert first[1] == ["Delivered"] * 4 + ["Read"] * 4 + ["Sent"] * 4
    assert receiver.statuses() != ["Sent"] * 4 + ["Delivered"] * 4 + ["Read"] * 4


def test_datetimes_can_be_null_although_the_status_is_later(api, control, receiver):
    control.config(null_datetimes=True)
    api.send()
    control.wait(accepted=1, idle=True)

    assert receiver.events[-1]["data"]["sent_datetime"] is None
    assert receiver.events[-1]["data"]["send_status"] == "Read"


def test_a_delivery_that_fails_is_repeated_a_few_times(api, control, receiver):
    control.config(delivery_retry_seconds=0.01, read_share=0.0, delivered_seconds=0.1)
    receiver.answers[:] = [500, 500]
    api.send()
    control.wait(accepted=1, idle=True)

    assert receiver.statuses() == ["Sent", "Sent", "Sent", "Delivered"]


def test_a_webhook_that_is_switched_off_gets_nothing(api, control, receiver):
    rows = api.get("external-webhooks/", event="message.outbound").json()["results"]
    api.patch(f"external-webhooks/{rows[0]['id']}/", {"is_active": False})
    api.send()
    control.wait(accepted=1, idle=True)

    assert receiver.deliveries == []


def test_connections_are_kept_open(api, control, receiver):
    before = receiver.connections
    for _ in range(30):
        api.send()
    control.wait(accepted=30, idle=True)

    assert len(receiver.deliveries) == 90
    assert receiver.connections - before <= 20


def test_the_time_of_a_status_is_under_control(api, control, receiver):
    control.config(sent_seconds=3600)
    api.send()
    assert control.messages()[0]["status"] == "Pending"

    control.advance(3601)
    control.wait(accepted=1, idle=True)

    assert receiver.statuses() == ["Sent", "Delivered", "Read"]


def test_a_status_can_be_forced_after_the_end(api, control, receiver):
    uuid = api.send().json()["uuid"]
    control.wait(accepted=1, idle=True)
    control.post("status", uuid=uuid, status="Error", error_code="whatsapp::131026")
    control.wait(idle=True)

    assert receiver.statuses() == ["Sent", "Delivered", "Read", "Error"]


def test_anything_can_be_delivered(control, receiver):
    control.post("deliver", body="this is no JSON")
    control.post("deliver", event="message.mystery", data={"a": 1}, signature="wrong")
    control.wait(idle=True)

    bodies = {body for _, body in receiver.deliveries}
    assert b"this is no JSON" in bodies
    assert {json.loads(b)["event"] for b in bodies if b.startswith(b"{")} == {"message.mystery"}
    assert [_is_authentic(one) for one in receiver.deliveries].count(True) == 1


def test_the_published_test_vector_is_signed_as_published():
    # The vector of the wire contract; our verifier and this signer are written apart.
    from spoki.simulator.courier import sign

    body = (
        b'{"version":2,"event":"message.outbound","data":'
        b'{"uuid":"0f0e0d0c0b0a09080706050403020100","send_status":"Sent"}}'
    )

    assert sign("example-signing-secret", 1790000000, body) == (
        "t=1790000000,v2=f45e4302f4bd279d2334183bb1b5e8bcbb81b9df8cec0fec603b1b4972dc5b48"
    )


def test_the_envelope_tells_when_it_was_emitted(api, control, receiver):
    api.send()
    control.wait(accepted=1, idle=True)

    assert abs(receiver.events[0]["timestamp"] - time.time()) < 5
    assert receiver.deliveries[0][0]["x-spoki-account"] == "501"
