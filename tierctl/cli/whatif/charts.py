"""The charts of the page, as drawings in SVG that need no script: made with Altair, drawn by vl-convert.

Numbers become floats here and nowhere else: they are points on paper, and the tables beside them are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final, Literal

from tierctl.cli.layout import number
from tierctl.cli.whatif.plot import Axis, Plot
from tierctl.cli.whatif.sweep_lines import axis_of, plots_of
from tierctl.cli.whatif.view import BASELINE, WhatIf, evenly, grid_of, place_name, tier_counts, values_of
from tierctl.cli.whatif.words import said

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _HEIGHT = 600, 260
# The page's own colour of text, light or dark; the colours of curves are seen on both.
_INK: Final = "currentColor"
_COLOURS: Final = ("#2a7fba", "#d9822b", "#3a9a5b", "#b0529f", "#8a8f98", "#c9473d")
_ONE_AXIS, _TWO_AXES = 1, 2
# As many points as the eye can tell apart.
_MOST_POINTS: Final = 600
# A grid of more squares than this shows nothing to anybody.
_MOST_SQUARES: Final = 2_500


@dataclass(frozen=True)
class Chart:
    """A drawing: its title, its SVG, and what it shows in words, for who does not see it."""

    title: str
    svg: str
    words: str


def charts(found: WhatIf) -> Iterator[Chart]:
    """The charts of an answer: curves over one swept value, squares over two, bars of the tiers for one variant."""
    if len(found.variants) == 1:
        yield from _bars(found)
    elif len(found.swept) == _ONE_AXIS and (axis := axis_of(found, found.swept[0])) is not None:
        for plot in plots_of(found):
            yield _curves(plot, axis)
    elif len(found.swept) == _TWO_AXES and len(found.variants) <= _MOST_SQUARES:
        yield from _squares(found)


def _curves(plot: Plot, axis: Axis) -> Chart:
    import altair as alt  # noqa: PLC0415  # only a page has charts

    title, curves = plot.title, plot.curves
    points = evenly(len(axis.places), _MOST_POINTS)
    rows = [
        {"at": float(axis.places[at]), "of": curve.name, "value": float(curve.values[at])}
        for curve in curves
        for at in points
    ]
    names = [curve.name for curve in curves]
    upright = alt.Axis(tickMinStep=1, tickCount=6)
    shape: Literal["step-after", "linear"] = "step-after" if plot.is_stepped else "linear"
    unit = ", %" if all(text.endswith("%") for text in axis.texts) else ""
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point=len(points) <= _WIDTH // 10, strokeWidth=2, interpolate=shape)
        .encode(
            x=alt.X("at:Q", title=f"{axis.key}{unit}", scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=plot.is_from_zero), axis=upright),
            color=alt.Color("of:N", title=None, scale=_colours(names)),
            strokeDash=alt.StrokeDash("of:N", title=None, sort=names, legend=None),
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    first, last = axis.texts[0], axis.texts[-1]
    words = "; ".join(f"{curve.name} {number(curve.values[0])} to {number(curve.values[-1])}" for curve in curves)
    return Chart(title, _svg(chart), f"{title}, over {axis.key} from {first} to {last}: {words}.")


def _bars(found: WhatIf) -> Iterator[Chart]:
    """For each track how many partners stand on each tier, as it is and as it would be."""
    import altair as alt  # noqa: PLC0415  # only a page has charts

    (variant,) = found.variants
    for program, track in found.ladders():
        sides = {"as it is": tier_counts(found, BASELINE, program, track)}
        sides["would be"] = tier_counts(found, variant, program, track)
        names = list(dict.fromkeys(name for counts in sides.values() for name in counts))
        rows: list[Mapping[str, Any]] = [
            {"tier": name, "of": side, "partners": counts.get(name, 0)}
            for side, counts in sides.items()
            for name in names
        ]
        chart = (
            alt.Chart(alt.InlineData(values=rows))
            .mark_bar()
            .encode(
                y=alt.Y("tier:N", title=None, sort=names),
                x=alt.X("partners:Q", title="partners", axis=alt.Axis(tickMinStep=1, tickCount=8)),
                yOffset=alt.YOffset("of:N", sort=list(sides)),
                color=alt.Color("of:N", title=None, scale=_colours(list(sides))),
            )
            .properties(width=_WIDTH, height=alt.Step(16))
        )
        title = f"Partners by tier at the end of {found.months[-1]}{place_name(found, program, track)}"
        words = "; ".join(
            f"{name} {sides['as it is'].get(name, 0)}, {sides['would be'].get(name, 0)}" for name in names
        )
        yield Chart(title, _svg(chart), f"{title}, as it is and as it would be: {words}.")


def _squares(found: WhatIf) -> Iterator[Chart]:
    """For each currency how much more each pair of values costs."""
    import altair as alt  # noqa: PLC0415  # only a page has charts

    down, across = ([said(value) for value in values_of(found, key)] for key in found.swept)
    table = grid_of(found)
    for place, currency in enumerate(found.currencies):
        rows = [
            {"down": of, "across": value, "more": float(found.sums[variant][place].difference)}
            for of, variants in zip(down, table, strict=True)
            for value, variant in zip(across, variants, strict=True)
        ]
        chart = (
            alt.Chart(alt.InlineData(values=rows))
            .mark_rect()
            .encode(
                y=alt.Y("down:O", title=found.swept[0], sort=down),
                x=alt.X("across:O", title=found.swept[1], sort=across, axis=alt.Axis(labelAngle=0)),
                color=alt.Color("more:Q", title=None, scale=alt.Scale(scheme="blueorange", domainMid=0)),
            )
            .properties(width=_WIDTH, height=_HEIGHT)
        )
        title = f"How much more it costs, {currency}"
        amounts = [found.sums[variant][place].difference for of in table for variant in of]
        words = f"from {number(min(amounts))} to {number(max(amounts))}"
        # Ids count for the whole page, and each drawing of squares has one.
        svg = _svg(chart).replace("gradient_", f"gradient_{currency}_")
        yield Chart(title, svg, f"{title}, over {found.swept[0]} and {found.swept[1]}: {words}.")


def _colours(names: Sequence[str]) -> "alt.Scale":
    import altair as alt  # noqa: PLC0415  # only a page has charts

    return alt.Scale(domain=list(names), range=[_COLOURS[place % len(_COLOURS)] for place in range(len(names))])


def _svg(chart: "alt.Chart") -> str:
    """The drawing, without a background of its own."""
    configured = (
        chart.configure(background="transparent", font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_INK, titleColor=_INK, domainColor=_INK, tickColor=_INK, gridColor=_INK, gridOpacity=0.15
        )
        .configure_legend(labelColor=_INK, titleColor=_INK, orient="top", direction="vertical", symbolStrokeWidth=2)
    )
    into = StringIO()
    configured.save(into, format="svg")
    return into.getvalue()
