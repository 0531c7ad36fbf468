"""A what-if from the command line: read the exports once, evaluate every variant, tell, write."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from rich.text import Text

from tierctl.carried import Carried
from tierctl.cli import run, steps, summary
from tierctl.cli.common import shown
from tierctl.cli.evaluating import rows_until
from tierctl.cli.faults import MOST_KINDS, reject_lines
from tierctl.cli.layout import page_width, plural
from tierctl.cli.terminal import Terminal, exit_code, guarded
from tierctl.cli.whatif.asked import Asked, asked_of, months_asked
from tierctl.cli.whatif.lines import lines
from tierctl.cli.whatif.supposed import Rows, Supposed, files_by_export, supposing
from tierctl.cli.whatif.view import WhatIf
from tierctl.cli.whatif.write import refuse_folder, refuse_page, write_folder, write_page
from tierctl.findings import Finding, Severity
from tierctl.fiscal import FiscalMonth
from tierctl.ingest import Ingested
from tierctl.ingest.kept import kept_for
from tierctl.ledger.closes import Ledger
from tierctl.ledger.sides import repeating
from tierctl.program.model import Program
from tierctl.report.formats import Format
from tierctl.report.tables import json_text
from tierctl.whatif import Question, whatif
from tierctl.whatif.question import Month
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What a person asked for.

    `months` is the month, and None or the last one of a backtest; `also` are exports with files of further rows. `out`
    and `html` None: nothing is written; `formats` None: CSV.
    """

    root: Path
    months: tuple[str, str | None]
    settings: tuple[str, ...]
    overlays: tuple[Path, ...]
    sweeps: tuple[str, ...]
    also: tuple[tuple[str, Path], ...]
    out: Path | None
    formats: tuple[Format, ...] | None
    html: Path | None


@dataclass(frozen=True)
class _Plan:
    """What is evaluated: the months, the programs as they are, and what the variants make of them.

    `opening` is what the last close before a single month left; None: there is none, or past months are evaluated.
    """

    opened: run.Opened
    months: tuple[FiscalMonth, ...]
    in_force: tuple[Program, ...]
    opening: Carried | None
    money_from: FiscalMonth
    asked: Asked
    is_backtest: bool
    findings: tuple[Finding, ...]

    @property
    def workspace(self) -> Workspace:
        return self.opened.workspace

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every edition that has begun by the last month's end."""
        return run.editions_until(self.opened.editions, self.months[-1])

    @cached_property
    def exports(self) -> list[str]:
        """The exports that any of the programs reads, changed ones included."""
        changed = [program for variant in self.asked.variants for program in variant.programs]
        return run.needed_exports(
            self.workspace, list({id(each): each for each in (*self.programs, *changed)}.values())
        )


@dataclass(frozen=True)
class _Done:
    """A what-if that was answered, and all that was read for it."""

    found: WhatIf
    read: tuple[Ingested, ...]
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> int:
        return sum(each.rejects.height for each in self.read)


def run_what_if(asked: Request, *, quiet: bool, as_json: bool) -> int:
    """Answer the question, tell and write what was found, and return the exit code."""
    terminal = Terminal.open(quiet=quiet, as_json=as_json)
    return guarded(terminal, lambda: _what_if(asked, terminal))


def _what_if(asked: Request, terminal: Terminal) -> int:
    opened = run.open_workspace(asked.root)
    folder = None if asked.out is None else refuse_folder(asked.out, opened.workspace)
    if asked.html is not None:
        refuse_page(asked.html, folder, opened.workspace)
    plan = _plan(opened, asked)
    done = _answer(plan, files_by_export(asked.also, plan.exports), terminal)
    findings = [*done.findings, *_write(done, asked, folder)]
    _tell(terminal, done, findings, folder, asked)
    return exit_code(findings, done.rejected)


def _plan(opened: run.Opened, asked: Request) -> _Plan:
    """What is evaluated.

    Raises:
        CannotRunError: a month or an edit is wrong, or no program has begun.
    """
    workspace, is_backtest = opened.workspace, asked.months[1] is not None
    months = months_asked(workspace, *asked.months)
    chosen = [run.choose_editions(opened.editions, month) for month in months]
    single = None if is_backtest else steps.plan(opened, months[0], Ledger(workspace.ledger))
    variants = asked_of(workspace, months, settings=asked.settings, overlays=asked.overlays, sweeps=asked.sweeps)
    findings = [*opened.findings, *(each for _, later in chosen for each in later), *run.far_ahead(months[-1])]
    return _Plan(
        opened=opened,
        months=months,
        in_force=chosen[-1][0],
        opening=single.opening if single else None,
        money_from=(single.money_from if single else None) or months[0],
        asked=variants,
        is_backtest=is_backtest,
        findings=(*findings, *variants.warnings),
    )


def _answer(plan: _Plan, also: Mapping[str, Sequence[Path]], terminal: Terminal) -> _Done:
    """Read, evaluate, and gather what came of it."""
    with ExitStack() as stack:
        ingested = stack.enter_context(_reading(plan, terminal))
        until = plan.months[-1].last
        supposed = stack.enter_context(supposing(terminal, plan.opened, also, ingested, until))
        with terminal.working() as say:
            say(f"evaluating {plural(len(plan.asked.variants), 'variant')}")
            answer = whatif(_question(plan, ingested, supposed))
    read = (ingested, *(supposed.read if supposed else ()))
    findings = [*plan.findings, *(finding for each in read for finding in each.findings), *answer.findings]
    return _Done(_found(plan, answer.tables, supposed.rows if supposed else {}), read, tuple(dict.fromkeys(findings)))


@contextmanager
def _reading(plan: _Plan, terminal: Terminal) -> Iterator[Ingested]:
    """Read the exports once, up to the last month's end."""
    workspace = plan.workspace
    kept = kept_for(plan.opening, workspace, plan.programs) if plan.opening else {}
    until = plan.months[-1].last
    with run.reading(terminal, workspace, plan.exports, plan.opened.editions, until=until, kept=kept) as ingested:
        yield ingested


def _question(plan: _Plan, ingested: Ingested, supposed: Supposed | None) -> Question:
    workspace = plan.workspace
    exports = {name: export.parts for name, export in ingested.exports.items()}
    months = [
        Month(
            month=month,
            exports=_until(exports, workspace, month),
            supposed=_until(supposed.exports, workspace, month) if supposed else None,
            money_from=plan.money_from,
            opening=plan.opening,
        )
        for month in plan.months
    ]
    return Question(
        months=tuple(months),
        programs=plan.programs,
        variants=plan.asked.variants,
        calendar=workspace.calendar,
        repeating=tuple(sorted(repeating(workspace))),
        holidays=workspace.holidays,
    )


def _until(
    exports: Mapping[str, Sequence[pl.LazyFrame]], workspace: Workspace, month: FiscalMonth
) -> dict[str, tuple[pl.LazyFrame, ...]]:
    """The rows that a review of the month reads."""
    return {name: rows_until(parts, workspace.contracts[name], month.last) for name, parts in exports.items()}


def _found(plan: _Plan, tables: Mapping[str, pl.DataFrame], rows: Mapping[str, Rows]) -> WhatIf:
    return WhatIf(
        months=tuple(month.label for month in plan.months),
        count=len(plan.asked.variants),
        tables=tables,
        programs=plan.in_force,
        edits=plan.asked.edits,
        swept=plan.asked.swept,
        rows={name: (each.count, each.later) for name, each in rows.items()},
        opened_from=plan.opening.month if plan.opening else None,
        is_backtest=plan.is_backtest,
    )


def _write(done: _Done, asked: Request, folder: Path | None) -> list[Finding]:
    """Write what was asked for, and say what could not be cleared up beside it."""
    if folder is None and asked.html is None:
        return []
    # Imported here, as charts take their time.
    from tierctl.cli.whatif.page import page  # noqa: PLC0415

    made = page(done.found, "the tables beside this page" if folder else "--out DIR writes every table")
    if asked.html is not None:
        write_page(asked.html, made)
    if folder is None:
        return []
    return write_folder(folder, done.found.tables, made, asked=_content(done.found), formats=asked.formats)


def _content(found: WhatIf) -> dict[str, Any]:
    """What was asked, as JSON tells it."""
    return {
        "months": list(found.months),
        "opened_from": found.opened_from,
        "is_backtest": found.is_backtest,
        "variants": found.count,
        "changes": [
            {"file": each.source, "line": each.line, "key": each.key, "before": each.before, "after": each.after}
            for each in found.edits
        ],
        "swept": list(found.swept),
        "rows": {name: {"count": count, "later": later} for name, (count, later) in found.rows.items()},
    }


def _tell(terminal: Terminal, done: _Done, findings: Sequence[Finding], folder: Path | None, asked: Request) -> None:
    if terminal.is_json:
        written = {"out": shown(folder) if folder else None, "html": shown(asked.html) if asked.html else None}
        content = {**_content(done.found), **written, "findings": [finding.as_dict() for finding in findings]}
        terminal.print_json(content, **{name: json_text(df) for name, df in sorted(done.found.tables.items())})
        return
    if terminal.is_quiet:
        if exit_code(findings, done.rejected):
            terminal.err.print(_fault_line(done, findings), soft_wrap=True)
        return
    # Rejected rows are told below; what else was found goes to stderr.
    terminal.print_findings(_not_of_rows(done, findings))
    place = f"{shown(folder)}/" if folder else "--out DIR or --json"
    terminal.print_lines(lines(done.found, terminal.out, place))
    terminal.print_lines(_closing(done, page_width(terminal.out.width), folder, asked))


def _closing(done: _Done, width: int, folder: Path | None, asked: Request) -> list[Text]:
    """What was rejected, and what was written."""
    blocks = [reject_lines(read, width, MOST_KINDS, "tierctl check") for read in done.read]
    written = [("Tables and page", f"{shown(folder)}/")] if folder else []
    written += [("Page", shown(asked.html))] if asked.html else []
    places = [Text.assemble((f"{name}  ", "bold"), place) for name, place in written]
    return [line for block in (*blocks, places) if block for line in (Text(), *block)]


def _fault_line(done: _Done, findings: Sequence[Finding]) -> str:
    """Everything that was wrong, in one line."""
    exports = [(name, each.rejected) for read in done.read for name, each in sorted(read.exports.items())]
    parts = [f"{plural(count, 'row')} of {name} rejected" for name, count in exports if count]
    errors = sum(each.severity is Severity.ERROR for each in _not_of_rows(done, findings))
    parts += [plural(errors, "error")] if errors else []
    return f"tierctl what-if {done.found.months[-1]}: {', '.join(parts)}"


def _not_of_rows(done: _Done, findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those of rejected rows."""
    left = list(findings)
    for read in done.read:
        left = summary.not_of_rows(read, left)
    return left
