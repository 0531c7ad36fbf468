"""Evidence of cells: how well what stands in a column fits a column of ours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from tierctl.contracts import Field
from tierctl.proposed import words
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table

AGAINST, SILENT, FITS, TELLS, NAMES = -1, 0, 1, 2, 3
"""Cells speak against a column, say nothing, fit as many columns do, fit as few do, or name what stands elsewhere."""

PARTNER: Final = "partner_id"
_FEW: Final = Decimal("0.9")
_SIGNS: Final = frozenset("€$£¥")
_MOST_WORDS: Final = 60
_FEW_CURRENCIES: Final = 12
_CODE: Final = "^[A-Z]{3}$"
_LOOKED_AT: Final = 1000
_SHOWN: Final = 30
_LADDER: Final = frozenset({"program", "track", "tier", "criterion"})


@dataclass(frozen=True)
class Evidence:
    """What the cells say of a column of ours; `is_whole`: of every cell that is filled, and all that must be are."""

    weight: int
    said: str
    is_whole: bool = True


@dataclass(frozen=True, eq=False)
class Roster:
    """The ids of the partners, and the file that brings them."""

    ids: pl.Series
    name: str


def quote(text: str) -> str:
    """A cell's text for a sentence: cut where it is long."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def evidence(table: Table, column: SeenColumn, field: Field, need: Need, roster: Roster | None) -> Evidence:
    """What the cells of a column say of being a column of ours.

    Args:
        table: the files.
        column: their column.
        field: ours.
        need: the export it is of.
        roster: the partners; None: not known yet, or this is their own export.
    """
    filled = table.filled(column)
    if not filled:
        return Evidence(AGAINST if field.required and table.rows else SILENT, "no cell is filled")
    found = _evidence(table, column, field, need, roster)
    empty = table.rows - filled
    if not field.required or not empty or found.weight <= AGAINST:
        return found
    said = f"{found.said}; empty in {empty:,} of {table.rows:,} rows, which will be rejected"
    return Evidence(AGAINST if empty * 2 > table.rows else found.weight, said, is_whole=False)


def _evidence(table: Table, column: SeenColumn, field: Field, need: Need, roster: Roster | None) -> Evidence:
    match field.type:
        case "date":
            return _dates(table, column)
        case "number" | "integer":
            return _numbers(table, column, field, need)
        case "boolean":
            return _booleans(table, column, field)
        case "string":
            return _words(table, column, field, need, roster)


def _words(table: Table, column: SeenColumn, field: Field, need: Need, roster: Roster | None) -> Evidence:
    if field.enum:
        return _enum(table, column, field, need)
    if is_currency(field):
        return _currencies(table, column, field, need)
    if field.name == PARTNER and roster is not None and need.contract.foreign_keys:
        return _partners(column, roster)
    if need.words.get(field.name):
        return _told_apart(table, column, field, need)
    return _text(table, column, field, need)


def is_currency(field: Field) -> bool:
    """Whether a column holds codes of currencies."""
    return field.pattern == _CODE


def _share(matched: int, filled: int) -> bool:
    return Decimal(matched) >= _FEW * filled


def _partly(matched: int, filled: int) -> int:
    """What cells say that fit in part: where most do, a header that plainly says so is believed."""
    return FITS if _share(matched, filled) else SILENT if matched * 2 > filled else AGAINST


def _cells(filled: int, what: str) -> str:
    if filled == 1:
        return f"its one cell is {what}"
    return f"both cells are {what}" if filled == 2 else f"all {filled:,} cells are {what}"  # noqa: PLR2004


def _dates(table: Table, column: SeenColumn) -> Evidence:
    found = table.dates(column)
    if not found.fits:
        first = column.texts["text"][0]
        return Evidence(AGAINST, f"its cells are no dates: {quote(first)}")
    best = found.fits[0]
    if found.contradiction:
        one, other = found.contradiction
        said = f"its dates contradict each other: {quote(one.text)} (record {one.record:,}), {quote(other.text)}"
        weight = FITS if _share(best.matched, best.filled) else SILENT
        return Evidence(weight, f"{said} (record {other.record:,})", is_whole=False)
    return _matched(best.matched, best.filled, best.unread.text if best.unread else "", "dates")


def _matched(matched: int, filled: int, unread: str, what: str) -> Evidence:
    if matched == filled:
        return Evidence(FITS, _cells(filled, what if filled > 1 else f"a {what.removesuffix('s')}"))
    said = f"{matched:,} of {filled:,} cells are {what}, not {quote(unread)}"
    return Evidence(_partly(matched, filled), said, is_whole=False)


def _numbers(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    found = table.numbers(column)
    if not found.fits:
        return _answers(table, column, field, need)
    best = found.fits[0]
    if found.leading_zeros is not None and found.leading_zeros.text.isdecimal():
        return Evidence(AGAINST, f"its cells are ids: {quote(found.leading_zeros.text)} begins with a zero")
    if found.percent is not None and field.maximum is not None:
        cell = found.percent
        said = (
            f"{quote(cell.text)} (record {cell.record:,}) is a percentage, and a fraction is needed:"
            f' percent = "fraction" under [exports.{need.name}.formats.{field.name}] reads it as one'
        )
        return Evidence(AGAINST, said)
    if field.type == "integer" and not found.is_integer:
        return Evidence(AGAINST, "not all of its numbers are whole")
    outside = _outside(field, found.least, found.greatest)
    if outside:
        return Evidence(AGAINST, outside)
    what = "whole numbers" if field.type == "integer" else "numbers"
    return _matched(best.matched, best.filled, best.unread.text if best.unread else "", what)


def _outside(field: Field, least: Decimal | None, greatest: Decimal | None) -> str:
    if field.maximum is not None and greatest is not None and greatest > field.maximum:
        return f"{greatest.normalize():f} is above {field.maximum}, the most that it may be"
    if field.minimum is not None and least is not None and least < field.minimum:
        return f"{least.normalize():f} is below {field.minimum}, the least that it may be"
    return ""


def _answers(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    """A number that is written as words, such as Yes and No for 1 and 0."""
    said = table.words(column, _MOST_WORDS)
    if said and all(words.meaning(word, need.name, field) for word in said):
        return Evidence(FITS, f"{_counted(said)}, all known")
    return Evidence(AGAINST, f"its cells are no numbers: {quote(column.texts['text'][0])}")


def _booleans(table: Table, column: SeenColumn, field: Field) -> Evidence:
    if table.booleans(column).how in {"sure", "likely"}:
        return Evidence(TELLS, f"{_counted(table.words(column, _MOST_WORDS) or [])} for yes and no")
    said = table.words(column, _MOST_WORDS)
    if said and all(words.truth(word, field.name) is not None for word in said):
        return Evidence(TELLS, f"{_counted(said)} for yes and no")
    if said and len(said) <= 2:  # noqa: PLR2004  # one for yes, one for no
        return Evidence(SILENT, f"which of {listed(said)} means yes is not known", is_whole=False)
    strange = next((word for word in said or () if words.truth(word, field.name) is None), column.texts["text"][0])
    return Evidence(AGAINST, f"its cells are neither yes nor no: {quote(strange)}")


def _enum(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    return _known(column, [bool(words.meaning(word, need.name, field)) for word in _some(table, column)])


def _told_apart(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    own = (*need.words[field.name], *need.names.get(field.name, {}))
    known = [bool(words.meaning(word, need.name, field, own)) for word in _some(table, column)]
    if field.name in _LADDER:
        return _known(column, known)
    if any(known):
        return Evidence(TELLS, f"{_counted(known)}, {sum(known)} known")
    return _text(table, column, field, need)


def _some(table: Table, column: SeenColumn) -> list[str]:
    return table.words(column, _MOST_WORDS) or []


def _known(column: SeenColumn, known: Sequence[bool]) -> Evidence:
    if not known:
        return Evidence(AGAINST, f"{column.distinct:,} different words are too many")
    if all(known):
        return Evidence(TELLS, f"{_counted(known)}, {'all known' if len(known) > 1 else 'known'}")
    weight = FITS if any(known) else SILENT
    how_many = f"{sum(known) or 'none'} of them known" if len(known) > 1 else "not known"
    return Evidence(weight, f"{_counted(known)}, {how_many}", is_whole=False)


def _currencies(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    said = table.words(column, _MOST_WORDS)
    if said is None:
        return Evidence(AGAINST, f"{column.distinct:,} different texts are no currencies")
    codes = [word for word in said if _is_currency_word(word, field, need)]
    if len(codes) == len(said):
        return Evidence(TELLS, _cells(column.filled, "currencies" if column.filled > 1 else "a currency"))
    strange = next(word for word in said if word not in codes)
    may_be_told = need.is_needed(field) and _may_mean_currencies(said)
    weight = FITS if _share(len(codes), len(said)) else SILENT if may_be_told else AGAINST
    return Evidence(weight, f"{quote(strange)} is no currency", is_whole=False)


def _is_currency_word(word: str, field: Field, need: Need) -> bool:
    return word.upper() in words.currencies() or word in _SIGNS or bool(words.meaning(word, need.name, field))


def _may_mean_currencies(said: Sequence[str]) -> bool:
    """Whether words are few and have a currency's sign, so that a person can say what each of them means."""
    return len(said) <= _FEW_CURRENCIES and all(any(sign in word for sign in _SIGNS) for word in said)


def _partners(column: SeenColumn, roster: Roster) -> Evidence:
    strangers = column.all_texts().filter(~pl.col("text").is_in(roster.ids.implode())).select("text", "rows")
    strange = strangers.collect()
    known = column.distinct - strange.height
    if not strange.height:
        ids = {1: "its one id stands", 2: "both ids stand"}.get(column.distinct, f"all {column.distinct:,} ids stand")
        return Evidence(NAMES, f"{ids} in {roster.name}")
    said = f"{known:,} of {column.distinct:,} ids stand in {roster.name}, not {quote(strange['text'][0])}"
    if known * 2 > column.distinct:
        return Evidence(NAMES if _share(known, column.distinct) else TELLS, said, is_whole=False)
    if known:
        return Evidence(SILENT, said, is_whole=False)
    return Evidence(AGAINST, f"none of its cells is an id in {roster.name}", is_whole=False)


def _text(table: Table, column: SeenColumn, field: Field, need: Need) -> Evidence:
    if need.contract.primary_key == (field.name,):
        return _key(column)
    head = SeenColumn(column.header, column.place, column.texts.head(_LOOKED_AT), column.filled, column.distinct)
    found = table.dates(head) if column.distinct <= _LOOKED_AT else None
    if found and found.how in {"sure", "likely"} and not found.is_bare and found.fits and found.fits[0].is_whole:
        return Evidence(AGAINST, "all its cells are dates")
    different = {1: "all alike", column.filled: "all different"}.get(column.distinct, f"{column.distinct:,} different")
    return Evidence(FITS, f"{column.filled:,} texts, {different}" if column.filled > 1 else "one text")


def _key(column: SeenColumn) -> Evidence:
    if column.distinct == column.filled:
        said = {1: "one id", 2: "both are different"}.get(column.filled, f"all {column.filled:,} are different")
        return Evidence(TELLS, said)
    said = f"{column.distinct:,} of {column.filled:,} are different"
    return Evidence(FITS if _share(column.distinct, column.filled) else AGAINST, said, is_whole=False)


def _counted(said: Collection[object]) -> str:
    return "1 word" if len(said) == 1 else f"{len(said):,} words"


def listed(said: Sequence[str], most: int = 6) -> str:
    """Words for a sentence, in quotes; of many the first."""
    shown = [quote(word) for word in said[:most]]
    return ", ".join(shown) + (f" and {len(said) - most} more" if len(said) > most else "")
