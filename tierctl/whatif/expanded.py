"""Expanded: what many variants come to, put together from the changes of one of them and of classes of partners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tierctl.program.model import Program
from tierctl.whatif.changes import PLACE, Changes
from tierctl.whatif.classes import CLASS, VARIANT, Classes
from tierctl.whatif.evaluated import NAME, RULE, Frames
from tierctl.whatif.layers import Layered
from tierctl.whatif.shape import plain_bounds

_KEY = [VARIANT, *PLACE]


@dataclass(frozen=True)
class Expanded:
    """What variants come to that differ from one another in nothing but plain bounds.

    Attributes:
        before: what the program comes to as it is.
        variants: the variants' editions by their numbers.
        pivot: what one of them, or the program as it is, comes to: every partner that is in no class comes to that.
        found: the classes of partners that come to something else.
        made: what these come to.
    """

    before: Frames
    variants: Mapping[int, Sequence[Program]]
    pivot: Changes
    found: Classes
    made: Layered

    @property
    def numbers(self) -> pl.DataFrame:
        """One row per variant: variant."""
        return pl.DataFrame({VARIANT: list(self.variants)}, schema={VARIANT: pl.Int32})

    @cached_property
    def tiers(self) -> pl.DataFrame:
        """The columns of TIERS and variant."""
        return self._both(self.pivot.tiers, self.made.changes.tiers)

    @cached_property
    def money(self) -> pl.DataFrame:
        """The columns of MONEY and variant."""
        # What does not go by standings is the same in every class.
        others = self.pivot.money.filter(~RULE.is_in(list(self.made.rules)))
        kept = self._deviants.join(others, on="partner_id")
        both = self._both(self.pivot.money, self.made.changes.money)
        return pl.concat([both, kept.select(both.columns)])

    def why(self, places: pl.DataFrame) -> pl.DataFrame:
        """Why partners come to something else: the criteria that come out otherwise, else the reason of the standing.

        Args:
            places: variant, track and partner_id of those asked for, each once.

        Returns:
            The places with why.
        """
        told = pl.concat([self._as_the_pivot(places), *self._as_bounded(places)])
        is_one_of_many = pl.struct(_KEY).is_duplicated()
        several = told.filter(is_one_of_many).sort(*_KEY, "tier", "criterion").group_by(_KEY, maintain_order=True)
        joined = several.agg(pl.col("told").str.join("; "))
        single = told.filter(~is_one_of_many).select(joined.columns)
        because = self._both(self.pivot.reasons, self.made.changes.reasons).unique(_KEY)
        rows = places.join(pl.concat([joined, single]), on=_KEY, how="left")
        rows = rows.join(because, on=_KEY, how="left")
        return rows.select(*_KEY, pl.coalesce("told", "reason").alias("why"))

    @property
    def _deviants(self) -> pl.DataFrame:
        return self.found.deviants

    @cached_property
    def _as_pivot(self) -> pl.DataFrame:
        """One row per variant × partner_id that comes to what the pivot comes to, as far as that is otherwise."""
        frames = (self.pivot.tiers, self.pivot.money, self.pivot.reasons)
        concerned = pl.concat([frame.select("partner_id") for frame in frames]).unique()
        each = self.numbers.join(concerned, how="cross")
        return each.join(self._deviants, on=[VARIANT, "partner_id"], how="anti")

    def _both(self, of_pivot: pl.DataFrame, of_classes: pl.DataFrame) -> pl.DataFrame:
        """Rows by variant: the pivot's for those that come to the same, else those of the class."""
        kept = self._as_pivot.join(of_pivot, on="partner_id")
        taken = self._deviants.join(of_classes, on=["partner_id", CLASS]).drop(CLASS)
        return pl.concat([kept, taken.select(kept.columns)])

    def _as_the_pivot(self, places: pl.DataFrame) -> pl.DataFrame:
        """The criteria that come out otherwise in every variant: those whose bounds do not change among them."""
        changing = {(at.track, at.tier, at.path) for sheet in self.found.sheets for at in sheet.spread}
        places_of = pl.DataFrame(sorted(changing), schema=_CRITERION, orient="row")
        same = self.pivot.criteria.join(places_of, on=list(_CRITERION), how="anti")
        return places.join(same, on=PLACE).select(*_KEY, "tier", "criterion", "told")

    def _as_bounded(self, places: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The criteria whose bounds change, where they come out otherwise than before."""
        bounds = {number: plain_bounds(editions) for number, editions in self.variants.items()}
        for sheet in self.found.sheets:
            for at in sheet.spread:
                numbers = pl.DataFrame(
                    {VARIANT: list(bounds), "threshold": [said[at] for said in bounds.values()]},
                    schema={VARIANT: pl.Int32, "threshold": pl.Decimal(38, 6)},
                )
                own = places.filter(pl.col("track") == at.track).join(numbers, on=VARIANT)
                yield sheet.told(at, own, self.before.asked).select(*_KEY, "tier", "criterion", "told")


_CRITERION = {"track": NAME, "tier": NAME, "criterion": NAME}
