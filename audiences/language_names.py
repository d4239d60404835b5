"""Languages by the name that the reader gives them."""

from django.utils.translation import get_language_info


def language_name(code: str) -> str:
    """Return how the reader calls a language ("de", "en_us"); an unknown code as it is."""
    tag = code.replace("_", "-").lower()
    try:
        return str(get_language_info(tag)["name_translated"]).capitalize()
    except KeyError:
        return code
