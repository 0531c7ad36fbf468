"""Drawings of bars, in SVG that needs no script: made with Altair, drawn by vl-convert.

Every bar says beside it what it is and how much, so that nothing depends on its colour. The colours are the page's own
variables, and thus of a light page, a dark one or paper. A drawing is no wider than a phone, as text in a drawing that
shrinks cannot be read. Numbers become floats here and nowhere else: they are points on paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import altair as alt

WIDTH: Final = 380
_TEXT: Final = 13
# How wide a sign is, about: what is written here has to find room whatever the reader's fonts are.
_SIGN: Final = 7.0
_NAME, _BAR, _BETWEEN = 20, 17, 12
_GAP: Final = 5
_LEAST_BAR: Final = 2.0
_NARROWEST: Final = 120
_INK: Final = "currentColor"


@dataclass(frozen=True)
class Bar:
    """A bar: from nothing to `value`, its colour as one of the page's variables, and what is written beside it."""

    value: Decimal | int
    label: str
    colour: str


@dataclass(frozen=True)
class Bars:
    """Bars with a name above them, and a note at its right; `bound` is marked across them."""

    name: str
    bars: tuple[Bar, ...]
    note: str = ""
    bound: Decimal | int | None = None


def draw(groups: Sequence[Bars]) -> str:
    """The groups of bars one below the other, all of them on one scale."""
    import altair as alt  # noqa: PLC0415  # only a page has charts

    scale = _Scale.of(groups)
    height = sum(_NAME + _BAR * len(group.bars) + _BETWEEN for group in groups) - _BETWEEN
    marks = list(_marks(groups, scale))
    across = alt.Scale(domain=[0, WIDTH], range=[0, WIDTH], nice=False)
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False)
    x, y = alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=down)

    def of(kind: str) -> "alt.Chart":
        return alt.Chart(alt.InlineData(values=[mark for mark in marks if mark["of"] == kind]))

    fill = alt.Fill("fill:N", scale=None, legend=None)
    layers = [
        of("bar").mark_rect().encode(x=x, y=y, x2="x2:Q", y2="y2:Q", fill=fill),
        of("rule").mark_rule(stroke=_INK, strokeDash=[3, 2], opacity=0.6).encode(x=x, y=y, y2="y2:Q"),
        *(
            of(kind).mark_text(align=align, baseline="middle", fontSize=_TEXT, fill=_INK, fontWeight=weight, **more)
            .encode(x=x, y=y, text="text:N")
            for kind, align, weight, more in _TEXTS
        ),
    ]  # fmt: skip
    chart = alt.layer(*(layer for layer in layers if layer.data.values)).properties(
        width=WIDTH, height=height, padding={"left": 1, "right": 1, "top": 1, "bottom": 1}, autosize="none"
    )
    into = StringIO()
    configured = chart.configure(background="transparent", font="system-ui, sans-serif").configure_view(stroke=None)
    configured.save(into, format="svg")
    return into.getvalue()


_TEXTS: Final[tuple[tuple[str, Any, Any, dict[str, Any]], ...]] = (
    ("name", "left", 600, {}),
    ("note", "right", "normal", {"opacity": 0.8}),
    ("label", "left", "normal", {}),
    ("left", "right", "normal", {}),
)


@dataclass(frozen=True)
class _Scale:
    """Where a value stands on the paper, in floats; what is written beside the bars has room there, too."""

    zero: float
    per_unit: float

    @classmethod
    def of(cls, groups: Sequence[Bars]) -> "_Scale":
        bars = [bar for group in groups for bar in group.bars]
        values = [0.0, *(float(bar.value) for bar in bars), *(float(group.bound or 0) for group in groups)]
        low, high = min(values), max(values)
        right = max((_wide(bar.label) for bar in bars if bar.value >= 0), default=0.0)
        left = max((_wide(bar.label) for bar in bars if bar.value < 0), default=0.0)
        room = max(WIDTH - right - left, _NARROWEST)
        per_unit = room / (high - low) if high > low else 0.0
        return cls(left - low * per_unit, per_unit)

    def at(self, value: Decimal | int) -> float:
        return round(self.zero + float(value) * self.per_unit, 2)


def _marks(groups: Sequence[Bars], scale: _Scale) -> Iterator[dict[str, Any]]:
    top = 0.0
    for group in groups:
        room = int((WIDTH - _wide(group.note) * bool(group.note)) / _SIGN)
        yield {"of": "name", "x": 0, "y": top + _NAME / 2, "text": shortened(group.name, room)}
        if group.note:
            yield {"of": "note", "x": WIDTH, "y": top + _NAME / 2, "text": group.note}
        top += _NAME
        if group.bound is not None:
            below = top + _BAR * len(group.bars)
            yield _rect(scale.at(0), scale.at(group.bound), top, "stay")
            yield {"of": "rule", "x": scale.at(group.bound), "y": top - 2, "y2": below}
        for bar in group.bars:
            yield from _bar(bar, top, scale, group.bound)
            top += _BAR
        top += _BETWEEN


def _bar(bar: Bar, top: float, scale: _Scale, bound: Decimal | int | None) -> Iterator[dict[str, Any]]:
    zero, end = scale.at(0), scale.at(bar.value)
    if bar.value and abs(end - zero) < _LEAST_BAR:
        end = zero + (_LEAST_BAR if bar.value > 0 else -_LEAST_BAR)
    if bar.value:
        yield _rect(min(zero, end), max(zero, end), top, bar.colour)
    is_left = bar.value < 0
    # What is written stands beyond the mark of what is asked, which would strike it through.
    edge = max(end, scale.at(bound)) if bound is not None else end
    beside = end - _GAP if is_left else edge + _GAP * (edge > zero)
    yield {"of": "left" if is_left else "label", "x": round(beside, 2), "y": top + _BAR / 2, "text": bar.label}


def _rect(low: float, high: float, top: float, colour: str) -> dict[str, Any]:
    return {"of": "bar", "x": low, "x2": high, "y": top + 1, "y2": top + _BAR - 2, "fill": f"var(--{colour})"}


def shortened(text: str, most: int) -> str:
    """A text of at most so many signs.

    >>> shortened("Satatuhat Järveä", 10), shortened("Acme", 10)
    ('Satatuhat…', 'Acme')
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _wide(text: str) -> float:
    return len(text) * _SIGN + _GAP * 2
