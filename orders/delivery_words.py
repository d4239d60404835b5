"""The outcomes of deliveries as sentences; handlers store the words."""

from django.utils.translation import gettext_lazy as _

_WORDS = {
    "unknown_topic": _("a topic that is not used"),
    "unknown_shop": _("it came for another shop"),
    "unreadable": _("it cannot be read"),
    "fault": _("a fault of this application"),
    "worker_died": _("the worker ended in the middle"),
    "erased": _("erased: the customer must be forgotten"),
}


def outcome_in_words(word: str) -> str:
    """Return what became of a delivery for a person; a word without a sentence as it is."""
    return str(_WORDS.get(word, word.replace("_", " ") or "–"))
