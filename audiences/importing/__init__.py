"""Contacts from a spreadsheet: every good row goes in, every bad row is kept with its line and reason.

receive (the file is kept) → match_columns → preview → start → work, until done; `import_contacts` does
it all at once.
"""

from audiences.importing.at_once import ImportReport, RowProblem, import_contacts

__all__ = ["ImportReport", "RowProblem", "import_contacts"]
