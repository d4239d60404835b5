"""The work of the day: addresses to look at, wishes to cancel, questions. CS agents open it on their phones."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.admin.cod.page import CodView
from orders.cod import lists
from orders.cod.acting import is_cancelling
from orders.cod.lists import Why
from orders.models import AddressChange, Order
from orders.order_words import address_line
from orders.shopify_words import sentence

# More than a team settles before it looks again.
MOST = 50


class WorkPage(CodView):
    template_name = "orders/admin/cod/work.html"
    title: Any = _("Cash on delivery: what waits for you")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changes, cancellations, questions = (
            lists.changes(), lists.cancellations(), lists.questions(),
        )  # fmt: skip
        return super().get_context_data(
            **kwargs,
            changes=[self._change(change) for change in changes[:MOST]],
            cancellations=[self._wish(order) for order in cancellations[:MOST]],
            questions=[self._question(order) for order in questions[:MOST]],
            counts={
                "changes": changes.count(),
                "cancellations": cancellations.count(),
                "questions": questions.count(),
                "calls": lists.to_call(Why.SILENT, now=timezone.now()).count(),
            },
            most=MOST,
        )

    def _change(self, change: AddressChange) -> dict[str, Any]:
        return {
            "change": change,
            "shown": self.shown(change.order),
            "old": address_line(change.old_address),
            "new": address_line(change.new_address) if change.new_address else "",
            "error": sentence(change.reason) if change.reason else "",
        }

    def _wish(self, order: Order) -> dict[str, Any]:
        return {
            "shown": self.shown(order),
            "words": _last(order, "cancel_requested"),
            "is_cancelling": is_cancelling(order),
        }

    def _question(self, order: Order) -> dict[str, Any]:
        since = order.cod_question_at
        said = [event for event in getattr(order, "said", []) if event.verb in {"question", "late"}]
        return {
            "shown": self.shown(order),
            "said": [event for event in reversed(said) if since is None or event.at >= since][-5:]
            or said[:1],
        }


def _last(order: Order, verb: str) -> str:
    return next((e.evidence for e in getattr(order, "said", []) if e.verb == verb), "")
