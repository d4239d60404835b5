"""Chance that falls the same way every time, computed by the database from the number of a row.

PostgreSQL never changes these hashes: partitions are laid out by them. The functions live in the
session only (pg_temp) and leave nothing behind.
"""

from django.db import connection

_FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.draw(what text, row_number bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((hashint8extended(row_number, hashtextextended(what, 0)) >> 12) & 4503599627370495)
        / 4503599627370496.0::float8
$$;
CREATE OR REPLACE FUNCTION pg_temp.pick(list text[], what text, row_number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT list[1 + floor(pg_temp.draw(what, row_number) * cardinality(list))::int]
$$;
"""


def make_draws() -> None:
    """Offer `pg_temp.draw(what, n)`, from 0 to below 1, and `pg_temp.pick(list, what, n)`."""
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
