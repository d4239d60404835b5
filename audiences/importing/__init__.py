"""Contacts from a spreadsheet: every good row goes in, every bad row is listed with its line and reason."""

from audiences.importing.run import ImportReport, RowProblem, import_contacts

__all__ = ["ImportReport", "RowProblem", "import_contacts"]
