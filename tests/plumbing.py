"""What the suite needs: a database, one demo for whoever drives it, and no silent skips where CI asks for none."""

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from config import embedded


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the embedded database once, in the process that leads the run."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if is_worker or session.config.option.collectonly or os.environ.get("DATABASE_URL"):
        return
    try:
        embedded.hold(embedded.Postgres(embedded.folder()))
    except embedded.EmbeddedError as error:
        pytest.exit(str(error), returncode=3)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Look for garbage among what the tests make: what is collected stays until the end.

    Its millions of objects would be walked through again and again, for seconds each time.
    """
    gc.disable()
    try:
        load_from(session.config)
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def load_from(config: pytest.Config) -> None:
    """Where several processes load the whole suite, let each begin with another share of it.

    Each finds what the others have compiled: else all would do all of it at the same time, ten seconds of a
    core each in a new checkout. What cannot be loaded is loaded again, and told, in its turn.
    """
    told: Any = getattr(config, "workerinput", None)
    tests = config.rootpath / "tests"
    if told is None or [config.rootpath / name for name in config.args] != [tests]:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in in_turn(tests, int(told["workerid"].removeprefix("gw")), told["workercount"]):
            with suppress(Exception, pytest.skip.Exception):
                import_module(name)


def in_turn(tests: Path, number: int, processes: int) -> list[str]:
    """Return the names of all modules of tests, from the share of process `number` on."""
    files = sorted(tests.rglob("test_*.py"))
    names = [".".join(file.relative_to(tests.parent).with_suffix("").parts) for file in files]
    first = len(names) * number // processes
    return names[first:] + names[:first]


# Files whose tests share what the first of them made.
SHARING = ("tests/config/demo/", "tests/config/test_start.py::")


class OneHouse(LoadScopeScheduling):  # type: ignore[misc] # no types
    """Every test goes to whichever worker is free; those that share what is dear to make to one and the same.

    Those in a browser at the demo share it: it takes half a minute to start and has ports that only one
    can have. Those about the demo's data, and those that start everything, share it file by file. The
    mark `xdist_group` would say so, but pytest-xdist 3.8 overlooks it under pytest 9.2 (its issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return house_of(nodeid)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget a house that is done: its node would go through all of them after each test."""
        house = house_of(self.registered_collections[node][item_index])
        super().mark_test_complete(node, item_index, duration)
        if all(self.assigned_work[node][house].values()):
            del self.assigned_work[node][house]


def house_of(nodeid: str) -> str:
    """What one and the same process must run: what drives the demo, a file that shares; else the test alone."""
    if nodeid.startswith("tests/e2e/"):
        return "tests/e2e"
    return nodeid.partition("::")[0] if nodeid.startswith(SHARING) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneHouse:
    return OneHouse(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    # What may not be copied into the project cannot be installed either.
    may_be_away = item.get_closest_marker("samples") is not None
    if not hasattr(report, "wasxfail") and not may_be_away:
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where CI is set, what is skipped has failed: whatever it lacks must be installed."""
    if not (os.environ.get("CI") and report.skipped):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} was skipped, and CI allows no skips: {reason}"
