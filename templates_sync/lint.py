"""What Meta, Spoki or the house would refuse in a template, found before anybody is asked. Pure.

The limits are those of Meta's pages "Template components" and "Template fundamentals", and of
Spoki's help centre and collection; `lint_words` says each in a sentence that names whose rule it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from templates_sync.content import PLACEHOLDER, placeholders
from templates_sync.formatting import Piece, styled_runs
from templates_sync.wording import (
    CALL,
    MEDIA_HEADERS,
    QUICK_REPLY,
    TEXT,
    URL,
    ButtonWords,
    Wording,
    filled,
)

# Meta, "Template components" and "Template management".
NAME_MOST, HEADER_MOST, BODY_MOST, FOOTER_MOST = 512, 60, 1024, 60
BUTTONS_MOST, LABEL_MOST, URLS_MOST, CALLS_MOST = 10, 25, 2, 1
URL_MOST, PHONE_MOST = 2000, 20
# Spoki's help centre: links and calls together.
ACTIONS_MOST = 2
# From so many buttons on, desktop clients show nothing of the message (Meta).
DESKTOP_BUTTONS = 3
# Spoki refuses more variables than so many per word of fixed text (spoki::3014); the real figure
# is not published, this one is careful.
VARIABLES_PER_WORD = 0.5
# Meta: a value has no line break, no tab, and no more blanks in a row than these.
SPACES_MOST = 4
CODE_MOST = 100

_NAME = re.compile(r"[a-z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[a-z]{2,4})?")
_CODE = re.compile(r"_?[A-Z][A-Z0-9_]*")
_BRACES = re.compile(r"\{\{.*?\}\}")
_PHONE = re.compile(r"\+[1-9][0-9 ]{5,}")
_LINK = re.compile(r"https?://[^\s/?#]+\.[^\s]+")
# Up to where the name of the site is over: no value of a variable may go on with it.
_SITE = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+[/?#]")
_WAY_OUT = re.compile(
    r"\b(stop|disiscriv\w*|annulla\w*|cancella\w*|unsubscribe|opt.?out)\b", re.IGNORECASE
)
# Spoki: automations that listen to texts take these for an answer to anything.
_TRIVIAL = frozenset({"si", "sì", "no", "ok", "yes", "va bene"})


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Rule(StrEnum):
    """Whose rule it is."""

    META = "meta"
    SPOKI = "spoki"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: `field` is a part (`header`, `buttons.0`, `examples.CODE`), `figures` its numbers."""

    code: str
    field: str
    rule: Rule = Rule.META
    level: Level = Level.ERROR
    figures: Mapping[str, object] = dataclasses.field(default_factory=dict)


def lint(wording: Wording) -> list[Problem]:
    """Return every problem of `wording`, in the order of the form; none means it may be submitted."""
    return [
        *_identity(wording),
        *_header(wording),
        *_body(wording),
        *_footer(wording),
        *_buttons(wording),
        *_examples(wording),
    ]


def errors(problems: list[Problem]) -> list[Problem]:
    """Return the problems that stand against a submission; a warning only advises."""
    return [problem for problem in problems if problem.level is Level.ERROR]


def _too_long(code: str, part: str, text: str, most: int) -> Iterator[Problem]:
    if len(text) > most:
        yield Problem(code, part, figures={"most": most, "has": len(text)})


def _identity(wording: Wording) -> Iterator[Problem]:
    if not wording.name:
        yield Problem("name_missing", "name")
    elif not _NAME.fullmatch(wording.name):
        yield Problem("name_pattern", "name")
    yield from _too_long("name_too_long", "name", wording.name, NAME_MOST)
    if not _LANGUAGE.fullmatch(wording.language):
        yield Problem("language_unknown", "language")
    if wording.category not in {"marketing", "utility"}:
        yield Problem("category_missing", "category")


def _placeholders(part: str, text: str) -> Iterator[Problem]:
    """Find what looks like a placeholder and is none."""
    if "%%" in PLACEHOLDER.sub("", text):
        yield Problem("placeholder_malformed", part, Rule.SPOKI)
    for code in placeholders([text]):
        if not _CODE.fullmatch(code) or len(code) > CODE_MOST:
            yield Problem("placeholder_code", part, Rule.SPOKI, figures={"code": code[:40]})
    if found := _BRACES.search(text):
        yield Problem("braces", part, Rule.SPOKI, figures={"found": found[0][:40]})


def _header(wording: Wording) -> Iterator[Problem]:
    if wording.header_format in MEDIA_HEADERS:
        if not wording.header_media:
            yield Problem("header_media_missing", "header")
        elif not _LINK.fullmatch(wording.header_media) or len(wording.header_media) > URL_MOST:
            yield Problem("header_media_link", "header")
    elif wording.header_format == TEXT:
        yield from _header_text(wording.header_text)
    elif wording.header_format:
        yield Problem("header_format", "header", Rule.SPOKI)


def _header_text(text: str) -> Iterator[Problem]:
    if not text:
        yield Problem("header_missing", "header")
    yield from _too_long("header_too_long", "header", text, HEADER_MOST)
    yield from _placeholders("header", text)
    variables = len(PLACEHOLDER.findall(text))
    if variables > 1:
        yield Problem("header_variables", "header", figures={"has": variables})
    if "\n" in text:
        yield Problem("header_line_break", "header")
    if any(run.tags for run in styled_runs([Piece(PLACEHOLDER.sub("x", text))])):
        yield Problem("header_formatting", "header")


def _body(wording: Wording) -> Iterator[Problem]:
    body = wording.body
    if not body:
        yield Problem("body_missing", "body")
        return
    yield from _too_long("body_too_long", "body", body, BODY_MOST)
    yield from _placeholders("body", body)
    # Alternates: fixed text, code, fixed text, code, …
    parts = PLACEHOLDER.split(body)
    fixed, count = parts[0::2], len(parts) // 2
    if count and not fixed[0].strip():
        yield Problem("variable_first", "body")
    if count and not fixed[-1].strip():
        yield Problem("variable_last", "body")
    if any(not between.strip() for between in fixed[1:-1]):
        yield Problem("variables_adjacent", "body")
    yield from _density(fixed, count)
    if len(body) <= BODY_MOST < len(filled(body, wording.examples)):
        long = len(filled(body, wording.examples))
        yield Problem(
            "body_long_when_filled", "body", level=Level.WARNING,
            figures={"most": BODY_MOST, "has": long},
        )  # fmt: skip
    if wording.category == "marketing" and not _has_way_out(wording):
        yield Problem("no_unsubscribe", "body", Rule.SPOKI, Level.WARNING)


def _density(fixed: list[str], count: int) -> Iterator[Problem]:
    words = len(" ".join(fixed).split())
    if count > 1 and count > words * VARIABLES_PER_WORD:
        figures = {"has": count, "words": words}
        yield Problem("too_many_variables", "body", Rule.SPOKI, figures=figures)


def _has_way_out(wording: Wording) -> bool:
    labels = [button.text for button in wording.buttons]
    return any(_WAY_OUT.search(text) for text in (wording.body, wording.footer, *labels))


def _footer(wording: Wording) -> Iterator[Problem]:
    yield from _too_long("footer_too_long", "footer", wording.footer, FOOTER_MOST)
    if PLACEHOLDER.search(wording.footer) or "%%" in wording.footer:
        yield Problem("footer_variables", "footer")
    if "\n" in wording.footer:
        yield Problem("footer_line_break", "footer")


def _buttons(wording: Wording) -> Iterator[Problem]:
    kinds = Counter(button.type for button in wording.buttons)
    yield from _numbers(kinds)
    runs = [is_reply for is_reply, _ in groupby(b.type == QUICK_REPLY for b in wording.buttons)]
    if runs.count(True) > 1:
        yield Problem("replies_apart", "buttons")
    total, is_mixed = kinds.total(), len(runs) > 1
    if total > DESKTOP_BUTTONS:
        figures = {"most": DESKTOP_BUTTONS, "has": total}
        yield Problem("not_on_desktop", "buttons", level=Level.WARNING, figures=figures)
    elif is_mixed:
        yield Problem("mixed_not_on_desktop", "buttons", level=Level.WARNING)
    labels = Counter(button.text.casefold() for button in wording.buttons if button.text)
    if any(times > 1 for times in labels.values()):
        yield Problem("labels_equal", "buttons", Rule.HOUSE)
    for place, button in enumerate(wording.buttons):
        yield from _button(f"buttons.{place}", button)


def _numbers(kinds: Counter[str]) -> Iterator[Problem]:
    limits = (
        ("too_many_buttons", Rule.META, BUTTONS_MOST, kinds.total()),
        ("too_many_links", Rule.META, URLS_MOST, kinds[URL]),
        ("too_many_calls", Rule.META, CALLS_MOST, kinds[CALL]),
        ("too_many_actions", Rule.SPOKI, ACTIONS_MOST, kinds[URL] + kinds[CALL]),
    )
    for code, rule, most, has in limits:
        if has > most:
            yield Problem(code, "buttons", rule, figures={"most": most, "has": has})


def _button(part: str, button: ButtonWords) -> Iterator[Problem]:
    if not button.text:
        yield Problem("label_missing", part)
    yield from _too_long("label_too_long", part, button.text, LABEL_MOST)
    if "%%" in button.text or "\n" in button.text:
        yield Problem("label_plain", part)
    if button.type == QUICK_REPLY:
        if button.text.casefold().strip(" !.?") in _TRIVIAL:
            figures = {"label": button.text}
            yield Problem("label_trivial", part, Rule.SPOKI, Level.WARNING, figures)
    elif button.type == URL:
        yield from _link(part, button.url)
    elif button.type == CALL:
        yield from _phone(part, button.phone)
    else:
        yield Problem("button_type", part, Rule.SPOKI)


def _link(part: str, url: str) -> Iterator[Problem]:
    fixed = PLACEHOLDER.split(url)
    is_site_fixed = len(fixed) == 1 or _SITE.match(fixed[0])
    if not url:
        yield Problem("link_missing", part)
    elif not _LINK.fullmatch(PLACEHOLDER.sub("x", url)) or not is_site_fixed:
        yield Problem("link_invalid", part)
    yield from _too_long("link_too_long", part, url, URL_MOST)
    yield from _placeholders(part, url)
    if (len(fixed) > 3 or fixed[-1]) and len(fixed) > 1:
        yield Problem("link_variable", part)


def _phone(part: str, phone: str) -> Iterator[Problem]:
    if not phone:
        yield Problem("phone_missing", part)
    elif not _PHONE.fullmatch(phone):
        yield Problem("phone_invalid", part)
    yield from _too_long("phone_too_long", part, phone, PHONE_MOST)


def _examples(wording: Wording) -> Iterator[Problem]:
    for code in wording.variables:
        example = wording.examples.get(code, "")
        if not example.strip():
            yield Problem("example_missing", f"examples.{code}", figures={"code": code})
            continue
        for problem in value_problems(example):
            yield Problem(problem, f"examples.{code}", figures={"code": code, "most": SPACES_MOST})


def value_problems(value: str) -> list[str]:
    """Return the codes of what WhatsApp refuses in a value (error 132018)."""
    found = []
    if "\n" in value or "\r" in value:
        found.append("value_line_break")
    if "\t" in value:
        found.append("value_tab")
    if " " * (SPACES_MOST + 1) in value:
        found.append("value_spaces")
    return found
