"""What the check of the Italian texts sees."""

from config.translations import lines_unread

MODULE = """
said = f"{name} {_('Sent.')}"
other = f"{name} {shown(_('Sent.'))}"
fine = _("Sent.") + f" {name}"
"""


def test_a_text_inside_an_f_string_is_found_because_makemessages_does_not_see_it():
    assert list(lines_unread(MODULE)) == [2, 3]
