"""An opening file: every rule with both sides of its bound, and what a close keeps of the rows that are sound."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.pipelines.opening_cases import HEADER, Case, row, workspace_of
from tierctl.contracts import conform, ledger_contract, report_contract

GOLD = {"tier": "gold", "from_": "2025-03-31", "through": "2026-12-31"}
SILVER = {"tier": "silver", "from_": "2025-03-31"}
Fault = tuple[str, str, str]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The workspace, in which each test writes an opening of its own."""
    return workspace_of(tmp_path_factory.mktemp("opening"))


@pytest.fixture
def own(tmp_path: Path) -> Case:
    """A workspace whose other files a test may change."""
    return workspace_of(tmp_path)


def gold(who: str = "mini partner A", **cells: str) -> str:
    return row(who, **GOLD | cells)


def expert(who: str = "world partner A", **cells: str) -> str:
    return row(who, **{"qualification": "expert", "from_": "2025-03-31", "through": "2026-12-31"} | cells)


def silver(who: str = "mini service A", **cells: str) -> str:
    return row(who, **SILVER | cells)


# ---- rows of their own


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (gold(), None),
        (gold("mimi partner A"), ("unknown-program", "program")),
        (gold("later partner A"), ("unknown-program", "program")),
        (gold("mini partners A"), ("unknown-track", "track")),
        (gold("mimi partners A"), ("unknown-program", "program")),
        (gold(tier="golden"), ("unknown-tier", "tier")),
        (gold("mini service A"), ("unknown-tier", "tier")),
        (gold("mini partner 7"), ("unknown-partner", "partner_id")),
        (gold(basis="given"), ("not-in-enum", "basis")),
        (gold(status="expired"), ("not-in-enum", "status")),
        (gold(from_="31.03.2025"), ("not-a-date", "from")),
        (row("mini partner A", currency="usd", balance="1"), ("pattern-mismatch", "currency")),
        (row("mini partner A", currency="USD", balance="a lot"), ("not-a-number", "balance")),
        (row("mini partner A"), ("opening-nothing", "the")),
        (row("mini partner A", status="suspended"), ("opening-nothing", "the")),
        (row("mini partner A", from_="2025-03-31"), ("missing-value", "tier")),
        (row("mini partner A", basis="earned", currency="USD", balance="1"), ("missing-value", "tier")),
        (row("mini partner A", currency="USD", balance="1"), None),
        (row("mini partner A", balance="1"), ("missing-value", "currency")),
        (row("mini partner A", currency="USD"), ("missing-value", "balance")),
        (row("mini partner A", currency="USD", balance="0"), None),
        (expert(), None),
        (expert(basis="earned"), None),
        (expert(basis="approved"), ("opening-unfit", "basis")),
        (expert("mini partner A"), ("unknown-qualification", "qualification")),
        (expert(qualification="gold"), ("unknown-qualification", "qualification")),
        (expert(tier="gold"), ("opening-unfit", "qualification")),
        (expert(from_=""), ("missing-value", "from")),
        (expert(through=""), ("missing-value", "through")),
        (expert(qualification="helper"), ("opening-unfit", "through")),
        (expert(qualification="helper", through=""), None),
    ],
)
def test_a_row_says_what_it_brings(case: Case, line: str, fault: tuple[str, str] | None) -> None:
    assert case.faults(line) == ([] if fault is None else [(fault[0], "record 1", fault[1])])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (gold(from_="2025-05-31"), None),
        (gold(from_="2025-06-01"), ("opening-unfit-day", "from")),
        (gold(from_=""), ("missing-value", "from")),
        (gold(from_="2024-12-31", through="2024-12-31"), None),
        (gold(from_="2024-12-31", through="2024-12-30"), ("ends-before-it-begins", "through")),
        (gold(through=""), ("missing-value", "through")),
        (gold(through="", basis="placed"), ("missing-value", "through")),
        (row("mini partner A", tier="member", from_="2025-03-31"), None),
        (row("mini partner A", tier="member", from_="2025-03-31", basis="base"), None),
        (row("mini partner A", tier="member", from_="2025-03-31", through="2025-12-31"), ("opening-unfit", "through")),
        (gold(basis="base"), ("opening-unfit", "basis")),
        (silver(), None),
        (silver(basis="base"), ("opening-unfit", "basis")),
        (silver(through="2025-12-31"), ("opening-unfit", "through")),
        (silver(through="2025-12-31", basis="earned"), ("opening-unfit", "through")),
        (silver(through="2025-12-31", basis="placed"), None),
        (row("mini service A", tier="bronze", from_="2025-03-31", basis="base"), ("opening-unfit", "basis")),
        (row("club club A", tier="host", from_="2025-03-31"), None),
        (row("club club A", tier="host", from_="2025-03-31", through="2025-12-31"), None),
    ],
)
def test_days_fit_the_month_and_how_the_tier_is_held(case: Case, line: str, fault: tuple[str, str] | None) -> None:
    assert case.faults(line) == ([] if fault is None else [(fault[0], "record 1", fault[1])])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (silver(remediation_ends_on="2025-06-01"), None),
        (silver(remediation_ends_on="2025-05-31"), "opening-unfit-day"),
        # Where a person decides, a time to make good that has run out waits for the decision.
        (silver("world service A", remediation_ends_on="2025-05-31"), None),
        (expert(qualification="helper", through="", remediation_ends_on="2025-06-01"), None),
        (expert(remediation_ends_on="2025-06-01"), "opening-unfit"),
        (silver("swift service A", remediation_ends_on="2025-06-01"), "opening-unfit"),
        (gold(remediation_ends_on="2025-06-01"), "opening-unfit"),
        (silver(remediation_ends_on="2025-06-01", through="2025-12-31", basis="placed"), "opening-unfit"),
    ],
)
def test_a_time_to_make_good_runs_where_the_program_gives_one(case: Case, line: str, code: str | None) -> None:
    assert case.faults(line) == ([] if code is None else [(code, "record 1", "remediation_ends_on")])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (gold(status="suspended"), None),
        (gold("world partner A", status="suspended"), "opening-unfit"),
        (gold("world partner A", status="active"), None),
    ],
)
def test_only_a_gate_suspends(case: Case, line: str, code: str | None) -> None:
    assert case.faults(line) == ([] if code is None else [(code, "record 1", "status")])


@pytest.mark.parametrize(
    ("program", "currency", "balance", "fault"),
    [
        ("mini", "USD", "0.01", None),
        ("mini", "USD", "-0.010", None),
        ("mini", "USD", "0.001", ("opening-not-exact", "balance")),
        ("mini", "EUR", "1", ("opening-unfit", "currency")),
        ("world", "EUR", "1.01", None),
        ("world", "JPY", "1", None),
        ("world", "JPY", "1.5", ("opening-not-exact", "balance")),
        ("world", "KWD", "0.001", None),
        ("world", "KWD", "-0.0001", ("opening-not-exact", "balance")),
        ("world", "CLF", "0.0001", None),
        ("swift", "USD", "1", ("opening-unfit", "balance")),
    ],
)
def test_a_balance_is_exact_and_one_that_the_program_pays(
    case: Case, program: str, currency: str, balance: str, fault: tuple[str, str] | None
) -> None:
    line = row(f"{program} service A", currency=currency, balance=balance)
    assert case.faults(line) == ([] if fault is None else [(fault[0], "record 1", fault[1])])


# ---- rows beside others


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (gold("mini partner LAST", from_="2025-05-31"), None),
        (gold("mini partner NEXT"), "NEXT has not joined mini partner by 2025-05-31"),
        (gold("mini partner GONE"), None),
        (row("club club LAST", tier="host", from_="2025-05-31"), None),
        (row("club club NEXT", tier="host", from_="2025-05-31"), "NEXT is not enrolled in club club by 2025-05-31"),
        (row("club club 007", tier="guest", from_="2025-05-31"), "007 is not enrolled in club club by 2025-05-31"),
        (row("club club B", tier="host", from_="2025-04-30"), None),
        (row("club club B", tier="host", from_="2025-05-01"), "B is enrolled in club club only through 2025-04-30"),
        (row("club club A", tier="host", from_="2025-01-15"), None),
    ],
)
def test_partners_are_on_the_track(case: Case, line: str, told: str | None) -> None:
    found = [(each.code, each.message) for each in case.findings(case.of(line))]
    assert found == ([] if told is None else [("opening-not-enrolled", told)])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([gold(), row("mini partner A", tier="elite", from_="2025-03-31", through="2025-12-31")], {}),
        (
            [gold(), gold()],
            {1: "the tier gold of A stands also in record 2", 2: "the tier gold of A stands also in record 1"},
        ),
        ([gold(), gold("world partner A"), gold("mini partner B")], {}),
        ([gold("world partner A"), expert(), expert(qualification="helper", through="")], {}),
        (
            [expert(), expert()],
            {
                1: "the qualification expert of A stands also in record 2",
                2: "the qualification expert of A stands also in record 1",
            },
        ),
        (
            [gold(currency="USD", balance="1"), silver(currency="USD", balance="1")],
            {
                1: "the balance of A in mini and USD stands also in record 2",
                2: "the balance of A in mini and USD stands also in record 1",
            },
        ),
        (
            [
                row(f"world {track} A", currency=code, balance="1")
                for track, code in (("partner", "USD"), ("service", "EUR"))
            ],
            {},
        ),
        ([gold(status="suspended"), row("mini partner A", currency="USD", balance="1")], {}),
        (
            [gold(status="suspended"), row("mini partner A", currency="USD", balance="1", status="active")],
            {1: "A is suspended, and otherwise in record 2", 2: "A is active, and otherwise in record 1"},
        ),
    ],
)
def test_rows_do_not_contradict_each_other(case: Case, lines: list[str], told: Mapping[int, str]) -> None:
    found = case.findings(case.of(*lines))
    assert {each.code for each in found} <= {"opening-contradiction"}
    assert {int(each.subject.removeprefix("record ")): each.message for each in found} == told


def test_a_row_is_told_all_that_others_say_too(case: Case) -> None:
    lines = [
        gold(currency="USD", balance="1", status="suspended"),
        gold(currency="USD", balance="1", status="suspended"),
    ]
    third = silver(currency="USD", balance="2")
    found = case.findings(case.of(*lines, third))
    assert found[0].message == (
        "the balance of A in mini and USD stands also in record 2; the tier gold of A stands also in record 2"
    )
    assert [each.message for each in found[2:]] == ["the balance of A in mini and USD stands also in record 1"]


def test_one_tier_with_two_ends_is_a_key_with_two_contents(case: Case) -> None:
    found = case.faults(gold(), gold(through="2027-12-31"))
    assert found == [("repeated-key", "record 1", "the")]


# ---- the file


def test_every_fault_is_told_at_once_with_what_was_meant(case: Case) -> None:
    file = case.of(
        gold("mimi partner A"),
        gold("mini parner A"),
        gold(tier="golt"),
        gold("mini partner 7", basis="erned"),
        gold("mini partner 7", from_="2025-06-01"),
    )
    assert [(each.subject, each.code, each.hint) for each in case.findings(file)] == [
        ("record 1", "unknown-program", "did you mean mini?"),
        ("record 2", "unknown-track", "did you mean partner?"),
        ("record 3", "unknown-tier", "did you mean gold?"),
        ("record 4", "not-in-enum", "did you mean earned?"),
        ("record 4", "unknown-partner", "did you mean 007?"),
        ("record 5", "opening-unfit-day", "leave out what only comes later"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (gold("mimi partner A"), "program 'mimi' is no program that has begun: club, mini, swift, world"),
        (
            gold("mini parner A"),
            (
                "track 'parner' is no track of its program: club has club; mini has partner, service;"
                " swift has service; world has partner, service"
            ),
        ),
        (
            gold(from_="2025-06-01"),
            (
                "from '2025-06-01' does not fit the month: a tier is held from 2025-05-31, the last day of the month,"
                " at the latest"
            ),
        ),
        (
            row("mini partner A", currency="EUR", balance="1"),
            "currency 'EUR' does not fit the program: mini pays in USD",
        ),
    ],
)
def test_a_message_says_what_there_is(case: Case, line: str, message: str) -> None:
    (finding,) = case.findings(case.of(line))
    assert (finding.source, finding.subject, finding.message) == ("opening.csv", "record 1", message)


def test_a_value_that_is_wrong_in_several_rows_is_told_once(case: Case) -> None:
    rows = [gold(f"mini partner {who}") for who in ("7", "A", "7", "7", "7", "7", "7", "7")]
    (finding,) = case.findings(case.of(*rows))
    assert finding.subject == "record 1"
    assert finding.message == (
        "partner_id '7' is not in the roster of partners; also in record 3, 4, 5, 6, 7 and 1 more"
    )


def test_a_misspelt_column_is_no_column_to_be_passed_over(case: Case) -> None:
    header = HEADER.replace("remediation_ends_on", "remediation_end")
    (finding,) = case.findings(case.of(silver(), header=header))
    assert (finding.code, finding.subject, finding.hint) == (
        "opening-unknown-column",
        "header",
        "did you mean remediation_ends_on?",
    )


def test_columns_that_nothing_is_said_in_may_be_missing(case: Case) -> None:
    assert case.faults("mini,partner,A,USD,5", header="program,track,partner_id,currency,balance") == []


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        ("program;track;partner_id\n", "missing-column", "name the column as tierctl does"),
        ("program,track\n", "missing-column", "name the column as tierctl does"),
        ("", "empty-file", "its first line must name the columns"),
        (f"{HEADER}\nmini,partner,A\udce4,gold\n", "bad-encoding", "save the file as UTF-8 text"),
    ],
)
def test_the_file_itself_is_told_of_without_tierctl_toml(case: Case, content: str, code: str, hint: str) -> None:
    path = case.root / "opening.csv"
    path.write_bytes(content.encode("utf-8", errors="surrogateescape"))
    found = case.findings(path)
    assert {each.code for each in found} == {code}
    assert all(each.source == "opening.csv" and each.hint.startswith(hint) for each in found)


def test_a_file_that_is_not_there(own: Case) -> None:
    assert [each.code for each in own.findings(own.root / "opening.csv")] == ["opening-missing"]


def test_faults_of_exports_are_told_beside_those_of_the_opening(own: Case) -> None:
    own.write("partners.csv", "partner_id,name,joined_on\nA,Ada,\nB,Bo,someday\n")
    found = own.findings(own.of(gold(), gold("mini partner B")))
    assert [(each.source, each.code) for each in found] == [
        ("partners.csv", "not-a-date"),
        ("enrollments.csv", "unknown-partner"),
        ("opening.csv", "unknown-partner"),
    ]


def test_rejected_rows_of_exports_are_no_fault_of_the_opening(own: Case) -> None:
    own.write("enrollments.csv", "partner_id,program,track,enrolled_on\nA,club,club,2025-02-30\n")
    with own.opened(own.of(gold())) as opened:
        assert opened.made.ingested.rejects["export"].to_list() == ["enrollments"]
        assert sorted(opened.made.ingested.exports) == ["enrollments", "opportunities", "partners"]
        assert {file.export for file in opened.made.ingested.files} == {"enrollments", "opportunities", "partners"}


def test_an_opening_without_rows_leaves_everybody_at_the_base_tier(case: Case) -> None:
    with case.opened(case.of()) as opened:
        assert set(opened.state("grants")["basis"]) == {"base"}
        assert opened.report("statements").is_empty()


def test_csv_and_parquet_of_the_same_rows_open_alike(case: Case) -> None:
    file = case.of(gold(currency="USD", balance="80.50"), silver(remediation_ends_on="2025-06-29"))
    typed = pl.read_csv(file, infer_schema=False).with_columns(
        pl.col("from", "through", "remediation_ends_on").str.to_date("%Y-%m-%d"),
        pl.col("balance").cast(pl.Decimal(10, 2)),
    )
    parquet = case.root / "opening.parquet"
    typed.write_parquet(parquet)
    with case.opened(file) as of_csv, case.opened(parquet) as of_parquet:
        assert of_csv.state("grants").equals(of_parquet.state("grants"))
        assert of_csv.report("standing").equals(of_parquet.report("standing"))
        assert of_csv.report("statements").equals(of_parquet.report("statements"))
        assert (of_csv.file.kept, of_parquet.file.kept) == ("config/opening.csv", "config/opening.parquet")
        assert of_parquet.file.content == parquet.read_bytes()


# ---- what is kept


def kept_grants(df: pl.DataFrame, program: str, track: str) -> list[tuple[object, ...]]:
    rows = df.filter(program=program, track=track)
    assert rows["qualification"].null_count() == rows.height
    assert set(rows["month"]) <= {"2025-05"}
    return rows.select("partner_id", "state", "rank", "tier", "basis", "from", "through").rows()


def test_grants_are_those_of_the_file_over_the_base(case: Case) -> None:
    elite = row("mini partner A", tier="elite", from_="2024-02-29", through="2025-12-31", basis="approved")
    with case.opened(case.of(elite, gold(), gold("mini partner GONE", through="2025-03-31"))) as opened:
        assert kept_grants(opened.state("grants"), "mini", "partner") == [
            ("007", "grant", 0, "member", "base", date(2025, 1, 1), None),
            ("A", "grant", 0, "member", "base", date(2025, 1, 10), None),
            ("A", "grant", 1, "gold", "earned", date(2025, 3, 31), date(2026, 12, 31)),
            ("A", "grant", 2, "elite", "approved", date(2024, 2, 29), date(2025, 12, 31)),
            ("B", "grant", 0, "member", "base", date(2025, 1, 1), None),
            ("GONE", "grant", 0, "member", "base", date(2025, 1, 1), None),
            ("GONE", "grant", 1, "gold", "earned", date(2025, 3, 31), date(2025, 3, 31)),
            ("LAST", "grant", 0, "member", "base", date(2025, 5, 31), None),
        ]


@pytest.mark.parametrize(
    ("since", "ends_on", "began_on"),
    [
        ("2025-03-31", "2025-06-01", date(2025, 4, 2)),  # 60 days before
        ("2025-03-31", "2025-07-30", date(2025, 5, 31)),  # begun at the month's own review
        ("2025-03-31", "2025-09-30", date(2025, 5, 31)),  # extended by a decision: it had begun by that review
        ("2025-05-15", "2025-06-01", date(2025, 5, 15)),  # not before the tier was held
    ],
)
def test_a_clock_began_as_long_before_its_end_as_the_program_gives(
    case: Case, since: str, ends_on: str, began_on: date
) -> None:
    with case.opened(case.of(silver(from_=since, remediation_ends_on=ends_on))) as opened:
        assert kept_grants(opened.state("grants"), "mini", "service") == [
            ("A", "clock", 1, "silver", None, began_on, date.fromisoformat(ends_on)),
            ("A", "grant", 1, "silver", "earned", date.fromisoformat(since), None),
        ]
        (standing,) = opened.report("standing").filter(program="mini", track="service", partner_id="A").rows(named=True)
    assert (standing["status"], standing["basis"], standing["tier"]) == ("remediation", "remediation", "silver")
    assert (standing["valid_from"], standing["valid_through"]) == (date.fromisoformat(since), None)
    assert standing["remediation_ends_on"] == date.fromisoformat(ends_on)
    assert standing["reason"] == (f"brought by the opening of 2025-05; in remediation since {began_on} until {ends_on}")


def test_a_tier_without_a_last_day_ends_with_the_current_enrollment(case: Case) -> None:
    lines = [row(f"club club {who}", tier="host", from_="2025-04-30") for who in ("A", "B")]
    with case.opened(case.of(*lines, row("club club LAST", tier="host", from_="2025-05-31"))) as opened:
        assert kept_grants(opened.state("grants"), "club", "club") == [
            ("A", "grant", 0, "guest", "base", date(2025, 2, 1), None),
            ("A", "grant", 1, "host", "earned", date(2025, 4, 30), date(2026, 1, 31)),
            ("B", "grant", 0, "guest", "base", date(2025, 2, 1), None),
            ("B", "grant", 1, "host", "earned", date(2025, 4, 30), date(2025, 4, 30)),
            ("LAST", "grant", 0, "guest", "base", date(2025, 5, 31), None),
            ("LAST", "grant", 1, "host", "earned", date(2025, 5, 31), None),
        ]


def test_qualifications_are_kept_beside_the_tiers(case: Case) -> None:
    with case.opened(case.of(gold("world partner A"), expert(), expert("world partner B", status="active"))) as opened:
        grants = opened.state("grants").filter(program="world", track="partner").drop_nulls("qualification")
        statuses = opened.state("statuses").filter(program="world", track="partner", partner_id="A")
        standing = opened.report("standing").filter(program="world", track="partner", partner_id="A")
    assert grants.select("qualification", "partner_id", "state", "rank", "tier", "basis", "from", "through").rows() == [
        ("expert", "A", "grant", 1, "expert", "earned", date(2025, 3, 31), date(2026, 12, 31)),
        ("expert", "B", "grant", 1, "expert", "earned", date(2025, 3, 31), date(2026, 12, 31)),
    ]
    assert statuses.select("qualification", "status").rows() == [
        (None, "active"),
        ("expert", "active"),
        ("helper", "active"),
    ]
    assert standing["tier"].to_list() == ["gold"]


def test_statuses_are_the_file_s_where_exports_do_not_say_otherwise(case: Case) -> None:
    lines = [gold(f"mini partner {who}", status="suspended") for who in ("A", "GONE")]
    with case.opened(case.of(*lines)) as opened:
        statuses = opened.state("statuses")
        standing = opened.report("standing")
    assert statuses.filter(program="mini", track="partner").select("partner_id", "status").rows() == [
        ("007", "active"),
        ("A", "suspended"),
        ("B", "active"),
        ("GONE", "terminated"),
        ("LAST", "active"),
    ]
    assert statuses.filter(program="mini", track="service", partner_id="A")["status"].to_list() == ["active"]
    assert statuses.filter(program="club").select("partner_id", "status").rows() == [
        ("A", "active"),
        ("B", "expired"),
        ("LAST", "active"),
    ]
    told = ("partner_id", "tier", "change", "status", "basis", "valid_from", "reason")
    assert standing.filter(program="mini", track="partner").select(told).rows() == [
        ("007", "member", "enrolled", "active", "base", date(2025, 1, 1), "the program's base tier"),
        ("A", None, "suspended", "suspended", None, None, "suspended by the opening; grants are kept"),
        ("B", "member", "enrolled", "active", "base", date(2025, 1, 1), "the program's base tier"),
        ("GONE", None, "terminated", "terminated", None, None, "terminated on 2025-05-31"),
        ("LAST", "member", "enrolled", "active", "base", date(2025, 5, 31), "the program's base tier"),
    ]


def test_the_highest_tier_that_covers_the_last_day_stands(case: Case) -> None:
    elite = {"tier": "elite", "from_": "2025-01-10"}
    lines = [gold(), row("mini partner A", **elite, through="2025-05-31"), gold("mini partner B")]
    with case.opened(case.of(*lines, row("mini partner B", **elite, through="2025-05-30"))) as opened:
        standing = opened.report("standing").filter(program="mini", track="partner")
    shown = standing.filter(pl.col("partner_id").is_in(["A", "B"])).select("tier", "valid_from", "valid_through")
    assert shown.rows() == [
        ("elite", date(2025, 1, 10), date(2025, 5, 31)),
        ("gold", date(2025, 3, 31), date(2026, 12, 31)),
    ]


def test_balances_are_carried_and_nothing_is_paid_or_posted(case: Case) -> None:
    lines = [
        gold(currency="USD", balance="80"),
        row("mini partner GONE", currency="USD", balance="-12.34"),
        row("mini partner B", currency="USD", balance="0.00"),
        row("world service A", currency="EUR", balance="7.5"),
    ]
    with case.opened(case.of(*lines)) as opened:
        statements, balances = opened.report("statements"), opened.state("balances")
        closing = opened.made.review.closing
        assert closing is not None
        assert closing.money_from == "2025-06"
        assert opened.made.position is not None
        assert opened.made.position.height == 0
    columns = ("program", "partner_id", "payee_id", "currency", "opening_balance", "balance", "payable", "status")
    assert statements.select(*columns, "pay_on", "closing_balance").rows() == [
        ("mini", "A", "PAY-A", "USD", Decimal(80), Decimal(80), Decimal(0), "carried", None, Decimal(80)),
        (
            "mini",
            "GONE",
            None,
            "USD",
            Decimal("-12.34"),
            Decimal("-12.34"),
            Decimal(0),
            "owed",
            None,
            Decimal("-12.34"),
        ),
        ("world", "A", "PAY-A", "EUR", Decimal("7.5"), Decimal("7.5"), Decimal(0), "carried", None, Decimal("7.5")),
    ]
    added = statements.select(pl.sum_horizontal("opening_balance", "earned", "adjustments", "clawbacks"))
    assert added.to_series().to_list() == statements["balance"].to_list()
    assert balances.select("program", "partner_id", "balance").rows() == [
        ("mini", "A", Decimal(80)),
        ("mini", "GONE", Decimal("-12.34")),
        ("world", "A", Decimal("7.5")),
    ]


def test_the_tables_keep_their_contracts(case: Case) -> None:
    with case.opened(case.of(gold(currency="USD", balance="80"), silver(remediation_ends_on="2025-06-29"))) as opened:
        tables = {name: opened.state(name) for name in ("grants", "statuses")}
        reports = {name: opened.report(name) for name in ("standing", "statements")}
    assert all(conform(df, ledger_contract(name)).equals(df) for name, df in tables.items())
    assert all(conform(df, report_contract(name)).equals(df) for name, df in reports.items())


def test_the_order_of_the_rows_changes_nothing(case: Case) -> None:
    lines = [gold(), silver(remediation_ends_on="2025-06-29"), gold("mini partner B", currency="USD", balance="3")]
    with case.opened(case.of(*lines)) as one:
        before = [one.state("grants"), one.state("statuses"), one.report("standing"), one.report("statements")]
    with case.opened(case.of(*reversed(lines))) as other:
        after = [other.state("grants"), other.state("statuses"), other.report("standing"), other.report("statements")]
    assert all(a.equals(b) for a, b in zip(before, after, strict=True))
