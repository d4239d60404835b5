"""The brand's fifteen segments, written with the conditions that the house offers."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User

from audiences.segments import save_segment

Group = dict[str, Any]


def _all(*rules: list[Any]) -> Group:
    return {"mode": "all", "rules": list(rules)}


def _any(*rules: list[Any]) -> Group:
    return {"mode": "any", "rules": list(rules)}


def _none(*rules: list[Any]) -> Group:
    return {"mode": "none", "rules": list(rules)}


def _pet(name: str, value: str) -> list[Any]:
    return ["contact.attribute", "is", {"name": name, "value": value}]


def _last_bought(kind: str, *, ago: tuple[int, int]) -> list[Any]:
    """For the last time, between so many days ago and so many."""
    value = {"type": kind, "from": ago[0], "to": ago[1]}
    return ["orders.last_bought_product_type_days_ago", "is", value]


WET_FOOD = "Umido negli ultimi 60 giorni"
LAPSED = "Dormienti: nessun ordine da 90 giorni"
VIP = "Clienti VIP"
NEVER_REPLIED = "Non hanno mai risposto"
ENGLISH = "Parlano inglese"
SEGMENTS: dict[str, Sequence[Group]] = {
    WET_FOOD: [_all(["orders.bought_tag_within_days", "is", {"tag": "umido", "days": 60}])],
    "Contrassegno da confermare": [_all(["orders.cod_pending", "is", True])],
    "Carrello oltre 40 € negli ultimi 7 giorni": [
        _all(["orders.abandoned_checkout", "is", {"amount": "40.00", "hours": 168}])
    ],
    LAPSED: [_all(["orders.last_order_days_ago", "at_least", 90])],
    "Pronti per il secondo ordine": [_all(["orders.only_order_within_days", "is", 60])],
    "Cuccioli e gattini": [_any(_pet("life_stage", "cucciolo"), _pet("life_stage", "gattino"))],
    "Spendono di più: oltre 300 €": [_all(["orders.total_spent", "at_least", "300.00"])],
    "Hanno rifiutato un contrassegno": [_all(["orders.cod_refused", "is", True])],
    NEVER_REPLIED: [
        _all(["campaigns.received", "is", "any"]),
        _none(["campaigns.replied", "is", "any"]),
    ],
    ENGLISH: [_all(["contact.language", "is", "en"])],
    "Nuovi iscritti: ultimi 30 giorni": [_all(["contact.opted_in_within_days", "is", 30])],
    VIP: [_all(["contact.tag", "has", "vip"])],
    "Lettiera da riordinare": [
        _all(_pet("pet_kind", "gatto"), _last_bought("lettiere", ago=(30, 120)))
    ],
    "Antiparassitario da rinnovare": [_all(_last_bought("antiparassitari", ago=(90, 365)))],
    "Iscritti che non hanno mai comprato": [
        _all(["contact.marketing_consent", "is", "given"], ["orders.never_ordered", "is", True])
    ],
}


def make_segments(*, by: User) -> None:
    """Write the first version of each; the people they speak of must be there already."""
    for name, groups in SEGMENTS.items():
        save_segment(name=name, rules={"v": 1, "groups": list(groups)}, by=by)
