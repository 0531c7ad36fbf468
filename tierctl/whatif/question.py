"""What is asked and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.carried import Carried
from tierctl.findings import Finding
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.model import Program


@dataclass(frozen=True)
class Variant:
    """One way in which things might be: the settings by which a person knows it, and every edition of every program."""

    settings: tuple[tuple[str, str], ...]
    programs: tuple[Program, ...]


@dataclass(frozen=True)
class Month:
    """One month that is evaluated: what it is evaluated from, before and after.

    Attributes:
        month: the month.
        exports: the exports by name, as a review of that month reads them.
        supposed: the same with the rows that are supposed; None: no rows are.
        money_from: the first month whose money is posted.
        opening: what the closed months left; None: it is evaluated as if nothing were closed.
    """

    month: FiscalMonth
    exports: Mapping[str, Sequence[pl.LazyFrame]]
    supposed: Mapping[str, Sequence[pl.LazyFrame]] | None
    money_from: FiscalMonth
    opening: Carried | None = None


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        months: the months, in order.
        programs: every edition of every program, as they are.
        variants: the ways in which things might be, at least one; they are numbered from 1 on.
        calendar: the company's fiscal calendar.
        repeating: exports in which identical rows are kept.
        holidays: the workspace's own lists of holidays by name.
    """

    months: tuple[Month, ...]
    programs: tuple[Program, ...]
    variants: tuple[Variant, ...]
    calendar: Calendar
    repeating: tuple[str, ...]
    holidays: Mapping[str, Sequence[date]]


@dataclass(frozen=True)
class Answer:
    """What came of it: the tables of `schemas/whatif` by name, each sorted by its key, and what was found."""

    tables: Mapping[str, pl.DataFrame]
    findings: tuple[Finding, ...]
