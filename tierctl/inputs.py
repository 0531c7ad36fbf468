"""Inputs: what one ladder of one edition of a program is evaluated from.

A ladder is a track's tiers, or a qualification beside them. Who is on it, and since when, is a matter of enrollment:
where that is automatic every partner is, from its joined_on; where it is required, as the enrollments say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

import polars as pl

from tierctl.contracts import empty, export_contract
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.known_metrics import KnownMetrics
from tierctl.program.model import ENROLLMENTS, Program

_DAY = timedelta(days=1)
_NOTHING: Mapping[str, pl.DataFrame] = MappingProxyType({})


@dataclass(frozen=True)
class Inputs:
    """What a ladder of one edition is evaluated from: typed rows, the partners on it, the calendar, the fold's months.

    `in_force` are the numbers of the months at whose end this edition is the one in force; the months themselves are
    those of the whole fold, whichever edition they belong to. `until` is the last day on which it is in force.

    `roster` has one row per partner whose fold has begun, sorted by partner_id: the columns of the partners export and
    start_on, the day on which its fold begins. Its partner_id is an Enum of all of them, in alphabetical order; every
    frame of the evaluation uses that type.

    `enrolled` has the periods of each of these partners on the track, one row per period, sorted, none overlapping:
    partner_id, start_on (the first day that counts), enrolled_on, expires_on (the last day; null: no end), tier (in
    which it was placed; null: the base), primary_user_id. With automatic enrollment it is one period without an end.

    `held` is what other ladders of the program came to, by `tier_column` and `qualification_column`: as each month's
    review left them, the grants that reach into the month of those whose tier stood: partner_id (String), month_end,
    rank (Int32; of a qualification 1), from, through.

    `begins` is the day on which the program's first edition takes effect. `open_from` is the number of the first month
    that is not closed: those before it are never judged again. `known` keeps what is measured, for other evaluations of
    the same rows; None: each is made for itself.
    """

    program: Program
    track: str
    exports: Mapping[str, Sequence[pl.LazyFrame]]
    roster: pl.DataFrame
    enrolled: pl.DataFrame
    calendar: Calendar
    months: tuple[FiscalMonth, ...]
    in_force: range
    until: date
    begins: date
    repeating: tuple[str, ...] = ()
    held: Mapping[str, pl.DataFrame] = field(default_factory=lambda: _NOTHING)
    open_from: int = 0
    known: KnownMetrics | None = None

    @property
    def partner_type(self) -> pl.DataType:
        """The type of partner_id in every frame of the evaluation."""
        return self.roster.schema["partner_id"]

    @property
    def last(self) -> FiscalMonth:
        """The month under review."""
        return self.months[-1]

    @property
    def first_counted(self) -> date:
        """No window that ended before this day is read, in whichever edition's time it ended."""
        return max(self.begins, self.program.counts_from or self.begins)

    def rows(self, export: str) -> pl.DataFrame:
        """All rows of an export, which is a small one; without rows where the review was given none."""
        parts = self.exports.get(export, ())
        return pl.concat(parts).collect() if parts else empty(self.program.contract(export))


def tier_column(track: str) -> str:
    """The name under which a track's standing tier is known to other ladders, as its rank."""
    return f"tier.{track}"


def qualification_column(track: str, name: str) -> str:
    """The name under which a qualification is known to other ladders."""
    return f"qualified.{track}.{name}"


@dataclass(frozen=True)
class Fold:
    """The months of a fold and who is on the ladder in them (see `Inputs`)."""

    months: tuple[FiscalMonth, ...]
    roster: pl.DataFrame
    enrolled: pl.DataFrame


def begin(
    editions: Sequence[Program],
    track: str,
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    roster: pl.DataFrame,
    *,
    calendar: Calendar,
    month: FiscalMonth,
) -> Fold:
    """Who is on a track, since when, and from which month on it is reviewed: that in which the first edition begins.

    Args:
        editions: the editions of one program that have begun, oldest first; the latest says who is enrolled.
        track: the track's name.
        exports: export name → its parts.
        roster: the partners export.
        calendar: the company's fiscal calendar.
        month: the month under review.
    """
    begins = editions[0].effective_from
    periods = _periods(editions[-1], track, exports, roster, begins).filter(pl.col("start_on") <= month.last)
    first = periods.group_by("partner_id").agg(pl.col("start_on").min())
    begun = roster.join(first, on="partner_id").sort("partner_id")
    partners = pl.Enum(begun["partner_id"])
    periods = periods.join(begun, on="partner_id", how="semi")
    enrolled = periods.with_columns(pl.col("partner_id").cast(partners)).sort("partner_id", "start_on", "enrolled_on")
    months = tuple(calendar.months_from(calendar.month_of(begins), month))
    return Fold(months, begun.with_columns(pl.col("partner_id").cast(partners)), enrolled)


def in_turn(
    editions: Sequence[Program],
    track: str,
    fold: Fold,
    *,
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    calendar: Calendar,
    repeating: Sequence[str],
    held: Mapping[str, pl.DataFrame],
    open_from: int = 0,
    known: KnownMetrics | None = None,
) -> list[Inputs]:
    """The inputs of each edition, oldest first: each is in force until the next takes effect."""
    following = [edition.effective_from - _DAY for edition in editions[1:]]
    inputs = []
    for edition, until in zip(editions, [*following, date.max], strict=True):
        own = [at for at, each in enumerate(fold.months) if edition.effective_from <= each.last <= until]
        in_force = range(own[0], own[-1] + 1) if own else range(0)
        inputs.append(
            Inputs(
                edition,
                track,
                exports,
                fold.roster,
                fold.enrolled,
                calendar,
                fold.months,
                in_force,
                until,
                editions[0].effective_from,
                tuple(repeating),
                held,
                open_from,
                known,
            )
        )
    return inputs


def _periods(
    program: Program,
    track: str,
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    roster: pl.DataFrame,
    begins: date,
) -> pl.DataFrame:
    """One row per partner and period on the track that does not end before the program begins (see `Inputs`)."""
    begin_on = pl.lit(begins)
    if program.enrollment == "automatic":
        return roster.select(
            "partner_id",
            pl.max_horizontal(begin_on, "joined_on").alias("start_on"),
            pl.coalesce("joined_on", begin_on).alias("enrolled_on"),
            pl.lit(None, dtype=pl.Date).alias("expires_on"),
            pl.lit(None, dtype=pl.String).alias("tier"),
            pl.lit(None, dtype=pl.String).alias("primary_user_id"),
        )
    parts = exports.get(ENROLLMENTS, ())
    rows = pl.concat(parts).collect() if parts else empty(export_contract(ENROLLMENTS))
    concerned = (pl.col("program") == program.id) & (pl.col("track") == track)
    lasts = pl.col("expires_on").is_null() | (pl.col("expires_on") >= begin_on)
    return rows.filter(concerned & lasts).select(
        "partner_id",
        pl.max_horizontal(begin_on, "enrolled_on").alias("start_on"),
        "enrolled_on",
        "expires_on",
        "tier",
        "primary_user_id",
    )
