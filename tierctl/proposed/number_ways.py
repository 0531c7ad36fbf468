"""As which numbers a column can be read: which sign is the decimal one and which groups thousands, and what decides."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.cell_patterns import patterns
from tierctl.contracts import NUMBER
from tierctl.export_format import Format, Percent
from tierctl.ingest.cell_texts import bare_number, number
from tierctl.proposed.answers import Cell, Numbers, Setting
from tierctl.proposed.columns import How, SeenColumn
from tierctl.proposed.tried import HALF, Outcome, Tried, Way

_GROUPS = (",", ".", " ", "\u00a0", "\u202f", "'", "\u2019")
_OTHERS = 5
_NAMES = {" ": "a blank", "\u00a0": "a no-break space", "\u202f": "a narrow no-break space"}
_CURRENCY = r"(\p{Sc}|[A-Z]{3})"
_MADE_UP = ("12.5", "12,5", "1.234,5", "1,234.5")
_TOGETHER = 8
_FEW = 0.2


@dataclass(frozen=True)
class _Signs:
    """The sign before the decimals, the one between thousands, and whether signs around numbers are read past."""

    decimal: str
    group: str | None
    is_bare: bool

    def way(self) -> Way:
        """The signs as a way to read cells, as ingest reads them."""
        percent: Percent = "refuse" if self.is_bare else "number"  # what it is stays open: it is a number all the same
        signs = Format(decimalChar=self.decimal, groupChar=self.group, bareNumber=self.is_bare, percent=percent)
        like = patterns(signs)
        bare = bare_number(pl.col("text"), like)
        read = number(bare, bare.str.contains(like.precise_number), like, NUMBER)
        if self.group is not None:
            # Ingest would read 0.125 as a hundred and twenty-five; nobody writes thousands of nothing.
            zero = rf"^[^0-9]*0{re.escape(self.group)}[0-9]"
            read = pl.when(~pl.col("text").str.contains(zero)).then(read)
        return Way(self._settings(), read)

    def _settings(self) -> dict[str, Setting]:
        settings: dict[str, Setting] = {}
        if self.decimal != ".":
            settings["decimalChar"] = self.decimal
        if self.group is not None:
            settings["groupChar"] = self.group
        return settings if self.is_bare else {**settings, "bareNumber": False}


def read_numbers(column: SeenColumn, missing: Collection[str]) -> Numbers:
    """See `tierctl.proposed.readings.numbers`."""
    tried = Tried(column, missing, ("number",))
    if not tried.rows:
        return _given(tried) if tried.given_rows else Numbers("none")
    signs = _signs(tried)
    bare, loose = ([_Signs(*pair, is_bare=is_bare) for pair in signs] for is_bare in (True, False))
    of_sample = [_most_read(tried.sample, ways) for ways in (bare, loose)]
    if not of_sample[1] and tried.is_mostly_given:
        return _given(tried)
    if of_sample[1] < _FEW * len(tried.sample) and not tried.given_rows:
        marks = _marks(tried)
        return Numbers("none", leading_zeros=marks["leading_zeros"], exponent=marks["exponent"])
    found = _found(tried, bare) if of_sample[0] == of_sample[1] else []
    if not found or found[0].unread is not None:
        with_signs = _found(tried, loose)
        found = with_signs if _matched(with_signs) > _matched(found) else found
    marks = _marks(tried)
    if _matched(found) + tried.given_rows < HALF * (tried.rows + tried.given_rows):
        return Numbers("none", leading_zeros=marks["leading_zeros"], exponent=marks["exponent"])
    return _answer(tried, found, marks)


def _given(tried: Tried) -> Numbers:
    """Cells that are numbers in the file itself, whatever the format says."""
    values = tried.given["text"].cast(NUMBER, strict=False)
    fit = tried.given_fit({})
    return Numbers(
        "sure" if fit.is_whole else "likely",
        (fit,),
        why=tried.given_why("numbers"),
        is_integer=not tried.given["text"].str.contains(".", literal=True).any(),
        least=values.min(),  # type: ignore[arg-type]  # a Decimal, or None where all are too large
        greatest=values.max(),  # type: ignore[arg-type]
    )


def _signs(tried: Tried) -> list[tuple[str, str | None]]:
    """The pairs of signs that can matter: those that stand in some text, and the usual point."""
    has = [pl.col("text").str.contains(sign, literal=True).any().alias(sign) for sign in _GROUPS]
    stands = tried.texts.select(has).collect().row(0, named=True)
    groups = [None, *(sign for sign in _GROUPS if stands[sign])]
    decimals = [".", *([","] if stands[","] or stands["."] else [])]
    pairs = [(decimal, group) for group in groups for decimal in decimals if decimal != group]
    return [(decimal, group) for decimal, group in pairs if decimal == "." or stands[","] or group == "."]


def _most_read(sample: Sequence[str], signs: Sequence[_Signs]) -> int:
    """How many of a sample's texts the best of some ways reads."""
    df = pl.DataFrame({"text": sample}, schema={"text": pl.String})
    return max(int(df.select(each.way().read.count()).item()) for each in signs)


def _found(tried: Tried, signs: Sequence[_Signs]) -> list[Outcome]:
    """What each pair of signs reads, most rows first."""
    ways = [each.way() for each in signs]
    outcomes = [outcome for n in range(0, len(ways), _TOGETHER) for outcome in tried.outcomes(ways[n : n + _TOGETHER])]
    return sorted((each for each in outcomes if each.matched), key=lambda each: -each.matched)


def _matched(found: Sequence[Outcome]) -> int:
    return found[0].matched if found else 0


def _answer(tried: Tried, found: Sequence[Outcome], marks: Mapping[str, Cell | None]) -> Numbers:
    best = found[0]
    fits = [best]
    for each in found[1:]:
        if each.matched == best.matched and all(_differ(tried, each, fit) for fit in fits):
            fits.append(each)
    others = [each for each in found if each not in fits]
    rival, two = _contradiction(
        tried, best, [each for each in found[1:] if each.matched < best.matched or each in fits]
    )
    if two is not None and rival is not None and rival in fits:
        fits = [best, rival]
    how: How = "open" if len(fits) > 1 else "sure" if best.unread is None else "likely"
    return Numbers(
        how,
        tuple(map(tried.fit, fits)),
        tuple(map(tried.fit, others[:_OTHERS])),
        _why(tried, fits, others, two) + _of_percent(marks["percent"]),
        _would_decide(fits) if how == "open" and two is None else "",
        two,
        currencies=_currencies(tried, best),
        percent=marks["percent"],
        accounting=marks["accounting"],
        leading_zeros=marks["leading_zeros"],
        exponent=marks["exponent"],
        is_integer=_is_integer(tried, best),
        least=best.least,
        greatest=best.greatest,
    )


def _differ(tried: Tried, one: Outcome, other: Outcome) -> bool:
    """Whether some cell is another number under the one than under the other, or none."""
    differs = one.way.read.ne_missing(other.way.read).any()
    return bool(tried.texts.select(differs).collect().item())


def _contradiction(
    tried: Tried, best: Outcome, rivals: Sequence[Outcome]
) -> tuple[Outcome | None, tuple[Cell, Cell] | None]:
    """Two cells of which the best way reads the one and another way the other, and that way."""
    for rival in rivals if best.unread is not None else ():
        one, other = tried.first(best.way, [rival.way]), tried.first(rival.way, [best.way])
        if one is not None and other is not None:
            return rival, (one, other)
    return None, None


def _why(tried: Tried, fits: Sequence[Outcome], others: Sequence[Outcome], two: tuple[Cell, Cell] | None) -> str:
    best, count = fits[0], fits[0].matched
    if two is not None:
        one, other = two
        return f"record {one.record}: {one.text} and record {other.record}: {other.text} are not written alike"
    rest = f"; record {best.unread.record}: {best.unread.text!r} is none of them" if best.unread is not None else ""
    cells = f"all {count} numbers" if count > 1 else "the one number"
    if len(fits) > 1:
        ways = " or ".join(_said(each.way) for each in fits)
        return f"{cells} can be read with {ways}{rest}"
    for each in others:
        only = tried.first(best.way, [each.way])
        if only is not None and _conflict(tried, best, each):
            return f"record {only.record}: {only.text} fits only {_said(best.way)}{rest}"
    if best.way.settings.get("groupChar") is None and _is_integer(tried, best):
        return f"{cells} {'are' if count > 1 else 'is'} whole{rest}"
    return f"{cells} {'have' if count > 1 else 'has'} {_said(best.way)}{rest}"


def _of_percent(percent: Cell | None) -> str:
    """Where there are percent signs, that somebody has to say whether 12% is the share 0.12 or the number 12."""
    if percent is None:
        return ""
    return f"; record {percent.record}: {percent.text} is rejected unless percent says which number it is"


def _conflict(tried: Tried, one: Outcome, other: Outcome) -> bool:
    """Whether some cell is one number under the one and another number under the other."""
    return bool(tried.texts.select((one.way.read != other.way.read).any()).collect().item())


def _said(way: Way) -> str:
    """The signs in words."""
    decimal, group = str(way.settings.get("decimalChar", ".")), way.settings.get("groupChar")
    said = f"decimals after {decimal!r}"
    return said if group is None else f"{said} and thousands grouped by {_NAMES.get(str(group), repr(group))}"


def _would_decide(fits: Sequence[Outcome]) -> str:
    """A made-up cell that only one of the ways reads; empty: there is none."""
    df = pl.DataFrame({"text": _MADE_UP}).select("text", *(fit.way.read.alias(f"{n}") for n, fit in enumerate(fits)))
    return next((text for text, *read in df.rows() if sum(each is not None for each in read) == 1), "")


def _currencies(tried: Tried, best: Outcome) -> dict[str, int]:
    """The signs and codes of currencies beside the numbers → in how many rows, in order of record."""
    sign = pl.col("text").str.extract(_CURRENCY).alias("sign")
    read = tried.texts.filter(best.way.read.is_not_null()).select(sign, "rows").drop_nulls()
    found = read.group_by("sign", maintain_order=True).agg(pl.col("rows").sum()).collect()
    return dict(found.iter_rows())


def _is_integer(tried: Tried, best: Outcome) -> bool:
    fraction = (best.way.read != best.way.read.cast(pl.Int128, strict=False).cast(NUMBER)).any()
    return not tried.texts.select(fraction).collect().item()


_MARKS = {
    "percent": r"[0-9].*%|%.*[0-9]",
    "accounting": r"^[^0-9]*\([^()]*[0-9][^()]*\)|[0-9]\s*-(?:\s*(?:\p{Sc}|[A-Z]{3}|%))*$",
    "leading_zeros": r"^[+-]?0[0-9]",
    "exponent": r"^[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+$",
}


def _marks(tried: Tried) -> dict[str, Cell | None]:
    """The first cell, if there is one, with each of the signs that say something more about a number."""
    marks: dict[str, Cell | None] = {}
    for name, pattern in _MARKS.items():
        found = tried.texts.filter(pl.col("text").str.contains(pattern)).select("record", "text").head(1).collect()
        marks[name] = Cell(*found.row(0)) if found.height else None
    return marks
