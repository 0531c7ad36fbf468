"""Edits: programs as they would be with other values, by settings of the command line, overlays and sweeps.

An edit changes every edition of a program that is in force in a month that is evaluated and has the value. What comes
of it has passed every check that a program file passes, and what is wrong cites the edit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import TypeAlias

from tierctl.findings import CannotRunError, Finding
from tierctl.fiscal import FiscalMonth
from tierctl.program.applied import Applied, Change, Desk
from tierctl.program.load import EditionFile
from tierctl.program.model import Program
from tierctl.program.number_edits import NumberEdit, number_edits, with_number
from tierctl.program.overlays import Overlay, read_overlay
from tierctl.program.places import places
from tierctl.program.settings import Setting, Sweep, grid, is_share, plain, read_settings, read_sweeps, share_text
from tierctl.program.values import Number

__all__ = [
    "Change", "Overlay", "Setting", "Sweep", "Variant", "apply", "grid", "read_overlay", "read_settings", "read_sweeps",
    "variants", "with_number",
]  # fmt: skip

_Values: TypeAlias = tuple[Decimal, ...]


@dataclass(frozen=True)
class _Axis:
    """What one sweep replaces: numbers in programs, and the changes that tell of it by program, edition and key."""

    edits: tuple[NumberEdit, ...]
    keys: frozenset[tuple[str, date, str]]


@dataclass(frozen=True)
class Variant:
    """The programs as one question asks for them.

    Attributes:
        settings: the values that it was asked for with, those of its sweeps last.
        programs: the editions of all programs, in the order of their files; one without edits is that of its file.
        changes: what differs from the files.
        warnings: what the programs warn of and their files do not. A variant between two that were checked in full
            has none of its own.
    """

    settings: tuple[Setting, ...]
    programs: tuple[Program, ...]
    changes: tuple[Change, ...] = ()
    warnings: tuple[Finding, ...] = ()


def apply(
    files: Sequence[EditionFile],
    settings: Sequence[Setting],
    overlays: Sequence[Overlay],
    months: Sequence[FiscalMonth],
) -> tuple[tuple[Program, ...], tuple[Change, ...]]:
    """All editions, in the order of their files, with overlays and then settings applied.

    Args:
        files: every edition of every program of the workspace.
        settings: values to set.
        overlays: overlays to put in, one after the other.
        months: the months that are evaluated; editions in force in none of them stay as they are.

    Raises:
        CannotRunError: an edit concerns nothing or more than one value, or what comes of it is no sound program. Every
            finding cites the edit.
    """
    made = Desk(files, overlays, months).applied(settings)
    return made.programs, made.changes


def variants(
    files: Sequence[EditionFile],
    settings: Sequence[Setting],
    overlays: Sequence[Overlay],
    sweeps: Sequence[Sweep],
    months: Sequence[FiscalMonth],
) -> tuple[Variant, ...]:
    """One variant per combination of the sweeps' values, the last one's varying fastest; without sweeps one.

    Read and checked in full are the corners of the grid, and along each sweep the values at both ends of a kind: whole
    numbers or not, between the same two of the other numbers of the program. Checks compare numbers with each other,
    so what holds at both ends of a kind holds between them, and there the number alone is replaced. Where two sweeps
    meet in one value, or replacing is not possible, a variant is read in full too.

    Raises:
        CannotRunError: as with `apply`; or there are too many variants.
    """
    grid(sweeps)
    desk = Desk(files, overlays, months)
    checked = _checked(desk, files, settings, sweeps)
    edits = _edits(sweeps, checked)
    made: list[Variant] = []
    for values in product(*(sweep.values for sweep in sweeps)):
        stated = (*settings, *_settings(sweeps, values))
        if values in checked:
            made.append(_variant(stated, checked[values]))
        elif edits is None or len(set(values)) < len(values):
            made.append(_variant(stated, desk.applied(stated)))
        else:
            made.append(_between(stated, values, edits, checked))
    return tuple(made)


def _checked(
    desk: Desk, files: Sequence[EditionFile], settings: Sequence[Setting], sweeps: Sequence[Sweep]
) -> dict[_Values, Applied]:
    """The programs read in full, by the sweeps' values, the first of each sweep first."""
    found: dict[_Values, Applied] = {}
    findings: dict[Finding, None] = {}
    first = tuple(sweep.values[0] for sweep in sweeps)
    try:
        found[first] = desk.applied((*settings, *_settings(sweeps, first)))
    except CannotRunError as fault:
        findings |= dict.fromkeys(fault.findings)
    numbers = _numbers_beside(files, found.get(first))
    corners = product(*({sweep.values[0]: None, sweep.values[-1]: None} for sweep in sweeps))
    along = (
        (*first[:axis], value, *first[axis + 1 :])
        for axis, sweep in enumerate(sweeps)
        for value in _ends_of_kinds(sweep.values, numbers)
    )
    for values in dict.fromkeys((*corners, *along)):
        try:
            found[values] = found.get(values) or desk.applied((*settings, *_settings(sweeps, values)))
        except CannotRunError as fault:
            findings |= dict.fromkeys(fault.findings)
    if findings:
        raise CannotRunError(findings)
    return found


def _numbers_beside(files: Sequence[EditionFile], made: Applied | None) -> list[Decimal]:
    """The numbers that a check may compare a sweep's with: those of the programs that it changes, and 0, 1 and -1."""
    edited = {(each.program, each.effective_from) for each in made.changes} if made else set()
    concerned = [file for file in files if not made or (file.program.id, file.program.effective_from) in edited]
    values = [place.value for file in concerned for place in places(file.document)]
    return sorted({Decimal(-1), Decimal(0), Decimal(1), *(number for value in values for number in _numbers(value))})


def _numbers(value: object) -> Iterator[Decimal]:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield Decimal(value)
    elif is_share(value):
        yield Number.model_validate(value).value


def _ends_of_kinds(values: _Values, numbers: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The first and last of the values between two of the numbers, and those that are one; whole or not, apart."""
    ends: dict[tuple[int, int, bool], tuple[Decimal, Decimal]] = {}
    for value in values:
        kind = (bisect_left(numbers, value), bisect_right(numbers, value), value == value.to_integral_value())
        ends[kind] = (ends[kind][0] if kind in ends else value, value)
    return tuple(dict.fromkeys(value for pair in ends.values() for value in pair))


def _edits(sweeps: Sequence[Sweep], checked: Mapping[_Values, Applied]) -> list[_Axis] | None:
    """For each sweep the numbers that it replaces; None where that is not possible for one of them."""
    first, start = next(iter(checked.items()))
    edits: list[_Axis] = []
    for number, sweep in enumerate(sweeps):
        last = sweep.values[-1]
        other = checked[(*first[:number], last, *first[number + 1 :])]
        found = number_edits(start.programs, other.programs, last)
        if found is None:
            return None
        keys = {(old.program, old.effective_from, old.key) for old, new in _pairs(start, other) if old != new}
        edits.append(_Axis(found, frozenset(keys)))
    return edits


def _pairs(start: Applied, other: Applied) -> Iterator[tuple[Change, Change]]:
    """What two readings of the same edits changed, which is the same but for the values."""
    return zip(start.changes, other.changes, strict=True)


def _between(
    stated: tuple[Setting, ...], values: _Values, edits: Sequence[_Axis], checked: Mapping[_Values, Applied]
) -> Variant:
    """The variant with these values, made of the first one."""
    start = next(iter(checked.values()))
    programs, changes = list(start.programs), list(start.changes)
    for axis, value in zip(edits, values, strict=True):
        for edit in axis.edits:
            programs[edit.program] = with_number(programs[edit.program], edit.steps, value)
        changes = [
            replace(change, after=share_text(value) if is_share(change.after) else plain(value))
            if (change.program, change.effective_from, change.key) in axis.keys
            else change
            for change in changes
        ]
    return Variant(stated, tuple(programs), tuple(changes))


def _settings(sweeps: Sequence[Sweep], values: _Values) -> tuple[Setting, ...]:
    return tuple(sweep.setting(value) for sweep, value in zip(sweeps, values, strict=True))


def _variant(stated: tuple[Setting, ...], made: Applied) -> Variant:
    return Variant(stated, made.programs, made.changes, made.warnings)
