"""Registrations of webhooks: one per event, each with its own secret."""

from spoki.simulator.courier import EVENTS, Webhook
from spoki.simulator.wire import Answer, Call, not_found, page_of, wrong


def list_webhooks(call: Call) -> Answer:
    query = call.query
    found = [
        one
        for one in call.world.courier.webhooks.values()
        if query.get("event", one.event) == one.event
        and query.get("is_active", str(one.is_active)).lower() == str(one.is_active).lower()
    ]
    return page_of(call, found, Webhook.as_json)


def _stored(call: Call) -> Webhook:
    webhook = call.world.courier.webhooks.get(call.id())
    if webhook is None:
        raise not_found()
    return webhook


def get_webhook(call: Call) -> Answer:
    return Answer(200, _stored(call).as_json())


def create_webhook(call: Call) -> Answer:
    """The only answer, with that of a rotation, that shows the secret."""
    body = call.object_body()
    _check(body)
    if "event" not in body or "url" not in body:
        raise wrong(event="An event and a url are required.")
    webhook = call.world.add_webhook(
        event=body["event"], url=body["url"], is_active=bool(body.get("is_active", True))
    )
    return Answer(201, webhook.as_json(with_secret=True))


def _check(body: dict[str, object]) -> None:
    if "event" in body and body["event"] not in EVENTS:
        raise wrong(event=f'"{body["event"]}" is not a valid choice.')
    if "version" in body and body["version"] != 2:
        raise wrong(version="Only version 2 is offered.")
    url = body.get("url", "https://")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise wrong(url="Enter a valid URL.")


def update_webhook(call: Call) -> Answer:
    webhook, body = _stored(call), call.object_body()
    _check(body)
    webhook.event = body.get("event", webhook.event)
    webhook.url = body.get("url", webhook.url)
    webhook.is_active = bool(body.get("is_active", webhook.is_active))
    return Answer(200, webhook.as_json())


def delete_webhook(call: Call) -> Answer:
    del call.world.courier.webhooks[_stored(call).id]
    return Answer(204)


def expands(call: Call) -> Answer:
    _stored(call)
    body = call.body if isinstance(call.body, dict) else {}
    return Answer(200, {"expands": body.get("expands", ["contact"])})


def test_webhook(call: Call) -> Answer:
    webhook, world = _stored(call), call.world
    body = world.courier.envelope(webhook.event, {"test": True}, world.event_uuid(world.new_uuid()))
    world.courier.post(webhook, body, event=webhook.event)
    return Answer(200, {})


def rotate_secret(call: Call) -> Answer:
    webhook = _stored(call)
    webhook.secret = call.world.new_secret()
    return Answer(200, {"id": webhook.id, "secret": webhook.secret})
