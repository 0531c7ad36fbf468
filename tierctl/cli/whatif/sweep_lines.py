"""A sweep as lines of text: a line per variant, curves over the swept value, and for two of them a grid."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.text import Text

from tierctl.cli.layout import Cell, align, beside_or_below, heading, number, paragraph, plural
from tierctl.cli.whatif.movements import swept_movements
from tierctl.cli.whatif.plot import Axis, Curve, Paper, Plot, plot_lines
from tierctl.cli.whatif.view import Moved, Sums, WhatIf, evenly, grid_of, place_name, tier_counts, values_of
from tierctl.cli.whatif.words import amount, move, plain_number, said, short, signed, stretches, why

MOST_VARIANTS: Final = 25
MOST_MOVEMENTS: Final = 20
MARKS: Final = {"up": ("▲", "green"), "down": ("▼", "red"), "same": ("=", "")}
_PLOT_HEIGHT: Final = 13
# Two plots beside each other, where each is wide enough to be read.
_WIDE: Final = 120
_GAP: Final = 4
_COLUMN_GAP: Final = 2
_ONE_AXIS, _TWO_AXES = 1, 2


def sweep_lines(found: WhatIf, width: int, place: str, *, is_plain: bool) -> list[list[Text]]:
    """The blocks of a sweep; `place` is where all variants are found.

    A grid of two sweeps has no line for each variant, since its tables show them all.
    """
    if len(found.swept) == _TWO_AXES:
        blocks = list(_grids(found, width, place))
    else:
        blocks = [_variants(found, width, place), *_plots(found, width, is_plain=is_plain), _moves(found, width, place)]
    return blocks if found.moves_anything else [*blocks, [Text("No variant moves a tier or an amount.")]]


def _variants(found: WhatIf, width: int, place: str) -> list[Text]:
    """A line per variant and currency; of many variants some, evenly chosen."""
    shown = [found.variants[at] for at in evenly(len(found.variants), MOST_VARIANTS)]
    left_out = len(found.variants) - len(shown)
    about = f"{len(shown)} of {number(len(found.variants))}, evenly chosen; all: {place}" if left_out else ""
    rows = _rows(found, shown, with_amounts=True)
    if _width(rows) > width - 2:
        rows = _rows(found, shown, with_amounts=False)
    first = len(found.swept) or 1
    right = set(range(first, len(rows[0]))) | set(range(first))
    over = f"{plural(len(found.months), 'month')} together" if len(found.months) > 1 else ""
    currency = f"in {found.currencies[0]}" if len(found.currencies) == 1 else ""
    above = heading("Variants", "; ".join(filter(None, (currency, over, about))), width)
    return [*above, *align(rows, width, right=right, give=range(first), indent=2)]


def _rows(found: WhatIf, shown: Sequence[int], *, with_amounts: bool) -> list[list[Cell]]:
    """The cells of the variants: values, up, down, then what commissions and credits cost and how much more."""
    has_currencies = len(found.currencies) > 1
    money = [head for section in ("commissions", "credits") for head in ([section] * with_amounts + ["more"])]
    if not with_amounts:
        money = ["more commissions", "more credits"]
    keys = found.swept or ("variant",)
    heads = [*keys, "▲ up", "▼ down", *(["in"] if has_currencies else []), *(money if found.currencies else [])]
    rows: list[list[Cell]] = [[Text(head, style="dim") for head in heads]]
    for variant in shown:
        values = [said(found.value(variant, key)) for key in found.swept] or [number(variant)]
        moved = found.moved[variant]
        counts = [_count(moved.up), _count(moved.down)]
        for sums in found.sums[variant] or (None,):
            currency = [sums.currency] if has_currencies and sums else []
            rows.append([*values, *counts, *currency, *(_money(sums, with_amounts=with_amounts) if sums else [])])
            values, counts = [""] * len(values), [""] * len(counts)
    return rows


def _money(sums: Sums, *, with_amounts: bool) -> Iterator[str]:
    for before, after in (sums.commissions, sums.credits):
        if with_amounts:
            yield amount(after, sums.currency)
        yield signed(after - before, sums.currency)


def _width(rows: Sequence[Sequence[Cell]]) -> int:
    """How wide the rows are if no cell is cut."""
    widest = [max(cell_len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return sum(widest) + _COLUMN_GAP * (len(widest) - 1)


def _count(count: int) -> str:
    return number(count) if count else "·"


def _moves(found: WhatIf, width: int, place: str) -> list[Text]:
    """Who stands elsewhere at which values of the only sweep, with why; of many the first, and how many more."""
    rows = swept_movements(found) if len(found.swept) == _ONE_AXIS else []
    if not rows:
        return []
    first = rows[:MOST_MOVEMENTS]
    cells = [[*mover_cells(found, row), Text(stretches(found, row), style="bold")] for row in first]
    aligned = align(cells, width, give=[2, 3, 5], indent=2)
    result = heading("Who moves, and at which values", "", width)
    for below in beside_or_below(aligned, [why(found, row) for row in first], width, indent=6):
        result += below
    rest = len(rows) - len(first)
    return [*result, *paragraph(f"and {number(rest)} more: {place}", width, indent=2, style="dim")] if rest else result


def mover_cells(found: WhatIf, row: Mapping[str, Any]) -> list[Cell]:
    """Who moves from where to where, and in which of several months."""
    mark, style = MARKS[row["direction"]]
    return [
        Text(mark, style=style),
        row["partner_id"],
        Text(row["partner_name"] or "", style="dim"),
        move(found, row),
        Text(row["month"] if len(found.months) > 1 else "", style="dim"),
    ]


def axis_of(found: WhatIf, key: str) -> Axis | None:
    """The swept values of the only key as an axis; None: they are not numbers, or there is but one of them."""
    texts = [found.value(variant, key) for variant in found.variants]
    places = [place for text in texts if (place := plain_number(text)) is not None]
    if len(places) < len(texts) or len(set(places)) == 1:
        return None
    return Axis(key, places, [said(text) for text in texts])


def _plots(found: WhatIf, width: int, *, is_plain: bool) -> list[list[Text]]:
    """Partners per tier and cost over the swept value; beside each other where there is room."""
    axis = axis_of(found, found.swept[0]) if len(found.swept) == _ONE_AXIS else None
    if axis is None:
        return []
    wide = (width - _GAP) // 2 if width >= _WIDE else width
    paper = Paper(wide, _PLOT_HEIGHT, is_plain)
    plots = [plot_lines(plot, axis, paper) for plot in plots_of(found)]
    return plots if wide == width else list(_in_pairs(plots, wide))


def plots_of(found: WhatIf) -> list[Plot]:
    """What is drawn over the only sweep: partners by tier, and costs by currency; what does not differ is left out."""
    tiers = list(_tier_plots(found))
    # Where tiers move, costs jump with them; a rate moves them evenly.
    return [*tiers, *_cost_plots(found, is_stepped=bool(tiers))]


def _tier_plots(found: WhatIf) -> Iterator[Plot]:
    """For each track on which anything moves, how many partners stand on each tier over the variants."""
    for program, track in found.ladders():
        counts = [tier_counts(found, variant, program, track) for variant in found.variants]
        names = list(dict.fromkeys(name for each in counts for name in each))
        curves = [Curve(name, [each.get(name, 0) for each in counts]) for name in names]
        moving = [curve for curve in curves if len(set(curve.values)) > 1]
        if moving:
            title = f"Partners by tier at the end of {found.months[-1]}{place_name(found, program, track)}"
            yield Plot(title, moving, is_stepped=True, is_from_zero=True)


def _cost_plots(found: WhatIf, *, is_stepped: bool) -> Iterator[Plot]:
    """For each currency what commissions and credits cost over the variants, and what they cost as it is."""
    over = f"over {plural(len(found.months), 'month')}" if len(found.months) > 1 else f"in {found.months[0]}"
    for place, currency in enumerate(found.currencies):
        sums = [found.sums[variant][place] for variant in found.variants]
        together = [each.commissions[1] + each.credits[1] for each in sums]
        if len(set(together)) > 1:
            before = sums[0].commissions[0] + sums[0].credits[0]
            curves = [Curve("commissions and credits", together), Curve("as it is", [before] * len(sums))]
            yield Plot(f"Costs {over}, {currency}", curves, is_stepped=is_stepped)


def _in_pairs(plots: Sequence[list[Text]], wide: int) -> Iterator[list[Text]]:
    """Two plots beside each other, line by line; one that is left over alone."""
    for left, right in zip(plots[::2], [*plots[1::2], None], strict=False):
        if right is None:
            yield left
            continue
        lines = []
        for at in range(max(len(left), len(right))):
            line = left[at].copy() if at < len(left) else Text()
            line.pad_right(wide + _GAP - cell_len(line.plain))
            lines.append(line + (right[at] if at < len(right) else Text()))
        yield lines


def _grids(found: WhatIf, width: int, place: str) -> Iterator[list[Text]]:
    """Two sweeps: how many partners move for each pair of values, and for each currency how much more it costs."""
    table = grid_of(found)
    moved = [[_moved(found.moved[variant]) for variant in of] for of in table]
    yield _grid(found, "Partners who move up and down", moved, width, place)
    for number_, currency in enumerate(found.currencies):
        more = [[found.sums[variant][number_].difference for variant in of] for of in table]
        cells = [[short(value, currency) for value in of] for of in more]
        yield _grid(found, f"How much more it costs, {currency}", cells, width, place)


def _moved(moved: Moved) -> str:
    return " ".join(f"{mark}{number(count)}" for mark, count in (("▲", moved.up), ("▼", moved.down)) if count) or "·"


def _grid(found: WhatIf, title: str, cells: Sequence[Sequence[str]], width: int, place: str) -> list[Text]:
    """One table: the first key's values below each other, the second's beside each other, as many as there is room."""
    down, across = (values_of(found, key) for key in found.swept)
    widest = max(cell_len(text) for of in cells for text in of)
    wide = max(widest, *(cell_len(said(value)) for value in across)) + _COLUMN_GAP
    room = (width - 2 - max(cell_len(said(value)) for value in down)) // wide
    columns, rows = evenly(len(across), max(room, 2)), evenly(len(down), MOST_VARIANTS)
    left_out = len(columns) * len(rows) < len(across) * len(down)
    body: list[list[Cell]] = [["", *(Text(said(across[at]), style="bold") for at in columns)]]
    body += [[Text(said(down[row]), style="bold"), *(cells[row][column] for column in columns)] for row in rows]
    about = f"down {found.swept[0]}, across {found.swept[1]}"
    lines = [*heading(title, about, width), *align(body, width, right=range(len(body[0])), indent=2)]
    if left_out:
        shown = f"{len(rows)} of {len(down)} by {len(columns)} of {len(across)} values, evenly chosen; all: {place}"
        lines += paragraph(shown, width, indent=2, style="dim")
    return lines
