"""What the pages of contacts say in words."""

from django import template

from audiences import consent_words
from audiences.language_names import language_name

register = template.Library()


@register.filter
def language_in_words(code: str) -> str:
    """Return how the reader calls the language of that code."""
    return language_name(code)


@register.filter
def source_in_words(source: str) -> str:
    """Return how the reader calls the place where a consent was said."""
    return consent_words.source_in_words(source)
