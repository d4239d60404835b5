"""`python -m tests.bench.one_row NAME TEMPLATE [quick]`: measure one row, a line of JSON per figure.

A process of its own, so that no row inherits another's memory, caches or connections.
"""

import os
import sys

from tests.bench.database import copied_database, prepare


def main(name: str, template: str, *, is_quick: bool) -> None:
    prepare()
    from tests.bench.rows import rows_named

    (row,) = rows_named([name])
    # Two runs on one server do not meet: each copy is named after its process.
    with copied_database(template, f"{template}_{name}_{os.getpid()}"):
        for figure in row.measure(is_quick=is_quick):
            print(figure.as_json(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], is_quick="quick" in sys.argv[3:])
