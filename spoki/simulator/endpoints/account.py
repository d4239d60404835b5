"""Accounts (a bare array), channels (note the singular path), agencies, reports."""

from spoki.simulator.wire import Answer, Call, Json, digits, not_found, page_of, wrong
from spoki.simulator.world import World


def list_accounts(call: Call) -> Answer:
    return Answer(200, [call.world.account_json()])


def get_account(call: Call) -> Answer:
    if call.id() != call.world.account["id"]:
        raise not_found()
    return Answer(200, call.world.account_json())


def account_by_phone(call: Call) -> Answer:
    if digits(call.params["phone"]) != digits(call.world.account["phone"]):
        raise not_found()
    return Answer(200, call.world.account_json())


def list_agencies(call: Call) -> Answer:
    return Answer(200, call.world.agencies)


def current_report(call: Call) -> Answer:
    if call.id() != call.world.account["id"]:
        raise not_found()
    messages = call.world.messages.by_uuid.values()
    outbound = [message for message in messages if not message.is_inbound]
    return Answer(
        200,
        {
            "account": call.id(),
            "granularity": "Month",
            "sent_message_count": len(outbound),
            "delivered_message_count": sum(m.delivered is not None for m in outbound),
            "read_message_count": sum(m.read is not None for m in outbound),
            "template_message_count": sum(m.template is not None for m in outbound),
            "free_message_count": sum(m.template is None for m in outbound),
            "incoming_message_count": len(messages) - len(outbound),
        },
    )


def list_channels(call: Call) -> Answer:
    waba = call.query.get("whatsapp_business_account") or call.query.get("waba")
    found = [
        channel
        for channel in call.world.channels.values()
        if not waba or channel["whatsapp_business_account"] == waba
    ]
    return page_of(call, found, dict, largest=30)


def _channel(world: World, id_: int) -> Json:
    channel = world.channels.get(id_)
    if channel is None:
        raise not_found()
    return channel


def get_channel(call: Call) -> Answer:
    return Answer(200, _channel(call.world, call.id()))


def channel_by_phone(call: Call) -> Answer:
    for channel in call.world.channels.values():
        if digits(channel["phone"]) == digits(call.params["phone"]):
            return Answer(200, channel)
    raise not_found()


def rename_channel(call: Call) -> Answer:
    channel, name = _channel(call.world, call.id()), call.object_body().get("name")
    if not isinstance(name, str) or not name:
        raise wrong(name="This field may not be blank.")
    channel["name"] = name
    return Answer(200, channel)


def refresh_channel(call: Call) -> Answer:
    return Answer(200, _channel(call.world, call.id()))


def set_primary(call: Call) -> Answer:
    chosen = _channel(call.world, call.id())
    for channel in call.world.channels.values():
        channel["is_primary"] = channel is chosen
    call.world.account["primary_channel_id"] = chosen["id"]
    call.world.account["phone"] = chosen["phone"]
    return Answer(200, chosen)
