"""Curves over a swept value, drawn in letters for the terminal."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, cycle, islice, pairwise
from typing import Final

from rich.text import Text

from tierctl.cli.layout import number, paragraph
from tierctl.cli.whatif.view import evenly

# One letter for each curve: a colour alone would be lost in a pipe, and for who does not tell colours apart.
_MARKS: Final = "*ox+#@%&"
_COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "red")
_TICKS: Final = 5
# More points a letter would not be seen.
_POINTS: Final = 4
_PLAIN: Final = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")


@dataclass(frozen=True)
class Curve:
    """One line of a plot: what it is of, and its value for each value on the axis below."""

    name: str
    values: Sequence[Decimal | int]


@dataclass(frozen=True)
class Plot:
    """Curves on one paper.

    Attributes:
        title: what is drawn.
        curves: the curves, the first of them on top of the others.
        is_stepped: whether a value holds until the next one, as what a bound decides does.
        is_from_zero: whether the upright axis begins at nothing.
    """

    title: str
    curves: Sequence[Curve]
    is_stepped: bool = False
    is_from_zero: bool = False


@dataclass(frozen=True)
class Axis:
    """The swept value: its key, and its values as numbers and as text."""

    key: str
    places: Sequence[Decimal]
    texts: Sequence[str]


@dataclass(frozen=True)
class Paper:
    """How large a plot is, and whether its frame has to do without lines that an old encoding lacks."""

    width: int
    height: int
    is_plain: bool = False


def plot_lines(plot: Plot, axis: Axis, paper: Paper) -> list[Text]:
    """The plot: title with the curves' marks, the curves, the axis and what it is of; no line wider than the paper.

    Args:
        plot: what is drawn.
        axis: what it is drawn over, at least two values.
        paper: how large.
    """
    import plotext  # noqa: PLC0415  # only a sweep is drawn

    drawn_at = evenly(len(axis.places), _POINTS * paper.width)
    places = [float(axis.places[at]) for at in drawn_at]
    curves, ticks = plot.curves, _ticks(plot)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(paper.width, paper.height)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    for curve, mark, colour in reversed(list(zip(curves, _of(_MARKS, curves), _of(_COLOURS, curves), strict=True))):
        points = sorted(zip(places, (float(curve.values[at]) for at in drawn_at), strict=True))
        across, up = zip(*(_steps_of(points) if plot.is_stepped else points), strict=True)
        plotext.plot(across, up, marker=mark, color=colour)
    plotext.ylim(float(ticks[0]), float(ticks[-1]))
    plotext.yticks([float(tick) for tick in ticks], [number(tick) for tick in ticks])
    shown = evenly(len(axis.places), _TICKS)
    plotext.xticks([float(axis.places[at]) for at in shown], [axis.texts[at] for at in shown])
    drawn: str = plotext.build()
    plotext.clear_figure()
    lines = [Text.from_ansi(line) for line in drawn.translate(_PLAIN if paper.is_plain else {}).splitlines()]
    return [*_title(plot.title, curves, paper.width), *lines, _below(axis.key, paper.width)]


def ticks_of(low: Decimal, high: Decimal) -> list[Decimal]:
    """Round numbers, evenly apart and at least 1, from at or below the lowest value to at or above the highest.

    >>> [str(tick) for tick in ticks_of(Decimal(8), Decimal(31))]
    ['0', '10', '20', '30', '40']
    >>> [str(tick) for tick in ticks_of(Decimal(36526), Decimal(36526))]
    ['36526', '36527']
    """
    step = next(step for step in _steps() if _floor(low, step) + step * (_TICKS - 1) >= high)
    first = _floor(low, step)
    steps = max(1, math.ceil((high - first) / step))
    return [first + step * place for place in range(steps + 1)]


def _floor(value: Decimal, step: Decimal) -> Decimal:
    return step * math.floor(value / step)


def _steps() -> Iterator[Decimal]:
    """1, 2, 5, 10, 20, 50 and so on."""
    for power in count():
        for digit in (1, 2, 5):
            yield Decimal(digit * 10**power)


def _steps_of(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points of a curve whose value holds until the next one."""
    corners = [(after[0], before[1]) for before, after in pairwise(points)]
    return [each for pair in zip(points, [*corners, points[-1]], strict=True) for each in pair]


def _ticks(plot: Plot) -> list[Decimal]:
    values = [Decimal(value) for curve in plot.curves for value in curve.values]
    return ticks_of(min([Decimal(0)] * plot.is_from_zero + values), max(values))


def _title(title: str, curves: Sequence[Curve], width: int) -> list[Text]:
    """What is drawn, and below it which mark is which curve's."""
    names = " · ".join(f"{mark} {curve.name}" for mark, curve in zip(_of(_MARKS, curves), curves, strict=True))
    return [Text(title, style="bold"), *paragraph(names, width, indent=2)]


def _below(key: str, width: int) -> Text:
    line = Text(key, style="dim")
    line.truncate(width, overflow="ellipsis")
    line.align("center", width)
    return line


def _of(these: Sequence[str], curves: Sequence[Curve]) -> list[str]:
    """One of these for each curve, from the first again where there are not enough."""
    return list(islice(cycle(these), len(curves)))
