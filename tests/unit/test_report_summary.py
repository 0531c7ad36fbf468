"""summary.json and manifest.json: what they count, from tables made by hand."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tierctl.contracts import conform, empty, report_contract
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar
from tierctl.ingest import Export, Ingested, InputFile
from tierctl.program.load import load_all
from tierctl.report.formats import Format
from tierctl.report.manifest import Origin, SourceFile
from tierctl.report.summary import summarize, worst_outlooks
from tierctl.report.tables import Filed, Table
from tierctl.report.write import write_review
from tierctl.review import Review

MONTH = Calendar.months().month("2025-05")
KEY = {"program": "elevate", "track": "partner", "month": "2025-05"}


def _table(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    contract = report_contract(name)
    blank = dict.fromkeys(contract.names)
    filled = [{**blank, **KEY, **row} for row in rows]
    return conform(pl.DataFrame(filled, schema=contract.polars_schema), contract) if rows else empty(contract)


def _standing(
    partner: str, tier: str | None, previous: str | None, change: str, status: str = "active"
) -> dict[str, Any]:
    return {
        "partner_id": partner,
        "partner_name": f"Partner {partner}",
        "tier": tier,
        "previous_tier": previous,
        "change": change,
        "status": status,
    }


def _requalification(partner: str, tier: str, criterion: str, outlook: str, missing: int) -> dict[str, Any]:
    return {
        "partner_id": partner,
        "tier": tier,
        "criterion": criterion,
        "outlook": outlook,
        "missing": Decimal(missing),
        "threshold": Decimal(100),
        "valid_through": date(2025, 12, 31),
    }


def _statements() -> pl.DataFrame:
    """Statements in two currencies, of two partners in the first."""
    return _table(
        "statements",
        _statement("P-1", "USD", "pay", opening="10", earned="100.25", payable="110.25"),
        _statement("P-2", "USD", "owed", opening="0", earned="-3.10", payable="0"),
        _statement("P-1", "JPY", "carried", opening="0", earned="500", payable="0"),
    )


def _statement(partner: str, currency: str, status: str, **amounts: str) -> dict[str, Any]:
    of = {name: Decimal(text) for name, text in amounts.items()}
    balance = of["opening"] + of["earned"]
    return {
        "partner_id": partner,
        "currency": currency,
        "opening_balance": of["opening"],
        "earned": of["earned"],
        "adjustments": Decimal(),
        "clawbacks": Decimal(),
        "balance": balance,
        "payable": of["payable"],
        "status": status,
        "closing_balance": balance - of["payable"],
    }


TOTALS = pl.DataFrame(
    [
        ("commissions", "elevate", "partner", "additional_spiff", "adjustment", "USD", 1, Decimal("-3.10")),
        ("commissions", "elevate", "partner", "additional_spiff", "earned", "JPY", 1, Decimal(500)),
        ("commissions", "elevate", "partner", "additional_spiff", "earned", "USD", 2, Decimal("100.25")),
        ("commissions", "elevate", "partner", "a_rule_of_last_year", "adjustment", "USD", 1, Decimal(0)),
        ("not_earned", "elevate", "partner", "teams_calling", "", "", 7, None),
    ],
    schema={
        **dict.fromkeys(("table", "program", "track", "rule", "kind", "currency"), pl.String),
        "lines": pl.Int64,
        "amount": pl.Decimal(38, 6),
    },
    orient="row",
)


@pytest.fixture
def review() -> Review:
    tables = {
        "standing": _table(
            "standing",
            _standing("P-1", "elite", "pioneer", "promoted"),
            _standing("P-2", "pioneer", "pioneer", "retained"),
            _standing("P-3", None, "elite", "suspended", "suspended"),
        ),
        "requalification": _table(
            "requalification",
            _requalification("P-1", "elite", "net_new_mrr", "on_pace", 10),
            _requalification("P-1", "elite", "opportunities", "at_risk", 30),
            _requalification("P-1", "trailblazer", "opportunities", "cannot_by_pace", 90),
        ),
        "benefits": empty(report_contract("benefits")),
        "actions": _table(
            "actions", {"partner_id": "P-1", "action": "review", "due_on": date(2025, 6, 30), "detail": "x"}
        ),
        "evidence": empty(report_contract("evidence")),
        "statements": _statements(),
    }
    return Review(MONTH, tables, TOTALS)


@pytest.fixture
def ingested() -> Ingested:
    rejects = pl.DataFrame(
        {
            "export": ["mrr", "mrr"],
            "file": ["mrr.csv", "mrr.csv"],
            "record": [1, 2],
            "column": ["mrr", "mrr"],
            "value": ["x", "y"],
            "rule": ["not-a-number", "not-a-number"],
            "row": ["{}", "{}"],
        },
        schema=report_contract("rejects").polars_schema,
    )
    exports = {"mrr": Export("mrr", (), rows_read=10, rejected=2, duplicates=1, ignored=3, unused_columns=())}
    return Ingested(exports, rejects, (), (InputFile("mrr", "exports/mrr.csv", "0" * 64, 10),))


def _summary(review: Review, ingested: Ingested) -> dict[str, Any]:
    editions, findings = load_all(["elevate"], Path())
    assert not findings
    return summarize(review, [each.in_force(MONTH.last) for each in editions], ingested)


def test_the_summary_counts_tiers_changes_and_rows(review: Review, ingested: Ingested) -> None:
    summary = _summary(review, ingested)
    track = summary["programs"]["elevate"]["tracks"]["partner"]
    assert summary["month"] == {"label": "2025-05", "code": "FY2025-P05", "first": "2025-05-01", "last": "2025-05-31"}
    assert summary["partners"] == 3
    assert track["tiers"] == {
        "pioneer": {"partners": 1, "previous": 2},
        "trailblazer": {"partners": 0, "previous": 0},
        "elite": {"partners": 1, "previous": 1},
    }
    assert track["without_tier"] == 1
    assert {change: count for change, count in track["changes"].items() if count} == {
        "suspended": 1,
        "promoted": 1,
        "retained": 1,
    }
    assert track["actions"] == {"review": 1}
    assert summary["exports"] == {"mrr": {"rows_read": 10, "rejected": 2, "duplicates": 1, "ignored": 3}}
    assert summary["rejects"] == {"mrr": {"mrr": {"not-a-number": 2}}}


def test_a_partner_is_as_likely_to_requalify_as_the_least_likely_criterion(review: Review, ingested: Ingested) -> None:
    worst = worst_outlooks(review.tables["requalification"], review.tables["standing"])
    assert worst.select("partner_id", "tier", "criterion").rows() == [("P-1", "elite", "opportunities")]
    outlooks = _summary(review, ingested)["programs"]["elevate"]["tracks"]["partner"]["outlooks"]
    assert outlooks == {"requalified": 0, "on_pace": 0, "at_risk": 1, "cannot_by_pace": 0}


def test_the_summary_adds_up_the_money(review: Review, ingested: Ingested) -> None:
    money = _summary(review, ingested)["programs"]["elevate"]["money"]
    assert list(money["statements"]) == ["JPY", "USD"]
    dollars = money["statements"]["USD"]
    assert {name: value for name, value in dollars.items() if name != "statuses"} == {
        "partners": 2,
        "opening_balance": Decimal(10),
        "earned": Decimal("97.15"),
        "adjustments": 0,
        "clawbacks": 0,
        "balance": Decimal("107.15"),
        "payable": Decimal("110.25"),
        "closing_balance": Decimal("-3.10"),
    }
    assert dollars["statuses"] == {
        "pay": {"partners": 1, "opening_balance": Decimal(10), "balance": Decimal("110.25")},
        "carried": {"partners": 0, "opening_balance": 0, "balance": 0},
        "held": {"partners": 0, "opening_balance": 0, "balance": 0},
        "owed": {"partners": 1, "opening_balance": 0, "balance": Decimal("-3.10")},
    }
    assert list(money["commissions"])[-1] == "a_rule_of_last_year"
    assert money["commissions"]["standard_residual"] == {"lines": 0, "amounts": {}}
    assert money["commissions"]["additional_spiff"] == {
        "lines": 4,
        "amounts": {
            "JPY": {"earned": Decimal(500), "adjustment": 0, "clawback": 0},
            "USD": {"earned": Decimal("100.25"), "adjustment": Decimal("-3.10"), "clawback": 0},
        },
    }
    assert {rule: rows for rule, rows in money["not_earned"].items() if rows} == {"teams_calling": 7}


def test_without_rules_there_is_no_money(review: Review, ingested: Ingested) -> None:
    editions, _ = load_all(["elevate"], Path())
    bare = editions[0].in_force(MONTH.last).model_copy(update={"commissions": {}, "credits": {}, "payout": None})
    tables = {**review.tables, "statements": empty(report_contract("statements"))}
    without = summarize(Review(MONTH, tables, TOTALS.clear()), [bare], ingested)
    assert list(without["programs"]["elevate"]) == ["name", "effective_from", "tracks"]
    assert "money" in summarize(review, [bare], ingested)["programs"]["elevate"]  # what earlier rules left


def test_amounts_are_exact_numbers_in_the_file(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    _write(tmp_path / "out", review, ingested)
    text = (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    assert '"closing_balance": -3.1,\n' in text
    read = json.loads(text, parse_float=Decimal)
    assert read["programs"]["elevate"]["money"]["statements"]["USD"]["balance"] == Decimal("107.15")


def test_unasked_every_table_has_its_usual_format(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    lines = empty(report_contract("not_earned"))
    long: dict[str, Table] = {**review.tables, "not_earned": Filed(lines.schema, (), 0)}
    for folder, formats in (("usual", None), ("asked", (Format.JSON,))):
        write_review(tmp_path / folder, long, formats=formats, summary={}, origin=_origin(ingested))
    usual = sorted(path.name for path in (tmp_path / "usual").iterdir())
    assert usual == sorted([*(f"{name}.csv" for name in review.tables), *OTHERS, "not_earned.parquet"])
    asked = sorted(path.name for path in (tmp_path / "asked").iterdir())
    assert asked == sorted([*(f"{name}.json" for name in long), *OTHERS])
    outputs = json.loads((tmp_path / "usual" / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert {output["path"]: output.get("rows") for output in outputs}["not_earned.parquet"] == 0


OTHERS = ("manifest.json", "summary.json")


def _origin(ingested: Ingested) -> Origin:
    workspace, program = SourceFile("tierctl.toml", "1" * 64), SourceFile("bundled/elevate.toml", "2" * 64)
    return Origin(MONTH, None, workspace, (program,), ingested.files)


def _write(folder: Path, review: Review, ingested: Ingested, *formats: Format) -> None:
    tables = {**review.tables, "rejects": ingested.rejects}
    counts = _summary(review, ingested)
    write_review(folder, tables, formats=formats or None, summary=counts, origin=_origin(ingested))


def test_the_manifest_vouches_for_every_file(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    folder = tmp_path / "2025-05"
    _write(folder, review, ingested, Format.CSV, Format.JSON)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    outputs = {output["path"]: output for output in manifest["outputs"]}
    assert sorted(outputs) == sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    for path, output in outputs.items():
        assert output["sha256"] == hashlib.sha256((folder / path).read_bytes()).hexdigest()
    assert outputs["standing.csv"]["rows"] == 3
    assert "rows" not in outputs["summary.json"]
    assert manifest["inputs"] == [{"export": "mrr", "path": "exports/mrr.csv", "sha256": "0" * 64, "rows": 10}]
    assert manifest["previous_close"] is None


def test_a_rerun_writes_the_same_bytes_and_drops_other_formats(
    tmp_path: Path, review: Review, ingested: Ingested
) -> None:
    folder = tmp_path / "2025-05"
    _write(folder, review, ingested, Format.CSV)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    _write(folder, review, ingested, Format.PARQUET, Format.JSON)
    assert not list(folder.glob("*.csv"))
    _write(folder, review, ingested, Format.CSV)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


@pytest.mark.parametrize("manifest", [None, "[]", "{}", "no json", '{"name": "a web app"}'])
def test_a_folder_of_other_files_is_refused(
    tmp_path: Path, review: Review, ingested: Ingested, manifest: str | None
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(CannotRunError, match="reports-foreign-files"):
        _write(folder, review, ingested, Format.CSV)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_note_among_the_reports_is_not_lost(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    folder = tmp_path / "out"
    _write(folder, review, ingested, Format.CSV)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(CannotRunError, match=r"notes\.txt"):
        _write(folder, review, ingested, Format.CSV)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CannotRunError, match="the reports' folder is a file"):
        _write(tmp_path / "out", review, ingested, Format.CSV)


def test_what_cannot_be_written_is_a_finding(tmp_path: Path, review: Review, ingested: Ingested) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotRunError, match="reports-unwritable"):
        _write(tmp_path / "file" / "out", review, ingested, Format.CSV)
