"""tierctl.toml: what a workspace may say, and what it means."""

from datetime import date
from pathlib import Path

import pytest

from tierctl.export_config import Since
from tierctl.fiscal import Calendar
from tierctl.workspace import FILE, ExportConfig, Format, Workspace, load


def loaded(root: Path, text: str) -> Workspace:
    (root / FILE).write_text(text, encoding="utf-8")
    workspace, findings = load(root)
    assert findings == []
    assert workspace is not None
    return workspace


def faults(root: Path, text: str) -> list[str]:
    """Place and code of each finding."""
    (root / FILE).write_text(text, encoding="utf-8")
    workspace, findings = load(root)
    assert workspace is None
    return [f"{finding.subject} {finding.code}" for finding in findings]


def test_the_least_that_a_workspace_says(tmp_path: Path) -> None:
    workspace = loaded(tmp_path, 'programs = ["elevate"]\n')
    assert workspace == Workspace(
        root=tmp_path,
        programs=("elevate",),
        reports=tmp_path / "reports",
        ledger=tmp_path / "ledger",
        calendar=Calendar.months(),
        exports={},
        file=tmp_path / FILE,
    )


def test_all_that_a_workspace_may_say(tmp_path: Path) -> None:
    workspace = loaded(
        tmp_path,
        """
programs = ["elevate", "own/program.toml"]
reports  = "out/reports"

[ledger]
path = "closed"
starts = "FY2025-P12"

[holidays]
"works council" = [2025-12-24, 2025-12-31]
none = []

[calendar]
kind = "4-5-4"
year_ends = "saturday nearest january 31"
year_named_by = "start"

[exports.mrr]
path = ["/data/mrr-*.csv", "../more.csv"]
on_duplicate = "keep"
covers = { since = 2025-04-01 }
[exports.mrr.columns]
"Net MRR" = "mrr"
[exports.mrr.values.order_type]
"New Logo" = "new_logo"
[exports.mrr.format]
date = "%m/%d/%Y"
decimalChar = ","
groupChar = "."
bareNumber = false
trueValues = ["Y"]
falseValues = ["N"]
missingValues = ["", "-"]
delimiter = ";"
encoding = "cp1252"
quoteChar = ""
""",
    )
    assert workspace.reports == tmp_path / "out" / "reports"
    assert workspace.calendar == Calendar.weeks("4-5-4", "saturday nearest january 31", "start")
    assert workspace.ledger == tmp_path / "closed"
    assert workspace.money_from == workspace.calendar.month("2026-01")
    assert workspace.holidays == {"works council": (date(2025, 12, 24), date(2025, 12, 31)), "none": ()}
    assert workspace.exports["mrr"] == ExportConfig(
        path=["/data/mrr-*.csv", "../more.csv"],
        columns={"Net MRR": "mrr"},
        values={"order_type": {"New Logo": "new_logo"}},
        format=Format(
            date="%m/%d/%Y",
            decimalChar=",",
            groupChar=".",
            bareNumber=False,
            trueValues=("Y",),
            falseValues=("N",),
            missingValues=("", "-"),
            delimiter=";",
            encoding="cp1252",
            quoteChar="",
        ),
        on_duplicate="keep",
        covers=Since(since=date(2025, 4, 1)),
    )


@pytest.mark.parametrize("ledger", ['"closed"', '{ path = "closed" }'])
def test_a_ledger_is_a_path_or_a_table(tmp_path: Path, ledger: str) -> None:
    workspace = loaded(tmp_path, f'programs = ["elevate"]\nledger = {ledger}\n')
    assert (workspace.ledger, workspace.money_from) == (tmp_path / "closed", None)


def test_a_ledger_that_only_starts_lies_where_it_always_does(tmp_path: Path) -> None:
    workspace = loaded(tmp_path, 'programs = ["elevate"]\nledger.starts = "2025-02"\n')
    assert workspace.ledger == tmp_path / "ledger"
    assert workspace.money_from is not None
    assert workspace.money_from.last == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ('ledger.starts = "2025-13"', "2:ledger.starts"),
        ('ledger.starts = "january"', "2:ledger.starts"),
        ('ledger.starts = "last"', "2:ledger.starts"),
        ("ledger.starts = 2025-01-01", "2:ledger.starts"),
        ("ledger = 7", "2:ledger"),
        ("ledger.adjustment_limit = -0.01", "2:ledger.adjustment_limit"),
        ('ledger.adjustment_limit = "500"', "2:ledger.adjustment_limit"),
        ("ledger.adjustment_limit = true", "2:ledger.adjustment_limit"),
        ('ledger = "reports"', "2:ledger"),
        ('ledger.path = "reports/closed"', "2:ledger.path"),
        ('ledger = "closed"\nreports = "closed/reports"', "2:ledger"),
        ("holidays = [2025-12-25]", "2:holidays"),
        ("holidays.own = 2025-12-25", "2:holidays.own"),
        ('holidays.own = [2025-12-25, "2025-12-26"]', "2:holidays.own[2]"),
        ("holidays.own = [2025-12-25T00:00:00]", "2:holidays.own[1]"),
    ],
)
def test_a_ledger_and_holidays_that_are_none_are_refused(tmp_path: Path, said: str, subject: str) -> None:
    assert faults(tmp_path, f'programs = ["elevate"]\n{said}\n') == [f"{subject} workspace-wrong-value"]


@pytest.mark.parametrize(("written", "limit"), [("0", "0"), ("500", "500"), ("1250.10", "1250.10")])
def test_the_limit_of_adjustments_is_exact(tmp_path: Path, written: str, limit: str) -> None:
    workspace = loaded(tmp_path, f'programs = ["elevate"]\nledger.adjustment_limit = {written}\n')
    assert str(workspace.adjustment_limit) == limit
    assert loaded(tmp_path, 'programs = ["elevate"]\n').adjustment_limit is None


def test_money_begins_with_a_month_of_the_calendar(tmp_path: Path) -> None:
    (tmp_path / "months.csv").write_text(
        "fiscal_year,period,first_day,last_day\n2025,1,2025-01-01,2025-01-31\n2025,2,2025-02-01,2025-02-28\n",
        encoding="utf-8",
    )
    calendar = 'calendar = { kind = "table", path = "months.csv" }'
    text = f'programs = ["elevate"]\n{calendar}\nledger.starts = "2025-03"\n'
    assert faults(tmp_path, text) == ["3:ledger.starts workspace-wrong-value"]


def test_a_misspelled_word_of_the_ledger_is_told_beside_its_other_faults(tmp_path: Path) -> None:
    text = 'programs = ["elevate"]\n[ledger]\nstart = "2025-13"\npath = "../closed"\n'
    assert faults(tmp_path, text) == [
        "3:ledger.start workspace-unknown-key",
        "3:ledger.start workspace-wrong-value",
        "4:ledger.path workspace-outside",
    ]


def test_a_calendar_from_a_table(tmp_path: Path) -> None:
    (tmp_path / "months.csv").write_text(
        "\ufefffiscal_year,period,first_day,last_day,note\n2025,1,2025-01-01,2025-01-31,x\n2025,2,2025-02-01,2025-02-28,\n",
        encoding="utf-8",
    )
    calendar = loaded(tmp_path, 'programs = ["elevate"]\ncalendar = { kind = "table", path = "months.csv" }\n').calendar
    assert calendar.month("FY2025-P02").last == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("calendar", "subject"),
    [
        ('{ kind = "table" }', "2:calendar.kind"),
        ('{ kind = "table", path = "nowhere.csv" }', "2:calendar.path"),
        ('{ kind = "4-4-5" }', "2:calendar.kind"),
        ('{ kind = "4-4-5", year_ends = "in january" }', "2:calendar.year_ends"),
        ('{ kind = "4-4-5", year_starts = 2, year_ends = "last saturday of january" }', "2:calendar.year_starts"),
        ('{ year_ends = "last saturday of january" }', "2:calendar.year_ends"),
    ],
)
def test_a_calendar_that_lacks_or_mixes_words_is_refused(tmp_path: Path, calendar: str, subject: str) -> None:
    assert faults(tmp_path, f'programs = ["elevate"]\ncalendar = {calendar}\n') == [f"{subject} workspace-calendar"]


@pytest.mark.parametrize(
    "table",
    [
        "fiscal_year,period,first_day\n",
        "fiscal_year,period,first_day,last_day\n",
        "fiscal_year,period,first_day,last_day\n2025,1,2025-01-02,2025-01-01\n",
    ],
)
def test_a_table_of_months_that_is_none_is_refused(tmp_path: Path, table: str) -> None:
    (tmp_path / "months.csv").write_text(table, encoding="utf-8")
    (tmp_path / FILE).write_text(
        'programs = ["elevate"]\ncalendar = { kind = "table", path = "months.csv" }\n', encoding="utf-8"
    )
    workspace, (finding,) = load(tmp_path)
    assert workspace is None
    assert (finding.code, finding.source) == ("workspace-calendar", (tmp_path / "months.csv").as_posix())


@pytest.mark.parametrize(
    "folder", ["..", "../reports", "a/../../b", "/reports", "C:/reports", "\\\\\\\\server\\\\share", ".", ""]
)
def test_nothing_is_written_outside(tmp_path: Path, folder: str) -> None:
    assert faults(tmp_path, f'programs = ["elevate"]\nreports = "{folder}"\n') == ["2:reports workspace-outside"]


def test_no_link_leads_outside(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "reports").symlink_to(tmp_path / "elsewhere")
    assert faults(root, 'programs = ["elevate"]\n') == ["reports workspace-outside"]


@pytest.mark.parametrize(
    "pattern",
    [
        "%Y-%m-%d", "%d.%m.%y", "%d-%b-%Y", "%B %d, %Y", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y%j", "excel", "excel-1904",
        "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d%z",
    ],
)  # fmt: skip
def test_date_patterns_that_name_a_day(pattern: str) -> None:
    assert Format(date=pattern).date == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "%Y-%m", "%m/%d", "%x", "%Y-%m-%d%", "yyyy-mm-dd", "%Y-%b", "Excel", "excel-1900", "%H:%M", "%Y-%m-%d %I:%M",
        "%Y-%m-%d %p", "%Y-%m-%d %H:%M %p", "%Y-%m-%d %H %I %p",
    ],
)  # fmt: skip
def test_date_patterns_that_do_not(tmp_path: Path, pattern: str) -> None:
    text = f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\nformat.date = "{pattern}"\n'
    assert faults(tmp_path, text) == ["4:exports.mrr.format.date workspace-wrong-value"]


# ---- what one column says for itself


def config_of(tmp_path: Path, text: str) -> ExportConfig:
    return loaded(tmp_path, f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\n{text}\n').exports["mrr"]


def test_a_columns_own_words_stand_in_the_place_of_the_exports(tmp_path: Path) -> None:
    words = '{ date = "excel", timeOfDay = "drop", missingValues = ["-"] }'
    text = f'format.date = "%d.%m.%Y"\nformat.groupChar = "."\nformat.decimalChar = ","\nformats.sold_on = {words}'
    config = config_of(tmp_path, text)
    assert config.cell_format("quoted_on") == config.format
    own = config.cell_format("sold_on")
    assert (own.date, own.timeOfDay, own.missingValues) == ("excel", "drop", ("-",))
    assert (own.decimalChar, own.groupChar, own.delimiter) == (",", ".", ",")


def test_a_column_may_have_no_group_sign_where_the_export_has_one(tmp_path: Path) -> None:
    config = config_of(tmp_path, 'format.groupChar = "."\nformat.decimalChar = ","\nformats.mrr.groupChar = ""')
    assert (config.cell_format("mrr").groupChar, config.cell_format("term_months").groupChar) == (None, ".")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('formats.sold_at.date = "excel"', ["4:exports.mrr.formats.sold_at workspace-unknown-column"]),
        ('formats.sold_on.date = "exel"', ["4:exports.mrr.formats.sold_on.date workspace-wrong-value"]),
        ('formats.sold_on.encoding = "cp1252"', ["4:exports.mrr.formats.sold_on.encoding workspace-unknown-key"]),
        ('formats.sold_on.groupChar = "."', ["4:exports.mrr.formats.sold_on.groupChar workspace-unknown-key"]),
        ('formats.mrr.date = "excel"', ["4:exports.mrr.formats.mrr.date workspace-unknown-key"]),
        ('formats.line_id.trueValues = ["x"]', ["4:exports.mrr.formats.line_id.trueValues workspace-unknown-key"]),
        ('formats.mrr.groupChar = "."', ["4:exports.mrr.formats.mrr workspace-wrong-value"]),
        ('formats.via_portal.trueValues = ["0"]', ["4:exports.mrr.formats.via_portal workspace-wrong-value"]),
        ('formats.sold_on.timeOfDay = "keep"', ["4:exports.mrr.formats.sold_on.timeOfDay workspace-wrong-value"]),
        ('fixed.currncy = "USD"', ["4:exports.mrr.fixed.currncy workspace-unknown-column"]),
        ("fixed.term_months = 12", ["4:exports.mrr.fixed.term_months workspace-wrong-value"]),
        ('fixed.currency = "usd"', ["4:exports.mrr.fixed.currency workspace-wrong-value"]),
        ('fixed.order_type = "bonus"', ["4:exports.mrr.fixed.order_type workspace-wrong-value"]),
        ('fixed.sold_on = "45808"', ["4:exports.mrr.fixed.sold_on workspace-wrong-value"]),
        ('columns.Curr = "currency"\nfixed.currency = "USD"', ["5:exports.mrr.fixed.currency workspace-column-twice"]),
    ],
)
def test_what_a_column_cannot_say_for_itself(tmp_path: Path, text: str, found: list[str]) -> None:
    assert faults(tmp_path, f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\n{text}\n') == found


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("format.date", '"%q"'),
        ("formats.sold_on.date", '"%q"'),
        ("values", "{ sold_on = 5 }"),
    ],
)
def test_of_a_fixed_text_nothing_is_said_where_its_format_cannot_be_read(tmp_path: Path, key: str, word: str) -> None:
    text = f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\n{key} = {word}\nfixed.sold_on = "x"\n'
    (subject,) = faults(tmp_path, text)
    assert subject.startswith(f"4:exports.mrr.{key}")


def test_a_decimal_sign_of_days_goes_with_any_group_sign_of_numbers(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, 'format.groupChar = ","\nformats.sold_on.decimalChar = ","\nfixed.sold_on = "2025-05-31"'
    )
    assert config.cell_format("sold_on").decimalChar == ","


def test_every_fault_is_found_at_once(tmp_path: Path) -> None:
    text = 'programs = ["elevate"]\nreports = "/x"\n[exports.mr]\npath = "x"\n'
    text += '[exports.mrr]\npath = "x"\ncolumns.A = "mr"\n'
    assert faults(tmp_path, text) == [
        "2:reports workspace-outside",
        "3:exports.mr workspace-unknown-export",
        "7:exports.mrr.columns.A workspace-unknown-column",
    ]


# ---- what an export covers


@pytest.mark.parametrize(
    ("covers", "meant"),
    [('covers = "full"', "full"), ("covers = { since = 2025-04-01 }", Since(since=date(2025, 4, 1))), ("", "full")],
)
def test_an_export_covers_everything_or_what_is_dated_since_a_day(
    tmp_path: Path, covers: str, meant: str | Since
) -> None:
    workspace = loaded(tmp_path, f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\n{covers}\n')
    assert workspace.exports["mrr"].covers == meant


@pytest.mark.parametrize(
    ("covers", "fault", "message", "hint"),
    [
        (
            '"ful"',
            "covers workspace-wrong-value",
            '"ful" is not allowed here; allowed: full',
            "did you mean full?",
        ),
        (
            "2025-04-01",
            "covers workspace-wrong-value",
            '2025-04-01 is neither "full" nor a table with the day since which every row is there',
            "such as covers = { since = 2025-04-01 }",
        ),
        (
            "{ sinse = 2025-04-01 }",
            "covers.sinse workspace-unknown-key",
            "sinse is not a key here; allowed: since",
            "did you mean since?",
        ),
        ("{}", "covers.since workspace-missing-key", "since is missing", "such as since = 2025-04-01"),
        (
            '{ since = "2025-04-01" }',
            "covers.since workspace-wrong-value",
            '"2025-04-01" should be a day such as 2025-12-25, without quotes',
            "",
        ),
        (
            "{ since = 2025-04-01T00:00:00 }",
            "covers.since workspace-wrong-value",
            "2025-04-01T00:00:00 has a time of day; only whole days count here, such as 2025-01-31",
            "",
        ),
    ],
)
def test_a_wrong_word_for_what_an_export_covers(
    tmp_path: Path, covers: str, fault: str, message: str, hint: str
) -> None:
    text = f'programs = ["elevate"]\n[exports.mrr]\npath = "x.csv"\ncovers = {covers}\n'
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    workspace, (finding,) = load(tmp_path)
    assert workspace is None
    assert f"{finding.subject} {finding.code}" == f"4:exports.mrr.{fault}"
    assert (finding.message, finding.hint) == (message, hint)


@pytest.mark.parametrize(
    ("export", "lacking"),
    [("activity", "key"), ("enrollments", "date of their own"), ("partners", "date of their own")],
)
def test_rows_without_a_key_or_a_date_cannot_be_taken_from_a_close(tmp_path: Path, export: str, lacking: str) -> None:
    text = f'programs = ["elevate"]\n[exports.{export}]\npath = "x.csv"\ncovers = {{ since = 2025-04-01 }}\n'
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    workspace, (finding,) = load(tmp_path)
    assert workspace is None
    assert (finding.code, finding.subject) == ("workspace-wrong-value", f"4:exports.{export}.covers")
    assert finding.message == f"{export} cannot cover what is dated since a day: its rows have no {lacking}"


def test_what_a_misspelled_export_covers_is_held_against_the_one_it_looks_like(tmp_path: Path) -> None:
    text = 'programs = ["elevate"]\n[exports.activty]\npath = "x.csv"\ncovers = { since = 2025-04-01 }\n'
    assert faults(tmp_path, text) == [
        "2:exports.activty workspace-unknown-export",
        "4:exports.activty.covers workspace-wrong-value",
    ]


def test_any_export_may_say_that_it_covers_everything(tmp_path: Path) -> None:
    text = 'programs = ["elevate"]\n[exports.activity]\npath = "x.csv"\ncovers = "full"\n'
    assert loaded(tmp_path, text).exports["activity"].covers == "full"
