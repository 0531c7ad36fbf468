"""What the programs in use say about rows: the currencies they can read, the tracks and tiers they know.

A contract cannot know these, and a review would go wrong on them in silence: dollars and euros added up, a decision on
a tier that is none. So they become rules of ingest, and such rows are rejected with the others; so does what ends
before it begins, since a contract judges cells one by one, and an enrollment that overlaps another. Where a program has
several editions, what any of them knows is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

import polars as pl

from tierctl.currency_checks import currency_checks
from tierctl.ingest import RowCheck, TableCheck
from tierctl.ingest.row_check import ROW, Parts
from tierctl.program.model import ENROLLMENTS, Program

DECISIONS = "decisions"

_OF_A_PARTNER = ("partner_id", "program", "track")
_NO_END = pl.date(9999, 12, 31)


def row_checks(programs: Sequence[Program]) -> tuple[RowCheck, ...]:
    """The rules for single rows of the exports that the programs read.

    Args:
        programs: every edition of every program that the workspace uses.
    """
    if not programs:
        return ()
    ladders = _ladders(programs)
    return (*currency_checks(programs), *_decision_checks(ladders), *_enrollment_checks(ladders))


def overlap_check() -> TableCheck:
    """The rule that a partner is enrolled in a track once at a time."""
    return TableCheck(
        export=ENROLLMENTS,
        column=None,
        rule="enrollments-overlap",
        find=_overlapping,
        hint="correct the days at their source: an enrollment ends on the day before the next one begins",
    )


def _overlapping(parts: Parts, _: Mapping[str, Parts]) -> pl.DataFrame:
    """Every enrollment that shares a day with another one of its partner, program and track, beside such a one."""
    columns = [ROW, *_OF_A_PARTNER, "enrolled_on", "expires_on"]
    rows = pl.concat(parts).select(columns).collect(engine="streaming").sort(*_OF_A_PARTNER, "enrolled_on", ROW)
    ends = pl.col("expires_on").fill_null(_NO_END)
    # Of those before it the one that runs longest, and of those after it the next: if any shares a day, these do.
    rows = rows.with_columns(runs_to=ends.cum_max().shift(1).over(_OF_A_PARTNER), days=_days())
    is_longest = pl.col("runs_to").is_null() | (ends > pl.col("runs_to"))
    rows = rows.with_columns(longest=pl.when(is_longest).then(ROW))
    rows = rows.with_columns(
        before=pl.col("longest").forward_fill().shift(1).over(_OF_A_PARTNER),
        after=pl.col(ROW).shift(-1).over(_OF_A_PARTNER),
        next_on=pl.col("enrolled_on").shift(-1).over(_OF_A_PARTNER),
    )
    other = (
        pl.when(pl.col("runs_to") >= pl.col("enrolled_on")).then("before").when(pl.col("next_on") <= ends).then("after")
    )
    found = rows.with_columns(other=other).drop_nulls("other")
    beside = rows.select(other=ROW, days_beside="days")
    note = pl.format("of {} shares days with that of {} in", "days", "days_beside")
    found = found.join(beside, on="other", how="left", maintain_order="left")
    return found.select(ROW, value=pl.lit("shares days with"), other="other", note=note)


def _days() -> pl.Expr:
    through = pl.col("expires_on").cast(pl.String)
    since = pl.col("enrolled_on").cast(pl.String)
    return pl.coalesce(pl.format("{} to {}", since, through), pl.format("{} on", since))


def _ladders(programs: Sequence[Program]) -> dict[str, dict[str, list[str]]]:
    """Program id → track → its tiers, of all editions, in the order in which they are first named."""
    ladders: dict[str, dict[str, list[str]]] = {}
    for program in programs:
        tracks = ladders.setdefault(program.id, {})
        for name, track in program.tracks.items():
            tiers = tracks.setdefault(name, [])
            tiers += [tier.id for tier in track.tiers if tier.id not in tiers]
    return ladders


def _decision_checks(ladders: Mapping[str, Mapping[str, list[str]]]) -> list[RowCheck]:
    ends = RowCheck(
        export=DECISIONS,
        column="through",
        rule="ends-before-it-begins",
        is_fault=pl.col("through") < pl.col("effective_on"),
        allowed="effective_on, the first day of the decision",
        hint="correct one of the two days at its source; leave through empty where no end was decided",
    )
    return [*_ladder_checks(DECISIONS, ladders), ends]


def _enrollment_checks(ladders: Mapping[str, Mapping[str, list[str]]]) -> list[RowCheck]:
    ends = RowCheck(
        export=ENROLLMENTS,
        column="expires_on",
        rule="ends-before-it-begins",
        is_fault=pl.col("expires_on") < pl.col("enrolled_on"),
        allowed="enrolled_on, the first day of the enrollment",
        hint="correct one of the two days at its source; leave expires_on empty where it does not expire",
    )
    return [*_ladder_checks(ENROLLMENTS, ladders), ends]


def _ladder_checks(export: str, ladders: Mapping[str, Mapping[str, list[str]]]) -> list[RowCheck]:
    """The rules that track and tier are the program's; an empty tier is none that could be wrong."""
    named = "; ".join(f"{program} has {', '.join(tracks)}" for program, tracks in ladders.items())
    rungs = "; ".join(
        f"{program} {track} has {', '.join(tiers)}"
        for program, tracks in ladders.items()
        for track, tiers in tracks.items()
    )
    hint = "correct the cell at its source, or map it under [exports.{}.values.{}]"
    return [
        RowCheck(
            export=export,
            column="track",
            rule="unknown-track",
            is_fault=_any(_in(program) & ~pl.col("track").is_in(list(tracks)) for program, tracks in ladders.items()),
            allowed=named,
            hint=hint.format(export, "track"),
        ),
        RowCheck(
            export=export,
            column="tier",
            rule="unknown-tier",
            is_fault=_any(_in(program) & ~_has_tier(tracks) for program, tracks in ladders.items()),
            allowed=rungs,
            hint=hint.format(export, "tier"),
        ),
    ]


def _in(program: str) -> pl.Expr:
    return pl.col("program") == program


def _has_tier(tracks: Mapping[str, list[str]]) -> pl.Expr:
    """Whether the tier is one of its track's, or of any track where none is named; null for a track that is none."""
    tier = pl.col("tier")
    every = sorted({tier for tiers in tracks.values() for tier in tiers})
    without = pl.when(pl.col("track").is_null()).then(tier.is_in(every))
    branches = [pl.when(pl.col("track") == track).then(tier.is_in(tiers)) for track, tiers in tracks.items()]
    return pl.coalesce(without, *branches)


def _any(faults: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(or_, faults)
