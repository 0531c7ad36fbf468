"""Pages in a browser: quiet, drawn, sorted, searched, used by keyboard, at every width, dark, on paper, harmless."""

from collections.abc import Callable
from functools import cache
from html import unescape
from pathlib import Path
from typing import Literal

import pytest

from tests.browser import WIDTHS, Show, Shown
from tests.cli.pages_sample import HOSTILE, hostile_workspace, reviewed
from tests.page_checks import bad_drawings, faint_texts, overlapping_texts, too_wide, unsound_structure
from tests.sample import SAMPLES, copy_workspace

MONTHS = {
    "elevate": "2025-05",
    "infusionsoft": "2018-03",
    "connectsoft": "2024-03",
    "growth": "2024-06",
    "engagement": "2024-06",
}

Scheme = Literal["light", "dark"]
Media = Literal["screen", "print"]
Pages = Callable[[str], Path]

_ORDER = """([id, place]) => [...document.getElementById(id).tBodies[0].rows]
  .map(row => row.cells[place].dataset.value ?? row.cells[place].textContent.trim())"""
_SORTED_TABLES = """kind => [...document.querySelectorAll('table.sorted')].flatMap(table =>
  [...table.tHead.rows[0].cells].map((head, place) => [table.id, place, head.dataset.kind])
    .filter(([id, place, of]) => of === kind && new Set([...table.tBodies[0].rows]
      .map(row => row.cells[place].dataset.value ?? row.cells[place].textContent.trim())).size > 2)
    .slice(0, 1)).map(([id, place]) => [id, place])"""
_WORDS_INTO = """([id, place, words]) => [...document.getElementById(id).tBodies[0].rows]
  .forEach((row, at) => { row.cells[place].dataset.value = words[at % words.length]; })"""
_VISIBLE_ROWS = "id => [...document.getElementById(id).tBodies[0].rows].filter(row => row.checkVisibility()).length"
_BOXES = "selector => [...document.querySelectorAll(selector)].filter(one => one.getClientRects().length).length"
_CUT = """() => [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.querySelector('table').id}: ${one.scrollWidth} > ${one.clientWidth}`)"""
_BEYOND = """() => [...document.querySelectorAll('table')].map(one => [one.id, one.getBoundingClientRect().right])
  .filter(([, right]) => right > window.innerWidth + 1)"""
_MARKUP = """() => [
  ...document.querySelectorAll('img, iframe, object, embed, form, base, [srcdoc]'),
  ...[...document.querySelectorAll('*')].filter(one => [...one.attributes].some(each => each.name.startsWith('on'))),
  ...[...document.querySelectorAll('[href]')].filter(one => /^\\s*(javascript|data):/i.test(one.getAttribute('href'))),
].map(one => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The folder of a sample's review with its pages, each made once; `hostile` is the workspace of hostile texts."""

    @cache
    def made(name: str) -> Path:
        root = tmp_path_factory.mktemp("pages")
        if name == "hostile":
            return reviewed(hostile_workspace(root / name), "2025-05", root / "out")
        return reviewed(copy_workspace(root / name, name), MONTHS[name], root / "out")

    return made


@pytest.fixture(params=["review", "partner"])
def page(request: pytest.FixtureRequest, pages: Pages) -> Path:
    """The review's page of Elevate, and the one of a partner of it."""
    folder = pages("elevate")
    return folder / "review.html" if request.param == "review" else min((folder / "partners").iterdir())


@pytest.fixture
def review(show: Show, pages: Pages) -> Shown:
    return show(pages("elevate") / "review.html")


def test_it_logs_nothing_throws_nothing_and_asks_for_nothing(show: Show, page: Path) -> None:
    assert show(page).troubles == []


def test_its_charts_are_drawn_with_every_text_inside(review: Shown) -> None:
    assert review.page.locator("svg").count() >= 3
    assert bad_drawings(review) == []
    assert overlapping_texts(review) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_no_wider_than_its_window(show: Show, page: Path, width: int) -> None:
    assert too_wide(show(page, width=width)) == []


@pytest.mark.parametrize(
    ("scheme", "media", "width"),
    [("light", "screen", 1440), ("dark", "screen", 1440), ("dark", "screen", 375), ("light", "print", 800)],
)
def test_every_text_stands_out(show: Show, page: Path, scheme: Scheme, media: Media, width: int) -> None:
    assert faint_texts(show(page, scheme=scheme, media=media, width=width)) == []


def test_a_screen_reader_finds_its_way(show: Show, page: Path) -> None:
    assert unsound_structure(show(page)) == []


@pytest.mark.parametrize("sample", [name for name in SAMPLES if name != "elevate"])
def test_every_program_has_a_sound_page(show: Show, pages: Pages, sample: str) -> None:
    shown = show(pages(sample) / "review.html", width=WIDTHS[0])
    assert shown.troubles == []
    assert (too_wide(shown), bad_drawings(shown), unsound_structure(shown)) == ([], [], [])
    assert faint_texts(shown) == []


def searched(shown: Shown) -> str:
    """The id of the first table that can be searched."""
    found: str = shown.run("() => document.querySelector('.tools').id.replace(/-tools$/, '')")
    return found


def test_typing_hides_the_rows_that_do_not_have_the_words(review: Shown) -> None:
    table = searched(review)
    field = review.page.locator(f"#{table}-tools input")
    told = review.page.locator(f"#{table}-tools output")
    rows = review.run("id => [...document.getElementById(id).tBodies[0].rows].map(row => row.textContent)", table)
    name = review.page.locator(f"#{table} tbody th").nth(2).inner_text().split("\n")[0]
    assert told.inner_text() == f"{len(rows)} of {len(rows)}"
    field.fill(name.upper())
    having = [row for row in rows if name.casefold() in row.casefold()]
    assert 0 < len(having) < len(rows)
    assert review.run(_VISIBLE_ROWS, table) == len(having)
    assert told.inner_text() == f"{len(having)} of {len(rows)}"
    field.fill("no row has these words")
    assert (review.run(_VISIBLE_ROWS, table), told.inner_text()) == (0, f"0 of {len(rows)}")
    field.fill("")
    assert (review.run(_VISIBLE_ROWS, table), told.inner_text()) == (len(rows), f"{len(rows)} of {len(rows)}")


def test_how_many_rows_are_left_is_told_aloud(review: Shown) -> None:
    assert review.run("() => [...document.querySelectorAll('.tools output')].map(one => one.ariaLive)") != []
    assert {*review.run("() => [...document.querySelectorAll('.tools output')].map(one => one.ariaLive)")} == {"polite"}


def in_order(values: list[str], kind: str, *, down: bool) -> bool:
    """Whether cells are in order, the empty ones last either way."""
    full = [value for value in values if value]
    keys = [(float(value), "") if kind == "number" else (0.0, value) for value in full]
    return values == [*full, *[""] * (len(values) - len(full))] and keys == sorted(keys, reverse=down)


@pytest.mark.parametrize("kind", ["number", "date"])
def test_a_column_sorts_both_ways_and_back(review: Shown, kind: str) -> None:
    columns = review.run(_SORTED_TABLES, kind)
    assert columns != []
    for table, place in columns:
        head = review.page.locator(f"#{table} thead th").nth(place)
        first = review.run(_ORDER, [table, place])
        for aria, down in (("ascending", False), ("descending", True)):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == aria
            assert in_order(review.run(_ORDER, [table, place]), kind, down=down), (table, place, aria)
        head.locator("button").click()
        assert head.get_attribute("aria-sort") in {None, "none"}
        assert review.run(_ORDER, [table, place]) == first


def test_texts_sort_as_a_reader_would(review: Shown) -> None:
    """Capitals and accents are no letters of their own, and 2 comes before 10."""
    [table, place] = review.run(_SORTED_TABLES, "text")[0]
    words = ["b 10", "Äpfel", "B 2", "apfel", "", "Zebra"]
    review.run(_WORDS_INTO, [table, place, words])
    head = review.page.locator(f"#{table} thead th").nth(place)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    found = [*dict.fromkeys(review.run(_ORDER, [table, place]))]
    assert found[2:] == ["B 2", "b 10", "Zebra", ""]
    assert {*found[:2]} == {"Äpfel", "apfel"}


def test_only_one_column_is_said_to_be_sorted(review: Shown) -> None:
    table, _ = review.run(_SORTED_TABLES, "number")[0]
    heads = review.page.locator(f"#{table} thead th")
    for place in range(heads.count()):
        heads.nth(place).locator("button").click()
        sorts = [heads.nth(each).get_attribute("aria-sort") for each in range(heads.count())]
        assert [each for each, aria in enumerate(sorts) if aria not in {None, "none"}] == [place]


def test_the_keyboard_alone_is_enough(review: Shown) -> None:
    keyboard, page = review.page.keyboard, review.page
    keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.tagName") == "MAIN"
    table = searched(review)
    rows = review.run(_VISIBLE_ROWS, table)
    for _ in range(60):
        keyboard.press("Tab")
        if page.evaluate("id => document.activeElement.matches(`#${id}-tools input`)", table):
            break
    keyboard.type("a partner of no such name")
    assert review.run(_VISIBLE_ROWS, table) == 0
    for _ in range(len("a partner of no such name")):
        keyboard.press("Backspace")
    assert review.run(_VISIBLE_ROWS, table) == rows
    for _ in range(20):
        keyboard.press("Tab")
        if page.evaluate("id => document.activeElement.matches(`#${id} thead button`)", table):
            break
    for key, aria in (("Enter", "ascending"), (" ", "descending")):
        keyboard.press(key)
        assert page.evaluate("() => document.activeElement.closest('th').getAttribute('aria-sort')") == aria


def test_what_has_the_focus_is_seen(review: Shown) -> None:
    seen = """() => { const look = getComputedStyle(document.activeElement);
      return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2; }"""
    for _ in range(30):
        review.page.keyboard.press("Tab")
        assert review.run(seen), review.run("() => document.activeElement.outerHTML.slice(0, 100)")


def test_without_scripts_every_row_is_there_and_no_control(show: Show, pages: Pages) -> None:
    shown = show(pages("elevate") / "review.html", runs_scripts=False)
    assert shown.page.locator("input, select, button").locator("visible=true").count() == 0
    rows = shown.page.locator("table.sorted tbody tr")
    assert rows.count() == rows.locator("visible=true").count() > 0


def test_on_paper_there_are_no_controls_and_no_row_is_missing(show: Show, pages: Pages) -> None:
    """Not even buttons without their looks: a table's head that holds one does not stand on each sheet again."""
    shown = show(pages("elevate") / "review.html", media="print", width=800)
    assert shown.page.locator("thead th").locator("visible=true").count() > 0
    assert shown.run(_BOXES, "input, select, button, nav") == 0
    rows = shown.page.locator("table.sorted tbody tr")
    assert rows.count() == rows.locator("visible=true").count() > 0


def test_nothing_is_cut_off_on_paper(show: Show, page: Path) -> None:
    """A4 less its margins is 182 mm wide, which are 688 pixels."""
    assert too_wide(show(page, media="print", width=688)) == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_window_of_800_pixels_cuts_no_column(show: Show, pages: Pages, sample: str) -> None:
    """Wide enough for every table of a page, of which none has to be scrolled aside."""
    folder = pages(sample)
    for file in (folder / "review.html", *sorted((folder / "partners").iterdir())[:3]):
        assert show(file, width=800).run(_CUT) == [], file.name


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_matrix_is_wider_than_paper(show: Show, pages: Pages, sample: str) -> None:
    """Tables of a review of any program, at the 688 pixels of A4 less its margins."""
    assert show(pages(sample) / "review.html", media="print", width=688).run(_BEYOND) == []


def test_a_partners_page_can_be_mailed(show: Show, pages: Pages) -> None:
    """It runs nothing, leads nowhere and needs no other file."""
    shown = show(min((pages("elevate") / "partners").iterdir()))
    parts = "script, link, a[href]:not([href^='#']), img, iframe, object, form, input, select, button"
    assert shown.page.locator(parts).count() == 0


@pytest.fixture
def hostile(pages: Pages) -> Path:
    return pages("hostile")


def said(shown: Shown) -> list[str]:
    """The hostile texts that can be read on a page, exactly as the exports have them."""
    text = shown.run("() => document.body.textContent")
    return [hostile for hostile in HOSTILE if hostile in text]


def troubles(shown: Shown) -> list[str]:
    """Whatever the exports' texts have become other than text, wherever the mouse goes, and what they have spoilt."""
    shown.page.mouse.move(200, 300)
    shown.page.mouse.move(300, 500)
    hit = shown.run("() => window.hit ? ['hit'] : []")
    scripts = shown.run("() => [...document.scripts].slice(1).map(one => one.outerHTML)")
    found = [*shown.troubles, *hit, *scripts, *shown.run(_MARKUP)]
    return [*found, *too_wide(shown), *unsound_structure(shown)]


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_what_comes_from_an_export_is_text(show: Show, hostile: Path, width: int) -> None:
    shown = show(hostile / "review.html", width=width)
    assert troubles(shown) == []
    assert said(shown) == [*HOSTILE]


@pytest.mark.parametrize("at", range(len(HOSTILE)))
def test_a_partners_page_has_its_own_texts_and_no_others(show: Show, hostile: Path, at: int) -> None:
    files = sorted((hostile / "partners").iterdir())
    assert len({file.name.casefold() for file in files if file.suffix == ".html"}) == len(HOSTILE)
    shown = show(files[at], width=WIDTHS[0])
    assert troubles(shown) == []
    [name] = said(shown)
    assert name in shown.page.locator("h1").inner_text()


def test_every_partner_has_a_page(hostile: Path) -> None:
    pages = [unescape(file.read_text(encoding="utf-8")) for file in (hostile / "partners").iterdir()]
    assert [text for text in HOSTILE if not any(text in page for page in pages)] == []
