"""Who runs what, where several processes share the suite."""

from types import SimpleNamespace

import pytest

from tests.plumbing import _refuse_skip, house_of


def test_whoever_drives_the_demo_does_so_in_one_process() -> None:
    assert house_of("tests/e2e/test_a.py::test_b") == house_of("tests/e2e/test_c.py::test_d")


def test_every_other_test_goes_to_whoever_is_free() -> None:
    assert house_of("tests/orders/test_a.py::test_b") != house_of("tests/orders/test_a.py::c")


def test_where_ci_is_set_what_is_skipped_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    report = SimpleNamespace(skipped=True, longrepr="no Chromium", nodeid="test_a", outcome="")

    _refuse_skip(report)  # type: ignore[arg-type] # all that is looked at

    assert report.outcome == "failed"
