"""Small programs measured on literal rows: what the tests of measure share."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.grid import fill, sheet_of
from tierctl.inputs import Inputs, begin, in_turn
from tierctl.measure.readings import Look
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.qualify import Qualified, qualify

Held = Mapping[str, pl.DataFrame]
NOTHING: Held = MappingProxyType({})
Rows = dict[str, list[dict[str, Any]]]

CALENDAR = Calendar.months()
TOP = """
id = "p"
name = "P"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
"""
REST = """
[policy]
rounding = "half_even"
takes_effect = "month_end"
{policy}

[tracks.t]
promotion = "automatic"
shows = [{shows}]

[[tracks.t.tiers]]
id = "base"

{tables}
"""


def program_of(tables: str, *, shows: Sequence[str] = (), policy: str = "", top: str = TOP) -> Program:
    """A program of one track with these tables; `shows` are the metrics that nothing else uses."""
    listed = ", ".join(f'"{name}"' for name in shows)
    program, findings = load_text(top + REST.format(policy=policy, shows=listed, tables=tables), "p.toml")
    assert program is not None, "\n".join(map(str, findings))
    return program


def inputs_of(
    program: Program, rows: Rows, month: str, *, calendar: Calendar = CALENDAR, held: Held = NOTHING
) -> Inputs:
    """What the program's track is evaluated from; without a roster it holds A alone."""
    exports = tables_of(program, {"partners": [{"partner_id": "A"}]} | rows)
    roster = pl.concat(exports["partners"]).collect()
    fold = begin([program], "t", exports, roster, calendar=calendar, month=calendar.month(month))
    (inputs,) = in_turn([program], "t", fold, exports=exports, calendar=calendar, repeating=(), held=held)
    return inputs


def values(
    program: Program, metric: str, rows: Rows, days: Sequence[date], *, calendar: Calendar = CALENDAR
) -> pl.DataFrame:
    """The metric in the open look of each day, as it is shown: partner_id, day, value."""
    inputs = inputs_of(program, rows, calendar.month_of(days[-1]).label, calendar=calendar)
    looks = [Look(at, day, "open") for at, day in enumerate(days)]
    grid = fill(inputs, sheet_of(inputs, [metric], looks, days), days).grid
    return grid.select(pl.col("partner_id").cast(pl.String), "day", pl.col(f"metric.{metric}").alias("value"))


def expected(*rows: tuple[str, date, str | int | None]) -> pl.DataFrame:
    """The frame that `values` should give: partner, day, value."""
    numbers = [(partner, day, None if value is None else Decimal(value)) for partner, day, value in rows]
    return pl.DataFrame(numbers, schema={"partner_id": pl.String, "day": pl.Date, "value": NUMBER}, orient="row")


def of_a(*found: tuple[date, str | int | None]) -> pl.DataFrame:
    """The frame that `values` should give where there is only A."""
    return expected(*(("A", day, value) for day, value in found))


def qualified(program: Program, rows: Rows, month: str, held: Held = NOTHING) -> Qualified:
    """What every look found of the program's track."""
    return qualify(inputs_of(program, rows, month, held=held), program.tracks["t"])


JAN, FEB, MAR, APR, MAY, JUN = (date(2025, month, day) for month, day in enumerate((31, 28, 31, 30, 31, 30), start=1))
