"""`python -m tests.bench [--quick] [row…]`: the promises that need real time, each beside its bar."""

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from config import embedded
from tests.bench.database import durability, prepare, template_database
from tests.bench.machine import machine_note, warning
from tests.bench.report import Figure, write_results
from tests.bench.rows import ROWS, Row, rows_named


def main() -> int:
    options = _options()
    if said := warning():
        print(said, flush=True)
    prepare()
    note = f"{machine_note()}, {durability()}"
    print(note, flush=True)
    figures, failed = [], []
    with template_database() as template:
        for name, found in _measure(options.rows, template, is_quick=options.quick):
            failed += [] if found else [name]
            for figure in found:
                print(figure, flush=True)
                figures.append(figure)
    for name in failed:
        print(f"{name}: COULD NOT BE MEASURED", flush=True)
    if options.quick:
        print("A quick run: its figures prove that the bench works, and nothing else.")
    else:
        write_results(embedded.folder() / "bench", figures, machine=note)
    return 0 if not failed and all(figure.holds for figure in figures) else 1


def _options():
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("rows", nargs="*", help=f"which: {', '.join(names)} (all)")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the bench itself")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(names):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    options.rows = rows_named(options.rows)
    return options


def _measure(
    rows: list[Row], template: str, *, is_quick: bool
) -> Iterator[tuple[str, list[Figure]]]:
    """Yield (name, figures) of each row; rows that mostly wait run side by side."""
    ordered = sorted(rows, key=lambda row: row.pace)
    for pace, group in groupby(ordered, key=lambda row: row.pace):
        together = list(group)
        with ThreadPoolExecutor(len(together) if pace else 1) as pool:
            works = [pool.submit(_in_its_own_process, row, template, is_quick) for row in together]
            for row, work in zip(together, works, strict=True):
                yield row.name, work.result()


def _in_its_own_process(row: Row, template: str, is_quick: bool) -> list[Figure]:
    command = [sys.executable, "-m", "tests.bench.one_row", row.name, template]
    ended = subprocess.run(
        [*command, *(["quick"] if is_quick else [])],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    figures = [Figure(**json.loads(line)) for line in ended.stdout.splitlines() if line[:1] == "{"]
    return figures if ended.returncode == 0 else []


if __name__ == "__main__":
    sys.exit(main())
