"""The money of one program: its lines, rates and statements, and what somebody has to do because of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from tierctl.carried import Carried
from tierctl.contracts import NUMBER
from tierctl.findings import Finding, warning
from tierctl.fiscal import FiscalMonth
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.program.model import Program
from tierctl.reward.held import held_rows
from tierctl.reward.ledger_actions import adjusted_actions, held_actions
from tierctl.reward.payouts import actions_of, payouts_of, stated
from tierctl.reward.posted import Posted
from tierctl.reward.rewards import reward, rules_of
from tierctl.reward.rule_lines import Months, Rewarded, RuleInTurn
from tierctl.reward.sink import LineSink
from tierctl.reward.stood import Climbed

_NAMED = 3
_BALANCES = pl.Schema(
    {
        "program": pl.String(),
        "partner_id": pl.String(),
        "payee_id": pl.String(),
        "currency": pl.String(),
        "balance": NUMBER,
    }
)
HELD = pl.Schema(
    {
        "track": pl.String(),
        "partner_id": pl.String(),
        "source": pl.String(),
        "source_id": pl.String(),
        "currency": pl.String(),
        "amount": NUMBER,
    }
)


@dataclass(frozen=True)
class ProgramMoney:
    """What the money of one program is made from.

    Attributes:
        editions: the program, by edition, oldest first.
        climbed: every ladder of the latest edition, as reviewed.
        months: what is posted.
        holidays: the workspace's own lists by name.
        carried: what the closed months left; None: none of the program's is closed.
        accept_removals: whether what was posted for rows that are missing is reversed.
        is_closing: whether the position is made, too.
    """

    editions: Sequence[Program]
    climbed: Mapping[Ladder, Climbed]
    months: Months
    holidays: Mapping[str, Sequence[date]]
    carried: Carried | None
    accept_removals: bool
    is_closing: bool

    def tables(self, sink: LineSink) -> tuple[Rewarded, dict[str, pl.DataFrame]]:
        """The lines go to the sink; rates, statements and actions come back."""
        done = reward(self._rules, self.climbed, self.months, sink, self._posted, is_closing=self.is_closing)
        tracks = [self._inputs(track) for track in self._tracks]
        tables = {"rates": pl.concat(done.rates)} if done.rates else {}
        payouts = payouts_of(tracks, self.months)
        if payouts:
            tables["statements"] = stated(
                payouts, done, tracks, self.months, holidays=self.holidays, balances=self._posted.balances
            )
        inputs = tracks[0][0]
        due_on = inputs.calendar.shift(inputs.last, 1).last
        payout, rows = (payouts[-1].payout if payouts else None), tables.get("statements", pl.DataFrame())
        tables["actions"] = pl.concat(
            [
                actions_of(payout, rows, done, tracks, due_on),
                held_actions(self.held, due_on),
                adjusted_actions(done.adjusted, due_on),
            ]
        )
        done.findings += self._findings()
        return done, tables

    @cached_property
    def held(self) -> pl.DataFrame:
        """What stays posted for rows that are missing, in the columns of HELD: one row per source row and currency."""
        posted = self._posted
        if posted.held.is_empty():
            return HELD.to_frame()
        of_month = (pl.col("amount") - pl.col("taken")) * pl.col("months")
        kept = pl.concat(posted.position).join(posted.held.lazy(), on=posted.held.columns, how="semi").collect()
        counted = kept.with_columns(months=posted.months_in(kept)).group_by(
            "track", "partner_id", "source", "source_id", "currency"
        )
        rows = counted.agg(of_month.sum().cast(NUMBER).alias("amount")).filter(pl.col("amount") != 0)
        return rows.select(HELD.names()).sort("track", "partner_id", "source", "source_id", "currency")

    @cached_property
    def _rules(self) -> dict[str, list[RuleInTurn]]:
        return rules_of(self.editions, self.climbed, self.months.first)

    @cached_property
    def _posted(self) -> Posted:
        months = next(iter(self.climbed.values())).editions[-1].months
        balances = _BALANCES.to_frame()
        if self.carried is None:
            return Posted((), months, balances)
        program = self.editions[-1].id
        position = [part.filter(pl.col("program") == program) for part in self.carried.position]
        balances = self.carried.balances.filter(pl.col("program") == program)
        paying = [each.paying for rules in self._rules.values() for rule in rules for each in rule.editions]
        held = held_rows(position, () if self.accept_removals else paying, self.carried.read)
        return Posted(position, months, balances, held)

    @property
    def _tracks(self) -> list[str]:
        """The tracks with rules in any edition, in the order of the latest edition that has them."""
        ruled = {program.track_of(rule) for program in self.editions for _, _, rule in program.rules}
        ordered = [track for program in reversed(self.editions) for track in program.tracks if track in ruled]
        return list(dict.fromkeys(ordered))

    def _inputs(self, track: str) -> list[Inputs]:
        """The inputs of a track by edition; where a payout asks for standings, with those of all ladders."""
        asks = any(program.payout and program.payout.requires for program in self.editions)
        held = {each.column: climbed.standing.history for each, climbed in self.climbed.items()} if asks else {}
        return [replace(inputs, held=held) for inputs in self.climbed[Ladder(track)].editions]

    def _findings(self) -> list[Finding]:
        """A warning for each export of which posted rows are missing."""
        program = self.editions[-1].id
        counted = self.held.group_by("source").agg(
            pl.col("source_id").n_unique().alias("rows"),
            pl.col("partner_id").n_unique().alias("partners"),
            pl.col("source_id").unique().sort().head(_NAMED).alias("named"),
        )
        found = []
        for source, rows, partners, named in counted.sort("source").iter_rows():
            some = f"{rows} row{'s' if rows != 1 else ''} of {partners} partner{'s' if partners != 1 else ''}"
            more = f" and {rows - len(named)} more" if rows > len(named) else ""
            lacks, stays = "is missing or rejected today, or lacks a row that it depends on", "it"
            if rows != 1:
                lacks, stays = "are missing or rejected today, or lack a row that they depend on", "them"
            message = f"{some} ({', '.join(named)}{more}) {lacks}; what was posted for {stays} is held"
            hint = 'look at the export; tierctl close --accept-removals "why" takes back what was posted'
            found.append(warning("posted-row-missing", program, source, message, hint))
        return found


def money_months(months: Sequence[FiscalMonth], open_from: int, money_from: str) -> Months:
    """What is posted of a fold's months: nothing before `money_from` (a label), nothing that is closed."""
    last = len(months) - 1
    first = next((at for at, each in enumerate(months) if each.label >= money_from), last + 1)
    return Months(first, max(first, open_from), last)
