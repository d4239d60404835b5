"""Topic → what is done with a delivery of it; a topic that is missing here is kept and not used."""

from collections.abc import Mapping

from orders.deliveries import Handler

HANDLERS: Mapping[str, Handler] = {}
