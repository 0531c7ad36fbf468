"""The contracts of exports, reports and the ledger's tables, as text or as the Table Schema itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rich.text import Text

from tierctl import resources
from tierctl.cli.common import EXIT_CLEAN
from tierctl.cli.layout import align, page_width, paragraph
from tierctl.cli.terminal import Terminal, guarded
from tierctl.contracts import (
    Contract,
    Field,
    export_contract,
    export_names,
    ledger_contract,
    ledger_names,
    report_contract,
    report_names,
)
from tierctl.findings import CannotRunError, error
from tierctl.validation import did_you_mean


@dataclass(frozen=True)
class _Kind:
    """A kind of tables: `said` stands behind a table's title, `heading` above the list of them."""

    heading: str
    said: str
    names: Callable[[], tuple[str, ...]]
    contract: Callable[[str], Contract]


_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        "exports": _Kind("Exports, which tierctl reads", "one of the exports", export_names, export_contract),
        "reports": _Kind("Reports, which it writes", "one of the reports", report_names, report_contract),
        "ledger": _Kind("Tables of the ledger", "a table of the ledger", ledger_names, ledger_contract),
    }
)


def run_schema(table: str | None, *, as_json: bool) -> int:
    """Print the list of tables or one table's contract, and return the exit code."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _list(terminal) if table is None else _show(terminal, table))


def _list(terminal: Terminal) -> int:
    if terminal.is_json:
        terminal.print_json({kind: list(of.names()) for kind, of in _KINDS.items()})
        return EXIT_CLEAN
    width = page_width(terminal.out.width)
    for of in _KINDS.values():
        rows = [[contract.name, contract.title] for contract in map(of.contract, of.names())]
        terminal.print_lines([Text(of.heading, style="bold"), *align(rows, width, give=[1], indent=2), Text()])
    terminal.print_lines([Text("tierctl schema TABLE shows one of them.", style="dim")])
    return EXIT_CLEAN


def _show(terminal: Terminal, table: str) -> int:
    kind = next((kind for kind, of in _KINDS.items() if table in of.names()), None)
    if kind is None:
        names = [name for of in _KINDS.values() for name in of.names()]
        message = f"there is no table {table!r}; the tables are {', '.join(names)}"
        raise CannotRunError([error("table-unknown", "schema", table, message, did_you_mean(table, names))])
    if terminal.is_json:
        terminal.print_text((resources.schemas() / kind / f"{table}.json").read_text(encoding="utf-8"))
        return EXIT_CLEAN
    of = _KINDS[kind]
    terminal.print_lines(_page(of.contract(table), of.said, page_width(terminal.out.width)))
    return EXIT_CLEAN


def _page(contract: Contract, said: str, width: int) -> list[Text]:
    lines = [Text.assemble((contract.name, "bold"), f"  {contract.title}, {said}")]
    lines += [*paragraph(contract.description, width, indent=0), Text()]
    rows = [[Text(field.name, style="bold"), field.type, _mark(contract, field)] for field in contract.fields]
    for line, field in zip(align(rows, width, indent=2), contract.fields, strict=True):
        lines += [line, *paragraph(_meaning(field), width, indent=6, style="dim")]
    for key in contract.foreign_keys:
        lines.append(Text(f"{', '.join(key.columns)} stands in {key.table}.{', '.join(key.references)}"))
    if contract.row_date:
        lines += paragraph(
            f"A row is dated by {contract.row_date}: later than the review day, it waits.", width, indent=0
        )
    return lines


def _mark(contract: Contract, field: Field) -> str:
    marks = ["key"] if field.name in contract.primary_key else []
    marks += ["required"] if field.required else []
    marks += ["money"] if field.is_money else []
    return ", ".join(marks)


def _meaning(field: Field) -> str:
    parts = [field.description]
    parts += [f"Unit: {field.unit}."] if field.unit else []
    parts += [f"One of: {', '.join(field.enum)}."] if field.enum else []
    parts += [f"Form: {field.pattern}"] if field.pattern else []
    parts += [f"At least {field.minimum}."] if field.minimum is not None else []
    parts += [f"At most {field.maximum}."] if field.maximum is not None else []
    parts += [f"An empty cell stands for {str(field.default).lower()}."] if field.default is not None else []
    parts += ["Undated: taken as it is today."] if field.is_undated else []
    return " ".join(parts)
