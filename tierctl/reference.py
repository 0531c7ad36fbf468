"""The reference pages of exports and reports, as Markdown made from their contracts.

`python -m tierctl.reference` writes them into `docs/` of the folder it is started in; a test holds that the pages
there equal what the contracts give.
"""

from collections.abc import Iterable
from pathlib import Path

from tierctl.contracts import Contract, Field, export_contract, export_names, report_contract, report_names

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
"""

_REPORTS = """# Reports

What a review writes, one table each. Rows are sorted by their key, which is unique and never empty. Numbers are exact,
to at most six decimals; a share is a fraction, 0.5 being 50 %. The review day is the last day of the fiscal month
under review.
"""

_TYPES = {"string": "text", "number": "number", "integer": "whole number", "date": "date", "boolean": "flag"}


def exports_page() -> str:
    """The page of all standard exports, in alphabetical order."""
    return _page(_EXPORTS, [export_contract(name) for name in export_names()])


def reports_page() -> str:
    """The page of all reports, in alphabetical order."""
    return _page(_REPORTS, [report_contract(name) for name in report_names()])


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


def write_pages(folder: Path) -> None:
    """Write both pages into the folder, over those that stand there."""
    (folder / "exports-reference.md").write_text(exports_page(), encoding="utf-8", newline="\n")
    (folder / "reports-reference.md").write_text(reports_page(), encoding="utf-8", newline="\n")


def _page(introduction: str, contracts: Iterable[Contract]) -> str:
    contracts = list(contracts)
    index = [f"- [{contract.name}](#{contract.name}): {contract.title.lower()}" for contract in contracts]
    return "\n".join([_GENERATED, "", introduction, *index, "", *(section(contract) for contract in contracts)])


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
    return " ".join(sentences).replace("|", "\\|")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    write_pages(Path("docs"))
