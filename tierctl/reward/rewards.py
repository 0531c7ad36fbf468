"""Rewards: all that one program pays out or takes off in a month, track by track and partner by partner.

Open months are posted in their own turn, each as its own end knows it: what a month posts is what its entitlement says
beyond what was posted before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import NUMBER, conform, report_contract
from tierctl.findings import Finding, error, warning
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.measure.columns import MONTH_END
from tierctl.program.model import Program
from tierctl.program.rules import Kind, Rule
from tierctl.reward.chunks import Chunk, Exports
from tierctl.reward.entitlement import LINES, Entitlement
from tierctl.reward.not_earned import NOT_EARNED, not_earned
from tierctl.reward.plan import Paying
from tierctl.reward.postings import POSTINGS, position_of, postings
from tierctl.reward.rates_report import rates
from tierctl.reward.sink import LINES as LINE_TABLES
from tierctl.reward.sink import LineSink
from tierctl.reward.stood import Climbed, stood_on

_NAMED = 3
"""How many rows a finding names."""

_TOTALS = pl.Schema(
    {
        "table": pl.String(),
        "program": pl.String(),
        "track": pl.String(),
        "rule": pl.String(),
        "kind": pl.String(),
        "currency": pl.String(),
        "lines": pl.Int64(),
        "amount": NUMBER,
    }
)


@dataclass(frozen=True)
class RuleInTurn:
    """A rule through the editions of its program, oldest first."""

    kind: Kind
    name: str
    rule: Rule
    editions: tuple[Entitlement, ...]

    def at(self, at: int) -> Entitlement | None:
        """The rule of the edition in force in a month; None: that edition has none."""
        return next((each for each in self.editions if at in each.paying.inputs.in_force), None)


@dataclass
class Rewarded:
    """What one program pays and takes off in the month under review.

    Attributes:
        rates: one row per track × partner × rule, in the columns of the report but program and month.
        posted: one row per partner_id × at (0: the first month posted) × currency × kind: amount; commissions alone.
        refunds: one row per track × partner_id × source_id that earned and of which more is refunded than the month
            before, no clause taking it back: refunded, as a share.
        totals: what the month's lines add up to (see `totals_of`).
        findings: what a person has to know.
        failures: one row per row that such a finding counts: partner_id, source_id, condition, rule.
    """

    rates: list[pl.DataFrame] = field(default_factory=list)
    posted: list[pl.DataFrame] = field(default_factory=list)
    refunds: list[pl.DataFrame] = field(default_factory=list)
    totals: list[pl.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failures: list[pl.DataFrame] = field(default_factory=list)


@dataclass(frozen=True)
class Months:
    """The months that are posted: numbers of the fold's months, the first one and the one asked for."""

    first: int
    last: int

    @property
    def all(self) -> range:
        """Every one of them."""
        return range(self.first, self.last + 1)


def reward(editions: Sequence[Program], climbed: Mapping[Ladder, Climbed], months: Months, sink: LineSink) -> Rewarded:
    """Makes the lines of one program, and hands those of the month under review to the sink.

    Args:
        editions: the editions of the program, oldest first.
        climbed: every ladder of the latest edition, as reviewed.
        months: what is posted.
        sink: takes in commissions, credits and not_earned, in the order of their keys.
    """
    run = _Run(editions[-1].id, months, sink, Rewarded())
    stood = {ladder: stood_on(ladder, each) for ladder, each in climbed.items()}
    for track in sorted({program.track_of(rule) for program in editions for _, _, rule in program.rules}):
        if Ladder(track) in climbed:
            inputs = climbed[Ladder(track)].editions
            run.reward_track(_rules(inputs, track, stood, months.first), climbed[Ladder(track)])
    run.done.findings += _findings(editions[-1].id, run.done.failures)
    return run.done


def _rules(
    editions: Sequence[Inputs], track: str, stood: Mapping[Ladder, pl.DataFrame], first: int
) -> list[RuleInTurn]:
    """The rules of a track, by name, each through all editions."""
    found: dict[tuple[Kind, str], list[Entitlement]] = {}
    rules: dict[tuple[Kind, str], Rule] = {}
    for inputs in editions:
        for kind, name, rule in inputs.program.rules:
            if inputs.program.track_of(rule) == track and len(inputs.in_force):
                paying = Paying(kind, name, rule, inputs, stood, first)
                found.setdefault((kind, name), []).append(Entitlement(paying))
                rules[kind, name] = rule
    return [RuleInTurn(kind, name, rules[kind, name], tuple(each)) for (kind, name), each in sorted(found.items())]


@dataclass(frozen=True)
class _Run:
    """One program in one month, and what has been made of it so far."""

    program: str
    months: Months
    sink: LineSink
    done: Rewarded

    def reward_track(self, rules: Sequence[RuleInTurn], climbed: Climbed) -> None:
        """The lines of a track, partner by partner, and its rates."""
        inputs = climbed.editions[-1]
        if self.months.all:
            names = {each.paying.export for rule in rules for each in rule.editions if each.paying.is_of_rows}
            exports = Exports.of(inputs.exports, sorted(names))
            for chunk in exports.chunks():
                self._reward_chunk([_RuleLines(rule, exports, chunk, self.months, self.done) for rule in rules], inputs)
        gone = pl.col("status").is_in(["terminated", "expired"])
        present = climbed.standing.now.filter(~gone).select(pl.col("partner_id").cast(pl.String))
        for rule in rules:
            in_force = rule.at(self.months.last)
            if in_force is not None:
                of_rule = rates(in_force, present, self.months.last)
                said = pl.lit(inputs.track).alias("track"), pl.lit(rule.name).alias("rule")
                self.done.rates.append(of_rule.with_columns(said))

    def _reward_chunk(self, rules: Sequence["_RuleLines"], inputs: Inputs) -> None:
        frames: dict[str, list[pl.DataFrame]] = {name: [] for name in LINE_TABLES}
        labels = _labels(inputs)
        for each in rules:
            said = {
                "program": self.program,
                "track": inputs.track,
                "month": inputs.months[self.months.last].label,
                "rule": each.rule.name,
            }
            placed = [pl.lit(value).alias(name) for name, value in said.items()]
            posted, failing = each.lines()
            frames[each.rule.kind].append(posted.join(labels, on="earned_at").with_columns(placed))
            in_force = each.rule.at(self.months.last)
            source = pl.lit(in_force.paying.source if in_force else "").alias("source")
            frames["not_earned"].append(failing.with_columns(*placed, source))
        for table, parts in frames.items():
            if parts:
                self._hand_on(table, conform(pl.concat(parts), report_contract(table)))

    def _hand_on(self, table: str, lines: pl.DataFrame) -> None:
        """Counts lines of a report, and hands them to the sink."""
        counted = lines
        if table == "not_earned":
            counted = lines.with_columns(kind=pl.lit(""), currency=pl.lit(""), amount=pl.lit(0).cast(NUMBER))
        rows, amount = pl.len().cast(pl.Int64).alias("lines"), pl.col("amount").sum().cast(NUMBER)
        totals = counted.group_by("program", "track", "rule", "kind", "currency").agg(rows, amount)
        self.done.totals.append(totals.with_columns(pl.lit(table).alias("table")).select(_TOTALS.names()))
        self.sink.add(table, lines)


def _labels(inputs: Inputs) -> pl.DataFrame:
    return pl.DataFrame(
        {"earned_at": range(len(inputs.months)), "earned_month": [month.label for month in inputs.months]},
        schema={"earned_at": pl.Int32, "earned_month": pl.String},
    )


@dataclass(frozen=True)
class _RuleLines:
    """One rule for one chunk of partners."""

    rule: RuleInTurn
    exports: Exports
    chunk: Chunk
    months: Months
    done: Rewarded

    def lines(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The postings of the last month, and what earned nothing in it; the sums of every month are noted."""
        position, posted, now = LINES.to_frame(), POSTINGS.to_frame(), LINES.to_frame()
        failing = NOT_EARNED.to_frame()
        for at in self.months.all:
            found = [LINES.to_frame()]
            for each in self.rule.editions:
                parts = self._parts(each)
                if not each.ats(at) or (each.paying.is_of_rows and not parts):
                    continue
                rows = each.prepared(parts, at)
                found.append(self._of_chunk(each.lines(rows, at)))
                if at == self.months.last and at in each.paying.inputs.in_force:
                    failing = not_earned(each, rows, found[-1], at)
            now = pl.concat(found)
            posted = postings(now, position, at)
            position = position_of(now, position)
            self._note(posted, at)
        self._note_failures(now, failing)
        return posted, failing

    def _parts(self, entitlement: Entitlement) -> list[pl.LazyFrame]:
        paying = entitlement.paying
        return self.exports.of_chunk(paying.export, self.chunk) if paying.is_of_rows else []

    def _of_chunk(self, lines: pl.DataFrame) -> pl.DataFrame:
        return lines.filter(self.chunk.holds(pl.col("partner_id")))

    def _note(self, posted: pl.DataFrame, at: int) -> None:
        if self.rule.kind == "commissions":
            number = pl.lit(at - self.months.first, dtype=pl.Int32).alias("at")
            by = posted.group_by("partner_id", "currency", "kind").agg(pl.col("amount").sum().cast(NUMBER))
            self.done.posted.append(by.with_columns(number))

    def _note_failures(self, now: pl.DataFrame, failing: pl.DataFrame) -> None:
        """Notes what a finding or an action tells: rates that nothing is listed for, missing rows, refunds."""
        rule, last = pl.lit(self.rule.name).alias("rule"), self.months.last
        here = now.filter((pl.col("from_at") <= last) & (pl.col("through_at") >= last))
        row = ("partner_id", "source_id")
        uncovered = here.filter("is_uncovered").select(*row, pl.lit("rate").alias("condition"), rule)
        exchange = here.filter(pl.col("failed") == "exchange").select(*row, condition="failed").with_columns(rule)
        by_month = [f"with.{export}" for export, day in self.rule.rule.with_.items() if day == MONTH_END]
        is_missing = pl.col("condition").is_in(by_month) | pl.col("value").is_not_null()
        missing = failing.filter(pl.col("condition").str.starts_with("with.") & is_missing)
        missing = missing.select(*row, "condition", rule)
        self.done.failures += [uncovered, exchange, missing]
        if any(each.paying.reads_payments for each in self.rule.editions):
            self._note_refunds(now)

    def _note_refunds(self, now: pl.DataFrame) -> None:
        earning = now.filter((pl.col("amount") != 0) & (pl.col("taken") == 0))
        refunded = earning.filter(pl.col("refunded") > pl.col("refunded_before"))
        track = pl.lit(self.rule.editions[-1].paying.track).alias("track")
        self.done.refunds.append(refunded.select("partner_id", "source_id", track, "refunded").unique())


def totals_of(done: Sequence[Rewarded]) -> pl.DataFrame:
    """What the lines of the month add up to: one row per table × program × track × rule × kind × currency, sorted.

    Its columns: lines (how many), amount. Of not_earned only the lines are counted: kind and currency are empty.
    """
    frames = [_TOTALS.to_frame(), *(frame for each in done for frame in each.totals)]
    by = [name for name in _TOTALS.names() if name not in {"lines", "amount"}]
    return pl.concat(frames).group_by(by).agg(pl.col("lines").sum(), pl.col("amount").sum().cast(NUMBER)).sort(by)


def _findings(program: str, failures: Sequence[pl.DataFrame]) -> Iterator[Finding]:
    if not failures:
        return
    rows_and_partners = pl.len().alias("rows"), pl.col("partner_id").n_unique().alias("partners")
    named = pl.col("source_id").sort().head(_NAMED).alias("named")
    counted = pl.concat(failures).group_by("rule", "condition").agg(*rows_and_partners, named).sort("rule", "condition")
    for rule, condition, rows, partners, names in counted.iter_rows():
        some = f"{rows} row{'s' if rows != 1 else ''} of {partners} partner{'s' if partners != 1 else ''}"
        which = f"{', '.join(names)}{f' and {rows - len(names)} more' if rows > len(names) else ''}"
        told = f"{some} ({which}) earn{'s' if rows == 1 else ''} nothing under {rule}"
        if condition == "rate":
            hint = "list the missing value or step in the program file, or an otherwise"
            yield error("rate-not-covered", program, rule, f"{told}: its figure has nothing listed for them", hint)
        elif condition == "exchange":
            message = f"{told}: there is no rate of exchange for them"
            yield error("no-exchange-rate", program, rule, message, "add the missing rates to fx_rates")
        else:
            export = condition.removeprefix("with.")
            hint = "not_earned lists the rows"
            yield warning("no-match", program, rule, f"{told}: they have no row of {export}", hint)
