"""Evaluated: one program in one month, as far as a comparison asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from tierctl.climbing import Climb, Qualify, Sources, climb_all
from tierctl.contracts import NUMBER
from tierctl.evidence import evidence
from tierctl.findings import Finding
from tierctl.ladders import Ladder
from tierctl.money_of import Money, money_of
from tierctl.opened import Opened
from tierctl.program.model import Program
from tierctl.standing_report import standing_report

NAME = pl.Categorical()
"""The type of names that stand in many rows: as numbers they are joined and grouped several times as fast."""

STOOD = pl.Schema(
    {
        "track": NAME,
        "partner_id": NAME,
        "partner_name": pl.String(),
        "tier": NAME,
        "status": NAME,
        "reason": pl.String(),
    }
)
PAID = pl.Schema(
    {
        "track": NAME,
        "partner_id": NAME,
        "report": NAME,
        "rule": NAME,
        "currency": NAME,
        "amount": NUMBER,
    }
)
ASKED = pl.Schema(
    {
        "track": NAME,
        "partner_id": NAME,
        "tier": NAME,
        "criterion": NAME,
        "value": NUMBER,
        "operator": NAME,
        "threshold": NUMBER,
        "outcome": NAME,
    }
)
RULE = pl.concat_str("report", pl.lit("."), "rule")
"""A rule as `KIND.NAME`, by which reports go."""

_OF_LINE = [name for name in PAID.names() if name != "amount"]


@dataclass(frozen=True)
class Frames:
    """What a program comes to.

    Attributes:
        stood: one row per track × partner_id whose fold has begun.
        paid: one row per track × partner_id × report × rule × currency with lines: what they add up to.
        asked: one row per track × partner_id × tier × criterion: what the latest window found; empty where it was not
            asked for.
    """

    stood: pl.DataFrame
    paid: pl.DataFrame
    asked: pl.DataFrame


@dataclass(frozen=True)
class Evaluated:
    """One program in one month: its editions, its ladders, what it comes to, and what a person has to know of it."""

    editions: tuple[Program, ...]
    climbed: Mapping[Ladder, Climb]
    frames: Frames
    findings: tuple[Finding, ...]


@dataclass
class Summed:
    """Takes in lines and keeps what they add up to."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a table; those that earn nothing add nothing."""
        if table != "not_earned":
            sums = lines.group_by(set(_OF_LINE) - {"report"}).agg(pl.col("amount").sum().cast(NUMBER))
            of = sums.with_columns(pl.lit(table).alias("report"))
            self.frames.append(of.select(pl.col(name).cast(kind) for name, kind in PAID.items()))

    @property
    def paid(self) -> pl.DataFrame:
        """The sums, in the columns of PAID."""
        return pl.concat([PAID.to_frame(), *self.frames]).group_by(_OF_LINE).agg(pl.col("amount").sum().cast(NUMBER))


@dataclass(frozen=True)
class Evaluator:
    """Evaluates programs on the same rows.

    Attributes:
        sources: the rows; what is measured of them is kept in `sources.known`.
        money: how money is made.
    """

    sources: Sources
    money: Money

    def whole(self, editions: Sequence[Program]) -> Evaluated:
        """A program from the rows on."""
        return self._paid(editions, climb_all(editions, self.sources, self._opened(editions)))

    def with_rules_of(self, editions: Sequence[Program], of: Evaluated) -> Evaluated:
        """A program of which every partner stands as another one has it: only what is paid may differ."""
        climbed = {ladder: _rebased(climb, editions) for ladder, climb in of.climbed.items()}
        names, sink = rules_apart(editions, of.editions), Summed()
        done = money_of(editions, climbed, self.sources, self.money, self._opened(editions)).lines_of(names, sink)
        kept = of.frames.paid.filter(~RULE.is_in(names))
        frames = replace(of.frames, paid=pl.concat([kept, sink.paid.select(kept.columns)]))
        return Evaluated(tuple(editions), climbed, frames, tuple(done.findings))

    def found(self, editions: Sequence[Program], find: Qualify) -> tuple[Frames, tuple[str, ...]]:
        """A program of which it is known what its looks find.

        Returns:
            What it comes to, without criteria, and of what is paid only the rules that go by standings; and those
            rules, as `KIND.NAME`.
        """
        opened, sink = self._opened(editions), Summed()
        climbed = climb_all(editions, self.sources, opened, find)
        rules: tuple[str, ...] = ()
        if _pays(editions):
            money = money_of(editions, climbed, self.sources, self.money, opened)
            rules = money.by_standing
            money.lines_of(rules, sink)
        return Frames(_stood(editions[-1], climbed), sink.paid, ASKED.to_frame()), rules

    def _paid(self, editions: Sequence[Program], climbed: Mapping[Ladder, Climb]) -> Evaluated:
        sink = Summed()
        findings: tuple[Finding, ...] = ()
        if _pays(editions):
            money = money_of(editions, climbed, self.sources, self.money, self._opened(editions))
            findings = tuple(money.tables(sink)[0].findings)
        frames = Frames(_stood(editions[-1], climbed), sink.paid, _asked(editions[-1], climbed))
        return Evaluated(tuple(editions), climbed, frames, findings)

    def _opened(self, editions: Sequence[Program]) -> Opened | None:
        opened = Opened.of(self.sources.carried, editions[-1].id, self.sources.partners)
        if opened:
            opened.refuse_strangers(editions, self.sources.calendar)
        return opened


def rules_apart(these: Sequence[Program], those: Sequence[Program]) -> list[str]:
    """The rules that may come to other amounts in two sets of editions of a program, as `KIND.NAME`."""
    pairs = list(zip(these, those, strict=True))
    names = {f"{kind}.{name}" for pair in pairs for each in pair for kind, name, _ in each.rules}
    if any(this.payout != that.payout for this, that in pairs):
        return sorted(names)
    rules = [({(kind, name): rule for kind, name, rule in each.rules} for each in pair) for pair in pairs]
    apart = [key for this, that in rules for key in {*this, *that} if this.get(key) != that.get(key)]
    return sorted({f"{kind}.{name}" for kind, name in apart})


def _pays(editions: Sequence[Program]) -> bool:
    return any(program.rules for program in editions)


def _rebased(climb: Climb, editions: Sequence[Program]) -> Climb:
    """A ladder as another program has it that differs in nothing that decides on standings."""
    begun = {program.effective_from: program for program in editions}
    qualified = tuple(
        replace(each, inputs=replace(each.inputs, program=begun[each.inputs.program.effective_from]))
        for each in climb.qualified
    )
    return Climb(qualified, replace(climb.standing, inputs=qualified[-1].inputs))


def _stood(program: Program, climbed: Mapping[Ladder, Climb]) -> pl.DataFrame:
    """Where every partner stands on each track."""
    frames = [STOOD.to_frame()]
    for name, track in program.tracks.items():
        climb = climbed[Ladder(name)]
        beside = {held: climbed[Ladder(name, held)].standing for held in track.qualifications}
        report = standing_report(climb.inputs, climb.qualified[-1], climb.standing, beside)
        report = report.with_columns(pl.lit(name).alias("track"))
        frames.append(report.select(pl.col(column).cast(kind) for column, kind in STOOD.items()))
    return pl.concat(frames)


def _asked(program: Program, climbed: Mapping[Ladder, Climb]) -> pl.DataFrame:
    """What the latest window of each criterion found, qualifications included."""
    frames = [ASKED.to_frame()]
    for ladder, climb in climbed.items():
        if ladder.track in program.tracks:
            partners = climb.standing.now.select("partner_id")
            rows = evidence(climb.qualified, partners).sort("window_through", maintain_order=True)
            latest = rows.unique(["partner_id", "tier", "criterion"], keep="last")
            placed = latest.with_columns(pl.lit(ladder.track).alias("track"))
            frames.append(placed.select(pl.col(column).cast(kind) for column, kind in ASKED.items()))
    return pl.concat(frames)
