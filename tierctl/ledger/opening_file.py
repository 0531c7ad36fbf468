"""An opening from a file: what a close seals of a company that starts in the middle of a year.

The file says which tiers partners hold and what they are owed at the end of a month. No evidence stands behind it, and
nothing was posted: later reviews open from it as from any other close.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.contracts import Contract, conform, empty, ledger_contract, report_contract
from tierctl.decisions import base_grants
from tierctl.enrollment import periods_at
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.grants import BASIS, NO_END, SCHEMA, standing_on, tiers_by_rank, with_grants
from tierctl.inputs import Inputs, begin, in_turn
from tierctl.ledger.opening_checks import THROUGH_ENROLLMENT, is_everybodys
from tierctl.program.model import Program, Track

_GONE = {"terminated": "terminated_on", "expired": "expires_on"}
_NO_AMOUNT = ("earned", "adjustments", "clawbacks", "payable")


@dataclass(frozen=True)
class OpeningTables:
    """What the close of an opening keeps, each table in its contract's columns, types and order.

    Attributes:
        grants: the ledger's table of that name, of this month alone.
        statuses: the same.
        position: the same: nothing has been posted.
        standing: the report of that name.
        statements: the report of that name: what each partner is owed, or owes, and nothing is paid of.
    """

    grants: pl.DataFrame
    statuses: pl.DataFrame
    position: pl.DataFrame
    standing: pl.DataFrame
    statements: pl.DataFrame


def opening_tables(
    programs: Sequence[Sequence[Program]],
    rows: pl.DataFrame,
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    calendar: Calendar,
    month: FiscalMonth,
) -> OpeningTables:
    """The tables of a month that is closed with an opening file.

    Args:
        programs: of each program the editions that have begun by the month's end, oldest first.
        rows: the file's rows in its contract's columns and types, none of them at fault.
        exports: the roster and the enrollments: export name → its parts.
        calendar: the company's fiscal calendar.
        month: the month.
    """
    roster = pl.concat(exports["partners"]).collect()
    names = ("grants", "statuses", "standing")
    contracts = {"grants": ledger_contract("grants"), "statuses": ledger_contract("statuses")}
    contracts["standing"] = report_contract("standing")
    frames = {name: [empty(contracts[name])] for name in names}
    for editions in programs:
        for track in editions[-1].tracks:
            fold = begin(editions, track, exports, roster, calendar=calendar, month=month)
            inputs = in_turn(editions, track, fold, exports=exports, calendar=calendar, repeating=(), held={})[-1]
            own = rows.filter(program=editions[-1].id, track=track)
            placed = {"program": editions[-1].id, "track": track, "month": month.label}
            for name, table in _of_track(inputs, own).items():
                frames[name].append(_placed(table, contracts[name], placed))
    tables = {name: conform(pl.concat(frames[name]), contracts[name]) for name in names}
    position, statements = empty(ledger_contract("position")), _statements(rows, roster, month)
    return OpeningTables(position=position, statements=statements, **tables)


def _of_track(inputs: Inputs, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables of one track, without program, track and month."""
    track = inputs.program.tracks[inputs.track]
    statuses = _statuses(inputs, rows)
    held = {name: _held(inputs, ladder, rows.filter(_is_of(name))) for name, ladder in track.ladders.items()}
    names = {name: pl.lit(name, dtype=pl.String).alias("qualification") for name in held}
    kept = [_as_kept(track.ladders[name], *each).with_columns(names[name]) for name, each in held.items()]
    return {
        "grants": pl.concat(kept),
        "statuses": pl.concat([statuses.with_columns(name) for name in names.values()]),
        "standing": _standing(inputs, track, statuses, *held[None]),
    }


def _is_of(qualification: str | None) -> pl.Expr:
    """Whether a row is about that qualification; None: about the tiers themselves."""
    return pl.col("qualification").eq_missing(pl.lit(qualification, dtype=pl.String))


def _held(inputs: Inputs, ladder: Track, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is held of a ladder: grants, and the running times to make good (see `_clocks`)."""
    brought = _brought(inputs, ladder, rows)
    grants = with_grants(_base(inputs, ladder), brought.select(SCHEMA.names()))
    return grants, _clocks(inputs, ladder, brought)


def _brought(inputs: Inputs, track: Track, rows: pl.DataFrame) -> pl.DataFrame:
    """The tiers of the file, in the columns of grants, with remediation_ends_on."""
    base = [tier.id for tier in track.tiers if is_everybodys(track, tier)]
    with_enrollment = [tier.id for tier in track.tiers if tier.holds and tier.holds.kind == THROUGH_ENROLLMENT]
    basis = pl.coalesce("basis", pl.when(pl.col("tier").is_in(base)).then(pl.lit("base")).otherwise(pl.lit("earned")))
    periods = periods_at(inputs, inputs.last.last).select("partner_id", "expires_on")
    held = pl.when(pl.col("tier").is_in(with_enrollment)).then("expires_on")
    return (
        rows.with_columns(pl.col("partner_id").cast(inputs.partner_type), tier=pl.coalesce("tier", "qualification"))
        .join(tiers_by_rank(track), on="tier")
        .join(periods, on="partner_id", how="left")
        .with_columns(
            basis.cast(BASIS).alias("basis"),
            pl.coalesce("through", held, pl.lit(NO_END)).alias("through"),
            pl.lit(f"brought by the opening of {inputs.last.label}").alias("because"),
        )
        .select(*SCHEMA.names(), "remediation_ends_on")
    )


def _base(inputs: Inputs, track: Track) -> pl.DataFrame:
    """The base tier of everybody on the track, where it is everybody's; since the current enrollment began."""
    return base_grants(periods_at(inputs, inputs.last.last), track, since="start_on")


def _clocks(inputs: Inputs, track: Track, brought: pl.DataFrame) -> pl.DataFrame:
    """The running times to make good: partner_id, rank, from, through.

    Each began as long before its end as the program gives: never after this review, nor before the tier was held.
    """
    ends_on, days = pl.col("remediation_ends_on"), pl.duration(days=track.remediation_days or 0)
    began_on = pl.max_horizontal("from", pl.min_horizontal(ends_on - days, pl.lit(inputs.last.last)))
    running = brought.drop_nulls("remediation_ends_on")
    return running.select("partner_id", "rank", began_on.alias("from"), ends_on.alias("through"))


def _statuses(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per partner_id on the track: status, and the roster's columns that the standing report shows."""
    day = inputs.last.last
    said = rows.drop_nulls("status").select(pl.col("partner_id").cast(inputs.partner_type), said="status").unique()
    periods = periods_at(inputs, day).select("partner_id", "expires_on")
    known = inputs.roster.join(periods, on="partner_id", how="left").join(said, on="partner_id", how="left")
    status = (
        pl.when((pl.col("terminated_on") <= day).fill_null(value=False))
        .then(pl.lit("terminated"))
        .when((pl.col("expires_on") < day).fill_null(value=False))
        .then(pl.lit("expired"))
        .otherwise(pl.coalesce("said", pl.lit("active")))
    )
    columns = ("partner_id", pl.col("name").alias("partner_name"), "terminated_on", "expires_on")
    return known.select(*columns, status.alias("status"))


def _as_kept(track: Track, grants: pl.DataFrame, clocks: pl.DataFrame) -> pl.DataFrame:
    """Grants and clocks in the columns of the ledger's table."""
    parts = [grants.with_columns(state=pl.lit("grant")), clocks.with_columns(state=pl.lit("clock"))]
    through = pl.when(pl.col("through") < NO_END).then("through").alias("through")
    rows = pl.concat(parts, how="diagonal").with_columns(through)
    return rows.join(tiers_by_rank(track), on="rank")


def _standing(
    inputs: Inputs, track: Track, statuses: pl.DataFrame, grants: pl.DataFrame, clocks: pl.DataFrame
) -> pl.DataFrame:
    """The report's columns beside program, track and month."""
    stands = standing_on(grants, inputs.last.last)
    held = stands.join(clocks.rename({"from": "began_on", "through": "ends_on"}), on=["partner_id", "rank"], how="left")
    active = statuses.filter(pl.col("status") == "active").select("partner_id")
    held = held.join(active, on="partner_id", how="semi").join(tiers_by_rank(track), on="rank")
    rows = statuses.join(held, on="partner_id", how="left")
    is_timed = pl.col("ends_on").is_not_null()
    left = pl.col("status").is_in([*_GONE, "suspended"])
    return rows.with_columns(
        previous_tier=pl.lit(None, dtype=pl.String),
        earned_tier=pl.lit(None, dtype=pl.String),
        change=pl.when(left).then("status").otherwise(pl.lit("enrolled")),
        status=pl.when(is_timed).then(pl.lit("remediation")).otherwise("status"),
        basis=pl.when(is_timed).then(pl.lit("remediation")).otherwise(pl.col("basis").cast(pl.String)),
        valid_from=pl.col("from"),
        valid_through=pl.when(pl.col("through") < NO_END).then("through"),
        remediation_ends_on=pl.col("ends_on"),
        reason=_reason(inputs.last.last),
    )


def _reason(day: date) -> pl.Expr:
    """Why the partner stands so, in a sentence."""
    runs = pl.format("; in remediation since {} until {}", "began_on", "ends_on").fill_null("")
    ran_out = pl.format("; the remediation since {} ended on {}", "began_on", "ends_on").fill_null("")
    timed = pl.when(pl.col("ends_on") > day).then(runs).otherwise(ran_out)
    return (
        pl.when(pl.col("status") == "terminated")
        .then(pl.format("terminated on {}", "terminated_on"))
        .when(pl.col("status") == "expired")
        .then(pl.format("the enrollment expired on {}", "expires_on"))
        .when(pl.col("status") == "suspended")
        .then(pl.lit("suspended by the opening; grants are kept"))
        .otherwise(pl.concat_str(pl.col("because").fill_null("no tier is held"), timed))
    )


def _placed(table: pl.DataFrame, contract: Contract, said: Mapping[str, str]) -> pl.DataFrame:
    """The contract's columns in its types; those of no evidence are empty."""
    table = table.with_columns(pl.lit(value).alias(name) for name, value in said.items())
    absent = [pl.lit(None).alias(name) for name in contract.names if name not in table.columns]
    schema = contract.polars_schema
    return table.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _statements(rows: pl.DataFrame, roster: pl.DataFrame, month: FiscalMonth) -> pl.DataFrame:
    """What each partner is owed or owes; a balance of nothing has no statement."""
    contract = report_contract("statements")
    owed = rows.filter(pl.col("balance") != 0).join(roster.select("partner_id", "payee_id"), on="partner_id")
    status = pl.when(pl.col("balance") < 0).then(pl.lit("owed")).otherwise(pl.lit("carried"))
    stated = owed.with_columns(
        *(pl.lit(0).alias(name) for name in _NO_AMOUNT),
        status.alias("status"),
        opening_balance="balance",
        closing_balance="balance",
        pay_on=pl.lit(None, dtype=pl.Date),
        month=pl.lit(month.label),
    )
    return conform(stated, contract)
