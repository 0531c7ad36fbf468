"""The money of one program: its lines, rates and statements, and what somebody has to do because of them."""

from collections.abc import Collection, Mapping, Sequence
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
from tierctl.reward.missing import Missing
from tierctl.reward.payouts import actions_of, payouts_of, stated
from tierctl.reward.posted import Posted
from tierctl.reward.postings import HELD as HELD_ROWS
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
        "lacks": pl.String(),
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
                held_actions(held_in(done), due_on),
                adjusted_actions(done.adjusted, due_on),
            ]
        )
        done.findings += _findings(self.editions[-1].id, held_in(done))
        return done, tables

    @property
    def by_standing(self) -> tuple[str, ...]:
        """The rules whose amounts go by where partners stand, as `KIND.NAME`."""
        rules = [rule for of_track in self._rules.values() for rule in of_track]
        return tuple(_named(rule) for rule in rules if any(each.paying.goes_by_standing for each in rule.editions))

    def lines_of(self, names: Collection[str], sink: LineSink) -> Rewarded:
        """The lines of some rules, each named `KIND.NAME`, go to the sink, but for those that earn nothing."""
        found = {track: [rule for rule in rules if _named(rule) in names] for track, rules in self._rules.items()}
        own = {track: rules for track, rules in found.items() if rules}
        posted = self._posted.of_rules(names)
        return reward(own, self.climbed, self.months, sink, posted, is_closing=False, is_told=False)

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
        held = HELD_ROWS.to_frame() if self._missing is None else held_rows(position, paying, self._missing)
        return Posted(position, months, balances, held)

    @property
    def missing(self) -> dict[str, pl.DataFrame]:
        """The rows that are missing, by export, as far as anything that was posted may depend on them."""
        return self._missing.found if self._missing else {}

    @cached_property
    def _missing(self) -> Missing | None:
        """None where nothing is held: nothing is closed, or somebody accepts that what is missing is gone."""
        if self.carried is None or self.accept_removals:
            return None
        inputs = next(iter(self.climbed.values())).editions[-1]
        return Missing(inputs, self.carried.month, self.carried.read, self.carried.missing)

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


def _named(rule: RuleInTurn) -> str:
    return f"{rule.kind}.{rule.name}"


def held_in(done: Rewarded) -> pl.DataFrame:
    """What stays posted since something is missing, in the columns of HELD: one row per source row and currency."""
    by = [name for name in HELD.names() if name not in {"amount", "lacks"}]
    rows = pl.concat([HELD.to_frame(), *(each.select(HELD.names()) for each in done.held)])
    return rows.group_by(by).agg(pl.col("amount").sum().cast(NUMBER), pl.col("lacks").min()).sort(by)


def _findings(program: str, held: pl.DataFrame) -> list[Finding]:
    """A warning for each export of which posted rows are missing, or lack what they depend on."""
    names = pl.col("lacks").fill_null(pl.concat_str("source", pl.lit(" "), "source_id")).unique().sort()
    counted = held.group_by("source").agg(
        pl.struct("partner_id", "source_id").n_unique().alias("rows"),
        pl.col("partner_id").n_unique().alias("partners"),
        names.len().alias("missing"),
        names.head(_NAMED).alias("named"),
    )
    found = []
    for source, rows, partners, missing, named in counted.sort("source").iter_rows():
        some = f"{rows} row{'s' if rows != 1 else ''} of {partners} partner{'s' if partners != 1 else ''}"
        more = f" and {missing - len(named)} more" if missing > len(named) else ""
        message = (
            f"missing, rejected or dated later today: {', '.join(named)}{more};"
            f" what was posted for {some} of {source} is held"
        )
        hint = 'look at the export; tierctl close --accept-removals "why" posts what today\'s rows give'
        found.append(warning("posted-row-missing", program, source, message, hint))
    return found


def money_months(months: Sequence[FiscalMonth], open_from: int, money_from: str) -> Months:
    """What is posted of a fold's months: nothing before `money_from` (a label), nothing that is closed."""
    last = len(months) - 1
    first = next((at for at, each in enumerate(months) if each.label >= money_from), last + 1)
    return Months(first, max(first, open_from), last)
