"""The rows of the bench by name: what measures each, and which may run at the same time."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.bench.report import Figure

Measure = Callable[..., list[Figure]]


@dataclass(frozen=True, slots=True)
class Row:
    """A function `module:name` that measures; `quick` are its arguments for a trial run.

    Rows of one `pace` group mostly wait for a clock, so they run side by side; the others need the
    machine for themselves.
    """

    name: str
    where: str
    quick: dict[str, int]
    pace: str = ""

    def measure(self, *, is_quick: bool) -> list[Figure]:
        module, _, function = self.where.partition(":")
        measure: Measure = getattr(import_module(f"tests.bench.{module}"), function)
        return measure(**self.quick if is_quick else {})


ROWS = (
    Row("snapshots", "snapshot:snapshot_sizes", {"few": 3_000, "many": 9_000, "rounds": 1}),
    Row(
        "segments",
        "segments:segment_counts",
        {"few": 1_000, "some": 2_000, "many": 3_000, "rounds": 3, "rounds_of_many": 1},
    ),
    Row("contacts", "contacts:bulk_api", {"people": 2_000, "present": 1_000}),
    Row("sync", "contacts:sync_decision", {"people": 1_000, "rounds": 2}),
    Row(
        "webhooks",
        "webhooks.rows:webhooks",
        {"seconds": 1, "rounds": 1, "steady_seconds": 3, "stored": 300},
    ),
    Row("card", "card:card_page", {"messages": 60, "orders": 3, "rounds": 3}),
    Row("polls", "polls:polling_cards", {"cards": 5, "seconds": 8}),
    Row("inbox", "inbox:inbox_page", {"conversations": 300, "rounds": 2}),
    Row(
        "spoki",
        "webhooks.spoki_rows:spoki_webhooks",
        {"seconds": 1, "rounds": 1, "steady_seconds": 3, "statuses": 300, "watched": 3},
    ),
    Row("import", "shop_import:import_of_a_shop", {"few": 200, "many": 1_000}),
    Row("throughput", "throughput:throughput", {"messages": 500, "tasks": 200, "rounds": 1}),
    Row("kills", "kills:twenty_kills", {"kills": 2}),
    Row("bulk", "bulk:bulk_speed", {"people": 3_000}),
    Row("bulk-kills", "bulk:bulk_kills", {"kills": 2}),
    Row("forecast", "foreseen:forecast_command", {"rounds": 1}),
    Row("memory", "memory:sender_memory", {"few": 30, "many": 600}),
    Row(
        "history",
        "history:drain_behind_history",
        {"people": 2_000, "short": 2_000, "long": 50_000, "queued": 300},
    ),
    Row("pace", "real_time:real_time_campaign", {"people": 60}, pace="a"),
    Row("latency", "latency:order_message_latency", {"seconds": 30, "full_after": 5}, pace="a"),
    Row(
        "confirmation",
        "confirmation:confirmation_latency",
        {"idle": 3, "busy": 3, "audience": 200, "full_after": 5},
    ),
    Row(
        "reply",
        "reply:reply_latency",
        {"texts": 3, "templates": 2, "audience": 200, "full_after": 5},
    ),
    Row("foreseen", "foreseen:forecast_against_a_drain", {"people": 2_000}, pace="a"),
    Row("minute", "windows:minute_in_real_time", {"people": 150, "kills": 2}, pace="b"),
    Row("day", "windows:hour_and_day_scaled", {"people": 150, "again": 20, "kills": 2}, pace="b"),
)


def rows_named(names: list[str]) -> list[Row]:
    """Return the rows asked for, all of them without names.

    :raises KeyError: for a name that no row has.
    """
    known = {row.name: row for row in ROWS}
    return [known[name] for name in names] if names else list(ROWS)
