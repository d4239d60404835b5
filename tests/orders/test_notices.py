"""What people are told about the shop: in whole sentences, with the figures in them."""

from typing import Any

import pytest
from django.utils.translation import override

from campaigns import reasons
from orders.notices import LATE, MISSING_SCOPES, UNINSTALLED, WITHOUT_PHONES, WORDS

FIGURES: dict[str, dict[str, Any]] = {
    LATE: {"count": 37},
    UNINSTALLED: {},
    MISSING_SCOPES: {"scopes": "read_orders, write_orders"},
    WITHOUT_PHONES: {"count": 37},
}


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("code", WORDS)
def test_a_notice_shows_its_figures_and_no_gap(code, language) -> None:
    with override(language):
        said = reasons.sentence(code, **FIGURES[code])

    assert all(str(figure) in said for figure in FIGURES[code].values())
    assert said != code
    assert not {"%", "{", "}"} & set(said)


@pytest.mark.parametrize("code", WORDS)
def test_a_notice_is_translated(code) -> None:
    with override("it"):
        italian = reasons.sentence(code, **FIGURES[code])
    with override("en"):
        assert italian != reasons.sentence(code, **FIGURES[code])
