"""What is taken over from the last close: earlier rows of an export that covers only the latest, and closed rates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.pipelines.ingest_cases import MRR_HEADER, Case, column_of, faults_of, mrr_csv, mrr_line, parsed, rows_of
from tierctl.carried import Carried
from tierctl.contracts import Contract, export_contract, extended
from tierctl.findings import load_catalogue
from tierctl.fiscal import Calendar
from tierctl.ingest import Ingested, RowCheck, TableCheck, kept_for, spool
from tierctl.ingest.kept import KeptRates, KeptRows
from tierctl.ingest.row_check import ROW
from tierctl.program.model import Program
from tierctl.workspace import Workspace

MRR, RATES = export_contract("mrr"), export_contract("fx_rates")
SINCE = date(2025, 4, 1)
MARCH = Calendar.months().month("2025-03")


def closed(contract: Contract, *rows: Mapping[str, Any]) -> pl.LazyFrame:
    """Rows as a close holds them: the contract's columns and types."""
    return pl.DataFrame(list(rows), schema=contract.polars_schema).lazy()


def mrr_row(line: str, sold_on: date, partner: str = "P1", mrr: str = "10", **more: Any) -> dict[str, Any]:
    return {
        "line_id": line,
        "partner_id": partner,
        "customer_id": "C1",
        "order_type": "new_logo",
        "mrr": Decimal(mrr),
        "currency": "USD",
        "sold_on": sold_on,
        "via_portal": True,
        "promotional": False,
        **more,
    }


def kept_rows(*rows: Mapping[str, Any], since: date = SINCE) -> KeptRows:
    return KeptRows((closed(MRR, *rows),), since)


def lines_of(ingested: Ingested) -> list[tuple[str, date, int]]:
    """Key, day and amount of each accepted row; the amounts are whole."""
    return rows_of(ingested, "mrr").select("line_id", "sold_on", pl.col("mrr").cast(pl.Int64)).sort("line_id").rows()


def told(ingested: Ingested, export: str = "mrr") -> tuple[int, int, int, int]:
    """Rows read, rejected, from the close, left out; the rows in the parts follow from them."""
    of = ingested.exports[export]
    accepted = of.rows_read - of.rejected - of.duplicates - of.ignored - of.left_out + of.from_close
    assert rows_of(ingested, export).height == accepted
    return of.rows_read, of.rejected, of.from_close, of.left_out


# ---- rows dated before the day that an export covers


@pytest.mark.parametrize(
    ("sold_on", "lines"),
    [
        (date(2025, 3, 31), ["L1", "NEW"]),
        (date(2025, 4, 1), ["NEW"]),
        (date(2025, 4, 2), ["NEW"]),
    ],
)
def test_rows_dated_before_the_day_are_the_close_s(case: Case, sold_on: date, lines: list[str]) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("NEW", sold_on="2025-05-02")))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept_rows(mrr_row("L1", sold_on))})
    assert column_of(ingested, "mrr", "line_id") == lines
    assert told(ingested) == (1, 0, len(lines) - 1, 0)
    assert ingested.findings == ()


def test_without_a_close_an_export_is_what_its_files_bring(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("NEW", sold_on="2025-03-02")))
    ingested = case.export("mrr", "mrr.csv", covers={"since": SINCE}).read("mrr")
    assert column_of(ingested, "mrr", "line_id") == ["NEW"]
    assert told(ingested) == (1, 0, 0, 0)


def test_what_the_files_say_of_a_key_counts_wherever_it_is_dated_now(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1", mrr="11"), mrr_line("L2", mrr="12", sold_on="2025-03-01")))
    march = date(2025, 3, 1)
    kept = kept_rows(mrr_row("L1", march), mrr_row("L2", march), mrr_row("L3", march))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert lines_of(ingested) == [("L1", date(2025, 5, 1), 11), ("L2", march, 12), ("L3", march, 10)]
    assert told(ingested) == (2, 0, 1, 0)


def test_a_key_that_moved_to_another_partner_stands_once(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1", partner="P2")))
    kept = kept_rows(mrr_row("L1", date(2025, 3, 1), partner="P1"))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert column_of(ingested, "mrr", "partner_id") == ["P2"]


def test_earlier_rows_of_the_files_stand_beside_those_of_the_close(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("LATE", sold_on="2025-02-01")))
    kept = kept_rows(mrr_row("L1", date(2025, 2, 1)))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert column_of(ingested, "mrr", "line_id") == ["L1", "LATE"]


@pytest.mark.parametrize(
    ("lines", "rejected"),
    [
        ([mrr_line("L1", mrr="x", sold_on="2025-03-01")], 1),
        ([mrr_line("L1", mrr="1"), mrr_line("L1", mrr="2")], 2),
    ],
    ids=["a cell that is none", "one key, two contents"],
)
def test_a_rejected_row_stays_rejected_and_the_close_s_row_of_its_key_stands(
    case: Case, lines: list[str], rejected: int
) -> None:
    case.write("mrr.csv", mrr_csv(*lines))
    kept = kept_rows(mrr_row("L1", date(2025, 3, 1), mrr="10"))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert lines_of(ingested) == [("L1", date(2025, 3, 1), 10)]
    assert told(ingested) == (rejected, rejected, 1, 0)
    assert len(faults_of(ingested)) == rejected


def test_a_row_that_lies_ahead_does_not_take_the_place_of_the_close_s(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1", sold_on="2025-07-01")))
    kept = kept_rows(mrr_row("L1", date(2025, 3, 1)))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert lines_of(ingested) == [("L1", date(2025, 3, 1), 10)]
    assert (told(ingested), ingested.exports["mrr"].ignored) == ((1, 0, 1, 0), 1)


def test_keys_with_empty_cells_are_the_same_key(case: Case) -> None:
    """A key's column may be empty: the base of a rate."""
    case.write("fx.csv", "currency,rate_on,rate,base\nEUR,2025-03-01,1.2,\n")
    row = {"currency": "EUR", "rate_on": date(2025, 3, 1), "rate": Decimal("1.1"), "base": None}
    kept = KeptRows((closed(RATES, row),), SINCE)
    ingested = case.export("fx_rates", "fx.csv").read("fx_rates", kept={"fx_rates": kept})
    assert column_of(ingested, "fx_rates", "rate") == [Decimal("1.2")]


def test_files_without_rows_leave_what_the_close_read(case: Case) -> None:
    case.write("mrr.csv", mrr_csv())
    kept = kept_rows(mrr_row("L1", date(2025, 3, 1)))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert column_of(ingested, "mrr", "line_id") == ["L1"]
    assert told(ingested) == (0, 0, 1, 0)


def test_parquet_that_is_read_where_it_lies_is_merged_too(case: Case) -> None:
    closed(MRR, mrr_row("NEW", date(2025, 5, 1)), mrr_row("L2", date(2025, 5, 1))).sink_parquet(case.root / "m.parquet")
    kept = kept_rows(mrr_row("L1", date(2025, 3, 1)), mrr_row("L2", date(2025, 3, 1)))
    ingested = case.export("mrr", "m.parquet").read("mrr", kept={"mrr": kept})
    assert column_of(ingested, "mrr", "line_id") == ["L1", "L2", "NEW"]
    assert len(ingested.exports["mrr"].parts) == 1


# ---- columns that have changed since


def with_column(contract: Contract, **field: Any) -> Contract:
    return extended(contract, {"fields": [field]})


def read_as(case: Case, contract: Contract, kept: KeptRows, monkeypatch: pytest.MonkeyPatch) -> Ingested:
    """The export read as a program in use declares it."""
    plain = Case.workspace

    def workspace(of: Case) -> Workspace:
        here = plain(of)
        return replace(here, contracts={**here.contracts, contract.name: contract})

    monkeypatch.setattr(Case, "workspace", workspace)
    return case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})


def test_a_column_declared_since_is_empty_or_holds_its_default(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    longer = extended(
        MRR,
        {"fields": [{"name": "region"}, {"name": "is_new", "type": "boolean", "tierctl:default": False}]},
    )
    case.write("mrr.csv", mrr_csv(f"{mrr_line('NEW')},north,true", header=f"{MRR_HEADER},region,is_new"))
    ingested = read_as(case, longer, kept_rows(mrr_row("L1", date(2025, 3, 1))), monkeypatch)
    assert rows_of(ingested, "mrr").sort("line_id").select("line_id", "region", "is_new").rows() == [
        ("L1", None, False),
        ("NEW", "north", True),
    ]


def test_a_column_that_is_no_longer_declared_is_left_out(case: Case) -> None:
    longer = with_column(MRR, name="region")
    case.write("mrr.csv", mrr_csv(mrr_line("NEW")))
    kept = KeptRows((closed(longer, {**mrr_row("L1", date(2025, 3, 1)), "region": "north"}),), SINCE)
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    assert rows_of(ingested, "mrr").schema == MRR.polars_schema
    assert column_of(ingested, "mrr", "line_id") == ["L1", "NEW"]


def test_a_column_of_another_type_is_read_as_a_file_s_would_be(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    as_text, as_number = with_column(MRR, name="seats"), with_column(MRR, name="seats", type="number")
    case.write("mrr.csv", mrr_csv(f"{mrr_line('NEW')},3", header=f"{MRR_HEADER},seats"))
    march = date(2025, 3, 1)
    rows = [{**mrr_row(f"L{n}", march), "seats": seats} for n, seats in enumerate(["12.50", "many", None])]
    ingested = read_as(case, as_number, KeptRows((closed(as_text, *rows),), SINCE), monkeypatch)
    assert rows_of(ingested, "mrr").sort("line_id").select("line_id", "seats").rows() == [
        ("L0", Decimal("12.5")),
        ("L2", None),
        ("NEW", 3),
    ]
    assert [(finding.code, finding.source) for finding in ingested.findings] == [("closed-row-left-out", "mrr")]
    assert ingested.findings[0].message.endswith("left out: unsupported-type (1)")


def test_rows_whose_day_is_in_a_column_that_the_close_did_not_have_are_the_files_alone(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = replace(with_column(MRR, name="signed_on", type="date"), row_date="signed_on")
    case.write("mrr.csv", mrr_csv(f"{mrr_line('NEW')},2025-05-01", header=f"{MRR_HEADER},signed_on"))
    ingested = read_as(case, longer, kept_rows(mrr_row("L1", date(2025, 3, 1))), monkeypatch)
    assert column_of(ingested, "mrr", "line_id") == ["NEW"]


# ---- rows of the close that today's rules refuse


def test_rows_of_the_close_that_would_be_rejected_today_are_left_out_and_told(case: Case) -> None:
    march = date(2025, 3, 1)
    kept = kept_rows(
        mrr_row("L1", march), mrr_row("L2", march, partner="P9"), mrr_row("L3", march, currency="EUR"),
        mrr_row("L4", march, partner="P9", currency="EUR"),
    )  # fmt: skip
    case.write("mrr.csv", mrr_csv(mrr_line("NEW")))
    check = RowCheck("mrr", "currency", "other-currency", pl.col("currency") != "USD", "USD", "")
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept}, row_checks=[check])
    assert column_of(ingested, "mrr", "line_id") == ["L1", "NEW"]
    assert told(ingested) == (1, 0, 1, 0)
    assert ingested.rejects.is_empty()
    (finding,) = ingested.findings
    assert finding.code == "closed-row-left-out"
    assert finding.message.endswith("left out: other-currency (1), unknown-partner (2)")


@pytest.mark.parametrize("lines", [["NEW", "BAD"], []], ids=["files with rows", "files without"])
def test_rules_of_the_whole_table_see_both_and_charge_the_files_alone(case: Case, lines: list[str]) -> None:
    def above_ten(parts: Sequence[pl.LazyFrame], _: object) -> pl.DataFrame:
        rows = pl.concat(parts).filter(pl.col("mrr") > 10).collect()
        none = pl.lit(None, dtype=pl.UInt32)
        return rows.select(ROW, value=pl.col("mrr").cast(pl.String), other=none, note=pl.lit("into USD"))

    check = TableCheck("mrr", "mrr", "no-exchange-rate", above_ten, "")
    amounts = {"NEW": "10", "BAD": "11"}
    case.write("mrr.csv", mrr_csv(*(mrr_line(line, mrr=amounts[line]) for line in lines)))
    march = date(2025, 3, 1)
    kept = kept_rows(mrr_row("L1", march), mrr_row("L2", march, mrr="10.01"))
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept}, table_checks=[check])
    assert column_of(ingested, "mrr", "line_id") == ["L1", *lines[:1]]
    assert [fault[1] for fault in faults_of(ingested)] == [2][: len(lines)]
    assert told(ingested) == (len(lines), len(lines[1:]), 1, 0)
    assert ingested.findings[-1].message.endswith("left out: no-exchange-rate (1)")


# ---- parts


PARTNERS = [f"P{number}" for number in range(1, 9)]


def in_parts(case: Case, monkeypatch: pytest.MonkeyPatch, *, rows_per_bucket: int) -> list[list[tuple[str, str]]]:
    """Partner and line by part: one new row for each partner, and of the close, in two files, two for each."""
    monkeypatch.setattr(spool, "_ROWS_PER_BUCKET", rows_per_bucket)
    case.write("partners.csv", "partner_id,name\n" + "".join(f"{partner},{partner}\n" for partner in PARTNERS))
    case.export("partners", "partners.csv")
    case.write("mrr.csv", mrr_csv(*(mrr_line(f"N{partner}", partner) for partner in reversed(PARTNERS))))
    rows = [mrr_row(f"{n}{partner}", date(2025, 3, n), partner) for partner in PARTNERS for n in (1, 2)]
    kept = KeptRows((closed(MRR, *rows[:5]), closed(MRR, *rows[5:])), SINCE)
    ingested = case.export("mrr", "mrr.csv").read("mrr", kept={"mrr": kept})
    return [part.select("partner_id", "line_id").collect().rows() for part in ingested.exports["mrr"].parts]


def test_rows_of_the_close_lie_in_the_part_of_their_partner(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = in_parts(case, monkeypatch, rows_per_bucket=4)
    assert [sorted({partner for partner, _ in part}) for part in parts] == [
        ["P1", "P2"], ["P3", "P4"], ["P5", "P6"], ["P7", "P8"],
    ]  # fmt: skip
    assert sorted(parts[1]) == [
        ("P3", "1P3"), ("P3", "2P3"), ("P3", "NP3"), ("P4", "1P4"), ("P4", "2P4"), ("P4", "NP4"),
    ]  # fmt: skip


def test_few_rows_of_the_close_need_no_further_parts(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    (part,) = in_parts(case, monkeypatch, rows_per_bucket=300_000)
    assert len(part) == 24


# ---- rates of exchange


def rate(currency: str, rate_on: str, value: str, base: str | None = None) -> dict[str, Any]:
    return {"currency": currency, "rate_on": date.fromisoformat(rate_on), "rate": Decimal(value), "base": base}


def with_rates(
    case: Case, then: Sequence[Mapping[str, Any]], now: Sequence[str], *, max_age: int | None = 7, **kept: Any
) -> Ingested:
    """The rates of a close of March and today's file."""
    case.write("fx.csv", "\n".join(["currency,rate_on,rate,base", *now, ""]))
    of = KeptRates((closed(RATES, *then),), MARCH, max_age, **kept)
    return case.export("fx_rates", "fx.csv").read("fx_rates", kept={"fx_rates": of})


def rates_of(ingested: Ingested) -> list[tuple[str, str, str, str | None]]:
    rows = rows_of(ingested, "fx_rates").rows()
    return [(currency, str(day), str(value.normalize()), base) for currency, day, value, base in rows]


def test_rates_that_are_as_they_were_are_the_file_s(case: Case) -> None:
    ingested = with_rates(case, [rate("EUR", "2025-03-03", "1.1")], ["EUR,2025-03-03,1.10,", "EUR,2025-04-03,1.2,"])
    assert rates_of(ingested) == [("EUR", "2025-03-03", "1.1", None), ("EUR", "2025-04-03", "1.2", None)]
    assert told(ingested, "fx_rates") == (2, 0, 0, 0)
    assert ingested.findings == ()


def test_a_changed_and_a_removed_rate_of_a_closed_month_stay(case: Case) -> None:
    then = [rate("EUR", "2025-03-03", "1.1"), rate("GBP", "2025-03-31", "1.3", "USD")]
    ingested = with_rates(case, then, ["EUR,2025-03-03,1.25,"])
    assert rates_of(ingested) == [("EUR", "2025-03-03", "1.1", None), ("GBP", "2025-03-31", "1.3", "USD")]
    assert told(ingested, "fx_rates") == (1, 0, 2, 1)
    (finding,) = ingested.findings
    assert (finding.code, finding.source) == ("closed-rate-kept", "fx_rates")
    assert finding.message == (
        "closed months keep the rates that the close of 2025-03 read; 1 changed: EUR on 2025-03-03 (1.1 then, 1.25"
        " now); 1 missing: GBP into USD on 2025-03-31"
    )


def test_a_rejected_rate_of_a_closed_month_stays_too(case: Case) -> None:
    ingested = with_rates(case, [rate("EUR", "2025-03-03", "1.1")], ["EUR,2025-03-03,-1,"])
    assert rates_of(ingested) == [("EUR", "2025-03-03", "1.1", None)]
    assert told(ingested, "fx_rates") == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("late", "is_taken"),
    [
        ("2025-03-04", False),
        ("2025-03-10", False),
        ("2025-03-11", True),
        ("2025-03-02", True),
        ("2025-03-31", True),
        ("2025-04-01", True),
    ],
)
def test_a_late_rate_counts_where_the_close_s_is_too_old_by_then(case: Case, late: str, *, is_taken: bool) -> None:
    """The close's is of March 3; a rate counts for seven days after its own."""
    ingested = with_rates(case, [rate("EUR", "2025-03-03", "1.1")], ["EUR,2025-03-03,1.1,", f"EUR,{late},1.2,"])
    assert (late in [day for _, day, _, _ in rates_of(ingested)]) is is_taken
    assert told(ingested, "fx_rates") == (2, 0, 0, int(not is_taken))
    messages = [finding.message for finding in ingested.findings]
    said = f"closed months keep the rates that the close of 2025-03 read; 1 late: EUR on {late}"
    assert messages == ([] if is_taken else [said])


def test_a_new_rate_of_an_open_month_is_none_that_comes_late(case: Case) -> None:
    ingested = with_rates(case, [rate("EUR", "2025-03-31", "1.1")], ["EUR,2025-03-31,1.1,", "EUR,2025-04-01,1.2,"])
    assert [day for _, day, _, _ in rates_of(ingested)] == ["2025-03-31", "2025-04-01"]


@pytest.mark.parametrize(("late", "is_taken"), [("2025-03-02", True), ("2025-03-30", False)])
def test_where_rates_never_are_too_old_any_earlier_one_counts(case: Case, late: str, *, is_taken: bool) -> None:
    then = [rate("EUR", "2025-03-03", "1.1")]
    ingested = with_rates(case, then, ["EUR,2025-03-03,1.1,", f"EUR,{late},1.2,"], max_age=None)
    assert (rows_of(ingested, "fx_rates").height == 2) is is_taken


@pytest.mark.parametrize(
    ("closed_base", "late", "is_taken"),
    [
        ("USD", "EUR,2025-03-04,1.2,USD", False),
        ("USD", "EUR,2025-03-04,1.2,GBP", True),
        ("USD", "EUR,2025-03-04,1.2,", False),
        (None, "EUR,2025-03-04,1.2,USD", False),
        (None, "EUR,2025-03-03,1.2,USD", False),
        ("USD", "EUR,2025-03-03,1.2,", False),
        ("USD", "CHF,2025-03-04,1.2,USD", True),
    ],
)
def test_a_rate_without_a_base_is_one_of_every_base(
    case: Case, closed_base: str | None, late: str, *, is_taken: bool
) -> None:
    now = f"EUR,2025-03-03,1.1,{closed_base or ''}"
    ingested = with_rates(case, [rate("EUR", "2025-03-03", "1.1", closed_base)], [now, late])
    assert (rows_of(ingested, "fx_rates").height == 2) is is_taken


@pytest.mark.parametrize(
    ("late", "averaging", "is_taken"),
    [
        ("2025-03-02", Calendar.months(), False),
        ("2025-03-02", None, True),
        ("2025-03-31", Calendar.months(), False),
        ("2025-02-28", Calendar.months(), True),
    ],
)
def test_the_mean_of_a_closed_month_is_not_moved(
    case: Case, late: str, averaging: Calendar | None, *, is_taken: bool
) -> None:
    then, now = [rate("EUR", "2025-03-20", "1.1")], ["EUR,2025-03-20,1.1,", f"EUR,{late},1.2,"]
    ingested = with_rates(case, then, now, averaging=averaging)
    assert (rows_of(ingested, "fx_rates").height == 2) is is_taken


@pytest.mark.parametrize(("since", "missing"), [("2025-03-03", 1), ("2025-03-04", 0)])
def test_rates_from_before_the_day_that_the_file_covers_are_not_missed(case: Case, since: str, missing: int) -> None:
    ingested = with_rates(case, [rate("EUR", "2025-03-03", "1.1")], [], since=date.fromisoformat(since))
    assert rates_of(ingested) == [("EUR", "2025-03-03", "1.1", None)]
    assert len(ingested.findings) == missing


def test_more_than_three_examples_are_only_counted(case: Case) -> None:
    ingested = with_rates(case, [rate("EUR", f"2025-03-0{day}", "1") for day in range(1, 6)], [])
    assert ingested.findings[0].message.endswith(
        "read; 5 missing: EUR on 2025-03-01, EUR on 2025-03-02, EUR on 2025-03-03, …"
    )


def test_rates_kept_convert_the_rows_that_the_rules_look_at(case: Case) -> None:
    """What other exports are held against is the merged table."""
    seen: list[int] = []

    def look(_: object, others: Mapping[str, Sequence[pl.LazyFrame]]) -> pl.DataFrame:
        seen.append(pl.concat(others["fx_rates"]).collect().height)
        return pl.DataFrame(schema={ROW: pl.UInt32, "value": pl.String, "other": pl.UInt32, "note": pl.String})

    case.write("mrr.csv", mrr_csv(mrr_line()))
    case.write("fx.csv", "currency,rate_on,rate\n")
    case.export("mrr", "mrr.csv").export("fx_rates", "fx.csv")
    kept = {"fx_rates": KeptRates((closed(RATES, rate("EUR", "2025-03-03", "1.1")),), MARCH, 7)}
    check = TableCheck("mrr", "currency", "no-exchange-rate", look, "", ("fx_rates",))
    case.read("mrr", "fx_rates", kept=kept, table_checks=[check])
    assert seen == [1]


# ---- what is kept of which export


def program(fx: str = "") -> Program:
    text = (
        'id = "own"\nname = "Own"\ncurrency = "USD"\neffective_from = 2025-01-01\nenrollment = "automatic"\n[policy]\n'
    )
    text += 'rounding = "half_even"\ntakes_effect = "month_end"\n'
    return parsed(f'{text}{fx}\n[tracks.partner]\npromotion = "automatic"\n[[tracks.partner.tiers]]\nid = "one"\n')


FX = 'fx = {{ flow = "{}", level = "row_date", max_age_days = {} }}'


def carried(**read: pl.LazyFrame) -> Carried:
    none = pl.DataFrame()
    return Carried("2025-03", None, none, none, (), none, {name: (lf,) for name, lf in read.items()})


def test_only_exports_that_cover_a_part_take_rows_over(case: Case) -> None:
    case.export("mrr", "m.csv", covers={"since": SINCE}).export("activity", "a.csv").export("fx_rates", "fx.csv")
    case.export("payments", "p.csv", covers={"since": SINCE})
    mrr, activity, fx = closed(MRR), closed(export_contract("activity")), closed(RATES)
    kept = kept_for(carried(mrr=mrr, activity=activity, fx_rates=fx), case.workspace(), [program()])
    assert kept == {"mrr": KeptRows((mrr,), SINCE)}


@pytest.mark.parametrize(
    ("programs", "age", "averaging"),
    [
        ([program(), program(FX.format("month_end", 30)), program(FX.format("row_date", 7))], 30, None),
        (
            [program(FX.format("row_date", 7)), program('fx = { flow = "fixed", level = "fixed", fixed = [] }')],
            None,
            None,
        ),
        ([program(FX.format("month_average", 30))], 30, Calendar.months()),
        ([program('fx = { flow = "fixed", level = "fixed", fixed = [] }')], None, None),
    ],
)
def test_rates_are_kept_by_the_program_that_reaches_back_furthest(
    case: Case, programs: list[Program], age: int | None, averaging: Calendar | None
) -> None:
    case.export("fx_rates", "fx.csv", covers={"since": SINCE})
    fx = closed(RATES)
    kept = kept_for(carried(fx_rates=fx), case.workspace(), programs)
    assert kept == {"fx_rates": KeptRates((fx,), MARCH, age, averaging, SINCE)}


@pytest.mark.parametrize("code", ["closed-rate-kept", "closed-row-left-out"])
def test_the_catalogue_knows_what_is_told_of_closed_rows(code: str) -> None:
    assert code in load_catalogue()
