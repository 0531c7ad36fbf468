"""Classes: the ways in which one partner's requirements come out, over many variants.

A thousand numbers for one bound make a handful of outcomes for a partner: between two of its readings nothing changes.
Each outcome is evaluated once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tierctl.program.model import Program
from tierctl.whatif.cells import CRITERIA, MET, PARTNER, ROW, SHEET, Sheet
from tierctl.whatif.evaluated import NAME, Evaluated
from tierctl.whatif.shape import BoundAt, plain_bounds

CLASS, VARIANT = "class", "variant"
_KEY = ("__key", "__other_key")
_SEEDS = (11, 4099)
_AT_A_TIME = 50
_KEYS = pl.Schema({PARTNER: NAME, **dict.fromkeys(_KEY, pl.UInt64()), VARIANT: pl.Int32()})
_CELLS = pl.Schema({SHEET: pl.UInt8(), ROW: pl.UInt32(), PARTNER: NAME, MET: pl.UInt64(), CRITERIA: pl.UInt64()})


@dataclass(frozen=True)
class Classes:
    """The partners of one program whose requirements come out otherwise in some variants.

    Attributes:
        deviants: one row per variant (Int32) × partner_id that comes out otherwise than as it is: class (Int32, from 1
            on; those of one partner are numbered for themselves).
        cells: one row per partner_id × class × row of a grid that meets other tiers (see `Sheet.cells`).
        sheets: the grids whose bounds change.
    """

    deviants: pl.DataFrame
    cells: pl.DataFrame
    sheets: tuple[Sheet, ...]

    def layers(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """The numbers of the classes in turn, each with its cells: no partner stands twice in one of them."""
        for (number,), cells in sorted(self.cells.partition_by(CLASS, as_dict=True).items()):
            yield int(number), cells


def classes(of: Evaluated, variants: Mapping[int, Sequence[Program]]) -> Classes:
    """The classes of variants that differ from a program in nothing but plain bounds.

    Args:
        of: the program as it is evaluated.
        variants: the editions of the program by the variants' numbers.
    """
    bounds = {number: plain_bounds(editions) for number, editions in variants.items()}
    sheets = tuple(_sheets(of, list(bounds.values())))
    cells = {
        number: pl.concat([_CELLS.to_frame().lazy(), *(sheet.cells(said) for sheet in sheets)])
        for number, said in bounds.items()
    }
    told = [
        rows.group_by(PARTNER)
        .agg(_key(seed).alias(name) for name, seed in zip(_KEY, _SEEDS, strict=True))
        .with_columns(pl.lit(number, dtype=pl.Int32).alias(VARIANT))
        for number, rows in cells.items()
    ]
    found = pl.concat([_KEYS.to_frame(), *_collected(told)])
    first = found.group_by(PARTNER, *_KEY).agg(pl.col(VARIANT).min()).sort(PARTNER, VARIANT)
    numbered = first.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(PARTNER).alias(CLASS))
    deviants = found.join(numbered.drop(VARIANT), on=[PARTNER, *_KEY]).select(VARIANT, PARTNER, CLASS)
    begun = numbered.partition_by(VARIANT, as_dict=True)
    made = [
        cells[number].join(own.lazy().select(PARTNER, CLASS), on=PARTNER) for (number,), own in sorted(begun.items())
    ]
    none = _CELLS.to_frame().with_columns(pl.lit(0, dtype=pl.Int32).alias(CLASS))
    return Classes(deviants, pl.concat([none, *_collected(made)]), sheets)


def _collected(frames: Sequence[pl.LazyFrame]) -> Iterator[pl.DataFrame]:
    """The frames, many at a time."""
    for start in range(0, len(frames), _AT_A_TIME):
        yield from pl.collect_all(frames[start : start + _AT_A_TIME])


def _sheets(of: Evaluated, variants: Sequence[Mapping[BoundAt, Decimal]]) -> Iterator[Sheet]:
    """The grids of the ladders and editions of which any bound changes."""
    before = plain_bounds(of.editions)
    spread = {at: _spread(number, [said[at] for said in variants]) for at, number in before.items()}
    spread = {at: (least, most) for at, (least, most) in spread.items() if least != most}
    days = [program.effective_from for program in of.editions]
    number = 0
    for ladder, climb in of.climbed.items():
        for qualified in climb.qualified:
            edition = days.index(qualified.inputs.program.effective_from)
            place = (edition, ladder.track, ladder.qualification or "")
            own = {at: each for at, each in spread.items() if (at.edition, at.track, at.qualification) == place}
            if own:
                yield Sheet(number, qualified, *place, before, own)
                number += 1


def _spread(before: Decimal, variants: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    return min(before, *variants), max(before, *variants)


def _key(seed: int) -> pl.Expr:
    """What tells the cells of a partner from other ones: two of these are 128 bits, whatever the order of the rows."""
    return pl.struct(SHEET, ROW, MET).hash(seed).bitwise_xor()
