"""Rates of exchange of closed months stay what they were at the close, whatever their file says today.

What the last close read counts for its currency, day and base. A rate that comes late, dated in a closed month, is
taken only where it changes nothing: where closed months had no rate that it would stand in for.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tierctl.contracts import Contract
from tierctl.findings import Finding, warning
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.ingest.kept_rows import Merged, Today, numbered
from tierctl.ingest.row_check import ROW, Parts

_KEY = ("currency", "rate_on", "base")
_PAIR = ("currency", "base")
_EXAMPLES = 3


@dataclass(frozen=True)
class KeptRates:
    """What the last close read of the rates of exchange.

    Attributes:
        rows: the rates that it read, in the columns and types that the contract then had.
        month: the last closed month.
        max_age_days: how old a rate may be, by the most lenient of the programs; None: as old as it is.
        averaging: the fiscal calendar where a program takes the mean of a month's rates; None: none does.
        since: the day since which the files bring every rate; None: they bring all.
    """

    rows: Parts
    month: FiscalMonth
    max_age_days: int | None
    averaging: Calendar | None = None
    since: date | None = None

    def count(self, contract: Contract) -> int:  # noqa: ARG002  # as every kind of `Kept`
        """How many rows make a bucket of partners necessary: rates know no partner."""
        return 0

    def merged(self, today: Today) -> Merged:
        """The rates of the close, and those of the files that are of later months or stand in for no other.

        A rate of the files is late where the close has none of its currency, day and base and the day is closed.
        It is taken where the close has no rate of that currency and base by that day that is not too old, nor, where
        means are taken, one of the same fiscal month. A rate without a base is one of every base.
        """
        names = list(today.contract.names)
        now = pl.concat(today.parts).select(*names, ROW).collect(engine="streaming")
        rows = pl.concat(numbered(self.rows, today.contract, today.first_row))
        then = rows.select(*names, ROW).collect(engine="streaming")
        both = now.join(then, on=_KEY, how="inner", nulls_equal=True, suffix="_then", maintain_order="left")
        changed = both.filter(pl.col("rate").ne_missing(pl.col("rate_then")))
        new = now.join(then, on=_KEY, how="anti", nulls_equal=True, maintain_order="left")
        is_late = pl.col("rate_on") <= self.month.last
        late = self._not_taken(new.filter(is_late), then)
        gone = then.join(now, on=_KEY, how="anti", nulls_equal=True, maintain_order="left")
        taken = new.join(late, on=ROW, how="anti", maintain_order="left")
        told = self._findings(changed, gone.filter(self._is_missed()), late)
        parts = [pl.concat([then, taken]).lazy()]
        return Merged(parts, gone.height + changed.height, changed.height + late.height, findings=told)

    def _is_missed(self) -> pl.Expr:
        """Whether the files should bring a rate that the close read."""
        return pl.lit(value=True) if self.since is None else pl.col("rate_on") >= self.since

    def _not_taken(self, late: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
        """The late rates that would change what closed months were converted by."""
        said = _said(then, late)
        age = pl.col("rate_on") - pl.col("before")
        most = None if self.max_age_days is None else timedelta(days=self.max_age_days)
        is_covered = pl.col("before").is_not_null() if most is None else age <= most
        dated = _with_last(late, said).filter(is_covered.fill_null(value=False))
        averaged = late.clear()
        if self.averaging is not None:
            months = _months(pl.concat([late["rate_on"], said["rate_on"]]), self.averaging)
            of_months = said.join(months, on="rate_on").select(*_PAIR, "month_end").unique()
            averaged = late.join(months, on="rate_on", maintain_order="left")
            averaged = averaged.join(of_months, on=[*_PAIR, "month_end"], how="semi", nulls_equal=True)
        rows = pl.concat([dated[ROW], averaged[ROW]]).unique()
        return late.join(rows.to_frame(), on=ROW, how="semi", maintain_order="left")

    def _findings(self, changed: pl.DataFrame, gone: pl.DataFrame, late: pl.DataFrame) -> tuple[Finding, ...]:
        """One warning for all that differs from the close, with the first of each kind."""
        values = pl.format(" ({} then, {} now)", _plain("rate_then"), _plain("rate"))
        kinds = [
            (changed, "changed", values),
            (gone, "missing", pl.lit("")),
            (late, "late", pl.lit("")),
        ]
        said = [f"{df.height} {word}: {_named(df, detail)}" for df, word, detail in kinds if not df.is_empty()]
        if not said:
            return ()
        message = f"closed months keep the rates that the close of {self.month.label} read; {'; '.join(said)}"
        hint = "where they are to count after all, reopen the closes of the months they are dated in"
        return (warning("closed-rate-kept", "fx_rates", "", message, hint),)


def _said(then: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """The days for which the close has a rate, by currency and every base that a late rate may have with it."""
    bases = late.select("base").unique()
    of_any = then.filter(pl.col("base").is_null()).drop("base").join(bases, how="cross")
    days = [of.select(*_PAIR, "rate_on") for of in (then, then.with_columns(base=pl.lit(None, pl.String)), of_any)]
    return pl.concat(days).unique()


def _with_last(late: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Adds `before`: the last day, no later than the late rate's own, for which the close has a rate; null: none."""
    asked = late.select(*_PAIR, "rate_on", ROW, before=pl.lit(None, pl.Date))
    known = said.select(*_PAIR, "rate_on", pl.lit(None, pl.UInt32).alias(ROW), before="rate_on")
    # Of one day the close's rate comes first, so that each late one finds what was there on that very day.
    ordered = pl.concat([known, asked]).sort(*_PAIR, "rate_on", ROW, nulls_last=False)
    return ordered.with_columns(pl.col("before").forward_fill().over(_PAIR)).drop_nulls(ROW)


def _months(days: pl.Series, calendar: Calendar) -> pl.DataFrame:
    """The last day of the fiscal month of each day: rate_on, month_end; days that the calendar does not reach lack."""
    ends = {}
    for day in days.unique().sort():
        try:
            ends[day] = calendar.month_of(day).last
        except CalendarError:
            continue
    rows = list(ends.items())
    return pl.DataFrame(rows, schema={"rate_on": pl.Date, "month_end": pl.Date}, orient="row")


def _named(df: pl.DataFrame, detail: pl.Expr) -> str:
    """The first few rates, sorted by currency and day, and whether there are more."""
    into = pl.concat_str(pl.lit(" into "), "base").fill_null("")
    rate = pl.concat_str(pl.format("{}{} on {}", "currency", into, "rate_on"), detail)
    first = df.sort(_KEY).head(_EXAMPLES).select(rate).to_series()
    return ", ".join([*first, *(["…"] if df.height > _EXAMPLES else [])])


def _plain(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
