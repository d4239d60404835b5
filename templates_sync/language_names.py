"""Languages of templates by the name that the reader gives them."""

from django.utils.translation import get_language_info


def language_name(code: str) -> str:
    """Return “English” for en and “English (en_us)” for one of its kinds; an unknown code as it is."""
    tag = code.replace("_", "-").lower()
    try:
        name = str(get_language_info(tag)["name_translated"]).capitalize()
    except KeyError:
        return code
    return f"{name} ({code})" if "-" in tag else name
