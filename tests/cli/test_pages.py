"""Pages that people read: what stands in an export is text in them, figures are the tables', nobody sees another's."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tests.html_elements import Elements
from tests.sample import copy_workspace, run_tierctl
from tierctl import resources
from tierctl.cli import run, steps
from tierctl.cli.line_spool import LineSpool
from tierctl.cli.pages import partners as partners_module
from tierctl.cli.pages import told as told_module
from tierctl.cli.pages.ahead import near_misses
from tierctl.cli.pages.drawing import Bar, Bars, draw
from tierctl.cli.pages.figures import figure, missing_figure, shortened
from tierctl.cli.pages.names import page_files
from tierctl.cli.pages.partners import partner_files, partner_pages
from tierctl.cli.pages.parts import MOST_ROWS, Cell, Column, Table, cut
from tierctl.cli.pages.render import policy, whole
from tierctl.cli.pages.review import review_page
from tierctl.cli.pages.titles import Titles, limits_words
from tierctl.cli.pages.told import scanned
from tierctl.cli.pages.view import Ladder, told_text
from tierctl.cli.spool import spool_folder
from tierctl.cli.steps import Made
from tierctl.cli.terminal import Terminal
from tierctl.export_config import standard_exports
from tierctl.ledger.closes import Ledger
from tierctl.program.load import load_ref
from tierctl.program.rules import Cap
from tierctl.reward.sink import LINES

PARTNER_ID = re.compile(r"\bP-\d{4}\b")


@dataclass
class Read(Elements):
    """A page as read: its elements with their attributes, its text, its tables by id as rows of cells."""

    text: str = ""
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag == "table":
            self.tables[dict(attrs)["id"] or ""] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] != "style":
            self.text += data
            if {"td", "th"} & set(self.open):
                # A note stands on a line of its own.
                note = next((at for at in reversed(self.elements)), ("", {}))[1].get("class") == "note"
                self._rows[-1][-1] += f"|{data}" if note and self.open[-1] == "span" else data

    @property
    def _rows(self) -> list[list[str]]:
        return next(reversed(self.tables.values()))

    @property
    def headings(self) -> list[int]:
        return [int(name[1]) for name, _ in self.elements if re.fullmatch(r"h\d", name)]


@contextmanager
def making(root: Path, month: str, partners: Sequence[str] | None = None) -> Iterator[Made]:
    """A month as it was reviewed, its lines in files; what it was read from lasts as long as the block."""
    opened = run.open_workspace(root)
    with ExitStack() as stack:
        plan = steps.plan(opened, run.find_month(opened.workspace, month), Ledger(opened.workspace.ledger))
        ingested = stack.enter_context(steps.reading(Terminal.open(quiet=True, as_json=False), plan))
        yield steps.make(plan, ingested, partners=partners, lines=LineSpool(stack.enter_context(spool_folder())))


def csv_file(table: str) -> str:
    return f"{table}.csv"


def review_of(made: Made) -> str:
    return review_page(made, made.findings, file=csv_file, partner_files=partner_files(made))


@dataclass(frozen=True)
class Pages:
    """The pages of a month: the review's, and the partners' by path."""

    review: str
    partners: dict[str, str]
    tables: dict[str, pl.DataFrame]

    @classmethod
    def of(cls, root: Path, month: str) -> "Pages":
        with making(root, month) as made:
            lines = {name: made.tables[name] for name in LINES if name in made.tables}
            gathered: dict[str, pl.DataFrame] = {name: scanned(table).collect() for name, table in lines.items()}
            return cls(review_of(made), dict(partner_pages(made)), {**made.review.tables, **gathered})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The pages of a month of a sample, each made once."""

    @cache
    def of(sample: str, month: str) -> Pages:
        return Pages.of(copy_workspace(tmp_path_factory.mktemp("pages") / sample, sample), month)

    return of


# ── What stands in an export ──────────────────────────────────────────────────

TOML = """\
programs = ["elevate"]
[exports]
partners = { path = "exports/partners.csv" }
mrr = { path = "exports/mrr.csv" }
opportunities = { path = "exports/opportunities.csv" }
agreements = { path = "exports/agreements.csv" }
partner_services = { path = "exports/partner_services.csv" }
decisions = { path = "exports/decisions.csv" }
"""


def script(of: str) -> str:
    return f'"<script>alert(""{of}"")</script>"'


def image(of: str) -> str:
    return f'"""><img src=x onerror=alert(\'{of}\')>"'


HOSTILE = {
    "partners": f"""\
partner_id,name,payee_id,region,joined_on,{image("header")}
P-1,{script("name")},{image("payee")},{script("region")},2025-01-01,x
{image("id")},{image("second name")},P-1,,2025-01-01,x
P-3,Plain,,,{script("joined")},x
""",
    "mrr": f"""\
line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,invoiced_on,cancelled_on
{script("line")},P-1,{image("customer")},new_logo,24990,USD,2025-02-20,2025-05-02,
{image("renewal")},P-1,{script("customer")},renewal,100,USD,2025-05-20,2025-05-22,
{image("other line")},{image("id")},C,new_logo,9000,USD,2025-02-20,2025-05-02,
L-9,{script("unknown")},C,new_logo,1234.50,USD,2025-02-20,2025-05-02,
L-10,P-1,C,{script("order")},99.50,EUR,{image("sold")},2025-05-02,
""",
    "opportunities": "opportunity_id,partner_id,submitted_on,stage\n"
    + "".join(f"O-{at},P-1,2025-03-01,open\n" for at in range(12))
    + "".join(f"R-{at},{image('id')},2025-03-01,open\n" for at in range(9)),
    "agreements": f"partner_id,effective_on,standard_rate\nP-1,2025-01-01,0.1\n{image('id')},2025-01-01,0.05\n",
    "partner_services": f"""\
service_id,partner_id,product,seats,mrc,currency,contract_months,starts_on
{script("service")},P-1,{image("product")},5,100,USD,12,2025-01-01
""",
    "decisions": f"""\
decision_id,partner_id,program,track,tier,decision,effective_on,through,decided_by,reason
{script("decision")},{image("id")},elevate,partner,elite,approved,2025-05-10,2025-12-31,{image("by")},{script("why")}
""",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    root = tmp_path_factory.mktemp("hostile")
    (root / "exports").mkdir()
    (root / "tierctl.toml").write_text(TOML, encoding="utf-8")
    for name, text in HOSTILE.items():
        (root / "exports" / f"{name}.csv").write_text(text, encoding="utf-8")
    return Pages.of(root, "2025-05")


def test_no_cell_of_an_export_is_markup(hostile: Pages) -> None:
    for html in (hostile.review, *hostile.partners.values()):
        read = Read.of(html)
        assert read.named("img") == []
        assert not [name for _, attrs in read.elements for name in attrs if name.startswith("on")]
        assert "alert(" not in "".join(read.scripts)
        assert "<script>alert" not in html
        assert "<img" not in html


@pytest.mark.parametrize("of", ["name", "joined", "unknown", "order", "decision", "why"])
def test_a_script_in_an_export_stands_in_the_review_as_text(hostile: Pages, of: str) -> None:
    assert f'<script>alert("{of}")</script>' in Read.of(hostile.review).text


@pytest.mark.parametrize("of", ["id", "second name", "header", "sold", "by"])
def test_an_image_in_an_export_stands_in_the_review_as_text(hostile: Pages, of: str) -> None:
    assert f"\"><img src=x onerror=alert('{of}')>" in Read.of(hostile.review).text


@pytest.mark.parametrize("of", ["name", "line", "customer"])
def test_a_script_in_an_export_stands_in_the_partners_page_as_text(hostile: Pages, of: str) -> None:
    assert f'<script>alert("{of}")</script>' in Read.of(hostile.partners["partners/P-1.html"]).text


def test_a_hostile_text_is_drawn_as_text() -> None:
    svg = draw([Bars("<script>alert(1)</script>", (Bar(3, '"><img src=x>', "now"),), "</svg><b>")])
    assert "<script" not in svg
    assert "<img" not in svg
    assert "<b>" not in svg
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in svg


def test_a_payee_who_is_another_partner_is_not_named(hostile: Pages) -> None:
    own = next(path for path in hostile.partners if path != "partners/P-1.html")
    assert "to the payee on record" in Read.of(hostile.partners[own]).text
    assert "P-1" not in Read.of(hostile.partners[own]).text


def test_the_money_of_rejected_rows_is_told_by_currency(hostile: Pages) -> None:
    read = Read.of(hostile.review)
    by_rule = {(row[0], row[2].partition("|")[2]): row[4] for row in read.tables["quality--rejects"]}
    assert by_rule["mrr", "unknown-partner"] == "1,234.50 USD"
    assert by_rule["mrr", "other-currency"] == "99.50 EUR"
    assert by_rule["partners", "not-a-date"] == "·"
    # L-10 has three faults, and is worth its amount once.
    exports = {row[0].partition("|")[0]: row for row in read.tables["quality--exports"]}
    assert exports["mrr"][2:] == ["2", "·", "·", "99.50 EUR, 1,234.50 USD", "·"]


# ── What the page is ──────────────────────────────────────────────────────────

MONTHS = [
    ("elevate", "2025-05"),
    ("elevate", "2026-12"),
    ("growth", "2024-07"),
    ("connectsoft", "2024-03"),
    ("infusionsoft", "2018-03"),
    ("engagement", "2024-06"),
]


@pytest.mark.parametrize(("sample", "month"), MONTHS)
def test_every_page_has_one_title_ordered_headings_and_no_id_twice(pages: Any, sample: str, month: str) -> None:
    of = pages(sample, month)
    for html in (of.review, *of.partners.values()):
        read = Read.of(html)
        assert read.headings.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False))
        ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
        assert len(ids) == len(set(ids))
        named = {
            attrs[key] for _, attrs in read.elements for key in ("aria-labelledby", "aria-controls") if key in attrs
        }
        assert named <= set(ids)
        links = {attrs["href"] or "" for attrs in read.named("a")}
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        assert all(attrs.get("scope") in {"row", "col"} for attrs in read.named("th"))


@pytest.mark.parametrize(("sample", "month"), MONTHS)
def test_the_page_loads_nothing_and_leads_to_the_partners_pages(pages: Any, sample: str, month: str) -> None:
    of = pages(sample, month)
    read = Read.of(of.review)
    assert not [attrs for _, attrs in read.elements if {"src", "srcset", "data", "action"} & attrs.keys()]
    assert "url(" not in of.review
    assert "@import" not in of.review
    links = {attrs["href"] for attrs in read.named("a") if not (attrs["href"] or "").startswith("#")}
    assert links <= set(of.partners)
    assert len(links) == len(of.partners)


def test_the_only_script_is_the_one_whose_digest_the_policy_names(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").review)
    (only,) = read.scripts
    digest = base64.b64encode(hashlib.sha256(only.encode()).digest()).decode()
    (said,) = [attrs["content"] for attrs in read.named("meta") if attrs.get("http-equiv")]
    assert said == policy(only)
    assert f"script-src 'sha256-{digest}'" in str(said)
    assert str(said).startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_a_partners_page_has_no_script(pages: Any) -> None:
    for html in pages("elevate", "2025-05").partners.values():
        assert "<script" not in html
        assert "script-src" not in html


def test_the_same_review_gives_the_same_bytes(pages: Any, tmp_path: Path) -> None:
    first = pages("growth", "2024-07")
    again = Pages.of(copy_workspace(tmp_path / "growth", "growth"), "2024-07")
    assert (again.review, again.partners) == (first.review, first.partners)


def test_every_chart_says_in_words_what_it_shows(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").review)
    drawn = [attrs for _, attrs in read.elements if attrs.get("role") == "img"]
    assert len(drawn) == len(read.named("svg")) == len(read.named("figcaption")) == 5
    assert drawn[0]["aria-label"] == "Partners by tier. Most stand on Pioneer: 17 of 39 partners."


# ── The figures ───────────────────────────────────────────────────────────────


def test_the_headline_of_elevate(pages: Any) -> None:
    text = Read.of(pages("elevate", "2025-05").review).text
    for said in ("Partners39", "Moved up6", "Moved down3", "At risk1", "To be paid, USD34,117.50to 27 partners"):
        assert said in re.sub(r"\s*\n\s*", "", text)


def test_money_by_rule_is_exact_and_credits_stand_apart(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").review)
    paid = read.tables["elevate--money-commissions"]
    assert paid[1] == ["Standard residual|clause E22", "USD", "57", "19,078.50", "25.00", "·", "19,103.50", "5"]
    assert paid[-1] == ["Together", "USD", "", "36,526.50", "25.00", "·", "36,551.50", ""]
    taken_off = read.tables["elevate--money-credits"]
    assert taken_off[-1] == ["Together", "USD", "", "3,443.87", "·", "·", "3,443.87", ""]
    statements = read.tables["elevate--money-statements"]
    assert statements[-1] == ["Together", "USD", "28", "-2,510.00", "36,551.50", "34,041.50"]


def test_a_workspace_without_rules_has_no_money(pages: Any) -> None:
    of = pages("growth", "2024-07")
    assert "Money" not in of.review
    assert not [path for path, html in of.partners.items() if "Statement" in html]


def test_from_where_to_where_adds_up(pages: Any) -> None:
    rows = Read.of(pages("elevate", "2025-05").review).tables["elevate-partner-matrix"]
    assert rows[0] == ["Month before", "Elite", "Trailblazer", "Pioneer", "No tier", "All"]
    assert rows[2] == ["Trailblazer", "1", "7", "1", "1", "10"]
    # P-1022 came in May, and stands in no row.
    assert rows[-1] == ["Now", "8", "10", "16", "4", "38"]


def test_who_moved_comes_by_what_happened_then_by_tier(pages: Any) -> None:
    rows = Read.of(pages("elevate", "2025-05").review).tables["elevate-partner-moved"][1:]
    assert [row[1].split()[1].partition("|")[0] for row in rows] == [
        *["promoted"] * 6,
        "demoted",
        "terminated",
        "suspended",
        "requalified",
        "enrolled",
    ]
    assert rows[0][0] == "Mesa Roja Protección Civil|P-1019"
    assert rows[0][2:] == [
        "Trailblazer → Elite",
        "2026-12-31",
        "Elite met on 2025-05-31: net new invoiced MRR of new logos 25,000, opportunities submitted 20",
        "E2, E4, E5",
    ]


def test_the_nearest_cliff_comes_first(pages: Any) -> None:
    read = Read.of(pages("elevate", "2026-12").review)
    rows = read.tables["elevate-partner-risk-table"][1:]
    assert rows[0][0] == "Mactan Contact Centers|P-1035"
    assert rows[0][2] == "2027-01-01"
    assert rows[0][5:8] == ["9,400", "10,000", "600"]
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    assert "15 partners fall on 2027-01-01, 1 day after the review day" in read.text


def test_what_bars_the_next_tier_is_counted_by_the_cheapest_way(pages: Any) -> None:
    of = pages("elevate", "2025-05")
    lacking: dict[str, set[tuple[str, str]]] = {}
    for row in of.tables["next_tier"].filter(pl.col("way") == 1).iter_rows(named=True):
        lacking.setdefault(row["partner_id"], set()).add((row["tier"], row["criterion"]))
    criterion = ("trailblazer", "net_new_mrr")
    everybody = [criteria for criteria in lacking.values() if criterion in criteria]
    alone = [criteria for criteria in everybody if len(criteria) == 1]
    row = Read.of(of.review).tables["elevate-partner-bars-table"][1]
    assert row == ["Net new invoiced MRR of new logos", "Trailblazer", str(len(everybody)), str(len(alone))]
    assert row[2:] == ["16", "9"]


def steps_of(*shares: str | None) -> list[dict[str, Any]]:
    criteria = ("mrr", "deals", "people")
    return [
        {"criterion": criterion, "share_missing": None if share is None else Decimal(share)}
        for criterion, share in zip(criteria, shares, strict=False)
    ]


@pytest.mark.parametrize(
    ("shares", "is_near"),
    [
        (("0.2", "0.2"), True),
        (("0.2", "0.2001"), False),
        (("0.5",), True),
        (("0.5001",), False),
        ((None,), True),
        ((None, "0.01"), False),
        (("0.01", "0.02", "0.2"), True),
    ],
)
def test_who_is_near_the_next_tier(shares: tuple[str | None, ...], is_near: bool) -> None:
    place = {"program": "p", "track": "t", "partner_id": "P-1", "tier": "gold", "way": 1}
    schema = {"share_missing": pl.Decimal(38, 6)}
    rows = pl.DataFrame([{**place, **step} for step in steps_of(*shares)], schema_overrides=schema)
    page = SimpleNamespace(made=SimpleNamespace(review=SimpleNamespace(tables={"next_tier": rows})))
    ladder = Ladder(page, SimpleNamespace(id="p"), "t")  # type: ignore[arg-type]
    assert near_misses(ladder).height == is_near


def test_the_smallest_gap_comes_first_and_is_never_rounded_away(pages: Any) -> None:
    rows = Read.of(pages("elevate", "2025-05").review).tables["elevate-partner-near-table"][1:]
    assert [row[0].partition("|")[2] for row in rows[:4]] == ["P-1002", "P-1006", "P-1015", "P-1004"]
    assert rows[0][2:] == [
        "over 99.99 %",
        "0.01 more net new invoiced MRR of new logos by 2025-12-31",
        "little is missing",
    ]
    assert rows[4][2] == "70 %"
    assert rows[4][4] == "one criterion left"


def test_all_partners_stand_in_the_page_once(pages: Any) -> None:
    of = pages("elevate", "2025-05")
    rows = Read.of(of.review).tables["elevate-partner-partners-table"][1:]
    ids = [row[0].partition("|")[2] for row in rows]
    assert sorted(ids) == of.tables["standing"]["partner_id"].sort().to_list()
    paid = {row["partner_id"]: row["payable"] for row in of.tables["statements"].iter_rows(named=True)}
    assert {id_: Decimal(row[-1].replace(",", "").replace("·", "0")) for id_, row in zip(ids, rows, strict=True)} == {
        id_: paid.get(id_, Decimal()) for id_ in ids
    }


# ── What is too long ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "total", "shown", "rest"),
    [
        (MOST_ROWS, None, MOST_ROWS, ""),
        (MOST_ROWS + 1, None, MOST_ROWS, "1 more in standing.csv"),
        (MOST_ROWS, 20_000, MOST_ROWS, "19,500 more in standing.csv"),
    ],
)
def test_a_long_table_says_where_the_rest_is(count: int, total: int | None, shown: int, rest: str) -> None:
    table = Table("t", "", (Column("a"),), tuple((Cell(str(at)),) for at in range(count)))
    short = cut(table, "standing.csv", total)
    assert (len(short.rows), short.rest) == (shown, rest)


@pytest.mark.parametrize("place", ["", "review.html"])
def test_a_page_without_tables_beside_it_says_how_to_get_them(tmp_path: Path, place: str) -> None:
    with making(copy_workspace(tmp_path / "growth", "growth"), "2024-07") as made:
        html = review_page(made, made.findings, file=lambda _: place)
    assert "14 partners, all of them in the tables (--format csv)." in html
    assert "All rows: the tables (--format csv); what each file" in html
    assert '<a href="partners/' not in html


# ── A partner's page ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(("sample", "month"), MONTHS)
def test_a_partners_page_names_no_other_partner(pages: Any, sample: str, month: str) -> None:
    of = pages(sample, month)
    names = dict(of.tables["standing"].select("partner_id", "partner_name").iter_rows())
    files = page_files(list(names))
    assert set(files.values()) == set(of.partners)
    for id_, name in names.items():
        text = of.partners[files[id_]]
        assert name.replace("&", "&amp;").replace("'", "&#39;") in text
        own = {name}
        assert not [other for other in names.values() if other not in own and other in text]
        assert set(PARTNER_ID.findall(text)) <= {id_}


def test_a_statement_adds_up_line_by_line(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").partners["partners/P-1016.html"])
    id_ = "elevate--statement-USD"
    assert read.tables[f"{id_}-sums"] == [
        ["This month", "Amount"],
        ["Opening balance", "-2,510.00"],
        ["Earned", "16,565.00"],
        ["Adjustments", "25.00"],
        ["Taken back", "·"],
        ["Balance", "14,080.00"],
        ["To pay|no pay day is set", "14,080.00"],
    ]
    earned = read.tables[f"{id_}-earned"][1:]
    assert earned[0] == [
        "SO-25-034|Recurring revenue · customer AC-540",
        "Additional residual of Elite partners",
        "2025-05",
        "10,000.00 USD × 2 %",
        "200.00",
        "E17, E18",
    ]
    amounts = [Decimal(row[4].replace(",", "")) for row in earned]
    assert sum(amounts[:-1]) == amounts[-1] == Decimal("16565.00")
    assert [row[4] for row in read.tables[f"{id_}-others"][1:]] == ["25.00", "25.00"]
    assert [row[4] for row in read.tables[f"{id_}-credits"][1:]] == ["400.00", "720.00", "1,120.00"]


@pytest.mark.parametrize(("sample", "month"), [("elevate", "2025-05"), ("infusionsoft", "2018-03")])
def test_every_line_stands_in_its_partners_page(pages: Any, sample: str, month: str) -> None:
    of = pages(sample, month)
    files = page_files(of.tables["standing"]["partner_id"].unique().to_list())
    for name in ("commissions", "credits"):
        for (partner,), lines in of.tables[name].group_by("partner_id"):
            tables = Read.of(of.partners[files[str(partner)]]).tables
            shown = [row[0].partition("|")[0] for rows in tables.values() if rows[0][0] == "Row" for row in rows[1:]]
            assert all(shown.count(id_) >= 1 for id_ in lines["source_id"])


def test_what_is_too_many_for_a_page_is_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (told_module, partners_module):
        monkeypatch.setattr(module, "MOST_LINES", 3)
    of = Pages.of(copy_workspace(tmp_path / "elevate"), "2025-05")
    rows = Read.of(of.partners["partners/P-1016.html"]).tables["elevate--statement-USD-earned"]
    # The third line of the three that have room is the adjustment of April.
    assert [row[4] for row in rows[1:]] == ["200.00", "300.00", "16,065.00", "16,565.00"]
    assert rows[3][0] == "6 further lines"


def test_a_scorecard_says_what_the_next_tier_takes(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").partners["partners/1E5.html"])
    asked = read.tables["elevate-partner-next"]
    assert asked[1] == [
        "Net new invoiced MRR of new logos|clause E2",
        "2025-01-01 to 2025-12-31",
        "10,800",
        "25,000",
        "43 %",
        "14,200",
        "not met",
    ]
    assert "it takes 14,200 more net new invoiced MRR of new logos by 2025-12-31" in read.text
    assert "It would bring Influencer certification, Executive sponsor" in read.text


def test_a_share_below_all_of_it_is_never_rounded_up(pages: Any) -> None:
    # P-1002 has 9,999.99 of 10,000.
    rows = Read.of(pages("elevate", "2025-05").partners["partners/P-1002.html"]).tables["elevate-partner-next"]
    assert rows[1][2:6] == ["9,999.99", "10,000", "99 %", "0.01"]


def test_what_has_to_be_exceeded_is_not_whole_when_it_is_reached(pages: Any) -> None:
    # CS-02 has a satisfaction of 4 where more than 4 is asked.
    rows = Read.of(pages("connectsoft", "2024-03").partners["partners/CS-02.html"]).tables["connectsoft-partner-asked"]
    (row,) = [row for row in rows if row[0].startswith("Customer satisfaction")]
    assert row[2:] == ["4", "more than 4", "99 %", "not met"]


def test_who_decided_on_a_tier_and_why_is_not_mailed(pages: Any) -> None:
    of = pages("elevate", "2025-05")
    assert "decision D-007 of M. Abara: Launch partner for the new region" in of.review
    page = of.partners["partners/P-1029.html"]
    assert "The tier rests on a decision." in page
    assert "Abara" not in page
    assert "Launch partner" not in page


def test_what_earned_nothing_is_told_with_why(pages: Any) -> None:
    of = pages("elevate", "2025-05")
    nothing = of.tables["not_earned"].filter(pl.col("partner_id") == "1E5")
    rows = Read.of(of.partners["partners/1E5.html"]).tables["elevate--statement-nothing"][1:]
    assert sum(int(row[1]) for row in rows) == nothing.height > 0


def asked(page: str, table: str) -> dict[str, list[str]]:
    """The rows of a scorecard's first table by what they require."""
    rows = Read.of(page).tables[table][1:]
    return {row[0].partition("|")[0]: row[2:] for row in rows}


def test_what_holds_anyway_is_not_met_and_lacks_nothing(pages: Any) -> None:
    # P-1014 earned Trailblazer through 2026, and 6,000 of 10,000 are left in September; the opportunities are there.
    page = pages("elevate", "2025-09").partners["partners/P-1014.html"]
    rows = asked(page, "elevate-partner-asked")
    assert rows["Net new invoiced MRR of new logos"] == ["6,000", "10,000", "60 %", "holds anyway"]
    assert rows["Opportunities submitted"][-1] == "✓ met"
    text = Read.of(page).text
    said = "It is held through 2026-12-31 by that grant, though not all that it asks is there today."
    assert said in text
    assert "What Trailblazer asks, and what is there; it holds through 2026-12-31" in text


@pytest.mark.parametrize(
    ("sample", "month", "partner", "said"),
    [
        (
            "elevate",
            "2025-09",
            "P-1029",
            "The tier rests on a decision. It is held through 2026-12-31 by that decision, though not all",
        ),
        ("growth", "2024-06", "G-09", "It is held through 2025-06-09, the end of the enrollment, by that placement,"),
    ],
)
def test_a_tier_that_lacks_something_says_why_it_holds(
    pages: Any, sample: str, month: str, partner: str, said: str
) -> None:
    assert said in Read.of(pages(sample, month).partners[f"partners/{partner}.html"]).text


def test_what_keeps_a_tier_that_may_be_lost_is_still_missing(pages: Any) -> None:
    # G-14 was extended through 2024-12-31, and its enrollment runs on: it falls unless 50,000 come in six months.
    page = pages("growth", "2024-06").partners["partners/G-14.html"]
    rows = asked(page, "growth-partner-asked")
    assert rows["Total revenue"] == ["0", "50,000", "0 %", "50,000", "8,333.33", "at risk"]
    assert "It is held through" not in page


def test_no_requirement_is_met_that_is_not(pages: Any) -> None:
    """Over all pages of a month: a tick stands only where the evidence says so."""
    of = pages("growth", "2024-06")
    met = of.tables["evidence"].filter(pl.col("outcome") == "met")
    for partner in of.tables["standing"]["partner_id"]:
        read = Read.of(of.partners[f"partners/{partner}.html"])
        rows = [row for id_, table in read.tables.items() if id_.endswith(("asked", "next")) for row in table[1:]]
        ticked = [row for row in rows if row[-1] == "✓ met"]
        assert len(ticked) <= met.filter(pl.col("partner_id") == partner).height
        figures = [row for row in ticked if row[2].isdecimal() and row[3].replace(",", "").isdecimal()]
        assert all(int(row[2]) >= int(row[3].replace(",", "")) for row in figures)


def test_a_tier_without_an_end_has_none_told(pages: Any) -> None:
    assert "without an end" not in "".join(pages("elevate", "2025-05").partners.values())


def test_what_the_partner_owes_is_owed_to_us(pages: Any) -> None:
    read = Read.of(pages("elevate", "2025-05").partners["partners/P-1017.html"])
    rows = read.tables["elevate--statement-USD-sums"]
    assert rows[-2:] == [["Balance", "-76.00"], ["Owed to us", "76.00"]]
    assert "76.00 USD owed to us." in read.text
    assert "by the partner" not in read.text


def test_a_pay_day_is_told_where_one_is_set(pages: Any) -> None:
    read = Read.of(min(pages("infusionsoft", "2018-03").partners.items())[1])
    assert "450.00 USD to pay on 2018-04-20." in read.text
    assert "no pay day is set" not in read.text


def test_a_line_names_its_export_by_its_title(pages: Any) -> None:
    page = pages("elevate", "2025-05").partners["partners/P-1016.html"]
    rows = [row for row in Read.of(page).tables["elevate--statement-USD-earned"][1:] if "|" in row[0]]
    assert rows != []
    assert {row[0].split("|")[1].partition(" · ")[0] for row in rows} == {"Recurring revenue"}


@pytest.mark.parametrize(
    ("condition", "value", "needed", "said"),
    [
        ("promotional", "true", "is false", "Promotional: yes, needed: no"),
        ("mrr.via_portal", "false", "is true", "Via portal: no, needed: yes"),
        ("order_type", "add", "is new_logo", "Order type: add, needed: new logo"),
        ("term_months", "12", "is 36", "Term: 12, needed: 36"),
        ("invoiced_on", None, "a day", "Invoiced on: none, needed: a day"),
        ("tier", "pioneer", "at least elite on 2025-05-08", "Tier: Pioneer, needed: at least Elite on 2025-05-08"),
        (
            "with.mrr",
            None,
            "a row of mrr by line_id",
            "Recurring revenue: none, needed: a row of recurring revenue by “Order line”",
        ),
        (
            "any",
            None,
            "quoted_on is empty or promotional is false",
            "none of: “Quoted on” is empty or “Promotional” is no",
        ),
    ],
)
def test_a_condition_is_told_in_words(condition: str, value: str | None, needed: str, said: str) -> None:
    (edition, *_), _ = load_ref("elevate", Path())
    titles = Titles(standard_exports().contracts, edition)
    assert titles.failed(("mrr",), {"condition": condition, "value": value, "needed": needed}) == said


def test_a_rate_names_a_date_by_its_title(pages: Any) -> None:
    page = "".join(pages("elevate", "2025-05").partners.values())
    assert "it needs tier at least Elite without a gap since the “Sold on” date" in page
    assert "sold_on" not in page


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ([{"at_most": 100, "of": "seats", "per": "partner"}], "limited to 100 seats in a fiscal month"),
        ([{"at_most": 2500, "per": "partner"}], "limited to 2,500.00 USD in a fiscal month"),
        (
            [{"at_most": 9, "per": "row"}, {"at_most": 80, "per": "customer_id"}],
            "limited to 9.00 USD a row in a fiscal month and 80.00 USD for each customer in a fiscal month",
        ),
        ([{"at_most": "5 %", "per": "partner"}], "limited by the rule's cap"),
        ([], "limited by the rule's cap"),
    ],
)
def test_a_limit_is_told_in_its_own_number(caps: list[dict[str, Any]], said: str) -> None:
    (edition, *_), _ = load_ref("elevate", Path())
    titles = Titles(standard_exports().contracts, edition)
    read = [Cap.model_validate({"each": "fiscal_month", "cuts": "evenly", **cap}) for cap in caps]
    assert limits_words(read, titles, ("partner_services", "mrr"), "USD") == said


# ── Figures ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "bound", "said"),
    [
        ("332.74947", "50000", "332.75"),
        ("9999.994", "10000", "9,999.99"),
        ("9999.996", "10000", "9,999.996"),
        ("10000.004", "10000", "10,000.004"),
        ("10000.006", "10000", "10,000.01"),
        ("24999.5", "25000", "24,999.5"),
        ("0.004", None, "0.004"),
        ("-0.126", None, "-0.13"),
    ],
)
def test_a_figure_has_two_decimals_unless_they_would_lie(value: str, bound: str | None, said: str) -> None:
    assert figure(Decimal(value), Decimal(bound) if bound else None) == said


@pytest.mark.parametrize(("missing", "said"), [("0.009999", "0.009999"), ("0.01", "0.01"), ("0.010001", "0.01")])
def test_less_than_a_cent_that_is_missing_is_told_whole(missing: str, said: str) -> None:
    assert missing_figure(Decimal(missing)) == said


def test_a_sentence_has_the_figures_of_its_table() -> None:
    row = {"value": Decimal("332.74947"), "threshold": Decimal(50000), "missing": Decimal("49667.25053")}
    text = "49,667.25053 more total revenue (now 332.74947), 1,332.74947 of another"
    assert shortened(text, [row]) == "49,667.25 more total revenue (now 332.75), 1,332.74947 of another"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("5,000.50 USD × 12.5 %", ["5,000.50 USD", "12.5 %"]),
        ("-7 % on 2025-05-31", ["-7 %", "2025-05-31"]),
        ("O'Neill's 3 seats of v2 USD <5 %", ["5 %"]),
    ],
)
def test_a_figure_is_not_parted_from_its_unit(text: str, kept: list[str]) -> None:
    read = Read.of(f"<p>{whole(text)}</p>")
    assert read.text == text
    assert re.findall(r'<span class="whole">([^<]*)</span>', str(whole(text))) == kept


# ── What no evidence loses ────────────────────────────────────────────────────


def test_of_what_two_tiers_ask_alike_the_larger_part_is_lacked(pages: Any) -> None:
    # G-09 lacks 2 certifications of Build and 4 of Scale, by one day: these bring those along.
    rows = Read.of(pages("growth", "2024-06").review).tables["growth-partner-partners-table"]
    (lacks,) = [row[-1] for row in rows if row[0].endswith("|G-09")]
    assert lacks.count("certifications completed") == 1
    assert "4 certifications completed" in lacks


def test_what_ends_with_an_enrollment_is_told_by_name(pages: Any) -> None:
    """Six tiers end with it, and of a launch partner somebody has to decide; G-14 falls before."""
    of = pages("growth", "2024-06")
    read = Read.of(of.review)
    rows = [(row[0].split("|")[1], row[2]) for row in read.tables["growth-partner-ending"][1:]]
    assert rows == [
        ("G-07", "2024-06-30"),
        ("G-08", "2024-07-15"),
        ("G-02", "2024-08-31"),
        ("G-10", "2024-09-30"),
        ("G-03", "2024-12-31"),
        ("G-05", "2024-12-31"),
        ("G-09", "2025-06-09"),
    ]
    assert "7 tiers end with their enrollment, 1 of them on 2024-06-30, the review day itself;" in read.text
    assert "Nobody falls" not in read.text


def test_what_no_evidence_supports_is_told_apart(pages: Any) -> None:
    read = Read.of(pages("growth", "2024-06").review)
    rows = [(row[0].split("|")[1], row[1], row[2]) for row in read.tables["growth-partner-unsupported"][1:]]
    assert rows == [("G-07", "Scale", "Launch"), ("G-09", "Build", "Launch"), ("G-14", "Scale", "Launch")]
    assert "3 tiers rest on a placement or a decision that the evidence does not support:" in read.text
    assert "1 at risk" in read.text
    assert "2 held to their end without all that is asked" in read.text
    cards = re.sub(r"\s*\n\s*", "", read.text)
    assert "At risk1first on 2025-01-01" in cards
    assert "End with the enrollment7first on 2024-06-30" in cards
    assert "Without evidence3held by placement or decision" in cards


def test_nobody_is_at_risk_only_where_nothing_ends(tmp_path: Path) -> None:
    """Without the partner that falls there is no figure that says that nobody does."""
    with making(copy_workspace(tmp_path / "growth", "growth"), "2024-06", ["G-02", "G-03"]) as made:
        text = re.sub(r"\s*\n\s*", "", Read.of(review_of(made)).text)
    assert "End with the enrollment2first on 2024-08-31" in text
    assert "At risk0" not in text
    assert "Nobody falls" not in text
    with making(copy_workspace(tmp_path / "elevate"), "2025-05", ["P-1016"]) as made:
        text = re.sub(r"\s*\n\s*", "", Read.of(review_of(made)).text)
    assert "At risk0" in text
    assert "Nobody falls as things go." in text


def test_balances_that_open_at_nothing_say_why(pages: Any, tmp_path: Path) -> None:
    said = "every balance opens at 0"
    assert said not in pages("elevate", "2025-05").review
    root = copy_workspace(tmp_path / "elevate")
    config = root / "tierctl.toml"
    config.write_text(re.sub(r"(?m)^starts = .*$", "", config.read_text("utf-8")), "utf-8")
    with making(root, "2025-05") as made:
        page = review_of(made)
    assert "No month before is posted, so every balance opens at 0." in page
    assert "no earlier month is closed, and [ledger] starts is not set: no month before is posted" in page


# ── Files ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id_", ["P-1001", "007", "1E5", "a.b", "Ab_c-9", "x" * 80])
def test_a_plain_id_is_the_name_of_its_file(id_: str) -> None:
    assert page_files([id_]) == {id_: f"partners/{id_}.html"}


@pytest.mark.parametrize(
    "id_",
    ["..", ".", "../x", "a/b", "a\\b", "a b", " P-1", "Ärzte", "", "con", "NUL.txt", "x" * 81, ".hidden", "x.", "\x00",
     "a..b/..", "12345678ab", "P-1-0123456789", "<script>", "%2e%2e", "a:b"],
)  # fmt: skip
def test_any_other_id_gets_a_safe_name(id_: str) -> None:
    (path,) = page_files([id_]).values()
    stem = path.removeprefix("partners/").removesuffix(".html")
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", stem)
    assert ".." not in stem
    assert stem != id_
    assert len(stem) <= 91


def test_ids_that_differ_by_case_or_by_what_no_name_has_get_different_files() -> None:
    files = page_files(["P-1", "p-1", "a b", "a/b", "a-b", "ß", "ss"])
    assert len({path.casefold() for path in files.values()}) == 7
    assert files["a-b"] == "partners/a-b.html"
    assert files["P-1"] != "partners/P-1.html"


# ── Months unlike others ──────────────────────────────────────────────────────


def test_a_review_without_partners_has_a_page(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    (root / "exports").mkdir(parents=True)
    (root / "tierctl.toml").write_text(TOML, encoding="utf-8")
    for name, text in HOSTILE.items():
        (root / "exports" / f"{name}.csv").write_text(text.partition("\n")[0] + "\n", encoding="utf-8")
    of = Pages.of(root, "2025-05")
    assert of.partners == {}
    assert "Nobody is on this track yet." in of.review
    assert Read.of(of.review).headings.count(1) == 1


def test_a_first_month_has_no_month_before(tmp_path: Path) -> None:
    of = Pages.of(copy_workspace(tmp_path / "elevate"), "2025-01")
    assert "the month before" not in of.review


def test_two_programs_stand_one_below_the_other(tmp_path: Path) -> None:
    root = copy_workspace(tmp_path / "growth", "growth")
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8").replace('programs = ["growth"]', 'programs = ["growth", "second.toml"]')
    toml.write_text(text, encoding="utf-8")
    bundled = next(resources.sample_data().parent.rglob("growth.toml"))
    own = bundled.read_text(encoding="utf-8").replace('id = "growth"', 'id = "second"')
    (root / "second.toml").write_text(
        re.sub(r'^id\s*=\s*"growth"', 'id = "second"', own, flags=re.MULTILINE), encoding="utf-8"
    )
    of = Pages.of(root, "2024-07")
    read = Read.of(of.review)
    assert read.headings[:3] == [1, 2, 3]
    assert {"growth--all", "second--all"} <= {attrs.get("id") for attrs in read.named("section")}


def test_a_month_opened_from_a_close_says_so(tmp_path: Path) -> None:
    root = copy_workspace(tmp_path / "infusionsoft", "infusionsoft")
    assert run_tierctl(root, "close", "--month", "2017-12", "--quiet").exit_code == 0
    of = Pages.of(root, "2018-01")
    assert re.search(r"opened from the close of 2017-12 \([0-9a-f]{12}\)", Read.of(of.review).text)
    assert all("opened from the close of 2017-12" in html for html in of.partners.values())


def test_a_review_of_some_partners_tells_of_them_alone(pages: Any, tmp_path: Path) -> None:
    with making(copy_workspace(tmp_path / "elevate"), "2025-05", ["P-1016"]) as made:
        of = dict(partner_pages(made))
    assert of == {"partners/P-1016.html": pages("elevate", "2025-05").partners["partners/P-1016.html"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "elite met on 2025-05-31: net_new_mrr 25000",
            "Elite met on 2025-05-31: net new invoiced MRR of new logos 25,000",
        ),
        (
            "not in force: it needs tier at least elite on sold_on",
            "not in force: it needs tier at least Elite on sold_on",
        ),
        ("agreements.standard_rate on the month's last day", "standard rate of agreements on the month's last day"),
        (
            "elite is no longer met: attested.nda 0, attested.plan 1",
            "Elite is no longer met: nda not attested, plan attested",
        ),
        ("asked by elite.example", "asked by elite.example"),
    ],
)
def test_a_report_is_told_in_the_programs_names(text: str, said: str) -> None:
    (edition, *_), _ = load_ref("elevate", Path())
    assert told_text(edition, "partner", text) == said
