"""The reference pages, as Markdown: tables from their contracts, findings from their catalogue.

`python -m tierctl.reference` writes them into `docs/` of the folder it is started in; a test holds that the pages
there equal what contracts and catalogue give.
"""

from collections.abc import Iterable
from pathlib import Path
from textwrap import fill
from types import MappingProxyType

from tierctl.contracts import (
    Contract,
    Field,
    export_contract,
    export_names,
    ledger_contract,
    ledger_names,
    report_contract,
    report_names,
    whatif_contract,
    whatif_names,
)
from tierctl.findings import Entry, load_catalogue

_GENERATED = "<!-- Made from schemas/ by `python -m tierctl.reference`. Change the schema, not this page. -->"

_EXPORTS = """# Exports

What tierctl reads. Only the exports that the programs in use refer to are needed. `tierctl.toml` says where each one
lies, and which header and which value of yours stands for which column and value here. Columns beyond these are left
alone.

Required means that the column must be there and that none of its cells may be empty; other columns may be missing. A
row that breaks what its table says here is left out of the review and stands in `rejects` with the reason. A row that
repeats another in every column is counted and kept once, unless the export has `on_duplicate = "keep"`.

Ids are text. Money is exact, to at most six decimals, and never a float. Dates are whole days. A number is written
plainly, with a point; a date as `2025-05-31`; a flag as `true` or `false`; `tierctl.toml` can say otherwise for each
export.

Undated is a column of which nothing says since when it reads as it does: the review of any month takes it as the export
has it today. Where one changes, a month that is evaluated again can come to something else, and `verify` says so.
"""

_REPORTS = """# Reports

What a review writes, one table each; `diff` and `verify` write `differences`. Rows are sorted by their key, which is
unique. Numbers are exact, to at most six decimals; a share is a fraction, 0.5 being 50 %. The review day is the last
day of the fiscal month under review. [Reports to read, and reports for machines](reports.md) tells their formats, and
how a text stands in CSV that a spreadsheet would compute.
"""

_WHAT_IF = """# Tables of what-if

What `what-if` writes with `--out`, and prints with `--json`. Rows are sorted by their key. Variants are numbered from 1
on, in the order in which they are asked for; 0 is the month as it is.
"""

_LEDGER = """# Tables of the ledger

What a close keeps beside the month's reports, for the reviews after it to open from: `state/grants.parquet`,
`state/statuses.parquet` and `state/position.parquet` in the folder of the close. Nobody writes these by hand. `opening`
is the one that a person does write, as CSV or Parquet, for a company that starts in the middle of a year; it is sealed
as it came, as `config/opening.csv` or `config/opening.parquet`.

An opening is read as strictly as an export in the plain format: dates as `2025-05-31`, numbers with a point, commas
between the cells of a CSV file. Columns may be missing but for those required; a column that is not listed is an error,
as is any fault of a row: nothing is sealed before all of them are mended.

An opening stands for everything before it. Decisions and enrollments up to its month take no step of their own, so the
tiers that they gave have rows of their own too. Nothing that was posted earlier is in it: money begins with the month
after, and a correction, refund or cancellation of what was paid before moves nothing.
"""

_WIDTH = 120
_CATALOGUED = "<!-- Made from tierctl/findings.toml by `python -m tierctl.reference`. Change that, not this page. -->"

_FINDINGS = """# Findings

What tierctl can find wrong, by its code. A finding is printed as `file:place: error[code]: message`, often with a hint
below it; `check` shows all that it finds, and with `--json` each one is an object with the same parts.

An error about the workspace, a program file or the files of an export means that no review can run: exit code 2, and
nothing is written (`program lint` and `program test`, which look for such errors, end with 1). A row with an error is
left out, and stands whole in the report `rejects`: exit code 1. A warning changes neither the result nor the exit code.
"""

# The groups of the page, each with what its findings are about and the codes that belong there; those of the first two
# are told by how they begin.
_GROUPS = MappingProxyType({
    "Workspace": ("`tierctl.toml`, and the table of fiscal months that it may name.", ("workspace-",)),
    "Program file": ("A program's file, and the examples in it.", ("program-", "example-")),
    "Exports": (
        "The files of an export as a whole, and their headers: nothing is read until they are mended.",
        (
            "missing-export", "unsupported-file", "unreadable-file", "empty-file", "missing-sheet", "unnamed-sheet",
            "formula-not-computed", "day-counted-otherwise", "footer-holds-rows",
            "nul-byte", "bad-encoding",
            "repeated-header", "column-mapped-twice", "column-fixed-too", "missing-column", "unsupported-type",
        ),
    ),
    "Rows": (
        "One row of an export: it is left out, and all others are reviewed. Only the last six are warnings.",
        (
            "missing-value", "not-a-date", "not-a-number", "not-an-integer", "not-a-boolean", "number-too-precise",
            "number-not-exact", "number-too-large", "currency-differs", "formula-failed", "not-in-enum",
            "pattern-mismatch", "below-minimum", "above-maximum", "too-many-fields", "repeated-key", "unknown-partner",
            "other-currency",
            "no-exchange-rate", "unknown-track", "unknown-tier", "ends-before-it-begins", "enrollments-overlap",
            "cancelled-twice", "decision-other-program", "enrollment-other-program", "enrolled-before-joined",
            "certification-without-expiry", "word-never-seen",
        ),
    ),
    "Money": (
        "What a program pays: what it needs for that, and does not find in its file, the workspace or the exports.",
        ("rate-not-covered", "no-match", "holidays-unknown"),
    ),
    "What if, and why": (
        "What is asked of `what-if` and `explain`: settings, overlays, sweeps, supposed rows, months and programs.",
        ("what-if-", "overlay-", "month-not-kept", "program-not-reviewed"),
    ),
    "Ledger": (
        "Closing months, what closed months keep, and what today's files say otherwise.",
        (
            "month-closed", "month-not-ended", "close-order", "close-rejects", "close-removals", "close-adjustments",
            "reopen-not-last", "ledger-starts-differ", "ledger-calendar-differs", "closed-program-missing",
            "ledger-damaged", "ledger-unwritable",
            "posted-row-missing", "closed-rate-kept", "closed-row-left-out", "closed-decision-kept",
        ),
    ),
    "Opening": (
        "The file of `close --opening`: nothing is sealed before all of its faults are mended, those of rows too.",
        (
            "opening-missing", "opening-not-first", "opening-unknown-column", "unknown-program",
            "unknown-qualification", "opening-nothing",
            "opening-unfit", "opening-unfit-day", "opening-not-exact", "opening-not-enrolled", "opening-contradiction",
        ),
    ),
    "Running": (
        "What a command was asked for, and the folder that it writes to.",
        (
            "month-unknown", "month-far-ahead", "review-before-start", "calendar-too-short", "currencies-differ",
            "partner-unknown",
            "table-unknown", "workspace-locked", "reports-foreign-files", "reports-unwritable", "spool-unwritable",
            "reports-leftover", "log-unwritable", "xlsx-table-too-long", "month-not-closed", "side-unknown",
            "side-unreadable", "init-no-sample", "init-folder-used", "init-no-exports", "init-workspace-there",
            "init-unwritable",
        ),
    ),
})  # fmt: skip

_TYPES = {"string": "text", "number": "number", "integer": "whole number", "date": "date", "boolean": "flag"}


def exports_page() -> str:
    """The page of all standard exports, in alphabetical order."""
    return _page(_EXPORTS, [export_contract(name) for name in export_names()])


def reports_page() -> str:
    """The page of all reports, in alphabetical order."""
    return _page(_REPORTS, [report_contract(name) for name in report_names()])


def ledger_page() -> str:
    """The page of the ledger's tables, in alphabetical order."""
    return _page(_LEDGER, [ledger_contract(name) for name in ledger_names()])


def what_if_page() -> str:
    """The page of the tables of what-if, in alphabetical order."""
    return _page(_WHAT_IF, [whatif_contract(name) for name in whatif_names()])


def section(contract: Contract) -> str:
    """One table's part of a page: what a row is, its key, its date, what it refers to, then a line per column."""
    facts = [f"Key: {_codes(contract.primary_key)}." if contract.primary_key else "No key."]
    if contract.row_date:
        facts.append(f"Dated by `{contract.row_date}`: a row after the review day is ignored, and counted.")
    facts += [
        f"{_codes(key.columns)} must stand in `{key.table}` as {_codes(key.references)}."
        for key in contract.foreign_keys
    ]
    rows = [f"| `{field.name}` | {_type(field)} | {_meaning(field)} |" for field in contract.fields]
    head = ["| column | type | meaning |", "|---|---|---|"]
    return "\n".join([f"## {contract.name}", "", contract.description, "", " ".join(facts), "", *head, *rows, ""])


def findings_page() -> str:
    """The page of all findings, in groups, a group's own order where it has one.

    Raises:
        LookupError: a code belongs to no group, or a group names a code that the catalogue lacks.
    """
    catalogue = load_catalogue()
    named = [code for _, codes in _GROUPS.values() for code in codes if not code.endswith("-")]
    left = [code for code in catalogue if code not in named]
    parts = [_CATALOGUED, "", _FINDINGS]
    for title, (about, codes) in _GROUPS.items():
        beginnings = tuple(code for code in codes if code.endswith("-"))
        members = [code for code in left if beginnings and code.startswith(beginnings)]
        members += [code for code in codes if not code.endswith("-")]
        left = [code for code in left if code not in members]
        parts += [f"## {title}", "", about, "", *(_entry(catalogue[code]) for code in members)]
    if left:
        raise LookupError(f"codes of no group: {', '.join(left)}")
    return "\n".join(parts)


def write_pages(folder: Path) -> None:
    """Write the pages into the folder, over those that stand there."""
    (folder / "findings.md").write_text(findings_page(), encoding="utf-8", newline="\n")
    (folder / "exports-reference.md").write_text(exports_page(), encoding="utf-8", newline="\n")
    (folder / "reports-reference.md").write_text(reports_page(), encoding="utf-8", newline="\n")
    (folder / "ledger-reference.md").write_text(ledger_page(), encoding="utf-8", newline="\n")
    (folder / "what-if-reference.md").write_text(what_if_page(), encoding="utf-8", newline="\n")


def _page(introduction: str, contracts: Iterable[Contract]) -> str:
    contracts = list(contracts)
    index = [f"- [{contract.name}](#{contract.name}): {contract.title.lower()}" for contract in contracts]
    return "\n".join([_GENERATED, "", introduction, *index, "", *(section(contract) for contract in contracts)])


def _entry(entry: Entry) -> str:
    paragraphs = (f"{entry.title}. {entry.explanation}", f"*Remedy.* {entry.remedy}")
    wrapped = (fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) for text in paragraphs)
    return "\n\n".join([f"### {entry.code}", *wrapped]) + "\n"


def _type(field: Field) -> str:
    words = ["money" if field.is_money else _TYPES[field.type]]
    if field.unit:
        words.append(field.unit)
    if field.required:
        words.append("required")
    return ", ".join(words)


def _meaning(field: Field) -> str:
    """The description, then what else the contract holds the cells to."""
    sentences = [field.description]
    if field.enum:
        sentences.append(f"One of {_codes(field.enum)}.")
    if field.pattern is not None:
        sentences.append(f"Written as `{field.pattern}`.")
    if field.minimum is not None:
        sentences.append(f"At least {field.minimum}.")
    if field.maximum is not None:
        sentences.append(f"At most {field.maximum}.")
    if field.default is not None:
        sentences.append(f"Default: `{str(field.default).lower()}`.")
    if field.is_undated:
        sentences.append("Undated.")
    return " ".join(sentences).replace("|", "\\|")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    write_pages(Path("docs"))
