import pytest
from django.utils.translation import override

from audiences.conditions import find, periods


@pytest.mark.parametrize(
    ("hours", "italian", "english"),
    [
        (1, "nell’ultima ora", "in the last hour"),
        (24, "nelle ultime 24 ore", "in the last 24 hours"),
        (48, "nelle ultime 48 ore", "in the last 48 hours"),
        (50, "nelle ultime 50 ore", "in the last 50 hours"),
        (72, "negli ultimi 3 giorni", "in the last 3 days"),
        (168, "negli ultimi 7 giorni", "in the last 7 days"),
    ],
)
def test_whole_days_above_two_are_told_as_days(hours, italian, english):
    with override("it"):
        assert periods.in_the_last_hours(hours) == italian
    with override("en"):
        assert periods.in_the_last_hours(hours) == english


@pytest.mark.parametrize(
    ("key", "op", "value", "italian", "english"),
    [
        ("orders.last_order_within_days", "is", 7, "Ha ordinato negli ultimi 7 giorni", "Ordered in the last 7 days"),
        ("orders.last_order_within_days", "is_not", 1, "Non ha ordinato nell’ultimo giorno", "Not ordered in the last day"),
        ("orders.no_order_within_days", "is", 1, "Nessun ordine nell’ultimo giorno", "No order in the last day"),
        ("orders.only_order_within_days", "is", 2, "Ha fatto il suo unico ordine negli ultimi 2 giorni", "Made their only order in the last 2 days"),
        ("orders.last_order_days_ago", "at_least", 1, "Ultimo ordine almeno 1 giorno fa", "Last order is at least 1 day ago"),
        ("contact.opted_in_within_days", "is", 1, "Consenso marketing dato nell’ultimo giorno", "Agreed to marketing in the last day"),
        ("campaigns.not_written_within_days", "is", 1, "Nessuna campagna nell’ultimo giorno", "Not written to in the last day"),
        ("campaigns.not_written_within_days", "is", 30, "Nessuna campagna negli ultimi 30 giorni", "Not written to in the last 30 days"),
    ],
)  # fmt: skip
def test_one_day_is_told_as_one(key, op, value, italian, english):
    with override("it"):
        assert find(key).sentence(op, value) == italian
    with override("en"):
        assert find(key).sentence(op, value) == english


def test_a_cart_of_the_last_week_is_told_in_days():
    with override("it"):
        told = find("orders.abandoned_checkout").sentence("is", {"amount": "40.00", "hours": 168})

    assert told == "Carrello di almeno 40,00 € abbandonato negli ultimi 7 giorni: sì"


def test_a_product_bought_in_the_last_day_is_told_in_the_singular():
    with override("it"):
        told = find("orders.bought_tag_within_days").sentence("is", {"tag": "umido", "days": 1})

    assert told.endswith("prodotti con etichetta “umido” nell’ultimo giorno")
