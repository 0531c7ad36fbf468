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
    found, cells, known = [_KEYS.to_frame()], [], _KEYS.to_frame()
    for number, said in bounds.items():
        own = pl.concat([_CELLS.to_frame(), *(sheet.cells(said) for sheet in sheets)])
        keys = own.group_by(PARTNER).agg(_key(seed).alias(name) for name, seed in zip(_KEY, _SEEDS, strict=True))
        keys = keys.select(PARTNER, *_KEY, pl.lit(number, dtype=pl.Int32).alias(VARIANT))
        new = keys.join(known, on=[PARTNER, *_KEY], how="anti")
        if not new.is_empty():
            known = pl.concat([known, new])
            cells.append(own.join(new.select(PARTNER, *_KEY), on=PARTNER))
        found.append(keys)
    numbered = known.sort(PARTNER, VARIANT).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(PARTNER).alias(CLASS)
    )
    numbered = numbered.select(PARTNER, *_KEY, CLASS)
    deviants = pl.concat(found).join(numbered, on=[PARTNER, *_KEY]).select(VARIANT, PARTNER, CLASS)
    made = pl.concat(cells) if cells else _CELLS.to_frame().join(known.select(PARTNER, *_KEY), on=PARTNER)
    return Classes(deviants, made.join(numbered, on=[PARTNER, *_KEY]).drop(*_KEY), sheets)


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
