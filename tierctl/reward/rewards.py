"""Rewards: all that one program pays out or takes off in a month, track by track and partner by partner.

Open months are posted in their own turn, each as its own end knows it: what a month posts is what its entitlement says
beyond what was posted before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tierctl.contracts import NUMBER, conform, report_contract
from tierctl.findings import Finding, error, warning
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.program.model import Program
from tierctl.program.rules import Kind
from tierctl.reward.chunks import Chunk, Exports
from tierctl.reward.entitlement import Entitlement
from tierctl.reward.plan import Paying
from tierctl.reward.posted import Posted, position_table
from tierctl.reward.postings import POSITION
from tierctl.reward.rates_report import rates
from tierctl.reward.rule_lines import Months, Rewarded, RuleInTurn, RuleLines, month_labels
from tierctl.reward.sink import LINES as LINE_TABLES
from tierctl.reward.sink import POSITION as POSITION_TABLE
from tierctl.reward.sink import LineSink, line_contract
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


def reward(
    rules: Mapping[str, Sequence[RuleInTurn]],
    climbed: Mapping[Ladder, Climbed],
    months: Months,
    sink: LineSink,
    posted: Posted,
    *,
    is_closing: bool,
    is_told: bool = True,
) -> Rewarded:
    """Makes the lines of one program, and hands those of the month under review to the sink.

    Args:
        rules: the rules of each track, by name.
        climbed: every ladder of the latest edition, as reviewed.
        months: what is posted.
        sink: takes in commissions, credits and not_earned, in the order of their keys.
        posted: what the closed months have posted.
        is_closing: whether the sink takes in the position, too.
        is_told: whether it takes in what earns nothing.
    """
    inputs = next(iter(climbed.values())).editions[-1]
    run = _Run(inputs, months, sink, posted, Rewarded(), is_closing, is_told)
    for track in sorted({*rules, *posted.tracks}):
        if track in rules and Ladder(track) in climbed:
            run.reward_track(rules[track], climbed[Ladder(track)])
        else:
            run.reward_chunk([], Exports({}, {}), Chunk(), replace(inputs, track=track))
    run.done.findings += _findings(inputs.program.id, run.done.failures)
    return run.done


def rules_of(editions: Sequence[Program], climbed: Mapping[Ladder, Climbed], first: int) -> dict[str, list[RuleInTurn]]:
    """The rules of each track with rules in any edition, by name, each through all editions.

    Args:
        editions: the editions of the program, oldest first.
        climbed: every ladder of the latest edition, as reviewed.
        first: the first month whose money is posted.
    """
    stood = {ladder: stood_on(ladder, each) for ladder, each in climbed.items()}
    tracks = sorted({program.track_of(rule) for program in editions for _, _, rule in program.rules})
    found = [track for track in tracks if Ladder(track) in climbed]
    return {track: _rules(climbed[Ladder(track)].editions, track, stood, first) for track in found}


def _rules(
    editions: Sequence[Inputs], track: str, stood: Mapping[Ladder, pl.DataFrame], first: int
) -> list[RuleInTurn]:
    """The rules of a track, by name, each through all editions."""
    found: dict[tuple[Kind, str], list[Entitlement]] = {}
    for inputs in editions:
        for kind, name, rule in inputs.program.rules:
            if inputs.program.track_of(rule) == track and len(inputs.in_force):
                paying = Paying(kind, name, rule, inputs, stood, first)
                found.setdefault((kind, name), []).append(Entitlement(paying))
    return [RuleInTurn(kind, name, tuple(each)) for (kind, name), each in sorted(found.items())]


@dataclass(frozen=True)
class _Run:
    """One program in one month, and what has been made of it so far; `latest` are inputs of the edition in force."""

    latest: Inputs
    months: Months
    sink: LineSink
    posted: Posted
    done: Rewarded
    is_closing: bool
    is_told: bool

    def reward_track(self, rules: Sequence[RuleInTurn], climbed: Climbed) -> None:
        """The lines of a track, partner by partner, and its rates."""
        inputs = climbed.editions[-1]
        if self.months.all:
            names = {each.paying.export for rule in rules for each in rule.editions if each.paying.is_of_rows}
            exports = Exports.of(inputs.exports, sorted(names))
            for chunk in exports.chunks():
                self.reward_chunk(rules, exports, chunk, inputs)
        gone = pl.col("status").is_in(["terminated", "expired"])
        present = climbed.standing.now.filter(~gone).select(pl.col("partner_id").cast(pl.String))
        for rule in rules:
            in_force = rule.at(self.months.last)
            if in_force is not None:
                of_rule = rates(in_force, present, self.months.last)
                said = pl.lit(inputs.track).alias("track"), pl.lit(rule.name).alias("rule")
                self.done.rates.append(of_rule.with_columns(said))

    def reward_chunk(self, rules: Sequence[RuleInTurn], exports: Exports, chunk: Chunk, inputs: Inputs) -> None:
        """The lines of the partners of a chunk, with those of rules that have posted something and are gone."""
        before, held = self.posted.of(inputs.track, chunk), self.posted.held_of(chunk)
        named = {(rule.kind, rule.name) for rule in rules}
        gone = [RuleInTurn(kind, name, ()) for kind, name in sorted(before) if (kind, name) not in named]
        frames: dict[str, list[pl.DataFrame]] = {name: [] for name in LINE_TABLES}
        positions: dict[tuple[Kind, str], pl.DataFrame] = {}
        labels = month_labels(inputs)
        for rule in sorted([*rules, *gone], key=lambda rule: (rule.kind, rule.name)):
            own = before.get((rule.kind, rule.name), POSITION.to_frame())
            under = pl.col("rule").is_null() | ((pl.col("kind") == rule.kind) & (pl.col("rule") == rule.name))
            made = RuleLines(
                rule, exports, chunk, self.months, self.done, inputs, own, held.filter(under), self.is_told
            )
            posted, failing, positions[rule.kind, rule.name] = made.lines()
            said = {
                "program": inputs.program.id,
                "track": inputs.track,
                "month": inputs.months[self.months.last].label,
                "rule": rule.name,
            }
            placed = [pl.lit(value).alias(name) for name, value in said.items()]
            frames[rule.kind].append(posted.join(labels, on="earned_at").with_columns(placed))
            in_force = rule.at(self.months.last)
            source = pl.lit(in_force.paying.source if in_force else "").alias("source")
            frames["not_earned"].append(failing.with_columns(*placed, source))
        for table, parts in frames.items():
            if parts:
                self._hand_on(table, conform(pl.concat(parts), report_contract(table)))
        if self.is_closing:
            self._hand_on_position(inputs.track, positions)

    def _hand_on_position(self, track: str, positions: dict[tuple[Kind, str], pl.DataFrame]) -> None:
        """Hands the positions of partners of a track to the sink."""
        table = position_table(positions, self.latest.program.id, track, self.latest.months)
        self.sink.add(POSITION_TABLE, conform(table, line_contract(POSITION_TABLE)))

    def _hand_on(self, table: str, lines: pl.DataFrame) -> None:
        """Counts lines of a report, and hands them to the sink."""
        counted = lines
        if table == "not_earned":
            counted = lines.with_columns(kind=pl.lit(""), currency=pl.lit(""), amount=pl.lit(0).cast(NUMBER))
        rows, amount = pl.len().cast(pl.Int64).alias("lines"), pl.col("amount").sum().cast(NUMBER)
        totals = counted.group_by("program", "track", "rule", "kind", "currency").agg(rows, amount)
        self.done.totals.append(totals.with_columns(pl.lit(table).alias("table")).select(_TOTALS.names()))
        self.sink.add(table, lines)


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
