"""Past years: how a metric moved in earlier instances of its window, from the same fiscal month to the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE, Ratio, in_lowest_terms, micros
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth, Period, Span
from tierctl.inputs import Inputs, begin
from tierctl.measure.readings import readings_of_spans, to_date_period
from tierctl.program.metrics import Metric
from tierctl.qualify import measured_at

_BACK = 5
_MILLIONFOLD = 10**6
_MONTHS_OF_YEAR = 12
_MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": _MONTHS_OF_YEAR}
_CASE = {"back": pl.Int32(), "before": NUMBER, "after": NUMBER}

_GROWTH = {"up": WHOLE, "down": WHOLE, "growth": NUMBER, "number": pl.Int64(), "place": pl.Int64()}


@dataclass(frozen=True)
class Instance:
    """An earlier instance of a window: how many instances back, its days, and the review day of the same month."""

    back: int
    span: Span
    day: date


def past_cases(inputs: Inputs, metric: Metric) -> pl.DataFrame:
    """How a metric moved for every partner of the track in the earlier instances of its window that the export holds.

    Args:
        inputs: what is evaluated; the cases are those of all partners of the track, whichever of them are reviewed.
        metric: a sum or a count in a window to date.

    Returns:
        One row per partner_id × back (Int32, how many instances ago) in which anything was attained by the review day
        of the same fiscal month, sorted by partner_id and growth: before and after (NUMBER: what was attained by that
        day, and by the instance's last day, both as the exports say today), growth (NUMBER: after ÷ before), up and
        down (WHOLE: the same exactly, in its lowest terms), number and place (Int64: how many cases the partner has,
        and which of them this is, from 0).
    """
    period, reach = to_date_period(metric), _first_row(inputs, metric)
    instances = past_instances(inputs.calendar, period, inputs.last) if period and reach else []
    since = max(filter(None, (reach, inputs.program.counts_from)), default=None)
    held = [instance for instance in instances if since and instance.span.first >= since]
    if not held:
        return pl.DataFrame(schema={"partner_id": inputs.partner_type, **_CASE, **_GROWTH})
    return _with_growth(_measured(everybody(inputs), metric, held))


def past_instances(calendar: Calendar, period: Period, month: FiscalMonth) -> list[Instance]:
    """The earlier instances of a period that have the fiscal month under review, the latest first; at most five.

    >>> may = Calendar.months().month("2025-05")
    >>> found = past_instances(Calendar.months(), "calendar_year", may)
    >>> [(str(instance.span.last), str(instance.day)) for instance in found][:2]
    [('2024-12-31', '2024-05-31'), ('2023-12-31', '2023-05-31')]
    """
    found: list[Instance] = []
    try:
        current = span = calendar.instance(period, month.last)
        for back in range(1, _BACK + 1):
            span = calendar.previous_instance(period, span)
            day = _same_month(calendar, period, month, (current, span), back)
            if day is not None and day in span:
                found.append(Instance(back, span, day))
    except CalendarError:
        return found  # the calendar begins here
    return found


def _same_month(
    calendar: Calendar, period: Period, month: FiscalMonth, spans: tuple[Span, Span], back: int
) -> date | None:
    """The last day of the same fiscal month of an earlier instance; None where the calendar has none.

    In a fiscal window that is the month at the same place, in a calendar window the one named after that calendar month
    of the earlier year, half or quarter.
    """
    family, _, unit = period.partition("_")
    current, earlier = spans
    try:
        if family == "fiscal":
            place = len(calendar.months_from(calendar.month_of(current.first), month)) - 1
            return calendar.shift(calendar.month_of(earlier.first), place).last
        year, number = (int(part) for part in month.label.split("-"))
        named = year * _MONTHS_OF_YEAR + number - 1 - back * _MONTHS_IN[unit]
        return calendar.month(f"{named // _MONTHS_OF_YEAR:04}-{named % _MONTHS_OF_YEAR + 1:02}").last
    except CalendarError:
        return None


def _first_row(inputs: Inputs, metric: Metric) -> date | None:
    """The first day on which the metric's export has any row at all; None where it has none.

    Rows are dated as the metric dates them, or where it does so by a joined column, as the export itself does.
    """
    export = metric.from_ or ""
    parts = inputs.exports.get(export, ())
    if not parts:
        return None
    known = parts[0].collect_schema().names()
    row_date = inputs.program.contract(export).row_date
    on = [column for column in metric.on if column in known] or ([row_date] if row_date else [])
    if not on:
        return None
    first = pl.concat([part.select(pl.coalesce(on).min().alias("first")) for part in parts]).collect()
    day = first["first"].min()
    return day if isinstance(day, date) else None


def everybody(inputs: Inputs) -> Inputs:
    """The inputs with every partner of the track, also where only some of them are reviewed."""
    # Who is on a track depends on no more of an edition than this one has; only the first day is that of the oldest.
    edition = inputs.program.model_copy(update={"effective_from": inputs.begins})
    roster = pl.concat(inputs.exports["partners"]).collect().sort("partner_id")
    whole = begin([edition], inputs.track, inputs.exports, roster, calendar=inputs.calendar, month=inputs.last)
    if whole.roster.height == inputs.roster.height:
        return inputs
    return replace(inputs, roster=whole.roster, enrolled=whole.enrolled, known=None)


def _measured(inputs: Inputs, metric: Metric, instances: Sequence[Instance]) -> pl.DataFrame:
    """One row per partner_id × instance: back, before and after; all readings in one pass over the rows."""
    days = sorted({day for instance in instances for day in (instance.day, instance.span.last)})
    numbers = {day: at for at, day in enumerate(days)}
    read_at = {instance.span: (numbers[instance.day], numbers[instance.span.last]) for instance in instances}
    readings = readings_of_spans(days, read_at)
    values = measured_at(inputs, metric, readings).select("partner_id", "reading", "value")
    found = []
    for instance in instances:
        before, after = (readings.number(instance.span, at) for at in read_at[instance.span])
        moved = values.filter(pl.col("reading") == before).join(
            values.filter(pl.col("reading") == after), on="partner_id", suffix="_after"
        )
        back = pl.lit(instance.back, dtype=pl.Int32).alias("back")
        found.append(moved.select("partner_id", back, before="value", after="value_after"))
    return pl.concat(found)


def _with_growth(moved: pl.DataFrame) -> pl.DataFrame:
    """The cases in which anything was attained, with their growth, in its order; a millionfold growth is none."""
    cases = moved.filter(pl.col("before") > 0).with_columns(
        micros(pl.col("after")).alias("up"), micros(pl.col("before")).alias("down")
    )
    growth = Ratio(pl.col("up"), pl.col("down")).rounded.alias("growth")
    cases = in_lowest_terms(cases, "up", "down").with_columns(growth).filter(pl.col("growth").abs() < _MILLIONFOLD)
    ordered = cases.sort("partner_id", "growth", "after", "before", "back")
    return ordered.with_columns(
        pl.len().over("partner_id").cast(pl.Int64).alias("number"),
        pl.int_range(pl.len(), dtype=pl.Int64).over("partner_id").alias("place"),
    )
