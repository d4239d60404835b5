"""What the sender waits for, in the reader's words."""

import pytest
from django.utils.translation import override

from campaigns.reasons import place_of, sentence

SLEEPING = {"code": "quiet_hours", "until": "10:00", "zone": "Europe/Rome"}


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1204, "Quiet hours until 10:00 for 1,204 people in Rome."),
        ("en", 1, "Quiet hours until 10:00 for 1 person in Rome."),
        ("it", 1204, "Ore di silenzio fino a 10:00 per 1.204 persone a Roma."),
        ("it", 1, "Ore di silenzio fino a 10:00 per 1 persona a Roma."),
    ],
)
def test_quiet_hours_are_said_with_the_number_of_people_and_their_city(language, count, said):
    with override(language):
        assert sentence(**SLEEPING, count=count) == said


@pytest.mark.parametrize(
    ("code", "figures", "said"),
    [
        (
            "daily_limit",
            {"left": 412, "limit": 10_000, "kept": 2_000},
            "24-hour limit: 412 of 10,000 people left, 2,000 kept for orders.",
        ),
        ("minute_limit", {"limit": 60}, "The limit of 60 sends per minute of Spoki."),
        (
            "minute_kept",
            {"limit": 60, "count": 1},
            "The limit of 60 sends per minute of Spoki: the last place stays free for orders and "
            "replies.",
        ),
        (
            "minute_kept",
            {"limit": 120, "count": 2},
            "The limit of 120 sends per minute of Spoki: the last 2 places stay free for orders "
            "and replies.",
        ),
        (
            "hour_kept",
            {"limit": 1000, "count": 23},
            "The limit of 1,000 sends per hour: the last 23 places stay free for orders and "
            "replies.",
        ),
        (
            "campaign_spread",
            {"per_minute": 83.3},
            "Spread over the campaign's hours: 83.3 a minute.",
        ),
        (
            "shared_pace",
            {"count": 2, "per_minute": 28.5},
            "2 campaigns are at work and take turns: about 28.5 a minute for this one.",
        ),
        (
            "slowed_down",
            {"percent": 50},
            "Spoki said that we were too fast: going at 50 percent of the limit, "
            "faster every minute.",
        ),
        (
            "never_open",
            {"count": 3, "zone": "Asia/Kolkata"},
            "The marketing hours never open for 3 people in Kolkata: look at the account's hours.",
        ),
    ],
)
def test_every_limit_is_said_with_its_figures(code, figures, said):
    with override("en"):
        assert sentence(code, **figures) == said


@pytest.mark.parametrize(
    ("zone", "italian", "english"),
    [
        ("Europe/Rome", "Roma", "Rome"),
        ("Europe/London", "Londra", "London"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires"),
        ("Mars/Base_One", "Base One", "Base One"),
    ],
)
def test_a_time_zone_is_named_by_its_city_in_the_readers_language(zone, italian, english):
    with override("it"):
        assert place_of(zone) == italian
    with override("en"):
        assert place_of(zone) == english
