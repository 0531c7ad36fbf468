"""The page of a what-if: one file that loads nothing and runs nothing, with drawings that are told in words too."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.cli.what_if_sample import cost, grid, moved, single, sweep, tables
from tests.html_elements import Elements
from tierctl.cli.whatif.page import page
from tierctl.cli.whatif.view import Edit, WhatIf

NASTY = '<script>alert("x")</script><img src=x onerror=alert(1)> & \'"'


@dataclass
class Read(Elements):
    """A page as read: its elements with their attributes, its text, its tables as rows of cells."""

    text: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open and self.open[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data


def nasty() -> WhatIf:
    """Whatever comes from files is markup."""
    movements = [moved(1, NASTY, "pioneer", "elite", partner_name=NASTY, why=NASTY)]
    return single(
        tables={**single().tables, "movements": tables(movements=movements)["movements"]},
        edits=(Edit(NASTY, NASTY, None, NASTY, NASTY),),
        rows={NASTY: (1, 0)},
    )


def nasty_sweep() -> WhatIf:
    found = sweep(["1", "2"])
    program = found.programs[0]
    track = program.tracks["partner"]
    tiers = tuple(tier.model_copy(update={"name": NASTY}) for tier in track.tiers)
    changed = program.model_copy(
        update={"name": NASTY, "tracks": {"partner": track.model_copy(update={"tiers": tiers, "name": NASTY})}}
    )
    return sweep(["1", "2"], programs=(changed,))


@pytest.mark.parametrize("make", [single, nasty, sweep, nasty_sweep, lambda: grid(["1", "2"], ["3", "4"])])
def test_a_page_loads_nothing_and_runs_nothing(make: Callable[[], WhatIf]) -> None:
    html = page(make(), "movements.csv")
    read = Read.of(html)
    assert {"script", "link", "iframe", "object", "img", "image", "use", "foreignobject", "a"}.isdisjoint(
        name for name, _ in read.elements
    )
    assert [
        name for _, attrs in read.elements for name in attrs if name.startswith("on") or name in {"href", "src"}
    ] == []
    assert {value for _, attrs in read.elements for name, value in attrs.items() if "://" in (value or "")} <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    policy = next(attrs["content"] for attrs in read.named("meta") if attrs.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_what_a_file_says_is_text() -> None:
    read = Read.of(page(nasty(), ""))
    cells = [cell for table in read.tables for row in table for cell in row]
    assert cells.count(NASTY) == 3
    assert any(text.startswith(f"{NASTY}: {NASTY} → {NASTY} ({NASTY})") for text in read.text)


def test_what_a_program_says_is_text_in_a_drawing_too() -> None:
    html = page(nasty_sweep(), "")
    assert "<script" not in html
    assert NASTY in Read.of(html).text


BARS = (
    "Partners by tier at the end of 2025-05, as it is and as it would be: Elite 8, 10; Trailblazer 10, 8; Pioneer 17,"
    " 17; no tier 4, 4."
)
TIERS = (
    "Partners by tier at the end of 2025-05, over elite.net_new_mrr from 15,000 to 30,000: Elite 13 to 10; Trailblazer"
    " 9 to 12."
)
COSTS = (
    "Costs in 2025-05, USD, over elite.net_new_mrr from 15,000 to 30,000: commissions and credits 1,300 to 1,000; as it"
    " is 1,000 to 1,000."
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (single, [BARS]),
        (sweep, [TIERS, COSTS]),
        (
            lambda: grid(["1", "2"], ["3", "4"]),
            ["How much more it costs, USD, over elite.net_new_mrr and additional_residual.rate: from 0 to 101."],
        ),
        (lambda: sweep(["attained", "month_end"]), []),
    ],
)
def test_each_drawing_is_told_in_words(make: Callable[[], WhatIf], words: list[str]) -> None:
    read = Read.of(page(make(), ""))
    pictures = [attrs for attrs in read.named("div") if attrs.get("role") == "img"]
    assert [attrs["aria-label"] for attrs in pictures] == words
    assert len(read.named("svg")) == len(words)
    assert [text for text in read.text if text in words] == words


def test_the_tables_of_one_variant() -> None:
    matrix, movements, costs = Read.of(page(single(), "")).tables
    assert matrix == [
        ["As it is", "Elite", "Trailblazer", "Pioneer", "no tier", "together"],
        ["Elite", "8", "·", "·", "·", "8"],
        ["Trailblazer", "2", "8", "·", "·", "10"],
        ["Pioneer", "·", "·", "17", "·", "17"],
        ["no tier", "·", "·", "·", "4", "4"],
        ["together", "10", "8", "17", "4", "39"],
    ]
    assert movements[1] == [
        "007", "Name of 007", "Trailblazer → Elite", "+240.00 USD", "elite net_new_mrr: 24,999.5 is 20,000",
    ]  # fmt: skip
    assert costs[-1] == ["Together", "", "USD", "23,095.37", "23,315.87", "+220.50"]


def test_the_table_of_a_sweep_and_of_a_grid() -> None:
    moves, variants = Read.of(page(sweep(), "")).tables
    # Elite has 10 + 4 - n partners in variant n: P-0 rises in the first three, P-1 in two of these, P-2 in one.
    assert moves == [
        ["Partner", "Name", "Tier", "Values", "Why"],
        ["P-0", "Name of P-0", "Trailblazer → Elite", "15,000 to 25,000", ""],
        ["P-1", "Name of P-1", "Trailblazer → Elite", "15,000 to 20,000", ""],
        ["P-2", "Name of P-2", "Trailblazer → Elite", "15,000", ""],
    ]
    assert variants[1] == ["15,000", "3", "·", "USD", "1,300.00", "+300.00", "0.00", "·"]
    moves, more = Read.of(page(grid(["1", "2"], ["3", "4"]), "")).tables
    assert moves == [["elite.net_new_mrr", "3", "4"], ["1", "·", "·"], ["2", "1 up", "1 up"]]
    assert more == [["elite.net_new_mrr", "3", "4"], ["1", "·", "+1"], ["2", "+100", "+101"]]


@pytest.mark.parametrize(("count", "note"), [(2_000, None), (2_003, "And 3 more: the place.")])
def test_a_page_has_two_thousand_movements(count: int, note: str | None) -> None:
    rows = [moved(1, f"P-{at:04}", "elite", "pioneer") for at in range(count)]
    found = single(tables={**single().tables, "movements": tables(movements=rows)["movements"]})
    read = Read.of(page(found, "the place"))
    assert len(read.tables[1]) == 2_001
    assert [text for text in read.text if text.startswith("And ")] == ([note] if note else [])


def test_a_drawing_of_squares_for_each_currency_has_ids_of_its_own() -> None:
    found = grid(["1", "2"], ["3", "4"])
    costs = [
        cost(n, "additional_residual", "1", str(n + place), currency=currency)
        for n in range(1, 5)
        for place, currency in enumerate(("EUR", "USD"))
    ]
    read = Read.of(
        page(grid(["1", "2"], ["3", "4"], tables={**found.tables, "costs": tables(costs=costs)["costs"]}), "")
    )
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids)) == 2


def test_the_same_answer_makes_the_same_page() -> None:
    assert page(sweep(), "") == page(sweep(), "")
