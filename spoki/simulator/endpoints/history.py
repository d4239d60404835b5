"""`GET /api/1/messages/`: absent by default, as published; some accounts have it."""

from spoki.simulator.messages import shown
from spoki.simulator.wire import Answer, Call, not_found, page_of, wrong


def list_messages(call: Call) -> Answer:
    """`?phone=&page=`: one conversation, newest first, as the `data` objects of webhooks."""
    config = call.world.config
    if not config.history:
        raise not_found()
    phone = call.query.get("phone", "")
    if not phone:
        raise wrong(phone="This field is required.")
    found = sorted(call.world.messages.with_phone(phone), key=lambda one: -one.created)
    return page_of(call, found, lambda one: shown(one, null_datetimes=config.null_datetimes))


def nothing_here(call: Call) -> Answer:
    """Every address that Spoki does not have. A forgotten final slash is redirected for reads."""
    if call.method == "GET" and not call.path.endswith("/"):
        return Answer(301, {}, headers=(("Location", f"{call.path}/"),))
    raise not_found()
