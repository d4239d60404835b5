"""A chat that a person exported on Spoki as CSV: read, looked at, confirmed, joined to what is here."""
