"""The review of one fiscal month: a pure function of exports, programs, decisions, calendar and month.

No clock, no network, no file: the same inputs give the same tables.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from types import MappingProxyType

import polars as pl

from tierctl.actions import actions
from tierctl.benefits import benefits
from tierctl.contracts import conform, empty, report_contract
from tierctl.evidence import evidence
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.inputs import Inputs, begin, in_turn
from tierctl.ladders import Ladder, ladders_in_order, ladders_paid_by, required_ladders
from tierctl.program.model import Program
from tierctl.qualify import Qualified, qualify
from tierctl.requalification import requalification
from tierctl.reward.payouts import actions_of, payouts_of, stated
from tierctl.reward.rewards import Months, Rewarded, reward, totals_of
from tierctl.reward.sink import Gathered, LineSink
from tierctl.reward.stood import Climbed
from tierctl.standing import Standing, fold
from tierctl.standing_report import standing_report

REPORTS = ("standing", "evidence", "requalification", "benefits", "actions", "rates", "statements")
_NO_HOLIDAYS: Mapping[str, Sequence[date]] = MappingProxyType({})


@dataclass(frozen=True)
class Review:
    """One month's review.

    Attributes:
        month: the month under review.
        tables: its tables by report name, each in its contract's columns, types and order; those of lines (`LINES`)
            only where they were not handed to a sink.
        totals: what the lines of the month add up to (see `rewards.totals_of`).
        findings: what a person has to know of the lines.
    """

    month: FiscalMonth
    tables: Mapping[str, pl.DataFrame]
    totals: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def review(
    programs: Sequence[Program],
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    partners: Collection[str] | None = None,
    repeating: Collection[str] = (),
    money_from: FiscalMonth | None = None,
    holidays: Mapping[str, Sequence[date]] = _NO_HOLIDAYS,
    sink: LineSink | None = None,
) -> Review:
    """Reviews one month.

    Args:
        programs: the programs; those of one id are editions, of which a month reads the latest in force at its end.
        exports: export name → its parts (partner buckets), accepted rows in the contract's columns and types.
        calendar: the company's fiscal calendar.
        month: the month under review.
        partners: only these partners; the rows are those that the whole review would give them.
        repeating: exports in which identical rows are kept, so that a key may stand there twice.
        money_from: the first month whose money is posted; None: the month asked for alone.
        holidays: the workspace's own lists of holidays by name.
        sink: takes in the lines of the month, chunk by chunk; None: they are among the tables.

    Raises:
        CannotRunError: the month lies before a program begins, or the calendar does not reach far enough.
    """
    editions = _editions(programs, month)
    sources = _Sources(exports, _roster(exports, partners), calendar, month, tuple(sorted(repeating)))
    frames: dict[str, list[pl.DataFrame]] = {name: [empty(report_contract(name))] for name in REPORTS}
    gathered, rewarded = Gathered(), []
    try:
        for in_turn in editions:
            climbed = _climb_all(in_turn, sources)
            for track, table_by_name in _review_program(in_turn, climbed):
                for name, table in table_by_name.items():
                    frames[name].append(_placed(table, name, in_turn[-1], track, month))
            if any(program.rules for program in in_turn):
                money = _Money(in_turn, climbed, _money_months(climbed, money_from), holidays)
                done, tables = money.tables(sink or gathered)
                rewarded.append(done)
                for name, table in tables.items():
                    frames[name].append(_placed(table, name, in_turn[-1], "", month))
    except (CalendarError, OverflowError) as fault:
        reason = str(fault) if isinstance(fault, CalendarError) else f"the years after {month.label} are beyond 9999"
        raise CannotRunError([error("calendar-too-short", "tierctl.toml", "calendar", reason)]) from fault
    tables = {name: conform(pl.concat(parts), report_contract(name)) for name, parts in frames.items()}
    findings = tuple(finding for done in rewarded for finding in done.findings)
    lines = {} if sink else gathered.tables
    return Review(month, {**tables, **lines}, totals_of(rewarded), findings)


@dataclass(frozen=True)
class _Sources:
    """What every program is reviewed from."""

    exports: Mapping[str, Sequence[pl.LazyFrame]]
    roster: pl.DataFrame
    calendar: Calendar
    month: FiscalMonth
    repeating: tuple[str, ...]


@dataclass(frozen=True)
class _Climbed:
    """One ladder reviewed: what its editions found, and where every partner stands on it."""

    qualified: tuple[Qualified, ...]
    standing: Standing

    @property
    def inputs(self) -> Inputs:
        """The inputs of the edition in force."""
        return self.qualified[-1].inputs


def _climb_all(editions: Sequence[Program], sources: _Sources) -> dict[Ladder, _Climbed]:
    """Every ladder of the latest edition; those that others require come first."""
    climbed: dict[Ladder, _Climbed] = {}
    held: dict[str, pl.DataFrame] = {}
    required = required_ladders(editions)
    for ladder in ladders_in_order(editions, ladders_paid_by(editions)):
        climbed[ladder] = _climb(editions, ladder, sources, held)
        if ladder in required:
            held[ladder.column] = climbed[ladder].standing.history
    return climbed


def _review_program(
    editions: Sequence[Program], climbed: Mapping[Ladder, _Climbed]
) -> Iterator[tuple[str, dict[str, pl.DataFrame]]]:
    """Each track of the latest edition with its tables."""
    for name, track in editions[-1].tracks.items():
        beside = {earned: climbed[Ladder(name, earned)] for earned in track.qualifications}
        yield name, _tables(name, climbed[Ladder(name)], beside)


@dataclass(frozen=True)
class _Money:
    """What one program pays and takes off is made from."""

    editions: Sequence[Program]
    climbed: Mapping[Ladder, _Climbed]
    months: Months
    holidays: Mapping[str, Sequence[date]]

    def tables(self, sink: LineSink) -> tuple[Rewarded, dict[str, pl.DataFrame]]:
        """The lines go to the sink; rates, statements and actions come back."""
        ladders = {
            ladder: Climbed(tuple(each.inputs for each in climbed.qualified), climbed.standing)
            for ladder, climbed in self.climbed.items()
        }
        done = reward(self.editions, ladders, self.months, sink)
        tracks = [self._inputs(track, ladders) for track in self._tracks]
        tables = {"rates": pl.concat(done.rates)} if done.rates else {}
        payouts = payouts_of(tracks, self.months)
        if payouts:
            tables["statements"] = stated(payouts, done, tracks, self.months, self.holidays)
        inputs = tracks[0][0]
        due_on = inputs.calendar.shift(inputs.last, 1).last
        payout, rows = (payouts[-1].payout if payouts else None), tables.get("statements", pl.DataFrame())
        tables["actions"] = actions_of(payout, rows, done, tracks, due_on)
        return done, tables

    @property
    def _tracks(self) -> list[str]:
        """The tracks with rules in any edition, in the order of the latest edition that has them."""
        ruled = {program.track_of(rule) for program in self.editions for _, _, rule in program.rules}
        ordered = [track for program in reversed(self.editions) for track in program.tracks if track in ruled]
        return list(dict.fromkeys(ordered))

    def _inputs(self, track: str, ladders: Mapping[Ladder, Climbed]) -> list[Inputs]:
        """The inputs of a track by edition; where a payout asks for standings, with those of all ladders."""
        asks = any(program.payout and program.payout.requires for program in self.editions)
        held = {each.column: climbed.standing.history for each, climbed in ladders.items()} if asks else {}
        return [replace(inputs, held=held) for inputs in ladders[Ladder(track)].editions]


def _money_months(climbed: Mapping[Ladder, _Climbed], money_from: FiscalMonth | None) -> Months:
    """The months that are posted: never before the program's first one; none where money begins later."""
    months = next(iter(climbed.values())).inputs.months
    last = len(months) - 1
    begins = money_from.last if money_from else months[last].last
    return Months(next((at for at, each in enumerate(months) if each.last >= begins), last + 1), last)


def _climb(
    editions: Sequence[Program], ladder: Ladder, sources: _Sources, held: Mapping[str, pl.DataFrame]
) -> _Climbed:
    """The steps, in order: who is on the ladder, measure and qualify, stand."""
    calendar, month = sources.calendar, sources.month
    fold_ = begin(editions, ladder.track, sources.exports, sources.roster, calendar=calendar, month=month)
    inputs = in_turn(
        editions,
        ladder.track,
        fold_,
        exports=sources.exports,
        calendar=sources.calendar,
        repeating=sources.repeating,
        held=dict(held),
    )
    qualified = [qualify(each, rungs) for each in inputs if (rungs := ladder.of(each.program))]
    return _Climbed(tuple(qualified), fold(qualified, _decisions(inputs[-1], ladder)))


def _tables(track: str, tiers: _Climbed, beside: Mapping[str, _Climbed]) -> dict[str, pl.DataFrame]:
    """What follows from where a partner stands: the track's tables."""
    inputs, latest, standing = tiers.inputs, tiers.qualified[-1], tiers.standing
    gone = pl.col("status").is_in(["terminated", "expired"])
    present = standing.now.filter(~gone).select("partner_id")
    everything = (tiers, *beside.values())
    return {
        "standing": standing_report(
            inputs, latest, standing, {name: climbed.standing for name, climbed in beside.items()}
        ),
        "evidence": pl.concat([evidence(each.qualified, present) for each in everything], how="vertical_relaxed"),
        "requalification": pl.concat(
            [requalification(each.inputs, each.qualified[-1], each.standing) for each in everything],
            how="vertical_relaxed",
        ),
        "benefits": benefits(inputs, latest, standing, track),
        "actions": actions(inputs, latest, standing, track),
    }


def _editions(programs: Sequence[Program], month: FiscalMonth) -> list[tuple[Program, ...]]:
    """The editions of each program that have begun by the month's end, oldest first, by program id."""
    ordered = sorted(programs, key=lambda program: (program.id, program.effective_from))
    editions = [tuple(group) for _, group in groupby(ordered, key=lambda program: program.id)]
    findings = [
        error(
            "review-before-start",
            first.id,
            month.label,
            f"{first.id} takes effect on {first.effective_from}, and {month.label} ends on {month.last} before that",
            f"the first month that can be reviewed is the one that holds {first.effective_from}",
        )
        for first, *_ in editions
        if first.effective_from > month.last
    ]
    if findings:
        raise CannotRunError(findings)
    return [tuple(program for program in group if program.effective_from <= month.last) for group in editions]


def _roster(exports: Mapping[str, Sequence[pl.LazyFrame]], partners: Collection[str] | None) -> pl.DataFrame:
    roster = pl.concat(exports["partners"]).collect()
    if partners is not None:
        roster = roster.filter(pl.col("partner_id").is_in(sorted(partners)))
    return roster.sort("partner_id")


def _decisions(inputs: Inputs, ladder: Ladder) -> pl.DataFrame:
    """The decisions on partners of this program and track, up to the review day; qualifications are never decided."""
    rows = inputs.rows("decisions")
    concerned = pl.col("track").is_null() | (pl.col("track") == ladder.track)
    taken = (pl.col("program") == inputs.program.id) & concerned & (pl.col("effective_on") <= inputs.last.last)
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    decided = rows.filter(taken).with_columns(known).drop_nulls("partner_id")
    return decided if ladder.qualification is None else decided.clear()


def _placed(table: pl.DataFrame, name: str, program: Program, track: str, month: FiscalMonth) -> pl.DataFrame:
    """Adds program, track and month, and puts the columns in the report's order and types."""
    contract = report_contract(name)
    if table.is_empty():
        return empty(contract)
    said = {"program": program.id, "track": track, "month": month.label}
    placed = table.with_columns(
        pl.lit(value).alias(name) for name, value in said.items() if name != "track" or name not in table.columns
    )
    return placed.select(pl.col(column).cast(dtype) for column, dtype in contract.polars_schema.items())
