"""The page of a what-if in a browser: it asks for nothing, is drawn, fits, and can be read in the dark and on paper."""

from collections.abc import Callable
from typing import Literal

import pytest

from tests.browser import WIDTHS, Show
from tests.cli.what_if_sample import grid, single, sweep
from tests.page_checks import bad_drawings, faint_texts, overlapping_texts, too_wide, unsound_structure
from tierctl.cli.whatif.page import page
from tierctl.cli.whatif.view import WhatIf

PAGES: dict[str, Callable[[], WhatIf]] = {
    "single": single,
    "sweep": lambda: sweep(["1", "2", "3"]),
    "grid": lambda: grid(["1", "2"], ["3", "4"]),
}
DRAWINGS = {"single": 1, "sweep": 2, "grid": 1}


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def html(name: str) -> str:
    return page(PAGES[name](), "movements.csv")


def test_it_asks_for_nothing_and_says_nothing(show: Show, html: str) -> None:
    assert show(html).troubles == []


def test_its_drawings_are_there_with_every_text_inside(show: Show, name: str, html: str) -> None:
    shown = show(html)
    assert shown.page.locator("svg").count() == DRAWINGS[name]
    assert bad_drawings(shown) == []
    assert overlapping_texts(shown) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_no_wider_than_its_window(show: Show, html: str, width: int) -> None:
    assert too_wide(show(html, width=width)) == []


@pytest.mark.parametrize(
    ("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("light", "print"), ("dark", "print")]
)
def test_every_text_stands_out(
    show: Show, html: str, scheme: Literal["light", "dark"], media: Literal["screen", "print"]
) -> None:
    assert faint_texts(show(html, scheme=scheme, media=media)) == []


def test_a_screen_reader_finds_its_way(show: Show, html: str) -> None:
    assert unsound_structure(show(html)) == []
