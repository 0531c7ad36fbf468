"""Segments: the rows of an export, split at their own event dates.

Every date in a row is read as of the day that the reading looks from: what lies ahead has not happened yet. A row is
therefore split where one of its dates changes what a condition says of it, instead of being masked day by day. Whatever
else depends on the day, such as which agreement is in force, narrows the days on which a segment is seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.columns import MONTH_END, PARTNER, columns_of, columns_of_figure, field_of, month_steps_of
from tierctl.measure.conditions import where_expr
from tierctl.program.values import Figure, Where

FROM, UNTIL = "__visible_from", "__visible_until"
"""The first day on which a segment is seen, and the first on which it is seen no longer (null: no end)."""

_DAY = timedelta(days=1)

NO_WITH: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Source:
    """Which rows are read and what is read of them.

    `read` are further conditions and figures that are read of them, `columns` further columns. `waited_for` are dates
    before which no reading sees the row anyway, so that there is nothing to split.
    """

    export: str
    where: Where | None = None
    with_: Mapping[str, str] = field(default_factory=lambda: NO_WITH)
    read: tuple[Where | Figure, ...] = ()
    columns: tuple[str, ...] = ()
    waited_for: frozenset[str] = field(default=frozenset())

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read, `partner.COLUMN` and `EXPORT.COLUMN` included."""
        read = [name for item in self.all_read for name in _names(item)]
        joined_by = [column for column in self.with_.values() if column != MONTH_END]
        return tuple(dict.fromkeys((*read, *self.columns, *joined_by)))

    @property
    def all_read(self) -> tuple[Where | Figure, ...]:
        """The condition that the rows must pass and what else is read of them."""
        return self.read if self.where is None else (self.where, *self.read)


def _names(item: Where | Figure) -> Iterator[str]:
    return columns_of(item) if isinstance(item, Where) else columns_of_figure(item)


def begin_segments(lf: pl.LazyFrame, row_date: str | None) -> pl.LazyFrame:
    """One segment per row: seen from the row's own date on."""
    seen = pl.col(row_date) if row_date else pl.lit(date.min)
    return lf.with_columns(seen.alias(FROM), pl.lit(None, dtype=pl.Date).alias(UNTIL))


def narrowed(lf: pl.LazyFrame, since: pl.Expr | str, until: pl.Expr | str | None = None) -> pl.LazyFrame:
    """The segments seen from `since` on and before `until`; null narrows nothing. Those never seen are left out."""
    ends = [UNTIL] if until is None else [UNTIL, until]
    return lf.with_columns(pl.max_horizontal(FROM, since).alias(FROM), pl.min_horizontal(*ends).alias(UNTIL)).filter(
        pl.col(UNTIL).is_null() | (pl.col(FROM) < pl.col(UNTIL))
    )


def with_partner_columns(lf: pl.LazyFrame, inputs: Inputs, names: Iterable[str]) -> pl.LazyFrame:
    """Adds the `partner.COLUMN`s named; the roster has one row per partner."""
    columns = [name.removeprefix(f"{PARTNER}.") for name in names if name.startswith(f"{PARTNER}.")]
    if not columns:
        return lf
    partner = pl.col("partner_id").cast(lf.collect_schema()["partner_id"])
    roster = inputs.roster.lazy().select(partner, *(pl.col(c).alias(f"{PARTNER}.{c}") for c in columns))
    return lf.join(roster, on="partner_id", how="left")


def split_at_events(lf: pl.LazyFrame, inputs: Inputs, source: Source) -> pl.LazyFrame:
    """Splits every row at each date that changes what is read of it, and at the months at which figures step."""
    steps = sorted({day for item in source.all_read for day in month_steps_of(item)})
    if steps:
        lf = _split_by_month(lf, inputs, steps)
    for event, changes in _events(inputs, source).items():
        lf = _split_at(lf, event, changes)
    return lf


def that_pass(lf: pl.LazyFrame, where: Where | None) -> pl.LazyFrame:
    """The segments of which the condition holds."""
    return lf.filter(where_expr(where)) if where else lf


def _events(inputs: Inputs, source: Source) -> dict[str, dict[str, str | None]]:
    """Event column → what the columns that are read say before its day.

    A date that is known ahead (an end of validity) is read as it stands; the dates that a reading waits for anyway
    need no split. Where the first filled of several dates counts, one that lies ahead is not filled yet.
    """
    events: dict[str, dict[str, str | None]] = {}
    for name in source.names:
        known = None if name == MONTH_END else field_of(inputs.program, source.export, name)
        if known is None:
            continue
        prefix = name.rpartition(".")[0]
        if known.type == "date" and not known.is_known_ahead and name not in source.waited_for:
            events.setdefault(name, {})[name] = None
        for event, value in known.before:
            events.setdefault(f"{prefix}.{event}" if prefix else event, {})[name] = value
    return events


def _split_by_month(lf: pl.LazyFrame, inputs: Inputs, steps: Sequence[date]) -> pl.LazyFrame:
    """Adds month_end, not of every month, but a day on the same side of every step."""
    begins = {inputs.calendar.month_of(day).first: day for day in steps}
    sides = [(steps[0] - _DAY, date.min), *((day, first) for first, day in begins.items())]
    table = pl.DataFrame(sides, schema={MONTH_END: pl.Date, "__side_from": pl.Date}, orient="row")
    table = table.with_columns(pl.col("__side_from").shift(-1).alias("__side_until"))
    split = narrowed(lf.join(table.lazy(), how="cross"), "__side_from", "__side_until")
    return split.drop("__side_from", "__side_until")


def _split_at(lf: pl.LazyFrame, event: str, changes: dict[str, str | None]) -> pl.LazyFrame:
    """Splits each row at its event's day; before it the columns of `changes` say what they said then."""
    before = lf.filter(pl.col(event).is_not_null()).with_columns(
        pl.min_horizontal(UNTIL, event).alias(UNTIL),
        *(pl.lit(value, dtype=pl.Date if value is None else pl.String).alias(name) for name, value in changes.items()),
    )
    after = lf.with_columns(pl.max_horizontal(FROM, event).alias(FROM))
    return pl.concat([before.filter(pl.col(FROM) < pl.col(UNTIL)), after])
