"""`make bench`: the promises that need real time, each beside its bar; about seven minutes."""

import sys

from tests.bench.database import fresh_database, prepare


def main() -> int:
    prepare()
    from tests.bench.real_time import real_time_campaign
    from tests.bench.snapshot import snapshot_against_its_limit

    figures = []
    for measure in (snapshot_against_its_limit, real_time_campaign):
        with fresh_database():
            for figure in measure():
                print(figure, flush=True)
                figures.append(figure)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
