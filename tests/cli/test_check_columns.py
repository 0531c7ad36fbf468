"""What `check` says of each column: how much is filled, how varied it is, what was read of it and what was not."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from tests.cli.conftest import MRR_HEADER, TOML, Run

COUNTS = ("filled", "distinct", "parsed", "rejected", "examples", "rejected_examples")
# Six lines: one repeats another, one has an amount that is none, one lacks it, one has no day, two share a customer.
FAULTY = f"""\
{MRR_HEADER}L-1,P-1,C-1,new_logo,5.00,USD,2025-04-20,,
L-1,P-1,C-1,new_logo,5.00,USD,2025-04-20,,
L-2,P-1,C-1,new_logo,12.3.4,USD,2025-04-20,,
L-3,P-1,C-2,new_logo,,USD,2025-04-20,,
L-4,P-9,C-3,new_logo,7.00,USD,April,,
L-5,P-2,C-4,new_logo,7.00,USD,2025-04-21,2025-05-01,
"""


def columns(run: Run, export: str, *, code: int = 0) -> dict[str, dict[str, Any]]:
    """The columns of an export as `check --json` tells them: by our name, or theirs where nothing reads them."""
    outcome = run("check", "--json")
    assert outcome.code == code
    told = json.loads(outcome.out)["exports"][export]["columns"]
    return {of["column"] or of["header"]: of for of in told}


def counted(of: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(of[key] for key in COUNTS)


def configure(workspace: Path, export: str, text: str) -> None:
    """Says otherwise where the export lies and how it is written."""
    lines = [line for line in TOML.splitlines() if not line.startswith(f"{export} = ")]
    toml = "\n".join([*lines, f"[exports.{export}]", text, ""])
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("line_id", (6, 5, 6, 0, ["L-1", "L-2", "L-3"], [])),
        ("partner_id", (6, 3, 5, 1, ["P-1", "P-2"], ["P-9"])),
        ("customer_id", (6, 4, 6, 0, ["C-1", "C-2", "C-3"], [])),
        ("mrr", (5, 3, 4, 2, ["5.00", "7.00"], ["12.3.4"])),
        ("sold_on", (6, 3, 5, 1, ["2025-04-20", "2025-04-21"], ["April"])),
        ("invoiced_on", (1, 1, 1, 0, ["2025-05-01"], [])),
        ("cancelled_on", (0, 0, 0, 0, [], [])),
    ],
)
def test_each_column_is_counted(column: str, expected: tuple[Any, ...], run: Run, workspace: Path) -> None:
    (workspace / "exports" / "mrr.csv").write_text(FAULTY, encoding="utf-8")
    assert counted(columns(run, "mrr", code=1)[column]) == expected


def test_ours_stand_in_the_contract_s_order_and_then_what_nothing_reads(run: Run, workspace: Path) -> None:
    text = "Zeta,name,joined_on,partner_id,Alpha\nx,Acme,,P-1,\n,Blue,,P-2,y\n,Dune,,P-3,\n"
    (workspace / "exports" / "partners.csv").write_text(text, encoding="utf-8")
    of = columns(run, "partners")
    assert list(of) == ["partner_id", "name", "joined_on", "Zeta", "Alpha"]
    assert of["Zeta"] == {
        "column": "",
        "header": "Zeta",
        "fixed": None,
        "filled": 1,
        "distinct": 1,
        "parsed": None,
        "rejected": 0,
        "examples": ["x"],
        "rejected_examples": [],
    }


def test_words_for_nothing_and_blanks_fill_no_cell(run: Run, workspace: Path) -> None:
    """Texts are counted as they are written: blanks around them make another one."""
    text = 'partner_id,name,Notes\nP-1,Acme,N/A\nP-2,n/a,  \nP-3,"Acme ",x\n'
    (workspace / "exports" / "partners.csv").write_text(text, encoding="utf-8")
    configure(
        workspace, "partners", 'path = "exports/partners.csv"\n[exports.partners.format]\nmissingValues = ["", "N/A"]'
    )
    of = columns(run, "partners")
    assert counted(of["name"]) == (3, 3, 3, 0, ["Acme", "n/a", "Acme "], [])
    assert counted(of["Notes"]) == (1, 1, None, 0, ["x"], [])


def test_a_column_of_several_files_is_one_row(run: Run, workspace: Path) -> None:
    """Files are looked at in the order of their names; a column may be missing in one of them."""
    configure(
        workspace,
        "partners",
        'path = "exports/partners-*.csv"\n[exports.partners.columns]\n"Partner" = "partner_id"\n"Firm" = "name"',
    )
    first, second = (workspace / "exports" / f"partners-{year}.csv" for year in (2024, 2025))
    first.write_text("Partner,Firm,Old\nP-1,Acme,1\nP-2,Acme,1\n", encoding="utf-8")
    second.write_text("Firm, Partner ,New,joined_on\nDune,P-3,2,2025-01-01\n", encoding="utf-8")
    of = columns(run, "partners")
    assert [(each["column"], each["header"]) for each in of.values()] == [
        ("partner_id", "Partner"),
        ("name", "Firm"),
        ("joined_on", "joined_on"),
        ("", "Old"),
        ("", "New"),
    ]
    assert counted(of["partner_id"]) == (3, 3, 3, 0, ["P-1", "P-2", "P-3"], [])
    assert counted(of["name"]) == (3, 2, 3, 0, ["Acme", "Dune"], [])
    assert counted(of["Old"]) == (2, 1, None, 0, ["1"], [])


def test_rejected_cells_of_a_file_with_another_header_count_too(run: Run, workspace: Path) -> None:
    configure(workspace, "mrr", 'path = "exports/mrr-*.csv"\n[exports.mrr.columns]\n"Amount" = "mrr"')
    for year, header, amount in (("2024", "Amount", "five"), ("2025", "Amount ", "six")):
        text = MRR_HEADER.replace(",mrr,", f",{header},") + f"L-{year},P-1,C-1,add,{amount},USD,2025-04-20,,\n"
        (workspace / "exports" / f"mrr-{year}.csv").write_text(text, encoding="utf-8")
    of = columns(run, "mrr", code=1)["mrr"]
    assert of["header"] == "Amount"
    assert counted(of) == (2, 2, 0, 2, [], ["five", "six"])


def test_examples_are_looked_for_to_the_end_of_the_file(run: Run, workspace: Path) -> None:
    """Most columns show what they hold at once; this one beyond the rows that are looked at first."""
    rows = [f"P-{n},{'Acme' if n < 25_000 else f'Late {n // 1000}'}" for n in range(1, 26_001)]
    (workspace / "exports" / "partners.csv").write_text("\n".join(["partner_id,name", *rows, ""]), encoding="utf-8")
    of = columns(run, "partners")
    assert counted(of["name"]) == (26_000, 3, 26_000, 0, ["Acme", "Late 25", "Late 26"], [])
    assert counted(of["partner_id"]) == (26_000, 26_000, 26_000, 0, ["P-1", "P-2", "P-3"], [])


def test_parquet_is_counted_by_what_it_holds(run: Run, workspace: Path) -> None:
    """Whatever cannot be written as a text is only named."""
    df = pl.DataFrame(
        {
            "partner_id": ["P-1", "P-2", "P-3"],
            "name": ["Acme", "Blue", "Dune"],
            "region": ["EMEA", None, "APAC"],
            "score": [1.5, 1.5, None],
            "tags": [["a"], [], None],
            "raw": [b"\x00", None, None],
        }
    )
    df.write_parquet(workspace / "exports" / "partners.parquet")
    configure(workspace, "partners", 'path = "exports/partners.parquet"')
    of = columns(run, "partners")
    assert counted(of["region"]) == (2, 2, 2, 0, ["EMEA", "APAC"], [])
    assert counted(of["score"]) == (2, 1, None, 0, ["1.5"], [])
    assert counted(of["tags"]) == (2, 1, None, 0, ["(List(String))"], [])
    assert counted(of["raw"]) == (1, 1, None, 0, ["(Binary)"], [])


def test_a_fixed_column_shows_its_text(run: Run, workspace: Path) -> None:
    header, *rows = FAULTY.replace(",USD", "").replace(",currency", "").splitlines()
    (workspace / "exports" / "mrr.csv").write_text("\n".join([header, rows[0], rows[-1], ""]), encoding="utf-8")
    configure(workspace, "mrr", 'path = "exports/mrr.csv"\n[exports.mrr.fixed]\ncurrency = "USD"')
    of = columns(run, "mrr")["currency"]
    assert (of["header"], of["fixed"]) == ("", "USD")
    assert counted(of) == (2, 1, 2, 0, ["USD"], [])
    assert "  currency      fixed: USD         2         1\n" in run("check").out


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_of_the_tables_is_wider_than_the_page(
    width: int, run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = f"partner_id,name,{'A very long header ' * 9},国\n"
    text = f"{header}P-1,{'A very long name ' * 20},{'x ' * 300},{'表' * 90}\nP-2,b,c,d\nP-3,e,f,g\n"
    (workspace / "exports" / "partners.csv").write_text(text, encoding="utf-8")
    monkeypatch.setenv("COLUMNS", str(width))
    outcome = run("check")
    assert max(map(cell_len, outcome.out.splitlines())) <= width


def test_rejected_cells_are_told_below_their_column(run: Run, workspace: Path) -> None:
    (workspace / "exports" / "mrr.csv").write_text(FAULTY, encoding="utf-8")
    out = run("check").out
    assert "mrr                                             9 columns, 3 with rejected cells\n" in out
    assert (
        "  mrr                5         3  5.00 · 7.00\n"
        "    parsed 4, rejected 2: 12.3.4 · 1 empty\n"
        "  currency           6         1  USD\n"
        "  sold_on            6         3  2025-04-20 · 2025-04-21\n"
        "    parsed 5, rejected 1: April\n"
    ) in out
    assert out.index("\nmrr   ") < out.index("\nRejected ")


def test_where_there_is_room_every_count_has_a_column(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "exports" / "mrr.csv").write_text(FAULTY, encoding="utf-8")
    monkeypatch.setenv("COLUMNS", "100")
    out = run("check").out
    assert (
        "  column        filled  distinct  parsed  rejected  examples\n"
        "  line_id            6         5       6         ·  L-1 · L-2 · L-3\n"
        "  partner_id         6         3       5         1  P-1 · P-2\n"
        "    rejected 1: P-9\n"
    ) in out


def test_texts_stay_on_their_line(run: Run, workspace: Path) -> None:
    text = '"partner_id","name","Order\nNo "\nP-1,"two\nlines\t",\x1b[31m\nP-2," blank",\nP-3,c,\n'
    (workspace / "exports" / "partners.csv").write_text(text, encoding="utf-8")
    out = run("check").out
    assert "  name        name             3         3  two\\nlines\\t · ' blank' · c\n" in out
    assert "  (unused)    Order No         1         1  \\x1b[31m\n" in out


def test_a_long_text_is_cut(run: Run, workspace: Path) -> None:
    (workspace / "exports" / "partners.csv").write_text(
        f"partner_id,name\nP-1,{'x' * 200}\nP-2,{'y' * 201}\nP-3,c\n", encoding="utf-8"
    )
    assert columns(run, "partners")["name"]["examples"] == ["x" * 200, f"{'y' * 200}…", "c"]
