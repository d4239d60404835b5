"""Italian formats of dates; numbers are Django's own."""
