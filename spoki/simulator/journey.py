"""What becomes of an accepted message: sent, delivered, read, or failed, each told by webhook."""

from collections.abc import Callable

from spoki.simulator.faults import ERROR_TEXTS, Effect
from spoki.simulator.messages import Message, shown
from spoki.simulator.wire import digits
from spoki.simulator.world import World

Step = tuple[float, Callable[[World, Message], None]]


def start_journey(world: World, message: Message, effect: Effect | None) -> None:
    """Store an accepted message and plan its statuses; the next step is planned by each step."""
    is_conversation = world.open_window(message.phone)
    code = (effect.late_code if effect else None) or _late_code(world, message, is_conversation)
    message.is_billable = bool(
        message.template is not None and not (message.category == "UTILITY" and is_conversation)
    )
    if not is_conversation:
        world.people.add(digits(message.phone), now=world.clock.monotonic())
    world.messages.add(message)
    silent = effect is not None and effect.kind == "no_news"
    world.journeys += 1
    _plan(world, message, _steps(world, code), silent=silent)


def _late_code(world: World, message: Message, is_conversation: bool) -> str | None:
    """Why WhatsApp itself would not deliver it."""
    contact = world.contacts.first(message.phone)
    if contact is not None and contact.has_invalid_phone:
        return "whatsapp::131026"
    daily, now = world.account.get("daily_limit"), world.clock.monotonic()
    if not is_conversation and isinstance(daily, int) and daily >= 0:
        extra = int(world.account.get("contacted_elsewhere_in_24h", 0))
        reached = world.people.count(now=now, seconds=world.config.tier_seconds)
        if reached + extra >= daily and digits(message.phone) not in world.people.last_at:
            return "whatsapp::130429"
    if world.config.pair_seconds and message.template is not None:
        last = world.people.last_at.get(digits(message.phone))
        if last is not None and now - last < world.config.pair_seconds:
            return "whatsapp::131056"
    return None


def _steps(world: World, code: str | None) -> list[Step]:
    config = world.config
    if code:
        return [(config.sent_seconds, lambda w, m: _fail(w, m, code))]
    steps: list[Step] = [(config.sent_seconds, _sent), (config.delivered_seconds, _delivered)]
    if world.rng.random() < config.read_share:
        steps.append((config.read_seconds, _read))
    return steps


def _plan(world: World, message: Message, steps: list[Step], *, silent: bool) -> None:
    if not steps:
        world.journeys -= 1
        return
    (seconds, change), rest = steps[0], steps[1:]
    if world.config.jitter_seconds:
        seconds += world.rng.uniform(0, world.config.jitter_seconds)

    def act() -> None:
        change(world, message)
        world.messages.touch(message)
        if not silent:
            tell(world, message)
        _plan(world, message, rest, silent=silent)

    world.timeline.after(seconds, act)


def _sent(world: World, message: Message) -> None:
    message.status, message.sent = "Sent", world.clock.epoch()


def _delivered(world: World, message: Message) -> None:
    message.status, message.delivered = "Delivered", world.clock.epoch()
    if message.is_billable:
        world.account["current_credit"] -= int(world.config.prices.get(message.category, 0))


def _read(world: World, message: Message) -> None:
    message.status, message.read = "Read", world.clock.epoch()


def _fail(world: World, message: Message, code: str) -> None:
    message.status = world.config.failed_word
    message.error_code = code
    message.error_text = ERROR_TEXTS.get(code, "Message failed.")


def tell(world: World, message: Message) -> None:
    """Emit the message as it is now. The first `Sent` of a template does not name the template."""
    data = shown(
        message,
        null_datetimes=world.config.null_datetimes,
        with_template=message.status != "Sent",
    )
    contact = world.contacts.first(message.phone)
    data["contact"] = {"id": contact.id, "phone": contact.phone} if contact else None
    event = "message.inbound" if message.is_inbound else "message.outbound"
    world.courier.emit(event, data, event_uuid=world.event_uuid(message.uuid), uuid=message.uuid)
