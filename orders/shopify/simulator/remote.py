"""A small client for the shop's `/_control/`, so that tests read like sentences."""

from typing import Any

from spoki.simulator.remote import Control


class ShopControl(Control):
    """One method per common order; all answers are plain JSON."""

    def place(self, **purchase: Any) -> dict[str, Any]:
        """Place an order: `customer` (an id, or an object), `lines`, `address`, `gateway`, …"""
        return self.post("place", **purchase)

    def abandon(self, **purchase: Any) -> dict[str, Any]:
        return self.post("abandon", **purchase)

    def act(self, order: int | str, do: str, **how: Any) -> dict[str, Any]:
        """`do`: ship, says, refuse, edit, cancel, pay, tag, note …; see README."""
        return self.post("act", order=order, do=do, **how)

    def order(self, order: int | str) -> dict[str, Any]:
        return self.get("order", order=order)

    def customers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("customers")["customers"]
        return found

    def products(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("products")["products"]
        return found

    def calls(self, match: str = "") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get("calls", match=match)["rows"]
        return rows

    def settled(self, timeout: float = 10.0) -> bool:
        """Wait until every webhook has been delivered or given up."""
        return bool(self.get("wait", timeout=timeout)["done"])
