"""What the tests of the standing fold are written with: literal frames, ladders and months."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.grants import CLOCK, DECLINED, NO_END, SCHEMA, State
from tierctl.inputs import Inputs, begin, in_turn
from tierctl.program.load import load_text
from tierctl.program.model import Program, Track
from tierctl.standing import Month

PARTNERS = pl.Enum(["A", "B", "C", "D"])
CALENDAR = Calendar.months()

Grant = tuple[str, int, str, date, date]
"""partner_id, rank, basis, from, through."""


def day(text: str) -> date:
    """A day of 2025, written as month-day; other years in full."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def grants(*rows: Grant, because: str = "") -> pl.DataFrame:
    """A frame of grants."""
    listed = [(*row, because) for row in rows]
    return pl.DataFrame(listed, schema=SCHEMA | {"partner_id": PARTNERS}, orient="row")


def clocks(*rows: tuple[str, int, date, date]) -> pl.DataFrame:
    """A frame of clocks: partner_id, rank, began_on, ends_on."""
    types = (PARTNERS, pl.Int32, pl.Date, pl.Date)
    return pl.DataFrame(rows, schema=dict(zip(CLOCK, types, strict=True)), orient="row")


def declined(*rows: tuple[str, int, date, date | None]) -> pl.DataFrame:
    """A frame of declined promotions: partner_id, rank, from, through."""
    types = (PARTNERS, pl.Int32, pl.Date, pl.Date)
    return pl.DataFrame(rows, schema=dict(zip(DECLINED, types, strict=True)), orient="row")


def found(*rows: tuple[str, int, bool]) -> pl.DataFrame:
    """What a review finds of tiers held while met: partner_id, rank, met."""
    return pl.DataFrame(rows, schema={"partner_id": PARTNERS, "rank": pl.Int32, "met": pl.Boolean}, orient="row")


def state(
    held: pl.DataFrame | None = None,
    *,
    merits: pl.DataFrame | None = None,
    running: pl.DataFrame | None = None,
    refused: pl.DataFrame | None = None,
) -> State:
    """A state with these frames, the others empty."""
    none = State.at_first(PARTNERS)
    return State(
        none.grants if held is None else held,
        none.ended,
        none.merits if merits is None else merits,
        none.clocks if running is None else running,
        none.declined if refused is None else refused,
    )


def steps(*rows: Mapping[str, object]) -> pl.DataFrame:
    """Steps of a month: what a row leaves out is empty, and all days are that of `day`."""
    schema: dict[str, pl.DataType] = {
        "partner_id": PARTNERS,
        "step": pl.String(),
        "rank": pl.Int32(),
        "due_on": pl.Date(),
        "day": pl.Date(),
        "from": pl.Date(),
        "stated": pl.Date(),
        "closes_on": pl.Date(),
        "because": pl.String(),
        "through": pl.Date(),
    }
    filled = [
        {"because": "", "due_on": row["day"], "from": row["day"], "through": row.get("stated", NO_END)} | dict(row)
        for row in rows
    ]
    return pl.DataFrame(filled, schema=schema, orient="row")


def month(
    text: str,
    *,
    due: pl.DataFrame | None = None,
    of: pl.DataFrame | None = None,
    ending: Iterable[int] = (),
    earned: pl.DataFrame | None = None,
) -> Month:
    """What a month brings."""
    return Month(
        day=day(text),
        begun=grants(),
        steps=steps() if due is None else due,
        found=found() if of is None else of,
        ending=tuple(ending),
        earned=grants() if earned is None else earned,
    )


def same(actual: pl.DataFrame, expected: pl.DataFrame) -> None:
    """The frames hold the same rows, in whatever order; why a grant was made is left aside."""
    left = "because" in expected.columns
    frames = [frame.drop("because") if left else frame for frame in (actual, expected)]
    assert_frame_equal(*frames, check_row_order=False)


def program(text: str) -> Program:
    """A program from its TOML text, which must load without an error."""
    loaded, findings = load_text(text, "program.toml")
    assert loaded is not None, "\n".join(map(str, findings))
    return loaded


def ladder(*, holds: Sequence[str], promotion: str = "automatic", **keys: object) -> Track:
    """A track of a base and one tier for each way to hold it, by rising numbers of deals; keys are the track's."""
    further = "".join(f"{key} = {value}\n" for key, value in keys.items())
    tiers = "".join(
        f'[[tracks.partner.tiers]]\nid = "t{rank}"\nclause = "C"\nrequires.deals.at_least = {rank}\nholds = {how}\n'
        for rank, how in enumerate(holds, start=1)
    )
    text = f"""
id = "small"
name = "Small"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
[policy]
rounding = "half_even"
takes_effect = "month_end"
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_month"
[tracks.partner]
promotion = "{promotion}"
each_tier_requires = "its_own"
{further}
[[tracks.partner.tiers]]
id = "base"
{tiers}
"""
    return program(text).tracks["partner"]


def inputs_of(of: Program, rows: Mapping[str, Sequence[Mapping[str, object]]], until: str) -> Inputs:
    """The inputs of the only track of a program for the months until one."""
    tables = tables_of(of, rows)
    (track,) = of.tracks
    roster = pl.concat(tables["partners"]).collect().sort("partner_id")
    fold = begin([of], track, tables, roster, calendar=CALENDAR, month=CALENDAR.month(until))
    return in_turn([of], track, fold, exports=tables, calendar=CALENDAR, repeating=(), held={})[0]
