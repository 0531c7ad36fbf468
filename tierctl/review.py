"""The review of one fiscal month: a pure function of exports, programs, decisions, calendar and month.

No clock, no network, no file: the same inputs give the same tables.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import polars as pl

from tierctl.actions import actions
from tierctl.benefits import benefits
from tierctl.contracts import conform, empty, export_contract, report_contract
from tierctl.evidence import evidence
from tierctl.findings import CannotRunError, error
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.program.model import Program
from tierctl.qualify import Inputs, qualify
from tierctl.requalification import requalification
from tierctl.standing import fold
from tierctl.standing_report import standing_report

REPORTS = ("standing", "evidence", "requalification", "benefits", "actions")


@dataclass(frozen=True)
class Review:
    """One month's review: its tables by report name, each in its contract's columns, types and order."""

    month: FiscalMonth
    tables: Mapping[str, pl.DataFrame]


def review(
    programs: Sequence[Program],
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    partners: Collection[str] | None = None,
    repeating: Collection[str] = (),
) -> Review:
    """Reviews one month.

    Args:
        programs: the programs; those of one id are editions, of which a month reads the latest in force at its end.
        exports: export name → its parts (partner buckets), accepted rows in the contract's columns and types.
        calendar: the company's fiscal calendar.
        month: the month under review.
        partners: only these partners; the rows are those that the whole review would give them.
        repeating: exports in which identical rows are kept, so that a key may stand there twice.

    Raises:
        CannotRunError: the month lies before a program begins, or the calendar does not reach far enough.
    """
    editions = _editions(programs, month)
    roster = _roster(exports, partners)
    frames: dict[str, list[pl.DataFrame]] = {name: [empty(report_contract(name))] for name in REPORTS}
    try:
        for in_turn in editions:
            evaluated = _inputs(in_turn, exports, roster, calendar, month=month, repeating=repeating)
            for track in in_turn[-1].tracks:
                for name, table in _review_track(evaluated, track).items():
                    frames[name].append(_placed(table, name, in_turn[-1], track, month))
    except (CalendarError, OverflowError) as fault:
        reason = str(fault) if isinstance(fault, CalendarError) else f"the years after {month.label} are beyond 9999"
        raise CannotRunError([error("calendar-too-short", "tierctl.toml", "calendar", reason)]) from fault
    return Review(month, {name: conform(pl.concat(tables), report_contract(name)) for name, tables in frames.items()})


def _review_track(editions: Sequence[Inputs], track: str) -> dict[str, pl.DataFrame]:
    """The steps, in order: measure and qualify, stand, then what follows from where a partner stands."""
    qualified = [qualify(inputs, inputs.program.tracks[track]) for inputs in editions if track in inputs.program.tracks]
    inputs, latest = editions[-1], qualified[-1]
    standing = fold(qualified, _decisions(inputs, track))
    present = standing.now.filter(pl.col("status") != "terminated").select("partner_id")
    return {
        "standing": standing_report(inputs, latest, standing),
        "evidence": evidence(qualified, present),
        "requalification": requalification(inputs, latest, standing),
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


def _inputs(
    editions: Sequence[Program],
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    roster: pl.DataFrame,
    calendar: Calendar,
    *,
    month: FiscalMonth,
    repeating: Collection[str],
) -> list[Inputs]:
    """Each edition with the months at whose end it is in force; the fold begins where the first one takes effect."""
    begins = editions[0].effective_from
    months = tuple(calendar.months_from(calendar.month_of(begins), month))
    start_on = pl.max_horizontal(pl.lit(begins), "joined_on")
    begun = roster.with_columns(start_on.alias("start_on")).filter(pl.col("start_on") <= month.last)
    begun = begun.with_columns(pl.col("partner_id").cast(pl.Enum(begun["partner_id"])))
    following = [edition.effective_from - timedelta(days=1) for edition in editions[1:]]
    in_turn = []
    for edition, until in zip(editions, [*following, date.max], strict=True):
        its_own = [at for at, each in enumerate(months) if edition.effective_from <= each.last <= until]
        in_force = range(its_own[0], its_own[-1] + 1) if its_own else range(0)
        in_turn.append(Inputs(edition, exports, begun, calendar, months, in_force, until, tuple(sorted(repeating))))
    return in_turn


def _decisions(inputs: Inputs, track: str) -> pl.DataFrame:
    """The decisions on partners of this program and track, up to the review day."""
    parts = inputs.exports.get("decisions", ())
    rows = pl.concat(parts).collect() if parts else empty(export_contract("decisions"))
    concerned = pl.col("track").is_null() | (pl.col("track") == track)
    taken = (pl.col("program") == inputs.program.id) & concerned & (pl.col("effective_on") <= inputs.last.last)
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    return rows.filter(taken).with_columns(known).drop_nulls("partner_id")


def _placed(table: pl.DataFrame, name: str, program: Program, track: str, month: FiscalMonth) -> pl.DataFrame:
    """Adds program, track and month, and puts the columns in the report's order and types."""
    contract = report_contract(name)
    if table.is_empty():
        return empty(contract)
    placed = table.with_columns(
        pl.lit(program.id).alias("program"), pl.lit(track).alias("track"), pl.lit(month.label).alias("month")
    )
    return placed.select(pl.col(column).cast(dtype) for column, dtype in contract.polars_schema.items())
