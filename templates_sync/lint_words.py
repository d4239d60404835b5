"""The problems of `lint` as sentences: what is wrong, whose rule it is, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from templates_sync.lint import Problem, Rule

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_OWNERS: Mapping[Rule, StrOrPromise] = {
    Rule.META: gettext_lazy("Meta's rule"),
    Rule.SPOKI: gettext_lazy("Spoki's rule"),
    Rule.HOUSE: gettext_lazy("Our rule"),
}
SENTENCES: Mapping[str, StrOrPromise] = {
    "name_missing": gettext_lazy("a template needs a name."),
    "name_pattern": gettext_lazy("a name has only small letters, digits and underscores, such as promo_natale."),
    "name_too_long": gettext_lazy("a name has at most %(most)s characters, this one has %(has)s."),
    "name_taken": gettext_lazy("this name and language belong to a template already: choose another name, for example with _v2."),
    "language_unknown": gettext_lazy("this is not a language code, write it, en or en_us."),
    "category_missing": gettext_lazy("choose marketing or utility: it decides the price."),
    "header_format": gettext_lazy("a header is a text, a picture, a video or a document."),
    "header_missing": gettext_lazy("a text header needs a text, or choose “none”."),
    "header_too_long": gettext_lazy("a header has at most %(most)s characters, this one has %(has)s."),
    "header_variables": gettext_lazy("a header has at most one variable, this one has %(has)s."),
    "header_line_break": gettext_lazy("a header is one line."),
    "header_formatting": gettext_lazy("a header has no bold, italics or other formatting."),
    "header_media_missing": gettext_lazy("the reviewers need an example: give the address of the file."),
    "header_media_link": gettext_lazy("the address of the file must begin with https:// and have at most 2,000 characters."),
    "body_missing": gettext_lazy("a template needs a text."),
    "body_too_long": gettext_lazy("a text has at most %(most)s characters, this one has %(has)s."),
    "body_long_when_filled": gettext_lazy("with its examples the text has %(has)s characters, and a message may have %(most)s: shorten it."),
    "variable_first": gettext_lazy("a text may not begin with a variable: put a word before it, such as “Ciao”."),
    "variable_last": gettext_lazy("a text may not end with a variable: put a word or a full stop after it."),
    "variables_adjacent": gettext_lazy("two variables may not stand side by side: put a word between them."),
    "too_many_variables": gettext_lazy("%(has)s variables for %(words)s words are too many: write more text around them."),
    "text_already_requested": gettext_lazy("this text was submitted before, and the same text is refused even with other buttons: change a word."),
    "placeholder_malformed": gettext_lazy("there is a double %% that belongs to no variable: a variable is %%%%FIRST_NAME%%%%, in capitals without blanks."),
    "placeholder_code": gettext_lazy("“%(code)s” is no name of a variable: it begins with a letter and has capitals, digits and underscores."),
    "braces": gettext_lazy("variables are written %%%%FIRST_NAME%%%% here, not “%(found)s”."),
    "no_unsubscribe": gettext_lazy("a marketing message offers a way out: add a button such as “Disiscriviti” or a footer such as “Rispondi STOP”."),
    "footer_too_long": gettext_lazy("a footer has at most %(most)s characters, this one has %(has)s."),
    "footer_variables": gettext_lazy("a footer has no variables."),
    "footer_line_break": gettext_lazy("a footer is one line."),
    "too_many_buttons": gettext_lazy("at most %(most)s buttons, these are %(has)s."),
    "too_many_links": gettext_lazy("at most %(most)s buttons with a link, these are %(has)s."),
    "too_many_calls": gettext_lazy("at most %(most)s button that calls, these are %(has)s."),
    "too_many_actions": gettext_lazy("at most %(most)s buttons that open a link or call, these are %(has)s."),
    "replies_apart": gettext_lazy("quick replies must stand together, without another button between them."),
    "not_on_desktop": gettext_lazy("with more than %(most)s buttons the message cannot be seen on a computer."),
    "mixed_not_on_desktop": gettext_lazy("quick replies together with other buttons cannot be seen on a computer: put the way out into the footer."),
    "labels_equal": gettext_lazy("two buttons have the same label: we could not tell which one was tapped."),
    "label_missing": gettext_lazy("a button needs a label."),
    "label_too_long": gettext_lazy("a label has at most %(most)s characters, this one has %(has)s."),
    "label_plain": gettext_lazy("a label is one line without variables."),
    "label_trivial": gettext_lazy("“%(label)s” starts automations by mistake: write what it means, such as “Confermo l'ordine”."),
    "button_type": gettext_lazy("a button is a quick reply, a link or a call."),
    "link_missing": gettext_lazy("a link needs its address."),
    "link_invalid": gettext_lazy("an address begins with https:// and the name of the site."),
    "link_too_long": gettext_lazy("an address has at most %(most)s characters, this one has %(has)s."),
    "link_variable": gettext_lazy("an address has one variable at most, at its very end."),
    "phone_missing": gettext_lazy("a button that calls needs a number."),
    "phone_invalid": gettext_lazy("a number is written with its country, such as +39 02 1234567."),
    "phone_too_long": gettext_lazy("a number has at most %(most)s characters, this one has %(has)s."),
    "example_missing": gettext_lazy("the reviewers want an example of %(code)s."),
    "value_line_break": gettext_lazy("a value is one line."),
    "value_tab": gettext_lazy("a value has no tab."),
    "value_spaces": gettext_lazy("a value has no more than %(most)s blanks in a row."),
    "templates_full": gettext_lazy("an account keeps at most %(most)s templates, each language counts: delete some on WhatsApp Manager first."),
    "templates_many": gettext_lazy("there are %(has)s templates, and an account whose business is not verified keeps %(most)s: if Meta refuses it, delete some first."),
    "made_too_many": gettext_lazy("an account makes at most %(most)s templates in an hour: submit it later."),
    "edited_today": gettext_lazy("an approved template takes one change in 24 hours, and one was submitted already: submit this one tomorrow, or give it a new name."),
    "edits_used_up": gettext_lazy("an approved template takes %(most)s changes in 30 days, and they are used up: give this one a new name."),
    "category_fixed": gettext_lazy("the category of an approved template cannot be changed: write a new template."),
    "edits_live": gettext_lazy("this changes a template in use: it cannot be sent until Meta has approved the new text, and Meta takes one change a day and ten in 30 days. A new name is safer."),
}  # fmt: skip


def sentence(problem: Problem) -> str:
    """Return `problem` for a person, in the language in force."""
    return _("%(owner)s: %(what)s") % {
        "owner": _OWNERS[problem.rule],
        "what": str(SENTENCES[problem.code]) % dict(problem.figures),
    }
