"""Cells: which rows of a grid meet other tiers when numbers change that metrics are held against.

What was measured stays as it is: each variant only compares it anew, in the rows where any of them may matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Leaf, criterion_column, leaf_met
from tierctl.evidence import outcome_of
from tierctl.exact import Ratio
from tierctl.figures import Figures
from tierctl.grid import figures_of
from tierctl.measure.conditions import compare
from tierctl.program.held import TierHeld
from tierctl.program.model import Tier
from tierctl.program.values import Number
from tierctl.qualify import Qualified, met_column, of_criterion, tiers_met
from tierctl.whatif.changes import told
from tierctl.whatif.evaluated import NAME
from tierctl.whatif.shape import BoundAt

ROW, SHEET, MET, CRITERIA, PARTNER = "__row", "__sheet", "__met", "__criteria", "partner_id"
_UPWARD = ("at_least", "more_than")
_BASE = "__base"


@dataclass(frozen=True)
class Sheet:
    """One grid whose bounds change.

    Attributes:
        number: its number among the grids.
        qualified: what its looks found by the bounds as they are.
        edition: the number of its edition.
        track: its track.
        qualification: the qualification that its ladder is of; empty: of none.
        before: the bounds as they are.
        spread: the least and the greatest number of each bound that changes.
    """

    number: int
    qualified: Qualified
    edition: int
    track: str
    qualification: str
    before: Mapping[BoundAt, Decimal]
    spread: Mapping[BoundAt, tuple[Decimal, Decimal]]

    def cells(self, bounds: Mapping[BoundAt, Decimal]) -> pl.LazyFrame:
        """The rows that meet other tiers by these bounds.

        Returns:
            One row per row of the grid: __sheet, __row (its number), partner_id, __met (a bit for each tier that is
            met, lowest first) and __criteria (the same for each criterion whose bound changes).
        """
        said = self._met(bounds).alias(MET), self._criteria(bounds).alias(CRITERIA)
        found = self._mattering.lazy().select(ROW, PARTNER, _BASE, *said).filter(pl.col(MET) != pl.col(_BASE))
        number = pl.lit(self.number, dtype=pl.UInt8).alias(SHEET)
        return found.select(number, ROW, PARTNER, MET, CRITERIA)

    def judged(self, grid: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
        """The rows of the grid (with __row) as the cells say: the columns of its tiers and criteria are theirs."""
        joined = grid.join(cells.select(ROW, MET, CRITERIA), on=ROW, how="left", maintain_order="left")
        is_new = pl.col(MET).is_not_null()
        bits = [(met_column(tier), MET) for tier in self.qualified.track.earned_tiers]
        bits += [(criterion_column(at.tier, self._leaf(at)), CRITERIA) for at in self.spread]
        place = {MET: 0, CRITERIA: 0}
        changed = []
        for name, of in bits:
            said = (pl.col(of) // 2 ** place[of]) % 2 == 1
            place[of] += 1
            changed.append(pl.when(is_new & pl.col(name).is_not_null()).then(said).otherwise(name).alias(name))
        return joined.with_columns(changed).drop(ROW, MET, CRITERIA)

    def told(self, at: BoundAt, places: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
        """The partners of whom a bound comes out otherwise than before in the latest open look, in words.

        Args:
            at: the bound.
            places: partner_id, threshold (what the value is held against) and further columns.
            before: what was found before, in the columns of ASKED.

        Returns:
            Some of the places, with tier, criterion and told. None where the month under review is another edition's.
        """
        leaf, own = self._leaf(at), (pl.col("track") == at.track) & (pl.col("tier") == at.tier)
        asked = before.filter(own & (pl.col("criterion") == at.path)).drop("track", "threshold")
        asked = asked.rename({"outcome": "outcome_before"})
        rows = places.join(self._latest, on=PARTNER).join(asked, on=PARTNER, how="left")
        bound = Ratio.of_number(pl.col("threshold"))
        is_met = self._figures.subject(leaf.subject).compared(partial(compare, leaf.word), bound)
        rows = rows.with_columns(outcome_of(is_met).cast(NAME).alias("outcome"))
        differs = pl.col("outcome").ne_missing(pl.col("outcome_before"))
        said = pl.lit(at.tier).cast(NAME).alias("tier"), pl.lit(at.path).cast(NAME).alias("criterion")
        value, word = pl.col(leaf.value_column).cast(NUMBER).alias("value"), pl.lit(leaf.word).alias("operator")
        return rows.filter(differs).with_columns(*said, value, word).with_columns(told().alias("told"))

    @cached_property
    def _latest(self) -> pl.DataFrame:
        last = len(self.qualified.inputs.months) - 1
        looks = [number for number, look in enumerate(self.qualified.looks) if look.at == last and look.kind == "open"]
        rows = self.qualified.grid.filter(pl.col("look").is_in(looks))
        return rows.drop("look", "at", "day").with_columns(pl.col(PARTNER).cast(NAME))

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The grid with the numbers of its rows."""
        return self.qualified.grid.with_row_index(ROW).with_columns(pl.col(PARTNER).cast(NAME))

    @cached_property
    def _mattering(self) -> pl.DataFrame:
        """The rows that may meet other tiers by any of the bounds, with what they meet as it is.

        Requirements have no word for `not`: what is met by the strictest numbers is met by all.
        """
        least = {at: low for at, (low, _) in self.spread.items()}
        most = {at: high for at, (_, high) in self.spread.items()}
        upward = {at: self._leaf(at).word in _UPWARD for at in self.spread}
        loose = {at: least[at] if upward[at] else most[at] for at in self.spread}
        strict = {at: most[at] if upward[at] else least[at] for at in self.spread}
        tiers = tiers_met(self.qualified.track, of_criterion)
        rows = self.rows.with_columns(_bits(tiers).alias(_BASE), self._met(loose).alias(MET))
        return rows.filter(pl.col(MET) != self._met(strict)).drop(MET)

    def _met(self, bounds: Mapping[BoundAt, Decimal]) -> pl.Expr:
        def criterion(tier: Tier, leaf: Leaf) -> pl.Expr:
            at = self._at(tier.id, leaf.path)
            return self._compared(at, bounds[at]) if at in self.spread else of_criterion(tier, leaf)

        return _bits(tiers_met(self.qualified.track, criterion))

    def _criteria(self, bounds: Mapping[BoundAt, Decimal]) -> pl.Expr:
        return _bits([self._compared(at, bounds[at]).fill_null(value=False) for at in self.spread])

    def _compared(self, at: BoundAt, number: Decimal) -> pl.Expr:
        leaf = self._leaf(at)
        changed = leaf.bound.model_copy(update={leaf.word: Number(value=number)})
        return leaf_met(replace(leaf, bound=changed), self._figures, _no_standing)

    def _leaf(self, at: BoundAt) -> Leaf:
        return self._leaves[at]

    def _at(self, tier: str, path: str) -> BoundAt:
        return BoundAt(self.edition, self.track, self.qualification, tier, path)

    @cached_property
    def _leaves(self) -> dict[BoundAt, Leaf]:
        return {self._at(each.tier, each.leaf.path): each.leaf for each in self.qualified.criteria}

    @cached_property
    def _figures(self) -> Figures:
        return figures_of(self.qualified.inputs)


def _bits(met: Sequence[pl.Expr]) -> pl.Expr:
    """One bit for each of these, the first the lowest."""
    bits = [each.cast(pl.UInt64) * 2**place for place, each in enumerate(met)]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.UInt64), *bits)


def _no_standing(held: TierHeld) -> int:
    raise TypeError(f"{held.at_least} is no number")
