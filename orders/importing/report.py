"""What an import has come to, for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.models import ShopImport, ShopImportPart
from orders.shopify_words import sentence

Step = ShopImportPart.Step
# Shopify shows older orders only to apps with the scope read_all_orders.
SHOWN_DAYS = 60


@dataclass(frozen=True, slots=True)
class PartReport:
    """`total` is 0 while nobody knows how many there are; `has_figures` once some were read."""

    label: str
    step: str
    done: int
    total: int
    created: int
    changed: int
    unchanged: int
    unreadable: int
    is_over: bool
    note: str


@dataclass(frozen=True, slots=True)
class Report:
    """`error` is the sentence of what stops it, or stopped it for now."""

    parts: list[PartReport]
    error: str


def report_of(shop_import: ShopImport) -> Report:
    parts = [_part(part, shop_import) for part in shop_import.parts.order_by("pk")]
    return Report(parts, sentence(shop_import.error, shop_import.error_detail))


def _part(part: ShopImportPart, shop_import: ShopImport) -> PartReport:
    is_counted = part.step in {Step.KEEPING, Step.DONE}
    return PartReport(
        label=str(part.get_kind_display()),
        step=_step(part),
        done=part.done,
        total=part.total if is_counted else 0,
        created=part.created,
        changed=part.changed,
        unchanged=part.unchanged,
        unreadable=part.unreadable,
        is_over=part.step == Step.DONE,
        note=_note(part, shop_import),
    )


def _step(part: ShopImportPart) -> str:
    """The word for the end is that of this page: elsewhere it heads a column of moments."""
    is_over = part.step == Step.DONE
    return pgettext("part of an import", "all read") if is_over else str(part.get_step_display())


def _note(part: ShopImportPart, shop_import: ShopImport) -> str:
    if part.is_partial:
        return _("Shopify gave up half way: this is a part. Import again later for the rest.")
    is_cut = (
        part.kind == ShopImportPart.Kind.ORDERS
        and part.step == Step.DONE
        and part.oldest_at is not None
        and shop_import.started_at - part.oldest_at <= timedelta(days=SHOWN_DAYS + 1)
    )
    if is_cut:
        return _(
            "No order is older than 60 days: Shopify shows older ones only to apps with the "
            "permission read_all_orders."
        )
    return ""
