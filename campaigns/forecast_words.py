"""A forecast in words: what would help."""

from collections.abc import Iterable
from datetime import datetime

from campaigns.reasons import moment, sentence
from campaigns.sender.remedies import Remedy


def in_words(remedies: Iterable[Remedy], *, now: datetime) -> list[str]:
    """Return a sentence for each remedy, its moments told as seen from `now`."""
    return [_sentence(remedy, now=now) for remedy in remedies]


def _sentence(remedy: Remedy, *, now: datetime) -> str:
    figures = {
        name: moment(value, now=now) if isinstance(value, datetime) else value
        for name, value in remedy.figures.items()
    }
    return sentence(remedy.code, **figures)
