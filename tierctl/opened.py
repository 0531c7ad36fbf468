"""Opened: what the closed months left of one program, for the reviews that go on from them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from tierctl.carried import Carried
from tierctl.closed import Closed, closed_states, closed_statuses
from tierctl.decisions import steps_of
from tierctl.findings import CannotRunError, Finding, error, warning
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.inputs import Inputs, begin
from tierctl.ladders import Ladder
from tierctl.program.model import Program

_NAMED = 3
_DECISION = ["decision_id", "partner_id", "program", "track", "tier", "decision", "effective_on", "through"]
_TIER = ["month", "track", "qualification", "tier"]


@dataclass(frozen=True)
class Opened:
    """What the closed months left of one program, of some partners perhaps; `labels` are those months, in order."""

    carried: Carried
    program: str
    labels: tuple[str, ...]

    @classmethod
    def of(cls, carried: Carried | None, program: str, partners: Collection[str] | None = None) -> "Opened | None":
        """The program's part of what is carried over; None: none of its months is closed.

        Args:
            carried: what the closed months left.
            program: the program's id.
            partners: only what concerns these; None: all of it.
        """
        if carried is None:
            return None
        own = carried.statuses.filter(pl.col("program") == program)["month"].unique().sort()
        concerned = carried if partners is None else carried.of_partners(partners)
        return cls(concerned, program, tuple(own)) if len(own) else None

    def open_from(self, months: Sequence[FiscalMonth]) -> int:
        """The number of the first open month of a fold.

        Raises:
            CannotRunError: months are closed that lie before it.
        """
        if self.labels[0] < months[0].label:
            message = f"{self.labels[0]} is closed, and no edition of {self.program} reaches back to it any more"
            raise CannotRunError([_not_named(message, "name its first edition under programs again")])
        return sum(month.label <= self.labels[-1] for month in months)

    def refuse_strangers(self, programs: Sequence[Program], calendar: Calendar) -> None:
        """Refuse a program file that lacks a tier at which partners stood in closed months.

        Args:
            programs: the editions of the program, oldest first.
            calendar: the company's fiscal calendar.

        Raises:
            CannotRunError: with every such tier.
        """
        known = pl.DataFrame(
            [
                (label, name, held, tier)
                for label in self.labels
                for program in _in_force(programs, calendar.month(label))
                for name, track in program.tracks.items()
                for held, rungs in track.ladders.items()
                for tier in rungs.ranks
            ],
            schema=dict.fromkeys(_TIER, pl.String),
            orient="row",
        )
        # Where an edition is missing, that is what is told (see `open_from`).
        asked = pl.col("month").is_in(known["month"].unique().implode())
        held = self._grants.filter((pl.col("rank") > 0) & asked).select(_TIER).unique()
        gone = held.join(known, on=_TIER, how="anti", nulls_equal=True)
        by = ["track", "qualification", "tier"]
        first = gone.group_by(by).agg(pl.col("month").min()).sort(by)
        hint = "call it so again, or give it its new name in a new edition"
        told = [
            f"{month} was closed with partners at {tier} in the track {track}, which {self.program} has no more"
            for track, _, tier, month in first.iter_rows()
        ]
        if told:
            raise CannotRunError([_not_named(message, hint) for message in told])

    def closed(self, ladder: Ladder, editions: Sequence[Inputs], roster: pl.DataFrame) -> Closed:
        """What the closed months left of a ladder.

        Args:
            ladder: the ladder.
            editions: its inputs by edition, oldest first.
            roster: the partners export.
        """
        latest = editions[-1]
        tracks = {
            at: rungs
            for each in editions
            for at in each.in_force
            if at < each.open_from and each.months[at].label in self.labels and (rungs := ladder.of(each.program))
        }
        states = closed_states(_of_ladder(self._grants, ladder), latest, tracks)
        statuses = closed_statuses(_of_ladder(self._statuses, ladder), latest, tracks)
        return Closed(states, statuses, tracks, self._steps(ladder, editions, roster))

    def grants_of(self, ladder: Ladder) -> pl.DataFrame:
        """The ledger's grants that the last closed month left of a ladder."""
        return _of_ladder(self._grants, ladder).filter(pl.col("month") == self.labels[-1])

    @cached_property
    def _grants(self) -> pl.DataFrame:
        return self.carried.grants.filter(pl.col("program") == self.program)

    @cached_property
    def _statuses(self) -> pl.DataFrame:
        return self.carried.statuses.filter(pl.col("program") == self.program)

    def _steps(self, ladder: Ladder, editions: Sequence[Inputs], roster: pl.DataFrame) -> pl.DataFrame:
        """The steps that the rows read by closes brought, in the ranks of the first open month's edition."""
        first = next(each for each in editions if each.open_from in each.in_force)
        rungs = ladder.of(first.program)
        if rungs is None:
            return pl.DataFrame()
        programs = [each.program for each in editions]
        exports = {**self.carried.read, **self.carried.entered}
        fold = begin(programs, ladder.track, exports, roster, calendar=first.calendar, month=first.last)
        typed = fold.enrolled.with_columns(pl.col("partner_id").cast(first.partner_type, strict=False))
        known = replace(first, exports=exports, enrolled=typed.drop_nulls("partner_id"))
        return steps_of(decisions_on(known, ladder), known, rungs)


def _in_force(programs: Sequence[Program], month: FiscalMonth) -> Sequence[Program]:
    """The edition in force at the end of a month; none where it is missing."""
    return [program for program in programs if program.effective_from <= month.last][-1:]


def decisions_on(inputs: Inputs, ladder: Ladder) -> pl.DataFrame:
    """The decisions on partners of this program and track, up to the review day; qualifications are never decided."""
    rows = inputs.rows("decisions")
    concerned = pl.col("track").is_null() | (pl.col("track") == ladder.track)
    taken = (pl.col("program") == inputs.program.id) & concerned & (pl.col("effective_on") <= inputs.last.last)
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    decided = rows.filter(taken).with_columns(known).drop_nulls("partner_id")
    return decided if ladder.qualification is None else decided.clear()


def kept_decisions(carried: Carried, inputs: Inputs) -> list[Finding]:
    """A warning where decisions on a program are missing, or other than the last close read them."""
    none = pl.LazyFrame(schema=inputs.program.contract("decisions").polars_schema)
    then = pl.concat([none.select(_DECISION), *(part.select(_DECISION) for part in carried.read.get("decisions", ()))])
    own = then.filter(pl.col("program") == inputs.program.id).collect()
    now = inputs.rows("decisions").select(_DECISION)
    both = own.join(now, on="decision_id", suffix="_now")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _DECISION[1:])
    kinds = {"changed": both.filter(differs), "missing": own.join(now, on="decision_id", how="anti")}
    told = [f"{rows.height} {kind}: {_first(rows['decision_id'])}" for kind, rows in kinds.items() if len(rows)]
    if not told:
        return []
    message = f"what the close of {carried.month} read stays honoured; {'; '.join(told)}"
    hint = "to end a tier enter a decision `downgraded`; to undo one, reopen the closes since it was read"
    return [warning("closed-decision-kept", "decisions", inputs.program.id, message, hint)]


def _first(ids: pl.Series) -> str:
    return ", ".join([*ids.sort().head(_NAMED), *(["…"] if len(ids) > _NAMED else [])])


def lost_sight_of(carried: Carried, programs: Collection[Program]) -> list[Finding]:
    """An error for each program of the last close that is not reviewed any more."""
    closed = carried.statuses.filter(pl.col("month") == carried.month)["program"].unique().sort()
    gone = [each for each in closed if each not in {program.id for program in programs}]
    hint = "name it under programs again; where nobody takes part any more, nothing is paid"
    lost = "what it has posted and still owes would be lost sight of"
    found = [
        f"{carried.month} was closed with the program {each}, which is not named any more: {lost}" for each in gone
    ]
    return [_not_named(message, hint) for message in found] + _without_rules(carried, programs)


def _without_rules(carried: Carried, programs: Collection[Program]) -> list[Finding]:
    """An error for each program that has posted something, and has no rules any more."""
    ruled = {program.id for program in programs if program.rules}
    posted = {each for part in carried.position for each in part.select("program").unique().collect()["program"]}
    lacking = sorted((posted | set(carried.balances["program"])) & {program.id for program in programs} - ruled)
    hint = "keep them, and state in a new edition from when on nothing is paid"
    return [
        _not_named(f"{each} has posted commissions or credits, and has no rules any more", hint) for each in lacking
    ]


def _not_named(message: str, hint: str) -> Finding:
    return error("closed-program-missing", "tierctl.toml", "programs", message, hint)


def _of_ladder(rows: pl.DataFrame, ladder: Ladder) -> pl.DataFrame:
    own = pl.col("qualification").eq_missing(pl.lit(ladder.qualification, dtype=pl.String))
    return rows.filter((pl.col("track") == ladder.track) & own)
