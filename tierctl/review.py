"""The review of one fiscal month: a pure function of exports, programs, decisions, calendar and month.

No clock, no network, no file: the same inputs give the same tables.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.actions import actions
from tierctl.benefits import benefits
from tierctl.contracts import conform, empty, export_contract, report_contract
from tierctl.evidence import evidence
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.grants import NO_END
from tierctl.program.model import Program, Track
from tierctl.qualify import Inputs, Qualified, qualify
from tierctl.requalification import requalification
from tierctl.standing import Standing, fold

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
        programs: the edition in force at the month's end of each program.
        exports: export name → its parts (partner buckets), accepted rows in the contract's columns and types.
        calendar: the company's fiscal calendar.
        month: the month under review.
        partners: only these partners; the rows are those that the whole review would give them.
        repeating: exports in which identical rows are kept, so that a key may stand there twice.

    Raises:
        CannotRunError: the month lies before a program begins, or the calendar does not reach far enough.
    """
    begun = [_begins_by(program, month) for program in programs]
    if findings := [finding for finding in begun if finding]:
        raise CannotRunError(findings)
    roster = _roster(exports, partners)
    frames: dict[str, list[pl.DataFrame]] = {name: [empty(report_contract(name))] for name in REPORTS}
    try:
        for program in programs:
            inputs = _inputs(program, exports, roster, calendar, month=month, repeating=repeating)
            for track_name in program.tracks:
                for name, table in _review_track(inputs, track_name).items():
                    frames[name].append(_placed(table, name, program, track_name, month))
    except CalendarError as fault:
        raise CannotRunError([error("calendar-too-short", "tierctl.toml", "calendar", str(fault))]) from fault
    return Review(month, {name: conform(pl.concat(tables), report_contract(name)) for name, tables in frames.items()})


def _review_track(inputs: Inputs, track_name: str) -> dict[str, pl.DataFrame]:
    """The steps, in order: measure and qualify, stand, then what follows from where a partner stands."""
    track = inputs.program.tracks[track_name]
    qualified = qualify(inputs, track)
    standing = fold(inputs, qualified, _decisions(inputs, track_name))
    present = standing.now.filter(pl.col("status") != "terminated").select("partner_id")
    return {
        "standing": _standing_rows(inputs, qualified, standing),
        "evidence": evidence(inputs, qualified, present),
        "requalification": requalification(inputs, qualified, standing),
        "benefits": benefits(inputs, qualified, standing, track_name),
        "actions": actions(inputs, qualified, standing, track_name),
    }


def _begins_by(program: Program, month: FiscalMonth) -> Finding | None:
    if program.effective_from <= month.last:
        return None
    return error(
        "month-before-program",
        program.id,
        "effective_from",
        f"{month.label} ends on {month.last}, before {program.name} begins on {program.effective_from}",
        f"review {program.effective_from:%Y-%m} or a later month",
    )


def _roster(exports: Mapping[str, Sequence[pl.LazyFrame]], partners: Collection[str] | None) -> pl.DataFrame:
    roster = pl.concat(exports["partners"]).collect()
    if partners is not None:
        roster = roster.filter(pl.col("partner_id").is_in(sorted(partners)))
    return roster.sort("partner_id")


def _inputs(
    program: Program,
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    roster: pl.DataFrame,
    calendar: Calendar,
    *,
    month: FiscalMonth,
    repeating: Collection[str],
) -> Inputs:
    """The fold runs from the month that holds effective_from to the month under review."""
    months = calendar.months_from(calendar.month_of(program.effective_from), month)
    start_on = pl.max_horizontal(pl.lit(program.effective_from), "joined_on")
    begun = roster.with_columns(start_on.alias("start_on")).filter(pl.col("start_on") <= month.last)
    begun = begun.with_columns(pl.col("partner_id").cast(pl.Enum(begun["partner_id"])))
    return Inputs(program, exports, begun, calendar, tuple(months), tuple(sorted(repeating)))


def _decisions(inputs: Inputs, track_name: str) -> pl.DataFrame:
    """The decisions on partners of this program and track, up to the review day."""
    parts = inputs.exports.get("decisions", ())
    rows = pl.concat(parts).collect() if parts else empty(export_contract("decisions"))
    concerned = pl.col("track").is_null() | (pl.col("track") == track_name)
    taken = (pl.col("program") == inputs.program.id) & concerned & (pl.col("effective_on") <= inputs.last.last)
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    return rows.filter(taken).with_columns(known).drop_nulls("partner_id")


def _standing_rows(inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """The standing report's rows beside program, track and month."""
    track = qualified.track
    tiers = pl.DataFrame(
        {"rank": list(track.ranks.values()), "tier": list(track.ranks)}, schema={"rank": pl.Int32, "tier": pl.String}
    )
    was = standing.before.select("partner_id", was_rank="rank", was_through="through")
    rows = (
        standing.now.join(standing.changes, on="partner_id")
        .join(was, on="partner_id", how="left")
        .join(inputs.roster.select("partner_id", "name", "terminated_on"), on="partner_id")
        .join(tiers, on="rank", how="left")
        .join(tiers.select(was_rank="rank", previous_tier="tier"), on="was_rank", how="left")
        .join(tiers.select(earned_rank="rank", earned_tier="tier"), on="earned_rank", how="left")
    )
    return rows.select(
        "partner_id",
        pl.col("name").alias("partner_name"),
        "previous_tier",
        "earned_tier",
        "tier",
        "change",
        "status",
        pl.col("basis").cast(pl.String),
        pl.col("from").alias("valid_from"),
        pl.when(pl.col("through") < NO_END).then("through").alias("valid_through"),
        pl.lit(None, dtype=pl.Date).alias("remediation_ends_on"),
        _reason(inputs, track).alias("reason"),
    )


def _reason(inputs: Inputs, track: Track) -> pl.Expr:
    """Why this tier, in a sentence: the grant behind it, and what a person should know about it."""
    gates = [gate for gate in (inputs.program.gate, track.gate) if gate]
    tested = ", ".join(name for gate in gates for name in gate.tests)
    unsupported = pl.when(
        pl.col("basis").cast(pl.String).is_in(["prequalified", "placed", "approved"])
        & (pl.col("earned_rank") < pl.col("rank"))
    ).then(pl.format("; the evidence does not support it: {} is earned", "earned_tier"))
    ended = pl.when(pl.col("change") == "demoted").then(
        pl.format("{} ended on {}; ", "previous_tier", pl.min_horizontal("was_through", pl.lit(inputs.last.last)))
    )
    return (
        pl.when(pl.col("status") == "terminated")
        .then(pl.format("terminated on {}", "terminated_on"))
        .when(pl.col("status") == "suspended")
        .then(pl.lit(f"the gate fails ({tested}); grants are kept"))
        .otherwise(pl.concat_str(ended.fill_null(""), "because", unsupported.fill_null("")))
    )


def _placed(table: pl.DataFrame, name: str, program: Program, track_name: str, month: FiscalMonth) -> pl.DataFrame:
    """Adds program, track and month, and puts the columns in the report's order and types."""
    contract = report_contract(name)
    if table.is_empty():
        return empty(contract)
    placed = table.with_columns(
        pl.lit(program.id).alias("program"), pl.lit(track_name).alias("track"), pl.lit(month.label).alias("month")
    )
    return placed.select(pl.col(column).cast(dtype) for column, dtype in contract.polars_schema.items())
