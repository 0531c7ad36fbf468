"""`tierctl review` of a program that pays: reports, summary and exit code, and how all of them agree."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from tests.cli.conftest import Run
from tests.demo import DEMO
from tierctl.contracts import report_contract
from tierctl.ingest import spool as spooling
from tierctl.report.money import MONEY_TABLES

RULES = """
[commissions.residual]
name      = "Residual"
from      = "mrr"
running   = { since = "invoiced_on", before = "cancelled_on" }
earned_on = "month_end"
base      = "mrr"
rate      = "10 %"
[commissions.spiff]
name      = "Spiff"
from      = "mrr"
where     = { order_type = "new_logo", product_family.empty = false }
earned_on = "sold_on"
base      = "mrr"
rate      = "50 %"

[credits.fee]
name      = "Fee"
from      = "mrr"
where.order_type = "add"
earned_on = "sold_on"
amount    = 2.5

[payout]
currency           = "as_earned"
pay_when.at_least  = { by = "currency", values = { USD = 20, EUR = 0.01 } }
pay_day            = { day = 20, months_after = 1, roll = "forward", holidays = "own" }
"""
TOML = """\
programs = ["program.toml"]
[ledger]
starts = "2025-04"
[holidays]
own = [2025-06-20]
[exports]
partners = { path = "partners.csv" }
mrr = { path = "mrr.csv" }
"""
PARTNERS = [f"P-{number}" for number in range(12)]
HEADER = "line_id,partner_id,customer_id,order_type,product_family,mrr,currency,sold_on,invoiced_on,cancelled_on\n"


def _lines() -> str:
    """Order lines of several kinds and two currencies, some of which earn nothing."""
    kinds, days = ("new_logo", "add", "renewal"), ("2025-04-07", "2025-05-05", "2025-05-31")
    rows = []
    for n in range(60):
        day, amount = days[n // 3 % 3], f"{n * 7 - 60}.{n % 10}5"
        cancelled = "2025-05-20" if n % 4 == 0 else ""
        currency = ("USD", "EUR")[n % 2]
        rows.append(f"L-{n},{PARTNERS[n % 11]},C,{kinds[n % 3]},voice,{amount},{currency},{day},{day},{cancelled}\n")
    return HEADER + "".join(rows)


@pytest.fixture
def root(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the program above, in which the commands run."""
    assert callable(run)
    root = tmp_path / "money"
    root.mkdir()
    (root / "tierctl.toml").write_text(TOML, encoding="utf-8")
    (root / "program.toml").write_text(DEMO + RULES, encoding="utf-8")
    (root / "partners.csv").write_text("partner_id,name\n" + "".join(f"{id_},{id_}\n" for id_ in PARTNERS))
    (root / "mrr.csv").write_text(_lines(), encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def table(folder: Path, name: str) -> pl.DataFrame:
    """A report in its contract's types."""
    contract = report_contract(name)
    if name == "not_earned":
        return pl.read_parquet(folder / f"{name}.parquet")
    return pl.read_csv(folder / f"{name}.csv", schema=contract.polars_schema)


def money_of(folder: Path) -> Any:
    summary = json.loads((folder / "summary.json").read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
    return summary["programs"]["demo"]["money"]


def test_the_summary_equals_the_tables_to_the_cent(run: Run, root: Path) -> None:
    assert run("review", "--month", "2025-05").code == 0
    folder = root / "reports" / "2025-05"
    money, statements = money_of(folder), table(folder, "statements")
    sums = ("opening_balance", "earned", "adjustments", "clawbacks", "balance", "payable", "closing_balance")
    for currency in ("USD", "EUR"):
        rows = statements.filter(pl.col("currency") == currency)
        told = money["statements"][currency]
        assert {name: told[name] for name in sums} == {name: rows[name].sum() for name in sums}
        assert {status: of["partners"] for status, of in told["statuses"].items() if of["partners"]} == dict(
            rows.group_by("status").len().iter_rows()
        )
        assert sum(of["balance"] for of in told["statuses"].values()) == told["balance"]
    for kind in ("commissions", "credits"):
        lines = table(folder, kind)
        assert {rule: of["lines"] for rule, of in money[kind].items() if of["lines"]} == dict(
            lines.group_by("rule").len().iter_rows()
        )
        amounts = lines.group_by("rule", "currency", "kind").agg(pl.col("amount").sum())
        told = {
            (rule, currency, word): amount
            for rule, of in money[kind].items()
            for currency, by_kind in of["amounts"].items()
            for word, amount in by_kind.items()
            if amount
        }
        assert told == {
            (rule, currency, word): amount for rule, currency, word, amount in amounts.iter_rows() if amount
        }
    rows_by_rule = dict(table(folder, "not_earned").group_by("rule").len().iter_rows())
    assert {rule: rows for rule, rows in money["not_earned"].items() if rows} == rows_by_rule


def test_balances_come_from_the_month_with_which_the_ledger_starts(run: Run, root: Path) -> None:
    run("review", "--month", "2025-04", "--out", "april")
    run("review", "--month", "2025-05", "--out", "may")
    (root / "tierctl.toml").write_text(TOML.replace('starts = "2025-04"', ""), encoding="utf-8")
    run("review", "--month", "2025-05", "--out", "alone")
    keys = ["partner_id", "currency"]
    carried = table(root / "april", "statements").filter(pl.col("closing_balance") != 0)
    opened = table(root / "may", "statements").filter(pl.col("opening_balance") != 0)
    assert carried.select(*keys, opening_balance="closing_balance").equals(opened.select(*keys, "opening_balance"))
    assert not carried.is_empty()
    assert table(root / "alone", "statements").select(pl.col("opening_balance").sum()).item() == 0


def test_before_the_ledger_starts_nothing_is_posted(run: Run, root: Path) -> None:
    (root / "tierctl.toml").write_text(TOML.replace("2025-04", "2025-12"), encoding="utf-8")
    outcome = run("review", "--month", "2025-05")
    assert (outcome.code, outcome.err) == (0, "")
    folder = root / "reports" / "2025-05"
    assert all(table(folder, name).is_empty() for name in ("commissions", "credits", "statements"))


def test_statements_are_paid_after_the_workspace_s_own_holidays(run: Run, root: Path) -> None:
    outcome = run("review", "--month", "2025-05")
    days = table(root / "reports" / "2025-05", "statements")["pay_on"].drop_nulls().unique()
    assert [str(day) for day in days] == ["2025-06-23"]
    assert "    to pay on 2025-06-23 " in outcome.out


def test_the_number_of_buckets_changes_no_byte(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    formats = ("--format", "csv,parquet,json")
    run("review", "--month", "2025-05", "--out", "whole", *formats)
    monkeypatch.setattr(spooling, "_BYTES_PER_BUCKET", {"csv": 500})
    run("review", "--month", "2025-05", "--out", "cut", *formats)
    whole, cut = ({path.name: path.read_bytes() for path in (root / name).iterdir()} for name in ("whole", "cut"))
    assert whole == cut
    assert {f"{name}.{format_}" for name in MONEY_TABLES for format_ in ("csv", "parquet", "json")} <= whole.keys()


def test_without_rules_there_is_nothing_of_money(run: Run, root: Path) -> None:
    bare = DEMO.replace('terminated_partners = "keep_earning"\n', "")
    (root / "program.toml").write_text(bare, encoding="utf-8")
    outcome = run("review", "--month", "2025-05")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Money" not in outcome.out
    assert outcome.out.endswith("Reports  reports/2025-05/  csv\n")
    names = {path.stem for path in (root / "reports" / "2025-05").iterdir()}
    assert not names & set(MONEY_TABLES)
    summary = json.loads((root / "reports" / "2025-05" / "summary.json").read_text(encoding="utf-8"))
    assert "money" not in summary["programs"]["demo"]
    content = json.loads(run("review", "--month", "2025-05", "--partner", "P-1", "--json").out)
    assert not content["tables"].keys() & set(MONEY_TABLES)


def test_rules_that_bring_nothing_still_write_their_reports(run: Run, root: Path) -> None:
    (root / "mrr.csv").write_text(HEADER, encoding="utf-8")
    assert run("review", "--month", "2025-05").code == 0
    folder = root / "reports" / "2025-05"
    assert all(table(folder, name).is_empty() for name in ("commissions", "credits", "not_earned", "statements"))
    outputs = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert {output["path"]: output.get("rows") for output in outputs}["not_earned.parquet"] == 0


def test_a_format_that_is_asked_for_is_every_table_s(run: Run, root: Path) -> None:
    outcome = run("review", "--month", "2025-05", "--format", "json")
    assert outcome.out.endswith("Reports  reports/2025-05/  json\n")
    assert "each with the first condition that it fails:\n  not_earned.json\n" in outcome.out
    names = {path.name for path in (root / "reports" / "2025-05").iterdir()}
    assert {f"{name}.json" for name in MONEY_TABLES} <= names
    assert not [name for name in names if name.endswith(("csv", "parquet"))]


def test_json_has_the_money_and_of_some_partners_their_lines(run: Run, root: Path) -> None:
    content = json.loads(run("review", "--month", "2025-05", "--json").out, parse_float=Decimal, parse_int=Decimal)
    assert content["programs"]["demo"]["money"] == money_of(root / "reports" / "2025-05")
    assert "tables" not in content
    some = json.loads(run("review", "--month", "2025-05", "--partner", "P-3", "--json").out, parse_float=Decimal)
    own = table(root / "reports" / "2025-05", "commissions").filter(pl.col("partner_id") == "P-3")
    lines = [(line["rule"], line["source_id"], Decimal(line["amount"])) for line in some["tables"]["commissions"]]
    assert lines == own.select("rule", "source_id", "amount").rows()
    assert some["tables"].keys() >= set(MONEY_TABLES)


def test_a_figure_that_covers_not_every_row_gives_exit_1_and_is_told(run: Run, root: Path) -> None:
    by_family = 'rate = { by = "product_family", values = { voice = "50 %" } }'
    (root / "program.toml").write_text(DEMO + RULES.replace('rate      = "50 %"', by_family), encoding="utf-8")
    row = "L-99,P-1,C,new_logo,video,100,USD,2025-05-07,2025-05-07,\n"
    (root / "mrr.csv").write_text(_lines() + row, encoding="utf-8")
    outcome = run("review", "--month", "2025-05")
    assert outcome.code == 1
    assert "error[rate-not-covered]: 1 row of 1 partner" in outcome.err
    quiet = run("review", "--month", "2025-05", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "tierctl review 2025-05: 1 error\n")
    findings = json.loads(run("review", "--month", "2025-05", "--json").out)["findings"]
    assert [finding["code"] for finding in findings] == ["program-unlisted-value", "rate-not-covered"]


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    assert root.is_dir()
    monkeypatch.setenv("COLUMNS", str(width))
    out = run("review", "--month", "2025-05").out
    assert "\nMoney\n" in out
    assert max(map(cell_len, out.splitlines())) <= width


def test_holidays_that_nobody_knows_stop_the_review(run: Run, root: Path) -> None:
    (root / "program.toml").write_text(DEMO + RULES.replace('"own"', '"us"'), encoding="utf-8")
    outcome = run("review", "--month", "2025-05")
    assert (outcome.code, outcome.out) == (2, "")
    assert "program.toml:44:payout.pay_day.holidays: error[holidays-unknown]: " in outcome.err
    assert outcome.err.endswith("  hint: did you mean US?\n")
    assert not (root / "reports").exists()
