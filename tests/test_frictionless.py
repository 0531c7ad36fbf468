"""A validator that knows nothing of tierctl agrees with it about the sample's rows, the good and the bad.

The exports' schemas are standard Table Schemas. Here the sample's exports are renamed and their words translated by a
few lines of plain Python; frictionless parses the cells by the schema and judges the rows.
"""

import csv
import json
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sample import copy_workspace, read_report, run_tierctl
from tierctl import resources

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # what frictionless imports, not what it does
    import frictionless

EXPORTS = ("partners", "mrr", "opportunities", "decisions")
LAST = "2027-01"

Place = tuple[str, str, int]  # export, file, record

BAD_ROWS = {
    "partners_crm.csv": [
        "P-2001;Impossible Day Ltd;US;Americas;USD;31.02.2025;ja;;;",
        "P-2002;;US;Americas;USD;01.02.2025;ja;;;",
        "P-2003;Third Way Ltd;US;Americas;USD;01.02.2025;vielleicht;;;",
        "P-2004;Lower Case Ltd;US;Americas;usd;01.02.2025;ja;;;",
    ],
    "mrr-2026.csv": [
        'SO-26-901,P-1001,AC-901,New Logo,UCaaS,"1,000.00",USD,36,N/A,N/A,2026-05-04,05/12/2026,N/A,Yes,No,N/A,Tan',
        'SO-26-902,P-1001,AC-902,Upsell,UCaaS,"1,000.00",USD,36,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan',
        'SO-26-903,P-1001,N/A,New Logo,UCaaS,"1,000.00",USD,36,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan',
        'SO-26-001,P-1001,AC-503,New Logo,UCaaS,"2,600.00",USD,36,N/A,N/A,04/07/2026,04/14/2026,N/A,Yes,No,N/A,Tan',
        'SO-26-905,P-9999,AC-905,New Logo,UCaaS,"1,000.00",USD,36,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan',
        'SO-26-906,7,AC-906,New Logo,UCaaS,"1,000.00",USD,36,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan',
        "SO-26-907,P-1001,AC-907,New Logo,UCaaS,a lot,USD,36,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan",
        'SO-26-908,P-1001,AC-908,New Logo,UCaaS,"1,000.00",USD,0,N/A,N/A,05/04/2026,05/12/2026,N/A,Yes,No,N/A,Tan',
    ],
    "opportunities.csv": [
        "OPP-901,P-1001,PR-901,2026-02-30,,,2 - Proposal,,,,U-01,",
        "OPP-902,P-1001,PR-902,2026-02-20,,,Stalled,,,,U-01,",
        "OPP-P-1001-2025-01,P-1002,PR-903,2025-01-04,,,2 - Proposal,,,,U-01,",
    ],
    "decisions.csv": [
        "D-901,P-1001,elevate,partner,elite,blessed,2026-02-01,,M. Abara,,",
        "D-902,P-9999,elevate,partner,elite,placed,2026-02-01,,M. Abara,,",
        "D-903,P-1001,elevate,partner,elite,placed,2026-02-01,,,,",
    ],
}


@dataclass(frozen=True)
class Plain:
    """One export under our names and words, its cells still as they were written; `places` is where each row stood."""

    schema: dict[str, Any]
    rows: list[dict[str, str]]
    places: list[Place]

    def key(self, row: dict[str, str]) -> tuple[str, ...]:
        """The row's key."""
        return tuple(row[name] for name in self.schema["primaryKey"])


def _read(workspace: Path, name: str) -> Plain:
    """Reads an export as tierctl.toml describes it: headers renamed, words translated, repeated rows once."""
    config = tomllib.loads((workspace / "tierctl.toml").read_text(encoding="utf-8"))["exports"][name]
    schema = json.loads((resources.schemas() / "exports" / f"{name}.json").read_text(encoding="utf-8"))
    form = config.get("format", {})
    columns = {ours: theirs for theirs, ours in config.get("columns", {}).items()}
    rows: list[dict[str, str]] = []
    places: list[Place] = []
    for path in sorted(workspace.glob(config["path"])):
        with path.open(encoding=form.get("encoding", "utf-8"), newline="") as file:
            for record, raw in enumerate(csv.DictReader(file, delimiter=form.get("delimiter", ",")), start=1):
                cells = {
                    field["name"]: raw.get(columns.get(field["name"], field["name"]), "") for field in schema["fields"]
                }
                row = {
                    column: config.get("values", {}).get(column, {}).get(cell, cell) for column, cell in cells.items()
                }
                if row not in rows:
                    rows.append(row)
                    places.append((name, path.relative_to(workspace).as_posix(), record))
    return Plain(_with_format(schema, form), rows, places)


def _with_format(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """The schema with the workspace's formats, which are Table Schema's own words, at the fields they concern."""
    words: dict[str, dict[str, Any]] = {
        "date": {"format": form.get("date", "default")},
        "number": {word: form[word] for word in ("decimalChar", "groupChar", "bareNumber") if word in form},
        "boolean": {word: form[word] for word in ("trueValues", "falseValues") if word in form},
    }
    fields = [{**field, **words.get(field["type"], {})} for field in schema["fields"]]
    return {**schema, "fields": fields, "missingValues": form.get("missingValues", [""])}


def _package(exports: dict[str, Plain], folder: Path) -> frictionless.Package:
    """The exports as plain CSV files with their schemas, in one package, so that foreign keys can be followed."""
    for name, export in exports.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field["name"] for field in export.schema["fields"]])
            writer.writeheader()
            writer.writerows(export.rows)
    resources_ = [
        {"name": name, "type": "table", "path": f"{name}.csv", "schema": export.schema}
        for name, export in exports.items()
    ]
    return frictionless.Package.from_descriptor({"name": "sample", "resources": resources_}, basepath=str(folder))


def _named(export: Plain, errors: list[Any]) -> Iterator[Place]:
    """The rows that frictionless finds fault with; of a repeated key, which it only names the second time, all rows."""
    for error in errors:
        at = error.row_number - 2  # it counts the header
        if error.type == "primary-key":
            key = export.key(export.rows[at])
            yield from (place for row, place in zip(export.rows, export.places, strict=True) if export.key(row) == key)
        else:
            yield export.places[at]


def _faults(workspace: Path, folder: Path) -> set[Place]:
    folder.mkdir()
    exports = {name: _read(workspace, name) for name in EXPORTS}
    report = _package(exports, folder).validate()
    assert not report.errors
    return {place for task in report.tasks for place in _named(exports[task.name], task.errors)}


def _rejected(workspace: Path, out: Path) -> set[Place]:
    run = run_tierctl(workspace, "review", "--month", LAST, "--out", str(out))
    assert run.exit_code in {0, 1}, f"{run.stdout}\n{run.stderr}"
    rejects = {(row["export"], row["file"], int(row["record"])) for row in read_report(out / "rejects.csv")}
    assert run.exit_code == (1 if rejects else 0)
    return rejects


def test_both_find_the_sample_clean(tmp_path: Path) -> None:
    workspace = copy_workspace(tmp_path / "elevate")
    assert _faults(workspace, tmp_path / "plain") == set()
    assert _rejected(workspace, tmp_path / "out") == set()
    assert run_tierctl(workspace, "check").exit_code == 0


def test_both_name_the_same_rows_of_a_broken_copy(tmp_path: Path) -> None:
    workspace = copy_workspace(tmp_path / "elevate")
    for name, lines in BAD_ROWS.items():
        with (workspace / "exports" / name).open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    faults = _faults(workspace, tmp_path / "plain")
    repeated_keys = 2  # whose first rows were good
    assert len(faults) == sum(map(len, BAD_ROWS.values())) + repeated_keys
    assert _rejected(workspace, tmp_path / "out") == faults
    assert run_tierctl(workspace, "check").exit_code == 1
