"""Short dates: 17/06/2026 10:49 fits in a list, “Mercoledì 17 Giugno 2026 10:49” does not."""

DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = "d/m/Y H:i"
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
TIME_FORMAT = "H:i"
