"""What the pages of contacts say in words."""

from django import template

from audiences.language_names import language_name

register = template.Library()


@register.filter
def language_in_words(code: str) -> str:
    """Return how the reader calls the language of that code."""
    return language_name(code)
