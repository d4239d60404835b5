"""Who runs what, where several processes share the suite."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.plumbing import OneHouse, _refuse_skip, house_of, in_turn


class Node:
    """A process that takes no more work."""

    shutting_down = True


def test_whoever_drives_the_demo_does_so_in_one_process() -> None:
    assert house_of("tests/e2e/test_a.py::test_b") == house_of("tests/e2e/test_c.py::test_d")


def test_a_file_about_the_demos_data_is_read_by_one_process() -> None:
    people = "tests/config/demo/test_people.py::"

    assert house_of(f"{people}a") == house_of(f"{people}b")
    assert house_of(f"{people}a") != house_of("tests/config/demo/test_shop.py::a")


def test_those_that_start_everything_do_so_in_one_process() -> None:
    start = "tests/config/test_start.py::"

    assert house_of(f"{start}a") == house_of(f"{start}b")


def test_every_other_test_goes_to_whoever_is_free() -> None:
    assert house_of("tests/orders/test_a.py::test_b") != house_of("tests/orders/test_a.py::c")


def test_a_house_is_forgotten_once_all_in_it_is_done() -> None:
    demo = ["tests/e2e/test_a.py::a", "tests/e2e/test_b.py::b"]
    node: Any = Node()
    houses = OneHouse.__new__(OneHouse)
    houses.registered_collections = {node: demo}
    houses.assigned_work = {node: {"tests/e2e": dict.fromkeys(demo, False)}}

    houses.mark_test_complete(node, 0)
    assert houses.assigned_work == {node: {"tests/e2e": {demo[0]: True, demo[1]: False}}}
    houses.mark_test_complete(node, 1)
    assert houses.assigned_work == {node: {}}


def test_each_process_begins_to_load_at_another_share_and_loads_all(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    (tests / "b").mkdir(parents=True)
    for name in ("test_a", "b/test_b", "b/test_c"):
        (tests / f"{name}.py").touch()

    turns = [in_turn(tests, number, 3) for number in range(3)]

    assert [turn[0] for turn in turns] == ["tests.b.test_b", "tests.b.test_c", "tests.test_a"]
    assert all(sorted(turn) == sorted(turns[0]) for turn in turns)


def test_where_ci_is_set_what_is_skipped_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    report = SimpleNamespace(skipped=True, longrepr="no Chromium", nodeid="test_a", outcome="")

    _refuse_skip(report)  # type: ignore[arg-type] # all that is looked at

    assert report.outcome == "failed"
