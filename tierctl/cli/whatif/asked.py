"""What is asked of a what-if: its months, and the programs as every variant has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tierctl.cli import run
from tierctl.cli.whatif.view import Edit
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import FiscalMonth
from tierctl.program import edits
from tierctl.program.load import load_files
from tierctl.validation import shown
from tierctl.whatif import Variant
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class Asked:
    """The variants that are asked for.

    Attributes:
        variants: every one of them, in order.
        edits: what all of them change alike.
        swept: the keys that are swept, as they were typed.
        warnings: what a changed program warns of and its file does not.
    """

    variants: tuple[Variant, ...]
    edits: tuple[Edit, ...]
    swept: tuple[str, ...]
    warnings: tuple[Finding, ...]


def months_asked(workspace: Workspace, first: str, last: str | None) -> tuple[FiscalMonth, ...]:
    """The months from the first to the last, in order; without a last one the first alone.

    Raises:
        CannotRunError: a text names no month, or the last lies before the first.
    """
    begin = run.find_month(workspace, first)
    end = begin if last is None else run.find_month(workspace, last)
    if end < begin:
        message = f"{end.label} lies before {begin.label}"
        raise CannotRunError(
            [error("what-if-months", "--from", begin.label, message, f"--from {end.label} --to {begin.label}")]
        )
    months = [begin]
    while months[-1] < end:
        months.append(workspace.calendar.shift(months[-1], 1))
    return tuple(months)


def asked_of(
    workspace: Workspace,
    months: Sequence[FiscalMonth],
    *,
    settings: Iterable[str],
    overlays: Iterable[Path],
    sweeps: Iterable[str],
) -> Asked:
    """The variants, each with every edition that has begun by the last month's end.

    Raises:
        CannotRunError: with everything that is wrong with settings, overlays and sweeps.
    """
    set_, faults = edits.read_settings(settings)
    swept, of_sweeps = edits.read_sweeps(sweeps)
    read = [edits.read_overlay(path, path.as_posix()) for path in overlays]
    faults = [*faults, *of_sweeps, *(finding for _, findings in read for finding in findings)]
    if faults:
        raise CannotRunError(faults)
    files, _ = load_files(workspace.programs, workspace.root)
    made = edits.variants(files, set_, [overlay for overlay, _ in read if overlay], swept, months)
    return Asked(
        variants=tuple(_variant(each, months[-1]) for each in made),
        edits=_edits(made),
        swept=tuple(dict.fromkeys(sweep.key for sweep in swept)),
        warnings=_once(chain.from_iterable(each.warnings for each in made)),
    )


def _once(warnings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each warning once, as the first variant that it is about has it: the others cite the same place otherwise."""
    found: dict[tuple[str, str, str], Finding] = {}
    for each in warnings:
        found.setdefault((each.code, each.subject, each.message), each)
    return tuple(found.values())


def _variant(made: edits.Variant, last: FiscalMonth) -> Variant:
    settings = {setting.key: setting.text for setting in made.settings}
    return Variant(tuple(settings.items()), tuple(each for each in made.programs if each.effective_from <= last.last))


def _edits(made: Sequence[edits.Variant]) -> tuple[Edit, ...]:
    """The changes that the first and the last variant have in common: what is swept differs between these."""
    last = set(map(_edit, made[-1].changes))
    return tuple(edit for edit in map(_edit, made[0].changes) if edit in last)


def _edit(change: edits.Change) -> Edit:
    return Edit(change.source, change.key, change.line, _text(change.before), _text(change.after))


def _text(value: object) -> str:
    """A value as the program file writes it; what is not there is nothing."""
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else shown(value)
