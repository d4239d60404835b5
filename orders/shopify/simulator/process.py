"""The shop as its own process, for tests."""

import json
from pathlib import Path
from typing import Any

from orders.shopify.simulator.remote import ShopControl
from spoki.simulator.process import LocalProcess

DEFAULT_SECRET = "simulator-client-secret"  # noqa: S105  (guards nothing but the simulator)


class ShopProcess(LocalProcess):
    """A Shopify, see `LocalProcess`; any setting of `config.py` by its name."""

    def __init__(
        self,
        *,
        shop_domain: str = "zampa-demo.myshopify.com",
        client_id: str = "simulator-client",
        client_secret: str = DEFAULT_SECRET,
        token: str = "simulator-token",  # noqa: S107  (guards nothing but the simulator)
        webhook_url: str | None = None,
        folder: Path | None = None,
        seed: int | None = 1,
        port: int = 0,
        **config: Any,
    ) -> None:
        self.shop_domain = shop_domain
        self.client_id = client_id
        self.client_secret = client_secret
        self.token = token
        options: list[tuple[str, Any]] = [
            ("--port", port),
            ("--shop-domain", shop_domain),
            ("--client-id", client_id),
            ("--client-secret", client_secret),
            ("--token", token),
            ("--config", json.dumps(config)),
        ]
        options += [("--webhook-url", webhook_url)] if webhook_url else []
        options += [("--folder", folder)] if folder else []
        options += [("--seed", seed)] if seed is not None else []
        super().__init__("orders.shopify.simulator", options)

    @property
    def control(self) -> ShopControl:
        return ShopControl(self.url)

    @property
    def graphql_url(self) -> str:
        return f"{self.url}/admin/api/2026-10/graphql.json"
