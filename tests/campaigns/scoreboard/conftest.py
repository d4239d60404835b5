"""The scoreboard by itself: what higher floors add has tests of its own."""

import pytest

from campaigns.scoreboard import columns


@pytest.fixture(autouse=True)
def _own_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_columns", {})
