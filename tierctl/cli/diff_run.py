"""A diff from the command line: the two sides, what differs and why; then telling."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.text import Text

from tierctl.cli.common import EXIT_CLEAN, EXIT_FAULTS, shown
from tierctl.cli.diff_sides import Side, Sides
from tierctl.cli.difference_lines import Told, cause_lines, idle_lines, report_lines, row_lines
from tierctl.cli.evaluating import Evaluator, partner_names
from tierctl.cli.layout import heading, page_width, paragraph, plural
from tierctl.cli.one_file import write_file
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import Terminal, guarded
from tierctl.cli.verified import rows_content
from tierctl.diffs.basis import Basis
from tierctl.diffs.items import Tables
from tierctl.diffs.reports import rows_differing
from tierctl.diffs.row_changes import RowChanges, row_changes
from tierctl.diffs.waterfall import Evaluate, Way, waterfall
from tierctl.findings import CannotRunError, Finding
from tierctl.program.model import Program
from tierctl.report.tables import json_text


@dataclass(frozen=True)
class Request:
    """What a person asked for: two sides, and perhaps a file."""

    root: Path
    a: str
    b: str
    out: Path | None


@dataclass(frozen=True)
class _Found:
    """What differs between two sides."""

    a: Side
    b: Side
    differences: pl.DataFrame
    reports: Mapping[str, int]
    rows: tuple[RowChanges, ...]
    causes: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def is_same(self) -> bool:
        return self.differences.is_empty() and not self.reports

    @property
    def programs(self) -> list[Program]:
        return [program for side in (self.a, self.b) if side.basis for program in side.basis.programs]


def run_diff(asked: Request, *, quiet: bool, as_json: bool) -> int:
    """Compare the two sides, tell what differs, and return the exit code."""
    terminal = Terminal.open(quiet=quiet, as_json=as_json)
    return guarded(terminal, lambda: _diff(asked, terminal))


def _diff(asked: Request, terminal: Terminal) -> int:
    with ExitStack() as stack:
        sides = Sides(asked.root, terminal, stack)
        a, b = _both(sides, asked)
        found = _compare(a, b, terminal)
        workspace = sides.workspace
    if asked.out is not None:
        write_file(found.differences, asked.out, workspace)
    _tell(terminal, found, asked.out)
    return EXIT_CLEAN if found.is_same else EXIT_FAULTS


def _both(sides: Sides, asked: Request) -> tuple[Side, Side]:
    """The two sides.

    Raises:
        CannotRunError: with what is wrong with either.
    """
    found: list[Side] = []
    faults: list[Finding] = []
    for text in (asked.a, asked.b):
        try:
            found.append(sides.side(text))
        except CannotRunError as fault:
            faults += fault.findings
    if faults:
        raise CannotRunError(dict.fromkeys(faults))
    return found[0], found[1]


def _compare(a: Side, b: Side, terminal: Terminal) -> _Found:
    partners = [set(side.partners) for side in (a, b) if side.partners is not None]
    wanted = set.intersection(*partners) if partners else None
    tables = _of_partners(a.tables, wanted), _of_partners(b.tables, wanted)
    way = Way.between(a.basis, b.basis) if a.basis and b.basis else None
    with spool_folder() as spool, terminal.working() as say:
        evaluate = _evaluate(Evaluator(spool / "step"), wanted)

        def evaluate_and_say(basis: Basis) -> Tables:
            say(f"evaluating {basis.month.label} again")
            return evaluate(basis)

        differences = waterfall(tables, way, evaluate_and_say, month=b.month)
    # The reports of two months have no row in common.
    reports = rows_differing(*tables) if a.month == b.month else {}
    rows = tuple(row_changes(way.moves)) if way else ()
    causes = way.causes if way else ()
    return _Found(a, b, differences, reports, rows, causes, partner_names(differences["partner_id"], *tables))


def _evaluate(evaluate: Evaluate, partners: set[str] | None) -> Evaluate:
    return lambda basis: _of_partners(evaluate(basis), partners)


def _of_partners(tables: Tables, partners: set[str] | None) -> Tables:
    if partners is None:
        return tables
    wanted = pl.col("partner_id").is_in(sorted(partners))
    return {name: lf.lazy().filter(wanted) for name, lf in tables.items() if "partner_id" in lf.lazy().collect_schema()}


def _tell(terminal: Terminal, found: _Found, out: Path | None) -> None:
    if terminal.is_json:
        terminal.print_json(_content(found), differences=json_text(found.differences))
    elif not terminal.is_quiet:
        terminal.print_lines(_lines(found, page_width(terminal.out.width), out))
    elif not found.is_same:
        partners = plural(found.differences["partner_id"].n_unique(), "partner")
        terminal.err.print(f"tierctl diff: {found.a.name}, and {found.b.name}: {partners} differ", soft_wrap=True)


def _lines(found: _Found, width: int, out: Path | None) -> list[Text]:
    """Which two, then cause by cause what differs, then the rows behind it."""
    lines = heading("Differences", "", width)
    for mark, side in (("A", found.a), ("B", found.b)):
        lines.append(Text.assemble((f"  {mark}  ", "bold"), side.name))
        lines += paragraph(f"cannot be evaluated again: {side.not_kept}", width, indent=5) if side.not_kept else []
    if found.is_same:
        return [*lines, Text(), Text("No tier, rate or amount differs, and no row of a report.")]
    told = Told(found.programs, found.names, width, shown(out) if out else "--json")
    blocks = [
        cause_lines(found.differences, told) or [Text("  No tier, rate or amount differs.")],
        idle_lines(found.causes, found.differences, told),
        [*row_lines(found.rows, told), *report_lines(found.reports, told)],
    ]
    return [*lines, *(line for block in blocks if block for line in (Text(), *block))]


def _content(found: _Found) -> dict[str, Any]:
    return {
        "result": "same" if found.is_same else "differs",
        **{
            mark: {"name": side.name, "month": side.month, "not_kept": side.not_kept or None}
            for mark, side in (("a", found.a), ("b", found.b))
        },
        "causes": list(found.causes),
        "reports": dict(found.reports),
        "rows": rows_content(found.rows),
    }
