"""What the programs in use say of rows: currencies they sum, tracks and tiers they know, programs that are none."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.pipelines.ingest_cases import Case, column_of, counts, faults_of, mrr_csv, mrr_line
from tierctl.cli import app
from tierctl.ingest import Ingested, RowCheck
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.row_checks import overlap_check, row_checks
from tierctl.row_warnings import other_programs

EXAMPLES = Path(__file__).parents[1] / "findings"
HEAD = """
id = "{id}"
name = "Of the tests"
clause = "1"
currency = "{currency}"
enrollment = "automatic"
effective_from = {since}

[policy]
rounding = "half_even"
takes_effect = "month_end"
"""
METRIC = """
[metrics.{export}_{what}]
from = "{export}"
{how}
on = "{on}"
window = "calendar_year"
"""
TRACK = """
[tracks.{track}]
promotion = "automatic"

[[tracks.{track}.tiers]]
id = "{base}"

[[tracks.{track}.tiers]]
id = "{tier}"
requires.{metric}.at_least = 1
holds = "through_next_calendar_year"
"""
SUMS_MRR = METRIC.format(export="mrr", what="sum", how='sum = "mrr"', on="sold_on")
COUNTS_MRR = METRIC.format(export="mrr", what="count", how='count = "customer_id"', on="sold_on")
SUMS_DEALS = METRIC.format(export="opportunities", what="sum", how='sum = "amount"', on="submitted_on")
OVERLAP = "enrollments-overlap"
DECISIONS = "decision_id,partner_id,program,track,tier,decision,effective_on,decided_by"


def program(
    metrics: str = SUMS_MRR,
    *,
    id_: str = "demo",
    currency: str = "USD",
    since: str = "2025-01-01",
    tracks: Sequence[tuple[str, str, str]] = (("partner", "member", "gold"),),
) -> Program:
    """A program of the metrics given, each track with a base and a tier that needs the first of them."""
    metric = metrics.partition("[metrics.")[2].partition("]")[0]
    ladders = [TRACK.format(track=track, base=base, tier=tier, metric=metric) for track, base, tier in tracks]
    text = HEAD.format(id=id_, currency=currency, since=since) + metrics + "".join(ladders)
    found, findings = load_text(text, f"{id_}.toml")
    assert found is not None, findings
    return found


def with_currency(line: str, currency: str) -> str:
    return mrr_line(line).replace("USD", currency)


def mrr_in(case: Case, currencies: Sequence[str], programs: Sequence[Program], *, suffix: str) -> Ingested:
    text = mrr_csv(*(with_currency(f"L{n}", currency) for n, currency in enumerate(currencies, start=1)))
    case.write("mrr.csv", text)
    typed = pl.read_csv(text.encode(), infer_schema=False).with_columns(
        pl.col("mrr").cast(pl.Decimal(18, 2)), pl.col("sold_on").str.to_date()
    )
    typed.write_parquet(case.root / "mrr.parquet")
    return case.export("mrr", f"mrr.{suffix}").read("mrr", row_checks=row_checks(programs))


def decided(case: Case, *rows: str, programs: Sequence[Program], suffix: str = "csv") -> Ingested:
    """Decisions given as program,track,tier; they are D1, D2 and so on."""
    lines = [f"D{n},P1,{row},placed,2025-05-01,Ana" for n, row in enumerate(rows, start=1)]
    text = "\n".join([DECISIONS, *lines, ""])
    case.write("decisions.csv", text)
    typed = pl.read_csv(text.encode(), infer_schema=False).with_columns(pl.col("effective_on").str.to_date())
    typed.write_parquet(case.root / "decisions.parquet")
    case.export("decisions", f"decisions.{suffix}")
    return case.read("decisions", row_checks=row_checks(programs))


def enrolled(case: Case, *rows: str, suffix: str = "csv", on_duplicate: str = "once") -> Ingested:
    """Enrollments given as partner_id,program,track,enrolled_on,expires_on,tier."""
    text = "\n".join(["partner_id,program,track,enrolled_on,expires_on,tier", *rows, ""])
    case.write("enrollments.csv", text)
    days = pl.col("enrolled_on", "expires_on").str.to_date()
    typed = pl.read_csv(text.encode(), infer_schema=False).with_columns(days)
    typed.write_parquet(case.root / "enrollments.parquet")
    case.export("enrollments", f"enrollments.{suffix}", on_duplicate=on_duplicate)
    return case.read("enrollments", row_checks=row_checks([program()]), table_checks=[overlap_check()])


# ---- currencies


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_amount_in_another_currency_than_the_programs_is_rejected(case: Case, suffix: str) -> None:
    ingested = mrr_in(case, ["USD", "EUR", "USD"], [program()], suffix=suffix)
    assert faults_of(ingested) == [(f"mrr.{suffix}", 2, "currency", "EUR", "other-currency")]
    assert counts(ingested, "mrr") == (2, 3, 1, 0, 0)


def test_the_finding_says_which_currency_is_summed_and_what_to_do(case: Case) -> None:
    (finding,) = mrr_in(case, ["EUR", "EUR"], [program()], suffix="csv").findings
    assert (finding.code, finding.source, finding.subject) == ("other-currency", "mrr.csv", "record 1")
    assert finding.message == "currency 'EUR' is not USD, in which the programs sum the amounts; 2 rows in all"
    assert finding.hint == "no rates of exchange are applied: give mrr in USD at its source, or leave such rows out"


@pytest.mark.parametrize(
    ("programs", "rejected"),
    [
        ([program(currency="EUR")], ["USD"]),
        ([program(), program(id_="other", currency="EUR")], []),
        ([program(), program(currency="EUR", since="2026-01-01")], []),
        ([program(), program(COUNTS_MRR, id_="other", currency="EUR")], ["EUR"]),
        ([program(COUNTS_MRR)], []),
        ([program(SUMS_DEALS)], []),
        ([], []),
    ],
)
def test_only_the_programs_that_sum_an_export_say_its_currencies(
    case: Case, programs: Sequence[Program], rejected: list[str]
) -> None:
    ingested = mrr_in(case, ["USD", "EUR"], programs, suffix="csv")
    assert [value for *_, value, rule in faults_of(ingested) if rule == "other-currency"] == rejected


@pytest.mark.parametrize(
    ("amount", "currency", "rules"),
    [
        ("5", "EUR", ["other-currency"]),
        ("", "EUR", []),
        ("5", "", []),
        ("5", "USD", []),
        ("x", "EUR", ["not-a-number"]),
    ],
)
def test_a_row_without_amount_or_without_currency_has_no_other_currency(
    case: Case, amount: str, currency: str, rules: list[str]
) -> None:
    header = "opportunity_id,partner_id,customer_id,stage,submitted_on,amount,currency"
    case.write("opportunities.csv", f"{header}\nO1,P1,C1,open,2025-05-01,{amount},{currency}\n")
    case.export("opportunities", "opportunities.csv")
    ingested = case.read("opportunities", row_checks=row_checks([program(SUMS_DEALS)]))
    assert [fault[-1] for fault in faults_of(ingested) if fault[2] in {"amount", "currency"}] == rules


def test_a_cell_that_breaks_another_rule_is_told_once(case: Case) -> None:
    ingested = mrr_in(case, ["usd"], [program()], suffix="csv")
    assert [fault[-1] for fault in faults_of(ingested)] == ["pattern-mismatch"]


def test_the_files_own_word_is_told_and_the_mapped_one_judged(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(with_currency("L1", "Dollar"), with_currency("L2", "Euro")))
    case.export("mrr", "mrr.csv", values={"currency": {"Dollar": "USD", "Euro": "EUR"}})
    ingested = case.read("mrr", row_checks=row_checks([program()]))
    assert faults_of(ingested) == [("mrr.csv", 2, "currency", "Euro", "other-currency")]


def test_a_rule_sees_defaults_and_columns_that_the_file_lacks(case: Case) -> None:
    is_fault = pl.col("via_portal") & pl.col("quoted_on").is_null()
    rule = RowCheck("mrr", "currency", "other-currency", is_fault, allowed="none", hint="")
    case.write("mrr.csv", mrr_csv(mrr_line("L1")))
    ingested = case.export("mrr", "mrr.csv").read("mrr", row_checks=[rule])
    assert [fault[-1] for fault in faults_of(ingested)] == ["other-currency"]


# ---- decisions

TWO_TRACKS = program(tracks=(("partner", "member", "gold"), ("agency", "guest", "star")))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_track_and_a_tier_have_to_be_the_programs(case: Case, suffix: str) -> None:
    rows = ["demo,partner,gold", "demo,partners,gold", "demo,partner,star", "demo,agency,star"]
    ingested = decided(case, *rows, programs=[TWO_TRACKS], suffix=suffix)
    assert faults_of(ingested) == [
        (f"decisions.{suffix}", 2, "track", "partners", "unknown-track"),
        (f"decisions.{suffix}", 3, "tier", "star", "unknown-tier"),
    ]
    assert column_of(ingested, "decisions", "decision_id") == ["D1", "D4"]


def test_the_findings_name_the_tracks_and_the_tiers(case: Case) -> None:
    said = decided(case, "demo,partners,gold", "demo,agency,gold", programs=[TWO_TRACKS]).findings
    assert [finding.message for finding in said] == [
        "track 'partners' is no track of its program: demo has partner, agency",
        "tier 'gold' is no tier of its track: demo partner has member, gold; demo agency has guest, star",
    ]
    assert all("[exports.decisions.values.t" in finding.hint for finding in said)


@pytest.mark.parametrize(
    ("track", "tier", "fault"),
    [
        (None, "gold", False),
        (None, "star", False),
        (None, "silver", True),
        ("agency", "gold", True),
        ("agency", "star", False),
        ("none", "gold", False),
        ("agency", None, False),
    ],
)
def test_a_tier_without_a_track_may_be_any_tracks(track: str | None, tier: str | None, fault: bool) -> None:
    """The rule for tiers alone: a track that is none is the other rule's fault."""
    checks = row_checks([TWO_TRACKS])
    (rule,) = (check for check in checks if (check.export, check.rule) == ("decisions", "unknown-tier"))
    rows = pl.DataFrame({"program": ["demo"], "track": [track], "tier": [tier]}, schema_overrides={"tier": pl.String})
    assert rows.filter(rule.is_fault).height == fault


def test_tracks_and_tiers_of_every_edition_are_known(case: Case) -> None:
    later = program(since="2026-01-01", tracks=(("partner", "member", "platinum"), ("agency", "guest", "star")))
    rows = ["demo,partner,gold", "demo,partner,platinum", "demo,agency,star", "demo,partner,star"]
    ingested = decided(case, *rows, programs=[program(), later])
    assert [fault[1] for fault in faults_of(ingested)] == [4]


def test_each_program_knows_its_own_tracks_and_tiers_alone(case: Case) -> None:
    other = program(id_="other", tracks=(("agency", "guest", "star"),))
    ingested = decided(case, "demo,agency,star", "other,agency,star", "other,agency,gold", programs=[program(), other])
    assert [(fault[1], fault[-1]) for fault in faults_of(ingested)] == [(1, "unknown-track"), (3, "unknown-tier")]


def test_decisions_on_other_programs_are_kept_and_warned_of_once(case: Case) -> None:
    ingested = decided(case, "dmo,x,y", "old,x,y", "demo,partner,gold", "dmo,x,z", programs=[program()])
    assert faults_of(ingested) == []
    (finding,) = other_programs(ingested.exports, [program()])
    assert (finding.code, finding.severity.value) == ("decision-other-program", "warning")
    assert finding.message == (
        "there are decisions on programs that are not in use: 'dmo' (2 rows), 'old' (1 row); in use: demo"
    )
    assert finding.hint == "did you mean demo?"


def test_decisions_on_programs_in_use_are_not_warned_of(case: Case) -> None:
    exports = decided(case, "demo,partner,gold", programs=[program()]).exports
    assert other_programs(exports, [program()]) == []
    assert other_programs({}, [program()]) == []
    assert other_programs(exports, []) == []


def test_enrollments_in_other_programs_have_a_warning_of_their_own(case: Case) -> None:
    ingested = enrolled(case, "P1,demoo,partner,2025-01-01,,", "P1,demo,partner,2025-01-01,,")
    (finding,) = other_programs(ingested.exports, [program()])
    assert (finding.code, finding.source, finding.subject) == ("enrollment-other-program", "enrollments", "program")
    assert finding.message == "there are enrollments on programs that are not in use: 'demoo' (1 row); in use: demo"
    assert finding.hint == "did you mean demo?"


@pytest.mark.parametrize("command", ["check", "review --month 2025-05"])
def test_check_and_review_hold_rows_against_the_programs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_base", "decision-other-program"):
        shutil.copytree(EXAMPLES / name, tmp_path, dirs_exist_ok=True)
    rows = (tmp_path / "mrr.csv").read_text(encoding="utf-8")
    (tmp_path / "mrr.csv").write_text(rows.replace("USD", "EUR"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [*command.split(), "--json"], catch_exceptions=False)
    assert result.exit_code == 1
    codes = [finding["code"] for finding in json.loads(result.stdout)["findings"]]
    assert codes == ["other-currency", "decision-other-program"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_decision_has_to_end_on_or_after_the_day_it_begins(case: Case, suffix: str) -> None:
    ends = ["2025-05-01", "2025-04-30", ""]
    lines = [f"D{n},P1,demo,partner,gold,placed,2025-05-01,Ana,{end}" for n, end in enumerate(ends, start=1)]
    text = "\n".join([f"{DECISIONS},through", *lines, ""])
    case.write("decisions.csv", text)
    days = pl.col("effective_on", "through").str.to_date()
    pl.read_csv(text.encode(), infer_schema=False).with_columns(days).write_parquet(case.root / "decisions.parquet")
    case.export("decisions", f"decisions.{suffix}")
    ingested = case.read("decisions", row_checks=row_checks([program()]))
    assert faults_of(ingested) == [(f"decisions.{suffix}", 2, "through", "2025-04-30", "ends-before-it-begins")]
    assert column_of(ingested, "decisions", "decision_id") == ["D1", "D3"]


# ---- enrollments


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_enrollment_has_a_track_and_perhaps_a_tier_of_its_program(case: Case, suffix: str) -> None:
    ingested = enrolled(
        case,
        "P1,demo,partner,2025-01-01,2025-12-31,gold",
        "P2,demo,partner,2025-01-01,,",
        "P1,demo,partners,2026-01-01,,",
        "P1,demo,partner,2026-01-01,,golden",
        suffix=suffix,
    )
    assert faults_of(ingested) == [
        (f"enrollments.{suffix}", 3, "track", "partners", "unknown-track"),
        (f"enrollments.{suffix}", 4, "tier", "golden", "unknown-tier"),
    ]


def test_an_enrollment_has_to_expire_on_or_after_the_day_it_begins(case: Case) -> None:
    ingested = enrolled(case, "P1,demo,partner,2025-01-02,2025-01-01,", "P2,demo,partner,2025-01-02,2025-01-02,")
    assert faults_of(ingested) == [("enrollments.csv", 1, "expires_on", "2025-01-01", "ends-before-it-begins")]
    assert [finding.message for finding in ingested.findings] == [
        "expires_on '2025-01-01' lies before enrolled_on, the first day of the enrollment"
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("rows", "overlapping"),
    [
        (["2025-01-01,2025-12-31", "2026-01-01,"], []),
        (["2025-01-01,2025-12-31", "2025-12-31,"], [(1, 2), (2, 1)]),
        (["2025-01-01,", "2026-01-01,2026-12-31"], [(1, 2), (2, 1)]),
        (["2026-01-01,", "2025-01-01,2026-01-01"], [(1, 2), (2, 1)]),
        (["2025-01-01,2025-12-31", "2025-02-01,2025-02-28", "2025-06-01,2025-06-30"], [(1, 2), (2, 1), (3, 1)]),
        (["2025-01-01,2025-01-31", "2025-02-01,2025-02-28", "2025-02-28,2025-03-31"], [(2, 3), (3, 2)]),
    ],
)
def test_every_enrollment_of_an_overlap_is_rejected_with_the_others_place(
    case: Case, rows: Sequence[str], overlapping: Sequence[tuple[int, int]], suffix: str
) -> None:
    ingested = enrolled(case, *(f"P1,demo,partner,{days}," for days in rows), suffix=suffix)
    assert faults_of(ingested) == [
        (f"enrollments.{suffix}", row, "(row)", f"shares days with enrollments.{suffix} record {other}", OVERLAP)
        for row, other in overlapping
    ]
    assert counts(ingested, "enrollments") == (len(rows) - len(overlapping), len(rows), len(overlapping), 0, 0)


def test_the_finding_of_an_overlap_names_both_enrollments(case: Case) -> None:
    (finding,) = enrolled(case, "P1,demo,partner,2025-01-01,,", "P1,demo,partner,2026-01-01,2026-12-31,").findings
    assert (finding.code, finding.source, finding.subject) == (OVERLAP, "enrollments.csv", "record 1")
    assert finding.message == (
        "the enrollment of 2025-01-01 on shares days with that of 2026-01-01 to 2026-12-31 in enrollments.csv record 2"
        "; 2 rows in all"
    )


def test_enrollments_of_others_do_not_overlap(case: Case) -> None:
    rows = ["P1,demo,partner,2025-01-01,,", "P2,demo,partner,2025-01-01,,", "P1,other,partner,2025-01-01,,"]
    assert faults_of(enrolled(case, *rows)) == []


def test_a_rejected_or_repeated_row_overlaps_nothing(case: Case) -> None:
    rows = [
        "P1,demo,partner,2025-01-01,2025-12-31,",
        "P1,demo,partner,2025-01-01,2025-12-31,",
        "P1,demo,partner,2025-06-01,,golden",
    ]
    ingested = enrolled(case, *rows)
    assert faults_of(ingested) == [("enrollments.csv", 3, "tier", "golden", "unknown-tier")]
    assert counts(ingested, "enrollments") == (1, 3, 1, 1, 0)


def test_the_places_of_an_overlap_across_files(case: Case) -> None:
    header = "partner_id,program,track,enrolled_on,expires_on"
    case.write("e-1.csv", f"{header}\nP2,demo,partner,2025-01-01,\n\nP1,demo,partner,2025-01-01,\n")
    case.write("e-2.csv", f"{header}\n")
    case.write("e-3.csv", f"{header}\nP1,demo,partner,2025-02-01,\n")
    case.export("enrollments", "e-*.csv")
    ingested = case.read("enrollments", table_checks=[overlap_check()])
    assert faults_of(ingested) == [
        ("e-1.csv", 3, "(row)", "shares days with e-3.csv record 1", OVERLAP),
        ("e-3.csv", 1, "(row)", "shares days with e-1.csv record 3", OVERLAP),
    ]
