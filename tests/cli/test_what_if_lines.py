"""What a person sees of a what-if on the terminal: matrix, movements, costs, sweeps, plots and grids."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.what_if_sample import KEY, cost, grid, moved, paid, single, sweep, tables
from tierctl.cli.whatif.lines import lines
from tierctl.cli.whatif.plot import Axis, Curve, Paper, Plot, plot_lines
from tierctl.cli.whatif.view import Edit, WhatIf
from tierctl.program.load import load_ref

SINGLE = """\
What if · 2025-05                                        Elevate Partner Program
  elite.requires.net_new_mrr.at_least  25,000 → 20,000 · elevate.toml:63
  Against 2025-05 as the program files and today's exports have it.

Tiers               at the end of 2025-05; rows as it is, columns as it would be
              ┃ Elite ┃ Trailblazer ┃ Pioneer ┃ no tier ┃ together
  ━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━
  Elite       │     8 │           · │       · │       · │        8
  Trailblazer │     2 │           8 │       · │       · │       10
  Pioneer     │     · │           · │      17 │       · │       17
  no tier     │     · │           · │       · │       4 │        4
  together    │    10 │           8 │      17 │       4 │       39

Who gains and who loses                                  2 up · 1 in money alone
  ▲  007     Name of 007     Trailblazer → Elite    +240.00 USD
      elite net_new_mrr: 24,999.5 is 20,000
  ▲  P-1006  Name of P-1006  Trailblazer → Elite
      elite net_new_mrr: 21,000 is 20,000
  =  P-1007  Name of P-1007  Elite                   -19.50 USD
      another rate

Costs                                                                 in 2025-05
                                                 as it is   would be  difference
  Commissions
    Additional residual of Elite partners  USD     548.00     768.50     +220.50
    Standard residual                      USD  19,103.50  19,103.50           ·
  Credits
    Teams Calling at headquarters          USD   3,443.87   3,443.87           ·
  Together                                 USD  23,095.37  23,315.87     +220.50
"""
SWEEP = """\
What if · 2025-05                                        Elevate Partner Program
  elite.net_new_mrr from 15,000 to 30,000: 4 values
  Against 2025-05 as the program files and today's exports have it.

Variants                                                                  in USD
  elite.net_new_mrr  ▲ up  ▼ down  commissions     more  credits  more
             15,000     3       ·     1,300.00  +300.00     0.00     ·
             20,000     2       ·     1,200.00  +200.00     0.00     ·
             25,000     1       ·     1,100.00  +100.00     0.00     ·
             30,000     ·       ·     1,000.00        ·     0.00     ·

Partners by tier at the end of 2025-05
  * Elite · o Trailblazer
"""
LONG = [str(15_000 + 500 * step) for step in range(41)]


def shown(found: WhatIf, width: int = 80, *, encoding: str = "utf-8", place: str = "--json") -> str:
    """What is printed, as a pipe sees it."""
    make = Console if encoding == "utf-8" else Ascii
    console = make(width=width, file=StringIO())
    return "".join(f"{line.plain.rstrip()}\n" for line in lines(found, console, place))


class Ascii(Console):
    """A terminal that knows no letter beyond those of ASCII."""

    @property
    def encoding(self) -> str:
        return "ascii"


def test_one_variant() -> None:
    assert shown(single()) == SINGLE


def test_a_sweep_has_a_line_for_each_variant_and_two_plots() -> None:
    text = shown(sweep())
    assert text.startswith(SWEEP)
    assert text.count("elite.net_new_mrr\n") == 2
    assert "\nCosts in 2025-05, USD\n  * commissions and credits · o as it is\n1,300┤*" in text


def test_a_wide_page_has_two_plots_beside_each_other_and_notes_beside_rows() -> None:
    titles = next(line for line in shown(sweep(), 160).splitlines() if line.startswith("Partners by tier"))
    assert titles.endswith(" Costs in 2025-05, USD")
    assert "+240.00 USD  elite net_new_mrr: 24,999.5 is 20,000\n" in shown(single(), 160)


def long_names() -> WhatIf:
    """Everything is as long as it may be."""
    why = "elite net_new_mrr: 24,999.5 is under 25,000; elite opportunities: 19 is under 20" * 3
    rows = [
        moved(1, f"PARTNER-{at:06}-OF-THE-NORTH", "pioneer", "elite", partner_name="Ø" * 90, why=why)
        for at in range(40)
    ]
    edit = Edit("programs/elevate-2025-second-edition.toml", "tracks.partner." * 9, 12, "x" * 60, "y" * 60)
    return single(tables={**single().tables, "movements": tables(movements=rows)["movements"]}, edits=(edit,))


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize(
    "make", [single, sweep, long_names, lambda: sweep(LONG), lambda: grid(LONG, [f"{n}%" for n in range(1, 60)])]
)
def test_no_line_is_wider_than_the_page(make: Callable[[], WhatIf], width: int) -> None:
    assert max(map(len, shown(make(), width).splitlines())) <= min(width, 140)


@pytest.mark.parametrize(
    ("count", "rest"), [(20, ""), (21, "\n  and 1 more: out/\n"), (1020, "\n  and 1,000 more: out/\n")]
)
def test_of_many_movements_the_first_twenty_are_shown(count: int, rest: str) -> None:
    rows = [moved(1, f"P-{at:04}", "elite", "pioneer") for at in range(count)]
    found = single(tables={**single().tables, "movements": tables(movements=rows)["movements"]})
    text = shown(found, place="out/")
    assert text.count("  ▼  P-") == 20
    assert rest in text
    assert (" more: out/" in text) is bool(rest)


def test_who_rises_comes_first_and_then_who_moves_most_money() -> None:
    rows = [
        moved(1, "A", "elite", "elite", **paid("0", "9000")),
        moved(1, "B", "elite", "pioneer", **paid("5", "4")),
        moved(1, "C", "elite", "pioneer", **paid("500", "4")),
        moved(1, "D", "pioneer", "elite"),
        moved(1, "E", "pioneer", "elite", **paid("0", "1")),
    ]
    text = shown(single(tables={**single().tables, "movements": tables(movements=rows)["movements"]}))
    assert [line[5] for line in text.splitlines() if line[2:3] in {"▲", "▼", "="}] == ["E", "D", "C", "B", "A"]


@pytest.mark.parametrize(("count", "about"), [(25, "in USD"), (26, "in USD; 25 of 26, evenly chosen; all: --json")])
def test_of_many_variants_25_are_shown_evenly_chosen(count: int, about: str) -> None:
    text = shown(sweep([str(1000 + at) for at in range(count)]))
    head = next(line for line in text.splitlines() if line.startswith("Variants"))
    assert head == f"Variants{about:>72}"
    table = text.partition("Variants")[2].partition("\n\n")[0].splitlines()[2:]
    values = [line.split()[0] for line in table]
    assert len(values) == 25
    assert (values[0], values[-1]) == ("1,000", f"{999 + count:,}")


def stretched(*variants: int) -> WhatIf:
    """P-1 rises in these variants of eight, P-2 falls in the last alone."""
    rows = [
        moved(n, "P-1", "trailblazer", "elite", why=f"elite net_new_mrr: 9999 reaches {n * 1000}") for n in variants
    ]
    rows += [moved(8, "P-2", "elite", "pioneer", why="elite net_new_mrr: 7500 is under 8000")]
    rows += [moved(n, "P-3", "elite", "elite", **paid("1", "2")) for n in range(1, 9)]
    found = sweep([str(n * 1000) for n in range(1, 9)])
    return replace(found, tables={**found.tables, "movements": tables(movements=rows)["movements"]})


@pytest.mark.parametrize(
    ("variants", "values", "bound"),
    [
        ((1, 2, 3), "1,000 to 3,000", "3,000"),
        ((4,), "4,000", "4,000"),
        ((6, 7, 8), "6,000 to 8,000", "6,000"),
        ((1, 3, 4, 7), "1,000, 3,000 to 4,000, 7,000", "1,000"),
    ],
)
def test_a_sweep_tells_who_moves_at_which_values(variants: tuple[int, ...], values: str, bound: str) -> None:
    """Whose money alone differs is not among them; the reason is that of the end towards the baseline."""
    text = shown(stretched(*variants)).partition("Who moves, and at which values\n")[2]
    assert " ".join(text.split()) == (
        f"▲ P-1 Name of P-1 Trailblazer → Elite {values} elite net_new_mrr: 9,999 reaches {bound}"
        " ▼ P-2 Name of P-2 Elite → Pioneer 8,000 elite net_new_mrr: 7,500 is under 8,000"
    )


@pytest.mark.parametrize(("count", "rest"), [(20, ""), (21, "  and 1 more: --json\n")])
def test_of_many_who_move_along_a_sweep_twenty_are_shown(count: int, rest: str) -> None:
    text = shown(sweep([str(1000 + at) for at in range(count + 1)]))
    assert text.count("  ▲  P-") == 20
    assert text.endswith(rest)


def test_what_a_bound_decides_is_drawn_in_steps_from_nothing_on() -> None:
    """Between two values of the sweep the first one's count holds."""
    text = shown(sweep(["1000", "2000"]))
    tiers = text.partition("Partners by tier")[2].partition("\n\n")[0].splitlines()
    assert tiers[-4].startswith(" 0┤")
    assert max(line.count("*") for line in tiers) > 70


def test_a_sweep_downwards_is_drawn_as_the_one_upwards() -> None:
    axes = [Axis(KEY, [Decimal(n) for n in values], [str(n) for n in values]) for values in ((1, 2, 3), (3, 2, 1))]
    curves = [Curve("one", values) for values in ((5, 5, 9), (9, 5, 5))]
    up, down = (
        plot_lines(Plot("A title", [curve], is_stepped=True), axis, Paper(60, 8))
        for axis, curve in zip(axes, curves, strict=True)
    )
    assert [line.plain for line in up] == [line.plain for line in down]


def test_values_that_are_no_numbers_have_no_plot() -> None:
    text = shown(sweep(["month_end", "attained", "next_month", "never"]))
    assert "attained" in text
    assert "┤" not in text


def test_a_sweep_that_moves_nothing_has_no_plot() -> None:
    same = [cost(n, "additional_residual", "1000", "1000") for n in (1, 2)]
    found = sweep(["1", "2"])
    flat = {name: found.tables[name].filter(found.tables[name]["variant"] == 0) for name in ("tiers", "movements")}
    text = shown(replace(found, tables={**found.tables, **flat, "costs": tables(costs=same)["costs"]}))
    assert "┤" not in text
    assert text.count("     ·       ·     1,000.00     ·     0.00     ·\n") == 2
    assert text.endswith("\n\nNo variant moves a tier or an amount.\n")


def test_shares_are_drawn_by_their_per_cents() -> None:
    text = shown(sweep(["5 %", "7.5 %", "10 %"]))
    assert "\n  elite.net_new_mrr from 5 % to 10 %: 3 values\n" in text
    assert any(line.split() == ["5", "%", "7.5", "%", "10", "%"] for line in text.splitlines())


def test_an_old_encoding_gets_plain_frames() -> None:
    assert (shown(sweep(), encoding="ascii") + shown(single(), encoding="ascii")).count("┤") == 0
    assert "\n15+\n" in shown(sweep(), encoding="ascii")
    assert "\n  Trailblazer |     2 |           8 |" in shown(single(), encoding="ascii")


def test_several_currencies_have_a_line_each() -> None:
    costs = [
        cost(n, "additional_residual", "1000", after, currency=currency)
        for n in (1, 2)
        for currency, after in (("EUR", "1000"), ("JPY", str(1000 + n)))
    ]
    text = shown(sweep(["1", "2"], tables={**sweep(["1", "2"]).tables, "costs": tables(costs=costs)["costs"]}))
    table = text.partition("Variants\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split() for line in table[1:]] == [
        ["1", "1", "·", "EUR", "1,000.00", "·", "0.00", "·"],
        ["JPY", "1,001", "+1", "0", "·"],
        ["2", "·", "·", "EUR", "1,000.00", "·", "0.00", "·"],
        ["JPY", "1,002", "+2", "0", "·"],
    ]
    # What does not differ is not drawn.
    assert "\nCosts in 2025-05, JPY\n" in text
    assert "\nCosts in 2025-05, EUR\n" not in text


def test_two_sweeps_are_a_grid() -> None:
    text = shown(grid(["15000", "20000"], ["1 %", "2 %", "3 %"]))
    assert text.endswith(
        "Partners who move up and down\n"
        "  down elite.net_new_mrr, across additional_residual.rate\n"
        "          1 %  2 %  3 %\n"
        "  15,000    ·    ·    ·\n"
        "  20,000   ▲1   ▲1   ▲1\n"
        "\n"
        "How much more it costs, USD\n"
        "  down elite.net_new_mrr, across additional_residual.rate\n"
        "           1 %   2 %   3 %\n"
        "  15,000     ·    +1    +2\n"
        "  20,000  +100  +101  +102\n"
    )


def test_a_grid_with_too_many_columns_shows_some_evenly_chosen() -> None:
    text = shown(grid(["15000"], [f"{n}%" for n in range(100)]))
    last = text.splitlines()
    assert last[-1] == "  1 of 1 by 14 of 100 values, evenly chosen; all: --json"
    assert last[-3].split()[:2] == ["0%", "8%"]
    assert last[-3].split()[-1] == "99%"


def test_a_backtest_has_a_line_for_each_month_and_the_sum() -> None:
    months = [{"month": month} for month in ("2025-04", "2025-05")]
    whole = single().tables
    rows = [
        moved(1, "A", "pioneer", "elite", **paid("0", "10"), **months[0]),
        moved(1, "A", "pioneer", "elite", **paid("0", "20"), **months[1]),
        moved(1, "B", "pioneer", "elite", **months[1]),
    ]
    costs = [
        cost(1, "additional_residual", "100", after, **month)
        for after, month in zip(("110", "120"), months, strict=True)
    ]
    found = single(
        months=("2025-04", "2025-05"),
        is_backtest=True,
        tables={**whole, "movements": tables(movements=rows)["movements"], "costs": tables(costs=costs)["costs"]},
    )
    text = shown(found)
    assert text.startswith("What if · 2025-04 to 2025-05 ")
    assert (
        "\n  Against each month as the program files and today's exports have it, as if\n  none were closed.\n" in text
    )
    months_ = text.partition("Month by month\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split() for line in months_] == [
        ["up", "down", "more", "USD"],
        ["2025-04", "1", "·", "+10.00"],
        ["2025-05", "2", "·", "+20.00"],
    ]
    assert "\nCosts                                                              over 2 months\n" in text
    assert text.splitlines()[-1].split() == ["Together", "USD", "200.00", "230.00", "+30.00"]
    # Each partner and month counts.
    assert "3 up\n" in text


def test_nothing_differs() -> None:
    found = single(tables={**tables(), "variants": single().tables["variants"]})
    assert shown(found).endswith("\nWho gains and who loses\n  Nobody's tier and nobody's money differs.\n")


def test_of_several_tracks_each_has_its_matrix_and_movements_name_theirs() -> None:
    tracks = ("var", "service")
    place = {"program": "infusionsoft"}
    rows = [
        {"tier_before": "certified", "tier_after": "pro", "partners": n, "track": track}
        for n, track in enumerate(tracks, 1)
    ]
    movers = [moved(1, "A", "pioneer", "elite", tier_before="certified", tier_after="pro", track="service", **place)]
    found = WhatIf(
        months=("2025-05",),
        count=1,
        tables=tables(transitions=[{"variant": 1, **place, **row} for row in rows], movements=movers),
        programs=load_ref("infusionsoft", Path())[0],
    )
    text = shown(found)
    assert "\nTiers · Value added reseller\n" in text
    assert "\nTiers · Service partner\n" in text
    assert "App developer" not in text
    assert "  ▲  A  Name of A  Certified → Pro · Service partner\n" in text


def test_the_baseline_and_hypothetical_rows_are_told() -> None:
    text = shown(single(opened_from="2025-04", rows={"mrr": (3, 0), "partners": (1, 2)}))
    assert "\n  mrr: 3 hypothetical rows\n" in text
    assert "\n  partners: 1 hypothetical row; 2 more dated after 2025-05 left out\n" in text
    assert "exports have it, opened from the close of 2025-04. " in " ".join(text.split())


def test_a_name_is_text_and_never_markup() -> None:
    rows = [moved(1, "P-1", "pioneer", "elite", partner_name="[red]Tail[/red] :smile:")]
    found = single(tables={**single().tables, "movements": tables(movements=rows)["movements"]})
    assert "[red]Tail[/red] :smile:" in shown(found)


def test_a_terminal_without_colour_gets_none() -> None:
    def printed(*, no_color: bool) -> str:
        console = Console(width=80, file=StringIO(), force_terminal=True, color_system="truecolor", no_color=no_color)
        for line in lines(sweep(), console, ""):
            console.print(line)
        file = console.file
        assert isinstance(file, StringIO)
        return file.getvalue()

    assert "\x1b[36m" in printed(no_color=False)
    assert "\x1b[3" not in printed(no_color=True)


@pytest.mark.parametrize("values", [[5, 5], [Decimal("-3.5"), Decimal("1200.75")], [0, 10**12], [1, 2]])
def test_a_plot_holds_every_value(values: list[Decimal]) -> None:
    axis = Axis(KEY, [Decimal(1), Decimal(2)], ["1", "2"])
    drawn = plot_lines(Plot("A title", [Curve("one", values)]), axis, Paper(60, 8))
    assert drawn[0].plain == "A title"
    assert len(drawn) == 8 + 3
    assert sum("*" in line.plain for line in drawn[2:]) >= 1
