"""The answer of a what-if as lines of text: what was asked, who moves between tiers and why, what it costs."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.layout import Cell, align, beside_or_below, heading, number, page_width, paragraph, plural
from tierctl.cli.whatif.movements import by_month, movements
from tierctl.cli.whatif.sweep_lines import MOST_MOVEMENTS, mover_cells, sweep_lines
from tierctl.cli.whatif.view import (
    SECTIONS,
    Edit,
    Matrix,
    Moved,
    Sums,
    WhatIf,
    costs,
    matrix,
    of_place,
    place_name,
    values_of,
)
from tierctl.cli.whatif.words import amount, said, signed, why
from tierctl.program.model import Program


def lines(found: WhatIf, console: Console, place: str) -> list[Text]:
    """The whole answer, no line wider than the terminal; `place` is where everything is found."""
    width = page_width(console.width)
    blocks = [asked_lines(found, width)]
    if len(found.variants) > 1:
        blocks += sweep_lines(found, width, place, is_plain=console.options.ascii_only)
    else:
        blocks += _single(found, console, width, place)
    return [line for block in blocks if block for line in (*block, Text())][:-1]


def asked_lines(found: WhatIf, width: int) -> list[Text]:
    """What was asked, of which months, against which baseline."""
    names = " · ".join(program.name or program.id for program in found.programs)
    span = " to ".join(dict.fromkeys((found.months[0], found.months[-1])))
    result = heading(f"What if · {span}", names, width)
    keys = align([[edit.key] for edit in found.edits], width, give=[0], indent=2) if found.edits else []
    values = [f"{said(edit.before)} → {said(edit.after)} · {where(edit)}" for edit in found.edits]
    for below in beside_or_below(keys, values, width, indent=6):
        result += below
    for said_ in (*swept_texts(found), *row_texts(found)):
        result += paragraph(said_, width, indent=2)
    return [*result, *paragraph(baseline_text(found), width, indent=2, style="dim")]


def where(edit: Edit) -> str:
    """Where in its program file a value stands."""
    return edit.source if edit.line is None else f"{edit.source}:{edit.line}"


def swept_texts(found: WhatIf) -> Iterator[str]:
    """For each swept key from where to where it goes."""
    for key in found.swept:
        values = values_of(found, key)
        # A single value is told as a setting is.
        if len(values) > 1:
            yield f"{key} from {said(values[0])} to {said(values[-1])}: {plural(len(values), 'value')}"


def row_texts(found: WhatIf) -> Iterator[str]:
    """For each export how many hypothetical rows it has."""
    for export, (count, later) in found.rows.items():
        more = f"; {number(later)} more dated after {found.months[-1]} left out" if later else ""
        yield f"{export}: {plural(count, 'hypothetical row')}{more}"


def baseline_text(found: WhatIf) -> str:
    """What the variants are held against."""
    as_it_is = "as the program files and today's exports have it"
    if found.is_backtest:
        return f"Against each month {as_it_is}, as if none were closed."
    opened = f", opened from the close of {found.opened_from}" if found.opened_from else ""
    return f"Against {found.months[0]} {as_it_is}{opened}."


def table_lines(table: Table, console: Console, width: int) -> list[Text]:
    """A table of Rich's as lines, indented as the rest is; with the plain frame where the encoding lacks others."""
    rendered = console.render_lines(table, console.options.update(width=width - 2), pad=False)
    return [
        Text("  ").append_text(Text.assemble(*((part.text, part.style or "") for part in line))) for line in rendered
    ]


def _single(found: WhatIf, console: Console, width: int, place: str) -> list[list[Text]]:
    """One variant, block by block."""
    (variant,) = found.variants
    blocks: list[list[Text]] = []
    for program, track in found.ladders():
        if not of_place(found.tables["transitions"], program, track).is_empty():
            blocks.append(_matrix(found, matrix(found, variant, program, track), console, width))
    return [
        *blocks,
        _moves(found, variant, width, place),
        _months(found, variant, width),
        _costs(found, variant, width),
    ]


def _matrix(found: WhatIf, of: Matrix, console: Console, width: int) -> list[Text]:
    """The transition matrix: a row per tier of the baseline, a column per tier of the variant."""
    name = f"Tiers{place_name(found, of.program, of.track)}"
    above = heading(name, f"at the end of {found.months[-1]}; rows as it is, columns as it would be", width)
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for tier in of.tiers:
        table.add_column(tier, justify="right")
    table.add_column("together", justify="right", header_style="dim", style="dim")
    for row, tier in enumerate(of.tiers):
        counts = [of.counts.get((row, column), 0) for column in range(len(of.tiers))]
        cells = [_count(count, is_moved=row != column) for column, count in enumerate(counts)]
        table.add_row(tier, *cells, number(sum(counts)))
    totals = [sum(of.counts.get((row, column), 0) for row in range(len(of.tiers))) for column in range(len(of.tiers))]
    table.add_row("together", *map(number, totals), number(sum(totals)), style="dim")
    return [*above, *table_lines(table, console, width)]


def _count(count: int, *, is_moved: bool) -> Text:
    return Text(number(count) if count else "·", style="bold yellow" if is_moved and count else "")


def _moves(found: WhatIf, variant: int, width: int, place: str) -> list[Text]:
    """Who gains and who loses, with why; of many the first, and how many more."""
    moved, rows = found.moved[variant], movements(found, variant)
    result = heading("Who gains and who loses", moved_text(moved), width)
    if not rows:
        return [*result, Text("  Nobody's tier and nobody's money differs.")]
    first = rows[:MOST_MOVEMENTS]
    aligned = align([_mover(found, row) for row in first], width, right={5}, give=[2, 3], indent=2)
    for below in beside_or_below(aligned, [why(found, row) for row in first], width, indent=6):
        result += below
    rest = len(rows) - len(first)
    return [*result, *paragraph(f"and {number(rest)} more: {place}", width, indent=2, style="dim")] if rest else result


def moved_text(moved: Moved) -> str:
    """How many partners move.

    >>> moved_text(Moved(up=2, same=1))
    '2 up · 1 in money alone'
    """
    parts = [(moved.up, "up"), (moved.down, "down"), (moved.same, "in money alone")]
    return " · ".join(f"{number(count)} {way}" for count, way in parts if count)


def _mover(found: WhatIf, row: dict[str, Any]) -> list[Cell]:
    money = f"{signed(row['more'], row['currency'])} {row['currency']}" if row["more"] else ""
    return [*mover_cells(found, row), Text(money, style="bold")]


def _months(found: WhatIf, variant: int, width: int) -> list[Text]:
    """A line per month of a backtest: whom the variant moves, and how much more it costs."""
    if len(found.months) == 1:
        return []
    currencies = found.currencies
    heads = ["", "up", "down", *(f"more {currency}" for currency in currencies)]
    rows: list[Sequence[Cell]] = [[Text(head, style="dim") for head in heads]]
    for month, moved, more in by_month(found, variant):
        amounts = [signed(more[currency], currency) for currency in currencies]
        rows.append([month, number(moved.up) if moved.up else "·", number(moved.down) if moved.down else "·", *amounts])
    return [*heading("Month by month", "", width), *align(rows, width, right=range(1, len(heads)), indent=2)]


def _costs(found: WhatIf, variant: int, width: int) -> list[Text]:
    """What each rule costs before and after, and what commissions, credits and both together come to."""
    heads = ("", "", "as it is", "would be", "difference")
    rows: list[Sequence[Cell]] = [[Text(head, style="dim") for head in heads]]
    df = costs(found, variant)
    for section, title in SECTIONS.items():
        of_section = [row for row in df.iter_rows(named=True) if row["report"] == section]
        if not of_section:
            continue
        rows.append([Text(title, style="bold"), "", "", "", ""])
        rows += [_cost(found.program(row["program"]), row) for row in of_section]
    if df.is_empty():
        return []
    rows += [_together(sums) for sums in found.sums[variant]]
    over = f"over {plural(len(found.months), 'month')}" if len(found.months) > 1 else f"in {found.months[0]}"
    return [*heading("Costs", over, width), *align(rows, width, right={2, 3, 4}, give=[0], indent=2)]


def _cost(program: Program, row: dict[str, Any]) -> list[Cell]:
    currency = row["currency"]
    amounts = [amount(row[side], currency) for side in ("before", "after")]
    name = words.rule_name(program, row["report"], row["rule"])
    return [f"  {name}", currency, *amounts, _difference(signed(row["difference"], currency))]


def _together(sums: Sums) -> list[Cell]:
    before, after = (sums.commissions[side] + sums.credits[side] for side in (0, 1))
    amounts = [amount(value, sums.currency) for value in (before, after)]
    return [
        Text("Together", style="bold"),
        sums.currency,
        *amounts,
        _difference(signed(sums.difference, sums.currency)),
    ]


def _difference(text: str) -> Text:
    return Text(text, style="" if text == "·" else "bold")
