"""As which dates a column can be read: the patterns that read it, what tells them apart, and what would."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from tierctl.cell_patterns import day_of
from tierctl.ingest.cell_texts import day
from tierctl.proposed.answers import Cell, Dates, Fit, Setting
from tierctl.proposed.columns import How, SeenColumn
from tierctl.proposed.date_patterns import BARE, ISO, SERIAL_DAYS, SERIALS, candidates, days_of, order_of
from tierctl.proposed.tried import HALF, MOST, Outcome, Tried, Way

_YEARS = (1900, 2199)
_NEVER = date(9999, 12, 31)  # how some systems say that something never ends
_MUCH_NARROWER = 3
_OTHERS = 5
_THE_ONE = "the one date"


@dataclass(frozen=True)
class Verdict:
    """What it is or may be; where two cells contradict each other, also what else reads the second of them."""

    how: How
    fits: tuple[Outcome, ...]
    rival: Outcome | None = None
    contradiction: tuple[Cell, Cell] | None = None


def read_dates(column: SeenColumn, missing: Collection[str]) -> Dates:
    """See `tierctl.proposed.readings.dates`."""
    tried = Tried(column, missing, ("date",))
    if not tried.rows:
        return _given(tried) if tried.given_rows else Dates("none")
    patterns = candidates(tried.sample)
    outcomes = [each for each in tried.outcomes([_way(pattern) for pattern in patterns]) if each.matched]
    if not _are_serials(outcomes):
        outcomes = [each for each in outcomes if _pattern(each) not in SERIALS]
    found = sorted(outcomes, key=lambda each: -each.matched)
    if not found and tried.is_mostly_given:
        return _given(tried)
    if not found or found[0].matched + tried.given_rows < HALF * (tried.rows + tried.given_rows):
        return Dates("none", others=tuple(tried.fit(each) for each in found[:_OTHERS]))
    return _answer(tried, _verdict(tried, found), found)


def _way(pattern: str) -> Way:
    return Way({"date": pattern}, day(pl.col("text"), days_of(pattern, drops_time=True)))


def _pattern(outcome: Outcome) -> str:
    return str(outcome.way.settings["date"])


def _are_serials(outcomes: Iterable[Outcome]) -> bool:
    """Whether all numbers that may be a spreadsheet's days are days of our times; ids of five digits are not."""
    first = next((each for each in outcomes if _pattern(each) == SERIALS[0]), None)
    return first is not None and SERIAL_DAYS[0] <= first.least <= first.greatest <= SERIAL_DAYS[1]


def _given(tried: Tried) -> Dates:
    """The dates of a column that are dates in the file itself, whatever the format says."""
    texts = tried.given["text"]
    has_times = bool((texts.str.len_chars() > len("2025-01-31")).any())
    settings: dict[str, Setting] = {"timeOfDay": "drop"} if has_times else {}
    fit = tried.given_fit(settings)
    how: How = "sure" if fit.is_whole else "likely"
    least, greatest = str(texts.min())[:10], str(texts.max())[:10]
    return Dates(how, (fit,), why=tried.given_why("dates"), has_times=has_times, least=least, greatest=greatest)


def _one_name(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes without those that differ from another one only in how long its months' names may be.

    Where all months are May both ways read every cell, and alike: one of them is enough.
    """
    kept: dict[str, Outcome] = {}
    for outcome in outcomes:
        kept.setdefault(_pattern(outcome).replace("%B", "%b"), outcome)
    return list(kept.values())


def _is_sensible(outcome: Outcome) -> bool:
    """Whether all days are of our times, or never."""
    least, greatest = outcome.least, outcome.greatest
    return bool(least.year >= _YEARS[0] and (greatest.year <= _YEARS[1] or greatest == _NEVER))


def _narrow(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of patterns with years of two digits those whose years are not spread much wider than those of another one."""
    if not any("%y" in _pattern(each) for each in outcomes):
        return list(outcomes)
    spread = {_pattern(each): each.greatest.year - each.least.year + 1 for each in outcomes}
    least = min(spread.values())
    return [each for each in outcomes if spread[_pattern(each)] < least * _MUCH_NARROWER]


def _verdict(tried: Tried, found: Sequence[Outcome]) -> Verdict:
    """Which of the patterns, those that read most first, it is or may be, and how sure that is."""
    best = found[0]
    same = _one_name(each for each in found if each.matched == best.matched and _reads_all_of(tried, each, best))
    sensible = [each for each in same if _is_sensible(each)] or same
    fits = _narrow(sensible)
    how: How = "open" if len(fits) > 1 else "likely" if len(sensible) > 1 else "sure"
    if _pattern(fits[0]) in SERIALS:
        fits, how = fits[:1], "likely"
    if best.unread is None:
        return Verdict(how, tuple(fits))
    how = "open" if how == "open" else "likely"
    for rival in sorted(found[1:], key=lambda each: order_of(_pattern(each)) == order_of(_pattern(best))):
        two = tried.first(best.way, [rival.way]), tried.first(rival.way, [best.way])
        if two[0] is not None and two[1] is not None:
            is_mixed = _are_alike(tried, best, rival) or best.matched < MOST * tried.rows
            fits = [best, rival] if is_mixed else fits
            return Verdict("open" if is_mixed else how, tuple(fits), rival, (two[0], two[1]))
    return Verdict(how, tuple(fits))


def _reads_all_of(tried: Tried, one: Outcome, other: Outcome) -> bool:
    """Whether one reads every cell that the other one reads."""
    return one.unread is None or tried.first(other.way, [one.way]) is None


def _are_alike(tried: Tried, one: Outcome, other: Outcome) -> bool:
    """Whether some cell is read by both, so that nobody can say what it means."""
    both = one.way.read.is_not_null() & other.way.read.is_not_null()
    return bool(tried.texts.select(both.any()).collect().item())


def _answer(tried: Tried, verdict: Verdict, found: Sequence[Outcome]) -> Dates:
    fits, best = verdict.fits, verdict.fits[0]
    others = [each for each in found if each not in fits]
    has_times = _has_times(tried, best)
    return Dates(
        verdict.how,
        tuple(_with_times(tried.fit(each), has_times=has_times) for each in fits),
        tuple(_with_times(tried.fit(each), has_times=has_times) for each in others[:_OTHERS]),
        _why(tried, verdict, others),
        _would_decide(fits) if len(fits) > 1 and verdict.rival not in fits else "",
        verdict.contradiction,
        is_bare=_pattern(best) in BARE or _pattern(best) in SERIALS,
        has_times=has_times,
        least=str(best.least),
        greatest=str(best.greatest),
    )


def _with_times(fit: Fit, *, has_times: bool) -> Fit:
    """The fit with all that its settings have to say, and nothing that the defaults say."""
    settings = {key: said for key, said in fit.settings.items() if said != ISO}
    if has_times:
        settings["timeOfDay"] = "drop"
    return Fit(settings, fit.matched, fit.filled, fit.example, fit.unread)


def _has_times(tried: Tried, outcome: Outcome) -> bool:
    """Whether the pattern reads fewer cells where a time of day other than midnight is refused."""
    strict = Way(outcome.way.settings, day(pl.col("text"), days_of(_pattern(outcome))))
    return tried.outcomes([strict])[0].matched < outcome.matched


def _why(tried: Tried, verdict: Verdict, others: Sequence[Outcome]) -> str:
    """The evidence, in a sentence."""
    best, count = verdict.fits[0], tried.rows
    if verdict.contradiction is not None and verdict.rival is not None:
        one, other = verdict.contradiction
        two = f"{_only(one, best, verdict.rival)}; {_only(other, verdict.rival, best)}"
        is_open = len(verdict.fits) > 1 and verdict.rival not in verdict.fits
        return f"{two}; {_why_open('the others', verdict.fits)}" if is_open else two
    rest = ""
    if best.unread is not None:
        rest = f"; record {best.unread.record}: {best.unread.text!r} is none of them"
        count = best.matched
    dates = f"all {count} dates" if count > 1 else _THE_ONE
    if _pattern(best) in SERIALS:
        return f"{dates} are a spreadsheet's day numbers, {best.least} to {best.greatest}{rest}"
    if len(verdict.fits) > 1:
        return f"{_why_open(dates, verdict.fits)}{rest}"
    rivals = [each for each in others if order_of(_pattern(each)) != order_of(_pattern(best))]
    only = tried.first(best.way, [rivals[0].way]) if rivals else None
    if only is not None:
        return f"{_only(only, best, rivals[0])}{rest}"
    if rivals and verdict.how == "likely":
        return f"{_years(best)}, and {_years(rivals[0])}{rest}"
    return f"{dates} {'are' if count > 1 else 'is'} written like that{rest}"


def _years(outcome: Outcome) -> str:
    return f"read {order_of(_pattern(outcome))} the years are {outcome.least.year} to {outcome.greatest.year}"


def _only(cell: Cell, one: Outcome, other: Outcome) -> str:
    """That a cell is read by one pattern and not by the other; where they differ in order alone, in words."""
    read, unread = _pattern(one), _pattern(other)
    if sorted(read) == sorted(unread):
        return f"record {cell.record}: {cell.text} fits only {order_of(read)}"
    return f"record {cell.record}: {cell.text} fits {read} and not {unread}"


def _why_open(dates: str, fits: Sequence[Outcome]) -> str:
    if {order_of(_pattern(each)) for each in fits} == {"day first", "month first"}:
        return f"{dates} {'has' if dates == _THE_ONE else 'have'} day and month up to 12"
    return f"{dates} can be read in {len(fits)} ways"


def _would_decide(fits: Sequence[Outcome]) -> str:
    """A made-up cell that only one of the patterns reads; empty: there is none."""
    year = min(max(fits[0].greatest.year, _YEARS[0]), _YEARS[1])
    patterns = [_pattern(each) for each in fits]
    for made_up in (datetime(year, 2, 13), datetime(year, 12, 31), datetime(2032, 12, 31), datetime(1999, 12, 31)):  # noqa: DTZ001
        for pattern in patterns:
            text = made_up.strftime(re.sub("%z", "+0000", pattern)).replace("000000", "000")
            if sum(day_of(text, days_of(each, drops_time=True)) is not None for each in patterns) == 1:
                return text
    return ""
