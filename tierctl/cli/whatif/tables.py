"""The tables of the page: the same figures that the terminal shows, with room for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tierctl.cli import words
from tierctl.cli.layout import number, plural
from tierctl.cli.whatif.lines import moved_text
from tierctl.cli.whatif.movements import by_month, movements, swept_movements
from tierctl.cli.whatif.view import (
    SECTIONS,
    Matrix,
    Sums,
    WhatIf,
    costs,
    evenly,
    grid_of,
    matrix,
    of_place,
    place_name,
    values_of,
)
from tierctl.cli.whatif.words import amount, move, said, short, signed, stretches, why

MOST_ROWS: Final = 2_000
_MOST_COLUMNS: Final = 40
_ONE_AXIS, _TWO_AXES = 1, 2
_NOTHING: Final = "·"


@dataclass(frozen=True)
class PageCell:
    """A cell; `style` is one of the page's classes."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class PageRow:
    """A row; what sums up others stands out."""

    cells: tuple[PageCell, ...]
    is_sum: bool = False


@dataclass(frozen=True)
class PageTable:
    """A table: `numbers` are the columns with figures; `note` stands below it, or in its place if it has no rows."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[PageRow, ...]
    numbers: frozenset[int]
    about: str = ""
    note: str = ""


def tables(found: WhatIf, place: str) -> Iterator[PageTable]:
    """Every table of the page; `place` is where a reader finds what is too long for it."""
    if len(found.variants) == 1:
        yield from _single(found, place)
    elif len(found.swept) == _TWO_AXES:
        yield from _grids(found, place)
    else:
        if len(found.swept) == _ONE_AXIS:
            yield _swept_moves(found, place)
        yield _variants(found, place)


def _single(found: WhatIf, place: str) -> Iterator[PageTable]:
    (variant,) = found.variants
    for program, track in found.ladders():
        if not of_place(found.tables["transitions"], program, track).is_empty():
            yield _matrix(found, matrix(found, variant, program, track))
    yield _moves(found, variant, place)
    if len(found.months) > 1:
        yield _months(found, variant)
    yield _costs(found, variant)


def _matrix(found: WhatIf, of: Matrix) -> PageTable:
    places = range(len(of.tiers))
    rows = []
    for row, tier in enumerate(of.tiers):
        counts = [of.counts.get((row, column), 0) for column in places]
        cells = [PageCell(_count(count), "moved" * (row != at and count > 0)) for at, count in enumerate(counts)]
        rows.append(PageRow((PageCell(tier), *cells, PageCell(number(sum(counts))))))
    totals = [sum(of.counts.get((row, column), 0) for row in places) for column in places]
    rows.append(_row(["together", *map(number, totals), number(sum(totals))], is_sum=True))
    title = f"Tiers at the end of {found.months[-1]}{place_name(found, of.program, of.track)}"
    heads = ("As it is", *of.tiers, "together")
    return PageTable(title, heads, tuple(rows), _from(1, heads), "Rows as it is, columns as it would be.")


def _moves(found: WhatIf, variant: int, place: str) -> PageTable:
    rows = movements(found, variant)
    heads = ("Partner", "Name", *_month_head(found), "Tier", "More", "Why")
    note = f"And {number(len(rows) - MOST_ROWS)} more: {place}." if len(rows) > MOST_ROWS else ""
    if not rows:
        note = "Nobody's tier and nobody's money differs."
    shown = tuple(PageRow(tuple(_mover(found, row))) for row in rows[:MOST_ROWS])
    return PageTable(
        "Who gains and who loses",
        heads,
        shown,
        frozenset({heads.index("More")}),
        moved_text(found.moved[variant]),
        note,
    )


def _mover(found: WhatIf, row: dict[str, Any]) -> Iterator[PageCell]:
    more, currency = row["more"], row["currency"]
    yield from _who(found, row)
    yield PageCell(move(found, row), "" if row["direction"] == "same" else row["direction"])
    yield PageCell(f"{signed(more, currency)} {currency}" if more else "")
    yield PageCell(why(found, row))


def _who(found: WhatIf, row: dict[str, Any]) -> Iterator[PageCell]:
    """Who moves, and in which of several months."""
    yield PageCell(row["partner_id"])
    yield PageCell(row["partner_name"] or "")
    if len(found.months) > 1:
        yield PageCell(row["month"], "whole")


def _month_head(found: WhatIf) -> list[str]:
    return ["Month"] if len(found.months) > 1 else []


def _swept_moves(found: WhatIf, place: str) -> PageTable:
    """Who stands elsewhere at which values."""
    rows = swept_movements(found)
    heads = ("Partner", "Name", *_month_head(found), "Tier", "Values", "Why")
    note = f"And {number(len(rows) - MOST_ROWS)} more: {place}." if len(rows) > MOST_ROWS else ""
    shown = tuple(PageRow(tuple(_swept_mover(found, row))) for row in rows[:MOST_ROWS])
    note = note if rows else "No variant moves anybody to another tier."
    return PageTable("Who moves, and at which values", heads, shown, frozenset(), found.swept[0], note)


def _swept_mover(found: WhatIf, row: dict[str, Any]) -> Iterator[PageCell]:
    yield from _who(found, row)
    yield PageCell(move(found, row), row["direction"])
    yield PageCell(stretches(found, row), "whole")
    yield PageCell(why(found, row))


def _months(found: WhatIf, variant: int) -> PageTable:
    heads = ("Month", "Up", "Down", *(f"More, {currency}" for currency in found.currencies))
    rows = [
        _row([month, _count(moved.up), _count(moved.down), *(signed(value, of) for of, value in more.items())])
        for month, moved, more in by_month(found, variant)
    ]
    return PageTable("Month by month", heads, tuple(rows), _from(1, heads))


def _costs(found: WhatIf, variant: int) -> PageTable:
    heads = ("Rule", "Report", "Currency", "As it is", "Would be", "Difference")
    rows = []
    for row in costs(found, variant).iter_rows(named=True):
        name = words.rule_name(found.program(row["program"]), row["report"], row["rule"])
        rows.append(_cost(name, SECTIONS[row["report"]], row["currency"], (row["before"], row["after"])))
    for sums in found.sums[variant]:
        before, after = (sums.commissions[side] + sums.credits[side] for side in (0, 1))
        rows.append(_cost("Together", "", sums.currency, (before, after), is_sum=True))
    over = f"Over {plural(len(found.months), 'month')}." if len(found.months) > 1 else f"In {found.months[0]}."
    note = "" if rows else "Nothing is posted."
    return PageTable("Costs", heads, tuple(rows), frozenset({3, 4, 5}), over, note)


def _cost(name: str, of: str, currency: str, sides: tuple[Decimal, Decimal], *, is_sum: bool = False) -> PageRow:
    before, after = sides
    amounts = [amount(value, currency) for value in sides]
    return _row([name, of, currency, *amounts, signed(after - before, currency)], is_sum=is_sum)


def _variants(found: WhatIf, place: str) -> PageTable:
    """A row per variant and currency."""
    keys = found.swept or ("Variant",)
    heads = (*keys, "Up", "Down", "Currency", "Commissions", "More", "Credits", "More")
    shown = [found.variants[at] for at in evenly(len(found.variants), MOST_ROWS)]
    rows = [_row(cells) for variant in shown for cells in _variant(found, variant)]
    left_out = len(shown) < len(found.variants)
    note = f"{number(len(shown))} of {number(len(found.variants))}, evenly chosen; all: {place}." if left_out else ""
    numbers = _from(0, heads) - {len(keys) + 2}
    return PageTable("Variants", heads, tuple(rows), numbers, "", note)


def _variant(found: WhatIf, variant: int) -> Iterator[list[str]]:
    values = [said(found.value(variant, key)) for key in found.swept] or [number(variant)]
    moved = found.moved[variant]
    counts = [_count(moved.up), _count(moved.down)]
    for sums in found.sums[variant]:
        yield [*values, *counts, sums.currency, *_sections(sums)]
    if not found.sums[variant]:
        yield [*values, *counts, *[""] * 5]


def _sections(sums: Sums) -> Iterator[str]:
    for before, after in (sums.commissions, sums.credits):
        yield amount(after, sums.currency)
        yield signed(after - before, sums.currency)


def _grids(found: WhatIf, place: str) -> Iterator[PageTable]:
    """Whom each pair of values moves, and for each currency how much more it costs."""
    table = grid_of(found)
    yield _grid(
        found, "Partners who move", [[moved_text(found.moved[of]) or _NOTHING for of in row] for row in table], place
    )
    for at, currency in enumerate(found.currencies):
        cells = [[short(found.sums[of][at].difference, currency) for of in row] for row in table]
        yield _grid(found, f"How much more it costs, {currency}", cells, place)


def _grid(found: WhatIf, title: str, cells: Sequence[Sequence[str]], place: str) -> PageTable:
    down, across = (values_of(found, key) for key in found.swept)
    columns, rows = evenly(len(across), _MOST_COLUMNS), evenly(len(down), MOST_ROWS)
    heads = (found.swept[0], *(said(across[at]) for at in columns))
    body = tuple(_row([said(down[row]), *(cells[row][column] for column in columns)]) for row in rows)
    left_out = len(columns) * len(rows) < len(across) * len(down)
    shown = f"{len(rows)} of {len(down)} by {len(columns)} of {len(across)} values, evenly chosen; all: {place}."
    about = f"Across: {found.swept[1]}."
    return PageTable(title, heads, body, _from(0, heads), about, shown if left_out else "")


def _row(texts: Sequence[str], *, is_sum: bool = False) -> PageRow:
    return PageRow(tuple(map(PageCell, texts)), is_sum)


def _from(first: int, heads: Sequence[str]) -> frozenset[int]:
    """All columns from one on."""
    return frozenset(range(first, len(heads)))


def _count(count: int) -> str:
    return number(count) if count else _NOTHING
