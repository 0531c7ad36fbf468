"""What the programs in use say about amounts: the currency they are in, or the rates of exchange that they need.

Without a policy of exchange a program reads amounts in its own currency alone. With one it reads every row for which
there is a rate; where several programs read an amount, a row has to suit each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import polars as pl

from tierctl.contracts import empty, export_contract
from tierctl.findings import Finding, error
from tierctl.fiscal import Calendar, CalendarError
from tierctl.ingest import RowCheck, TableCheck
from tierctl.ingest.row_check import ROW, Parts
from tierctl.program.metrics import Metric
from tierctl.program.model import Exchange, Program, RatePolicy
from tierctl.rates import factors

FX_RATES = "fx_rates"

_DAY = timedelta(days=1)
_CURRENCY = "currency"
_PAIR = ("currency", "day")
_FAULTS = pl.Schema({ROW: pl.UInt32(), "value": pl.String(), "other": pl.UInt32(), "note": pl.String()})


@dataclass(frozen=True)
class _Amount:
    """An amount of money that a metric of a program reads: a column of an export, whose currency is another."""

    program: Program
    metric: Metric
    export: str
    column: str

    @property
    def reading(self) -> tuple[object, ...]:
        """By what its rates are chosen: metrics alike in this need the same ones."""
        metric = self.metric
        return (
            self.program.id,
            self.program.effective_from,
            self.column,
            metric.window is None,
            metric.on,
            metric.running,
        )


def currency_checks(programs: Sequence[Program]) -> list[RowCheck]:
    """The rules for programs without a policy of exchange: their amounts are in their own currency.

    Args:
        programs: every edition of every program that the workspace uses.
    """
    return [
        _currency_check(export, column, currencies) for (export, column), currencies in _unconverted(programs).items()
    ]


def rate_checks(
    programs: Sequence[Program], calendar: Calendar, until: date | None, *, has_rates: bool
) -> list[TableCheck]:
    """The rules for programs with one: there is a rate for each row in another currency.

    Args:
        programs: every edition of every program that the workspace uses.
        calendar: the company's fiscal calendar.
        until: the last review day; None: as far as the rates reach.
        has_rates: whether the workspace has the export of rates.
    """
    amounts: dict[str, dict[tuple[object, ...], _Amount]] = {}
    for amount in _amounts(programs):
        if amount.program.policy.fx and amount.export == amount.metric.from_:
            amounts.setdefault(amount.export, {})[amount.reading] = amount
    reviewed = _reviewed(programs, until)
    return [
        TableCheck(
            export=export,
            column=_CURRENCY,
            rule="no-exchange-rate",
            find=partial(_without_rate, tuple(of.values()), calendar, reviewed),
            hint=_hint(tuple(of.values()), has_rates=has_rates),
            needs=(FX_RATES,) if has_rates else (),
        )
        for export, of in sorted(amounts.items())
    ]


def mixed_currencies(programs: Sequence[Program]) -> list[Finding]:
    """An error for each amount that programs of different currencies add as it is: each would take it for its own.

    Args:
        programs: every edition of every program that the workspace uses.
    """
    return [
        error(
            "currencies-differ",
            "tierctl.toml",
            "programs",
            f"programs in {' and '.join(currencies)} sum {export}.{column}, and no rates of exchange are applied",
            "review them in workspaces of their own, or give them a policy of exchange: [policy.fx]",
        )
        for (export, column), currencies in _unconverted(programs).items()
        if len(currencies) > 1
    ]


def _amounts(programs: Sequence[Program]) -> Iterator[_Amount]:
    """Every amount of money that some metric reads in its row's currency."""
    for program in programs:
        for metric in program.metrics.values():
            if metric.from_ is None or metric.column is None:
                continue
            joined, _, column = metric.column.rpartition(".")
            export = joined or metric.from_
            computed = program.columns.get(column)
            if computed and computed.from_ == export:
                column = computed.column
            contract = program.contract(export)
            if _CURRENCY in contract.names and column in contract.names and contract.field(column).is_money:
                yield _Amount(program, metric, export, column)


def _unconverted(programs: Sequence[Program]) -> dict[tuple[str, str], list[str]]:
    """Export and column of every amount that is read as it is: the currencies of the programs that do so."""
    found: dict[tuple[str, str], set[str]] = {}
    for amount in _amounts(programs):
        if not amount.program.policy.fx:
            found.setdefault((amount.export, amount.column), set()).add(amount.program.currency)
    return {place: sorted(currencies) for place, currencies in sorted(found.items())}


def _currency_check(export: str, amount: str, currencies: Sequence[str]) -> RowCheck:
    """A row without an amount adds nothing, and may be in any currency."""
    allowed = " or ".join(currencies)
    return RowCheck(
        export=export,
        column=_CURRENCY,
        rule="other-currency",
        is_fault=pl.col(amount).is_not_null() & ~pl.col(_CURRENCY).is_in(currencies),
        allowed=allowed,
        hint=f"no rates of exchange are applied: give {amount} in {allowed} at its source, or leave such rows out",
    )


def _hint(amounts: Sequence[_Amount], *, has_rates: bool) -> str:
    currencies = sorted({amount.program.currency for amount in amounts})
    instead = f"give {amounts[0].column} in {' and '.join(currencies)} at its source"
    words = {word for each in amounts if each.program.policy.fx for word in _words(each.program.policy.fx)}
    if words == {"fixed"}:
        return f"add the currency to policy.fx.fixed of the program, or {instead}"
    if not has_rates:
        return f"no rates of exchange are configured: name their file with [exports.{FX_RATES}], or {instead}"
    return f"add the rate to {FX_RATES}, or {instead}"


def _words(exchange: Exchange) -> tuple[RatePolicy, RatePolicy]:
    return exchange.flow, exchange.level


def _reviewed(programs: Sequence[Program], until: date | None) -> Mapping[tuple[str, date], date | None]:
    """The last day on which each edition, by id and first day, is read: the day before the next one's first."""
    days: dict[tuple[str, date], date | None] = {}
    for id_ in {program.id for program in programs}:
        begins = sorted({program.effective_from for program in programs if program.id == id_})
        for since, following in pairwise([*begins, None]):
            ends = [day for day in (until, following and following - _DAY) if day]
            days[id_, since or date.min] = min(ends, default=None)
    return days


def _without_rate(
    amounts: Sequence[_Amount],
    calendar: Calendar,
    reviewed: Mapping[tuple[str, date], date | None],
    parts: Parts,
    others: Mapping[str, Parts],
) -> pl.DataFrame:
    """The rows with an amount that one of the metrics needs a rate for and has none."""
    given = others.get(FX_RATES)
    rates = pl.concat(given).collect() if given else empty(export_contract(FX_RATES))
    found = [_FAULTS.to_frame()]
    rows = pl.concat(parts)
    for amount in amounts:
        last = reviewed[amount.program.id, amount.program.effective_from]
        try:
            found.append(_faults(amount, rows, rates, calendar, last))
        except CalendarError:
            continue  # how far the calendar has to reach is for the review to say
    return pl.concat(found).unique(ROW, keep="first", maintain_order=True)


def _faults(
    amount: _Amount, rows: pl.LazyFrame, rates: pl.DataFrame, calendar: Calendar, last: date | None
) -> pl.DataFrame:
    program, metric = amount.program, amount.metric
    foreign = rows.filter(
        pl.col(amount.column).is_not_null() & pl.col(_CURRENCY).is_not_null() & (pl.col(_CURRENCY) != program.currency)
    )
    if metric.window is not None:
        dated = foreign.with_columns(day=pl.coalesce(metric.on))
        counted = dated.filter(pl.col("day") >= (program.counts_from or date.min))
        return _of_flow(amount, counted, rates, calendar)
    return _of_level(amount, foreign, rates, calendar, last)


def _of_flow(amount: _Amount, rows: pl.LazyFrame, rates: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """Rows on whose own day there is no rate."""
    pairs = rows.select(_PAIR).unique().collect(engine="streaming")
    missing = _missing(amount, pairs, rates, calendar, is_level=False)
    if missing.is_empty():
        return _FAULTS.to_frame()
    found = rows.select(ROW, *_PAIR).join(missing.lazy(), on=_PAIR).collect(engine="streaming")
    return _told(found)


def _of_level(
    amount: _Amount, rows: pl.LazyFrame, rates: pl.DataFrame, calendar: Calendar, last: date | None
) -> pl.DataFrame:
    """Rows that run on a review day on which there is no rate; the earliest such day is told."""
    running = amount.metric.running
    if running is None:
        return _FAULTS.to_frame()
    through = pl.col(running.through) if running.through else pl.lit(None, dtype=pl.Date)
    before = pl.col(running.before).dt.offset_by("-1d") if running.before else through
    spans = rows.select(ROW, _CURRENCY, since=pl.col(running.since), ends=before).drop_nulls("since")
    policy = amount.program.policy.fx
    if policy and policy.level == "row_date":
        return _of_flow(amount, spans.rename({"since": "day"}), rates, calendar)
    days = _review_days(amount.program, calendar, last or _reach(policy, rates))
    currencies = spans.select(_CURRENCY).unique().collect(engine="streaming")
    missing = _missing(amount, currencies.join(days, how="cross"), rates, calendar, is_level=True)
    if missing.is_empty():
        return _FAULTS.to_frame()
    ends = pl.col("ends").fill_null(date.max)
    runs = (pl.col("since") <= pl.col("day")) & (pl.col("day") <= ends)
    found = spans.join(missing.lazy(), on=_CURRENCY).filter(runs).sort(ROW, "day").unique(ROW, keep="first")
    return _told(found.collect(engine="streaming"))


def _told(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(ROW, value=_CURRENCY, other=pl.lit(None, dtype=pl.UInt32), note="note").cast(_FAULTS)


def _review_days(program: Program, calendar: Calendar, last: date) -> pl.DataFrame:
    """The review days of an edition: day."""
    if last < program.effective_from:
        return pl.DataFrame(schema={"day": pl.Date})
    months = calendar.months_from(calendar.month_of(program.effective_from), calendar.month_of(last))
    return pl.DataFrame({"day": [month.last for month in months if month.last <= last]}, schema={"day": pl.Date})


def _reach(policy: Exchange | None, rates: pl.DataFrame) -> date:
    """The last day that a check without a month looks at: there the rates end, or the last fixed ones begin."""
    published = rates["rate_on"].max()
    begun = [fixed.since for fixed in policy.fixed] if policy else []
    return max([*begun, *([published] if isinstance(published, date) else [])], default=date.min)


def _missing(
    amount: _Amount, pairs: pl.DataFrame, rates: pl.DataFrame, calendar: Calendar, *, is_level: bool
) -> pl.DataFrame:
    """The currencies and days without a rate: currency, day, note, which says why."""
    program, exchange = amount.program, amount.program.policy.fx
    pairs = pairs.drop_nulls()
    if exchange is None or pairs.is_empty():
        return pairs.clear().with_columns(note=pl.lit(None, dtype=pl.String))
    policy = exchange.level if is_level else exchange.flow
    found = factors(exchange, policy, program.currency, rates=rates, wanted=pairs, calendar=calendar)
    missing = pairs.join(found, on=_PAIR, how="anti")
    return _with_reason(
        missing, policy=policy, exchange=exchange, currency=program.currency, rates=rates, calendar=calendar
    )


def _with_reason(
    missing: pl.DataFrame,
    *,
    policy: RatePolicy,
    exchange: Exchange,
    currency: str,
    rates: pl.DataFrame,
    calendar: Calendar,
) -> pl.DataFrame:
    """Adds what a person is told: into which currency, on which day, and the last rate that there was."""
    months = {day: calendar.month_of(day) for day in missing["day"].unique()} if policy.startswith("month") else {}
    asked = {day: month.last for day, month in months.items()} if policy == "month_end" else {}
    on = pl.col("day").replace_strict(asked, default=pl.col("day"), return_dtype=pl.Date) if asked else pl.col("day")
    missing = missing.with_columns(asked_on=on)
    if policy == "fixed":
        return missing.with_columns(
            note=pl.format("into {} on {}: no fixed rate is given", pl.lit(currency), "asked_on")
        )
    if policy == "month_average":
        label = pl.col("day").replace_strict(
            {day: month.label for day, month in months.items()}, return_dtype=pl.String
        )
        said = "into {} in {}: no rate is published in that fiscal month"
        return missing.with_columns(note=pl.format(said, pl.lit(currency), label))
    into = rates.filter(pl.col("base").is_null() | (pl.col("base") == currency)).select(_CURRENCY, "rate_on")
    last = (
        missing.join(into, on=_CURRENCY)
        .filter(pl.col("rate_on") <= pl.col("asked_on"))
        .group_by(_PAIR)
        .agg(pl.col("rate_on").max())
    )
    age = (pl.col("asked_on") - pl.col("rate_on")).dt.total_days()
    most = pl.lit(exchange.max_age_days)
    old = pl.format(
        "into {} on {}: the last rate is of {}, {} days before, and at most {} are allowed",
        pl.lit(currency), "asked_on", "rate_on", age, most,
    )  # fmt: skip
    none = pl.format("into {} on {}: there is no rate by that day", pl.lit(currency), "asked_on")
    noted = missing.join(last, on=_PAIR, how="left", maintain_order="left").with_columns(note=pl.coalesce(old, none))
    return noted.select(*_PAIR, "note")
