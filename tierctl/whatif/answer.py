"""What if: every variant of every month, each evaluated no further than it differs from what is known already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from tierctl.climbing import Sources
from tierctl.contracts import conform, empty, whatif_contract
from tierctl.findings import CannotRunError, Finding
from tierctl.known_metrics import KnownMetrics
from tierctl.money_of import Money
from tierctl.opened import lost_sight_of
from tierctl.program.model import Program
from tierctl.review import editions_of, within_calendar
from tierctl.whatif.changes import Changes, changes_of
from tierctl.whatif.classes import classes
from tierctl.whatif.evaluated import Evaluated, Evaluator
from tierctl.whatif.expanded import Expanded
from tierctl.whatif.layers import layered
from tierctl.whatif.question import Answer, Month, Question, Variant
from tierctl.whatif.shape import words_but_bounds, words_of_standing
from tierctl.whatif.tables import Comparison, tiers_of

_TABLES = ("variants", "transitions", "costs", "movements", "tiers")


def whatif(question: Question) -> Answer:
    """Evaluates every variant beside what is.

    Raises:
        CannotRunError: a month cannot be reviewed.
    """
    frames: dict[str, list[pl.DataFrame]] = {name: [empty(whatif_contract(name))] for name in _TABLES}
    frames["variants"].append(_settings(question.variants))
    findings: dict[Finding, None] = {}
    for month in question.months:
        evaluators = _evaluators(question, month)
        _refuse_lost(question.variants, month)
        for of in _programs(question, month):
            compared = _Compared(of, *evaluators)
            with within_calendar(month.month):
                tables = [comparison.tables() for comparison in compared.comparisons()]
                tables.append({"tiers": compared.tiers_before})
            for each in tables:
                for name, rows in each.items():
                    frames[name].append(_placed(name, rows, month))
            findings |= dict.fromkeys(compared.findings)
    conformed = {name: conform(pl.concat(parts), whatif_contract(name)) for name, parts in frames.items()}
    return Answer(conformed, tuple(findings))


@dataclass(frozen=True)
class _Editions:
    """The editions of one program that have begun, as they are and by the variants' numbers."""

    before: tuple[Program, ...]
    variants: Mapping[int, tuple[Program, ...]]


def _programs(question: Question, month: Month) -> Iterator[_Editions]:
    """The programs that any variant makes another one of; all of them where rows are supposed."""
    by_id = _begun(question.programs, month)
    variants = {number: _begun(variant.programs, month) for number, variant in enumerate(question.variants, start=1)}
    for id_, editions in by_id.items():
        own = {number: programs.get(id_, editions) for number, programs in variants.items()}
        if month.supposed is not None or any(each != editions for each in own.values()):
            yield _Editions(editions, own)


def _begun(programs: Sequence[Program], month: Month) -> dict[str, tuple[Program, ...]]:
    """The editions of each program that have begun by the month's end, by the program's id.

    Raises:
        CannotRunError: none of them has.
    """
    begun = {program.id for program in programs if program.effective_from <= month.month.last}
    own = [program for program in programs if program.id in begun] if begun else programs
    return {editions[-1].id: editions for editions in editions_of(own, month.month)}


def _refuse_lost(variants: Sequence[Variant], month: Month) -> None:
    """Refuse variants of which the closed months know more than they have.

    Raises:
        CannotRunError: one lacks a program of the last close, or the rules of one that has posted something.
    """
    if month.opening is None:
        return
    # What is asked of the closed months are names alone: which programs there are, and which of them pay.
    apart = {tuple((each.id, bool(each.rules)) for each in variant.programs): variant for variant in variants}
    for variant in apart.values():
        if gone := lost_sight_of(month.opening, variant.programs):
            raise CannotRunError(gone)


def _evaluators(question: Question, month: Month) -> tuple[Evaluator, Evaluator]:
    """What evaluates the month as it is, and with the rows that are supposed: the same where none are."""

    def on(exports: Mapping[str, Sequence[pl.LazyFrame]]) -> Evaluator:
        sources = Sources.of(
            exports,
            question.calendar,
            month.month,
            repeating=question.repeating,
            carried=month.opening,
            partners=None,
            known=KnownMetrics(),
        )
        return Evaluator(sources, Money(month.money_from, question.holidays))

    as_it_is = on(month.exports)
    return as_it_is, as_it_is if month.supposed is None else on(month.supposed)


@dataclass
class _Compared:
    """One program in one month: what is, and what each variant makes of it.

    `latest` is what was evaluated wholly last, by the words that decide on its standings.
    """

    of: _Editions
    evaluator: Evaluator
    supposing: Evaluator
    findings: list[Finding] = field(default_factory=list)
    _latest: dict[str, Evaluated] = field(default_factory=dict)

    @cached_property
    def before(self) -> Evaluated:
        """The program as it is."""
        return self.evaluator.whole(self.of.before)

    @property
    def tiers_before(self) -> pl.DataFrame:
        """How many partners stand at each tier as it is: the rows of tiers of variant 0, beside month."""
        return tiers_of(self.of.before[-1], self.before.frames, 0)

    def comparisons(self) -> Iterator[Comparison]:
        """The variants in groups, each of those that differ from one another in nothing but plain bounds."""
        words = {number: words_but_bounds(editions) for number, editions in self.of.variants.items()}
        by_words: dict[str, list[int]] = {}
        for number, said in words.items():
            by_words.setdefault(said, []).append(number)
        for said, numbers in by_words.items():
            pivot = self._pivot(said, self.of.variants[numbers[0]])
            changes = Changes.none() if pivot is self.before else changes_of(self.before.frames, pivot.frames)
            own = {number: self.of.variants[number] for number in numbers}
            found = classes(pivot, own)
            made = layered(self.before.frames, pivot, found, self.supposing)
            yield Comparison(self.of.before[-1], Expanded(self.before.frames, own, changes, found, made))

    def _pivot(self, words: str, editions: Sequence[Program]) -> Evaluated:
        """A program from which all of those words differ in nothing but plain bounds."""
        is_on_same_rows = self.supposing is self.evaluator
        self.findings += self.before.findings
        if is_on_same_rows and words == words_but_bounds(self.of.before):
            return self.before
        standing = words_of_standing(editions)
        if is_on_same_rows and standing == words_of_standing(self.of.before):
            pivot = self.supposing.with_rules_of(editions, self.before)
        elif standing in self._latest:
            pivot = self.supposing.with_rules_of(editions, self._latest[standing])
        else:
            pivot = self.supposing.whole(editions)
            self._latest = {standing: pivot}
        self.findings += pivot.findings
        return pivot


def _settings(variants: Sequence[Variant]) -> pl.DataFrame:
    rows = [
        (number, setting, value)
        for number, variant in enumerate(variants, start=1)
        for setting, value in variant.settings
    ]
    return _typed("variants", pl.DataFrame(rows, schema=["variant", "setting", "value"], orient="row"))


def _placed(name: str, rows: pl.DataFrame, month: Month) -> pl.DataFrame:
    return _typed(name, rows.with_columns(pl.lit(month.month.label).alias("month")))


def _typed(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    schema = whatif_contract(name).polars_schema
    return rows.select(pl.col(column).cast(kind) for column, kind in schema.items())
