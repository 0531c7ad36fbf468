"""Layers: classes of partners evaluated together, each partner at most once in each of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.program.model import Program, Track
from tierctl.qualify import Qualified
from tierctl.whatif.cells import PARTNER, SHEET
from tierctl.whatif.changes import Changes, changes_of
from tierctl.whatif.classes import CLASS, Classes
from tierctl.whatif.evaluated import NAME, RULE, Evaluated, Evaluator, Frames


@dataclass(frozen=True)
class Layered:
    """What classes of partners come to otherwise than before.

    Attributes:
        changes: with a column class; of what is paid only the rules that go by standings. Criteria are not told.
        rules: those rules, as `KIND.NAME`.
    """

    changes: Changes
    rules: tuple[str, ...]


def layered(before: Frames, of: Evaluated, found: Classes, evaluator: Evaluator) -> Layered:
    """Evaluates every class once.

    Args:
        before: what the program comes to as it is.
        of: the program whose bounds change, as it is evaluated.
        found: the classes of its partners.
        evaluator: evaluates on the rows that it was evaluated on.
    """
    none = Changes.none()
    frames = {"tiers": [_classed(none.tiers, 0)], "money": [_classed(none.money, 0)]}
    reasons, rules = [_classed(none.reasons, 0)], tuple[str, ...]()
    whole = _read_as_a_whole(evaluator, of.editions)
    concerned = _of_partners(evaluator, found.deviants[PARTNER].unique(), whole)
    for number, cells in found.layers():
        partners = cells[PARTNER].unique()
        after, rules = _of_partners(concerned, partners, whole).found(of.editions, _Known(of, found, cells, partners))
        own = pl.col(PARTNER).is_in(partners.implode())
        paid = before.paid.filter(own & RULE.is_in(list(rules)))
        changed = changes_of(Frames(before.stood.filter(own), paid, before.asked.clear()), after)
        frames["tiers"].append(_classed(changed.tiers, number))
        frames["money"].append(_classed(changed.money, number))
        reasons.append(_classed(changed.reasons, number))
    tiers, money = (pl.concat(frames[name]) for name in ("tiers", "money"))
    return Layered(Changes(tiers, money, pl.concat(reasons), none.criteria), rules)


def _classed(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    return rows.with_columns(pl.lit(number, dtype=pl.Int32).alias(CLASS))


@dataclass(frozen=True)
class _Known:
    """What the looks of some partners find: as in the whole evaluation, but for the cells of a class."""

    of: Evaluated
    found: Classes
    cells: pl.DataFrame
    partners: pl.Series

    def __call__(self, inputs: Inputs, ladder: Ladder, rungs: Track) -> Qualified:
        """The looks of a ladder of one edition, with the partners and the type of the inputs."""
        del rungs
        day = inputs.program.effective_from
        known = next(each for each in self.of.climbed[ladder].qualified if each.inputs.program.effective_from == day)
        sheet = next((each for each in self.found.sheets if each.qualified is known), None)
        if sheet is None:
            grid = known.grid.filter(pl.col(PARTNER).cast(NAME).is_in(self.partners.implode()))
        else:
            cells = self.cells.filter(pl.col(SHEET) == sheet.number)
            grid = sheet.judged(sheet.rows.filter(pl.col(PARTNER).is_in(self.partners.implode())), cells)
        typed = pl.col(PARTNER).cast(pl.String).cast(inputs.partner_type)
        return replace(known, inputs=inputs, grid=grid.with_columns(typed))


def _of_partners(evaluator: Evaluator, partners: pl.Series, whole: Collection[str]) -> Evaluator:
    """The same for some partners, and no more of the rows than theirs but of the exports that are read as a whole."""
    sources = evaluator.sources
    names = partners.cast(pl.String).to_list()
    exports = {name: parts if name in whole else _rows_of(parts, names) for name, parts in sources.exports.items()}
    roster = sources.roster.filter(pl.col(PARTNER).is_in(names))
    own = replace(sources, exports=exports, roster=roster, partners=names, known=None)
    return replace(evaluator, sources=own)


def _read_as_a_whole(evaluator: Evaluator, editions: Sequence[Program]) -> set[str]:
    """The exports of which rows of other partners may matter for a partner.

    These are what rows are joined to by key, what computed columns bring together beyond a partner, and once months are
    closed every one: a row that was posted may be another partner's today.
    """
    if evaluator.sources.carried is not None:
        return set(evaluator.sources.exports)
    found = set()
    for program in editions:
        joins = [metric.with_ for metric in program.metrics.values()]
        joins += [rule.with_ for _, _, rule in program.rules]
        found |= {name for each in joins for name in each if program.contract(name).valid is None}
        found |= {column.from_ for column in program.columns.values() if PARTNER not in column.same}
    return found


def _rows_of(parts: Sequence[pl.LazyFrame], partners: Collection[str]) -> Sequence[pl.LazyFrame]:
    """The rows of these partners; those of tables without partners stay."""
    if not parts or PARTNER not in parts[0].collect_schema().names():
        return parts
    own = pl.col(PARTNER).cast(pl.String).is_in(list(partners))
    return [part.filter(own).collect().lazy() for part in parts]
