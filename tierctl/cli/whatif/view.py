"""What a what-if found, as a person looks at it: who moves between tiers, what it costs, what each variant comes to.

The terminal and the page show the same figures; here they are taken from the answer's tables, and nothing is computed
but sums, counts and order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final

import polars as pl

from tierctl.cli import words

if TYPE_CHECKING:
    from tierctl.program.model import Program

BASELINE: Final = 0
SECTIONS: Final[Mapping[str, str]] = {"commissions": "Commissions", "credits": "Credits"}
PLACE: Final = ("program", "track")


@dataclass(frozen=True)
class Edit:
    """One value of a program file that every variant sets: file and line, and what it was and is."""

    source: str
    key: str
    line: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Sums:
    """What commissions and credits come to in one currency, in the baseline and in a variant, over all months."""

    currency: str
    commissions: tuple[Decimal, Decimal]
    credits: tuple[Decimal, Decimal]

    @property
    def difference(self) -> Decimal:
        """How much more the variant costs."""
        return sum((after - before for before, after in (self.commissions, self.credits)), Decimal())


@dataclass(frozen=True)
class Moved:
    """How many partners a variant moves: a tier up, a tier down, or in money alone; once for each month and track."""

    up: int = 0
    down: int = 0
    same: int = 0


@dataclass(frozen=True)
class Matrix:
    """How many partners stand on which tier in the baseline and on which in a variant, the highest tier first.

    Attributes:
        program: the program.
        track: its track.
        tiers: the tiers' names in that order; what has no tier comes last, where there is any.
        counts: by the places of both in `tiers`, before and after.
    """

    program: "Program"
    track: str
    tiers: tuple[str, ...]
    counts: Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class WhatIf:
    """A what-if that was answered.

    Attributes:
        months: the labels of the months that were evaluated, in order.
        count: how many variants there are; they are numbered from 1 on.
        tables: the answer's tables by name, each as its contract has it.
        programs: the editions in force, as the program files say.
        edits: what every variant sets.
        swept: the keys that are swept, in the order asked for; a variant's number counts up with the last.
        rows: how many hypothetical rows each export has in every variant, and how many more are dated later.
        opened_from: the label of the close that the baseline opens from; None: there is none, or none is heeded.
        is_backtest: whether past months were evaluated as if none were closed.
    """

    months: tuple[str, ...]
    count: int
    tables: Mapping[str, pl.DataFrame]
    programs: "Sequence[Program]"
    edits: tuple[Edit, ...] = ()
    swept: tuple[str, ...] = ()
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    opened_from: str | None = None
    is_backtest: bool = False

    @property
    def variants(self) -> range:
        """The numbers of the variants, without the baseline."""
        return range(1, self.count + 1)

    @cached_property
    def moved(self) -> Mapping[int, Moved]:
        """How many partners each variant moves."""
        partner = ["variant", "month", *PLACE, "partner_id"]
        rows = self.tables["movements"].select(*partner, "direction").unique()
        counts = rows.group_by("variant", "direction").len()
        found: dict[int, dict[str, int]] = {variant: {} for variant in self.variants}
        for variant, direction, count in counts.iter_rows():
            found[variant][direction] = count
        return {variant: Moved(**of) for variant, of in found.items()}

    @property
    def moves_anything(self) -> bool:
        """Whether any variant makes a difference to anybody or to any amount."""
        return not self.tables["movements"].is_empty() or bool((self.tables["costs"]["difference"] != 0).any())

    @cached_property
    def sums(self) -> Mapping[int, tuple[Sums, ...]]:
        """What each variant costs, by currency; every variant has every currency."""
        costs = self.tables["costs"]
        by = costs.group_by("variant", "currency", "report").agg(pl.col("before", "after").sum())
        found = {(variant, currency, report): (before, after) for variant, currency, report, before, after in by.rows()}
        none = Decimal(), Decimal()
        return {
            variant: tuple(
                Sums(currency, *(found.get((variant, currency, section), none) for section in SECTIONS))
                for currency in self.currencies
            )
            for variant in self.variants
        }

    @cached_property
    def standing(self) -> Mapping[tuple[int, str, str], Mapping[str | None, int]]:
        """How many partners stand on which tier at the end of the last month, by variant, program and track."""
        rows = self.tables["tiers"].filter(pl.col("month") == self.months[-1])
        found: dict[tuple[int, str, str], dict[str | None, int]] = {}
        for variant, *place, tier, partners in rows.select("variant", *PLACE, "tier", "partners").iter_rows():
            found.setdefault((variant, *place), {})[tier] = partners
        return found

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Every currency in which anything is posted, in alphabetical order."""
        return tuple(self.tables["costs"]["currency"].unique().sort())

    @cached_property
    def _values(self) -> Mapping[tuple[int, str], str]:
        rows = self.tables["variants"].select("variant", "setting", "value").iter_rows()
        return {(variant, setting): value for variant, setting, value in rows}

    def value(self, variant: int, key: str) -> str:
        """What a variant sets a swept key to."""
        return self._values[variant, key]

    def program(self, id_: str) -> "Program":
        """The edition in force of a program."""
        return next(each for each in self.programs if each.id == id_)

    def ladders(self) -> Iterator[tuple["Program", str]]:
        """Every track of every program, in the files' order."""
        for program in self.programs:
            for track in program.tracks:
                yield program, track

    def rungs(self, program: "Program", track: str) -> list[str | None]:
        """The tiers of a track, the highest first, then none."""
        return [*(tier.id for tier in reversed(program.tracks[track].tiers)), None]


def place_name(found: WhatIf, program: "Program", track: str) -> str:
    """What tells a track from the others, to be put after a title; nothing where there is but one."""
    if len(found.programs) > 1:
        return f" · {program.name or program.id}, {words.track_name(program, track)}"
    return f" · {words.track_name(program, track)}" if len(program.tracks) > 1 else ""


def of_place(df: pl.DataFrame, program: "Program", track: str) -> pl.DataFrame:
    """The rows of one track."""
    return df.filter((pl.col("program") == program.id) & (pl.col("track") == track))


def matrix(found: WhatIf, variant: int, program: "Program", track: str) -> Matrix:
    """The transitions of one variant on one track at the end of the last month.

    Tiers on which nobody stands in either stay, so that the ladder is seen whole.
    """
    last = (pl.col("variant") == variant) & (pl.col("month") == found.months[-1])
    rows = of_place(found.tables["transitions"].filter(last), program, track)
    rungs = found.rungs(program, track)
    counts = {
        (rungs.index(before), rungs.index(after)): partners
        for before, after, partners in rows.select("tier_before", "tier_after", "partners").iter_rows()
    }
    nobody = len(rungs) - 1
    if not any(nobody in place for place in counts):
        rungs.remove(None)
    return Matrix(program, track, tuple(words.tier_name(program, track, tier) for tier in rungs), counts)


def tier_counts(found: WhatIf, variant: int, program: "Program", track: str) -> dict[str, int]:
    """How many partners stand on each tier of a track at the end of the last month, the highest tier first, by name."""
    counts = found.standing.get((variant, program.id, track), {})
    return {
        words.tier_name(program, track, tier): counts.get(tier, 0)
        for tier in found.rungs(program, track)
        if tier is not None or counts.get(tier)
    }


def costs(found: WhatIf, variant: int) -> pl.DataFrame:
    """What each rule costs over all months: program, report, rule, currency, before, after, difference."""
    df = found.tables["costs"].filter(pl.col("variant") == variant)
    keys = ["program", "report", "rule", "currency"]
    return df.group_by(keys).agg(pl.col("before", "after", "difference").sum()).sort(keys)


def evenly(count: int, most: int) -> list[int]:
    """The places of at most so many out of `count`, evenly chosen, the first and the last among them.

    >>> evenly(3, 5), evenly(9, 5)
    ([0, 1, 2], [0, 2, 4, 6, 8])
    """
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def values_of(found: WhatIf, key: str) -> list[str]:
    """The values of a swept key, in the order of the variants."""
    return list(dict.fromkeys(found.value(variant, key) for variant in found.variants))


def grid_of(found: WhatIf) -> list[list[int]]:
    """The variants of two sweeps: a row for each value of the first, in it one for each value of the second."""
    at = {tuple(found.value(variant, key) for key in found.swept): variant for variant in found.variants}
    down, across = (values_of(found, key) for key in found.swept)
    return [[at[row, column] for column in across] for row in down]
