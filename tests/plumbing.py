"""What the suite needs before the first test: a database, and no silent skips where CI asks for none."""

import os

import pytest

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
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if not hasattr(report, "wasxfail"):
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
