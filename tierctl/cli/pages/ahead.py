"""What lies ahead: who is at risk and what they need, who is near the next tier, and what bars it most often."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tierctl.cli import words
from tierctl.cli.explained.ahead import cheapest
from tierctl.cli.explained.part import Part, listed, percent
from tierctl.cli.layout import number, plural
from tierctl.cli.pages.drawing import Bar, Bars, draw
from tierctl.cli.pages.figures import figure, figure_cell, missing_cell, shortened
from tierctl.cli.pages.held import held_tables, held_words, outlook_words
from tierctl.cli.pages.parts import (
    MOST_ROWS,
    Cell,
    Chart,
    Column,
    Section,
    Table,
    count_cell,
    cut,
    date_cell,
    heights,
    number_cell,
    plain,
    share_of,
)
from tierctl.cli.pages.view import Ladder, criterion_name

_MOST_BARS: Final = 8
_NEAR: Final = Decimal("0.2")
_NEAR_ALONE: Final = Decimal("0.5")
_BARS: Final = "What bars the next tier"
_STYLES: Final = {"at_risk": "warn", "cannot_by_pace": "down", "on_pace": "up", "requalified": "up"}


def risk_section(ladder: Ladder) -> Section:
    """Who falls if things go on as they do, when, and what would keep the tier."""
    risk, id_ = ladder.at_risk, f"{ladder.id}-risk"
    ends, apart, tables = outlook_words(ladder, words.OUTLOOKS), tuple(held_words(ladder)), tuple(held_tables(ladder))
    if risk.is_empty():
        said = apart or ("Nobody falls as things go.",)
        return Section(id_, "At risk", " ".join((*said, ends)), tables=tables)
    charts = [_cliffs(ladder)] if risk["falls_on"].n_unique() > 1 else []
    rows = tuple(_risky(ladder, risk.head(MOST_ROWS)))
    table = Table(
        f"{id_}-table",
        "Who falls as things go, and what each needs: the criterion that decides, the nearest day first",
        (
            Column("Partner"),
            Column("Falls", is_choice=True),
            Column("On", "date"),
            Column("Outlook", is_choice=True),
            Column("Criterion"),
            Column("Attained", "number"),
            Column("Asked", "number"),
            Column("Missing", "number"),
            Column("A month", "number"),
        ),
        rows,
        note="A month: what each month that remains has to bring; empty where no month remains.",
    )
    cut_table = cut(table, ladder.page.file("requalification"), risk.height)
    lead = " ".join((_risk_lead(ladder), *apart, ends))
    return Section(id_, "At risk", lead, charts=(*charts, _gaps(ladder)), tables=(cut_table, *tables))


def near_section(ladder: Ladder) -> Section:
    """Who lacks little of the next tier."""
    id_, title, near = f"{ladder.id}-near", "Near misses", near_misses(ladder)
    every, half = percent(1 - _NEAR), percent(1 - _NEAR_ALONE)
    bound = f"at least {every} of every criterion is there, or one alone is missing and at least {half} of it is there"
    if near.is_empty():
        return Section(id_, title, f"Nobody is close to the next tier ({bound}).")
    shown = near.head(MOST_ROWS)
    told = ladder.page.book.told(shown["partner_id"].to_list())
    rows = []
    for row in shown.iter_rows(named=True):
        part = ladder.page.book.part(told[row["partner_id"]], ladder.program, ladder.name)
        rows.append(_near_row(ladder, row, part))
    table = Table(
        f"{id_}-table",
        "What is missing of the next tier by the cheapest way, the smallest gap first",
        (
            Column("Partner"),
            Column("Would rise", is_choice=True),
            Column("Least attained", "number"),
            Column("Lacks"),
            Column("Near because", is_choice=True),
        ),
        tuple(rows),
    )
    lead = f"{plural(near.height, 'partner')} {'is' if near.height == 1 else 'are'} close to the next tier: {bound}."
    return Section(id_, title, lead, tables=(cut(table, ladder.page.file("next_tier"), near.height),))


def bars_section(ladder: Ladder) -> Section | None:
    """Which criteria keep partners below their next tier, and for how many one is the only bar."""
    steps = ladder.rows("next_tier").filter(pl.col("way") == 1)
    if steps.is_empty():
        return None
    alone = pl.col("criterion").n_unique().over("partner_id", "tier") == 1
    counted = (
        steps.with_columns(alone=alone)
        .unique(["partner_id", "tier", "criterion"])
        .group_by("tier", "criterion")
        .agg(pl.len().alias("lacking"), pl.col("alone").sum().cast(pl.Int64).alias("only"))
        .sort("lacking", "only", "tier", "criterion", descending=[True, True, False, False])
    )
    rows = counted.to_dicts()
    first, below = rows[0], steps["partner_id"].n_unique()
    what = criterion_name(ladder.program, first["criterion"])
    besides = f"{number(first['only'])} of them nothing else" if first["only"] else "all of them something else, too"
    said = (
        f"{what} for {ladder.tier(first['tier'])} is what most often bars the next tier:"
        f" {number(first['lacking'])} lack it, {besides}."
    )
    shown, rest = heights(rows, _MOST_BARS)
    groups = [
        Bars(
            criterion_name(ladder.program, row["criterion"]),
            (
                Bar(row["lacking"], f"{number(row['lacking'])} lack it", "bar-warn"),
                *([Bar(row["only"], f"{number(row['only'])} lack only this", "now")] if row["only"] else []),
            ),
            ladder.tier(row["tier"]),
        )
        for row in shown
    ]
    said += f" {plural(rest, 'further criterion', 'further criteria')} in the table alone." if rest else ""
    chart = Chart("Partners that lack a criterion of their next tier", draw(groups), said)
    verb = "lacks" if below == 1 else "lack"
    lead = f"{plural(below, 'partner')} {verb} something of the next tier; counted is the cheapest way to it."
    return Section(f"{ladder.id}-bars", _BARS, lead, charts=(chart,), beside=(_bars_table(ladder, rows),))


def _bars_table(ladder: Ladder, rows: Sequence[Mapping[str, Any]]) -> Table:
    cells = tuple(
        (
            Cell(criterion_name(ladder.program, row["criterion"])),
            Cell(ladder.tier(row["tier"])),
            count_cell(row["lacking"]),
            count_cell(row["only"]),
        )
        for row in rows
    )
    columns = (Column("Criterion"), Column("Of"), Column("Lack it", "number"), Column("Lack only this", "number"))
    table = Table(
        f"{ladder.id}-bars-table", "How many partners lack what of their next tier", columns, cells, is_fixed=True
    )
    return cut(table, ladder.page.file("next_tier"))


def _risk_lead(ladder: Ladder) -> str:
    risk = ladder.at_risk
    first = risk["falls_on"][0]
    count = risk.filter(pl.col("falls_on") == first).height
    falling = f"{plural(count, 'partner')} {'falls' if count == 1 else 'fall'} on {first}"
    away = _days(ladder.page.day, first)
    return f"Nearest cliff: {falling}, {away} after the review day, unless what is missing comes."


def _days(day: date, until: date) -> str:
    return plural((until - day).days, "day")


def _risky(ladder: Ladder, rows: pl.DataFrame) -> Iterator[tuple[Cell, ...]]:
    others = _others(ladder)
    for row in rows.iter_rows(named=True):
        left = others.get((row["partner_id"], row["tier"]), 1) - 1
        more = f"and {plural(left, 'more criterion', 'more criteria')}" if left else ""
        yield (
            ladder.partner(row["partner_id"]),
            Cell(words.move(ladder.program, ladder.name, row["tier"], row["falls_to"])),
            date_cell(row["falls_on"]),
            Cell(words.OUTLOOKS[row["outlook"]], style=_STYLES[row["outlook"]]),
            Cell(criterion_name(ladder.program, row["criterion"]), note=more),
            figure_cell(row["value"], row["threshold"]),
            number_cell(row["threshold"]),
            missing_cell(row["missing"]),
            number_cell(row["needed_per_month"]),
        )


def _others(ladder: Ladder) -> dict[tuple[str, str], int]:
    """How many criteria of a tier that ends are not met yet, by partner and tier."""
    unmet = ladder.rows("requalification").filter(pl.col("outlook") != "requalified")
    return {(partner, tier): count for partner, tier, count in unmet.group_by("partner_id", "tier").len().iter_rows()}


def _cliffs(ladder: Ladder) -> Chart:
    """On which days how many fall."""
    days = ladder.at_risk.group_by("falls_on").len().sort("falls_on").to_dicts()
    shown, rest = heights(days, _MOST_BARS)
    groups = [
        Bars(str(row["falls_on"]), (Bar(row["len"], plural(row["len"], "partner"), "bar-down"),),
             f"in {_days(ladder.page.day, row['falls_on'])}")
        for row in shown
    ]  # fmt: skip
    most = max(days, key=lambda row: row["len"])
    words_ = f"Most fall on {most['falls_on']}: {plural(most['len'], 'partner')}."
    return Chart("When tiers end", draw(groups), words_ + (f" {plural(rest, 'later day')} not drawn." if rest else ""))


def _gaps(ladder: Ladder) -> Chart:
    """How far the partners that fall first are from what is asked."""
    risk = ladder.at_risk
    groups = []
    for row in risk.head(_MOST_BARS).iter_rows(named=True):
        share = share_of(row["value"] or 0, row["threshold"] or 0)
        label = _attained_of(row)
        bar = Bar(share * 100, label, "bar-warn" if row["outlook"] == "at_risk" else "bar-down")
        groups.append(Bars(ladder.names[row["partner_id"]], (bar,), f"falls {row['falls_on']}", 100))
    closest = risk.head(_MOST_BARS).row(0, named=True)
    what = criterion_name(ladder.program, closest["criterion"])
    said = (
        f"{ladder.names[closest['partner_id']]} is nearest to its cliff: {what} {_attained_of(closest)}"
        f" by {closest['valid_through']}. The dashed line is what is asked."
    )
    if risk.height > _MOST_BARS:
        said += f" Drawn are the first {_MOST_BARS} of {number(risk.height)}."
    return Chart("How much of what is asked is there", draw(groups), said)


def _attained_of(row: Mapping[str, Any]) -> str:
    value, asked = row["value"], row["threshold"]
    return f"{words.figure(None) if value is None else figure(value, asked)} of {words.figure(asked)}"


def near_misses(ladder: Ladder) -> pl.DataFrame:
    """The partners near their next tier: one row per partner, the smallest gap first.

    Returns:
        partner_id, tier, largest (the largest share that is missing; null: one of the steps has no share), steps (how
        many criteria), is_little (whether every share is small enough).
    """
    steps = ladder.rows("next_tier").filter(pl.col("way") == 1)
    by = steps.group_by("partner_id", "tier").agg(
        pl.when(pl.col("share_missing").is_not_null().all()).then(pl.col("share_missing").max()).alias("largest"),
        pl.col("criterion").n_unique().alias("steps"),
        (pl.col("share_missing") <= _NEAR).fill_null(value=False).all().alias("is_little"),
    )
    is_last = (pl.col("steps") == 1) & (pl.col("largest") <= _NEAR_ALONE).fill_null(value=True)
    near = by.filter(pl.col("is_little") | is_last)
    return near.sort("is_little", "largest", "steps", "partner_id", descending=[True, *[False] * 3], nulls_last=True)


def _near_row(ladder: Ladder, row: dict[str, Any], part: Part) -> tuple[Cell, ...]:
    largest: Decimal | None = row["largest"]
    standing = part.standing
    attained = None if largest is None else max(1 - largest, Decimal())
    return (
        ladder.partner(row["partner_id"]),
        Cell(words.move(ladder.program, ladder.name, standing["tier"] if standing else None, row["tier"])),
        Cell("" if attained is None else _attained(attained), plain(attained)),
        Cell(shortened(listed(cheapest(part, row["tier"])), part.rows("next_tier", tier=row["tier"]))),
        Cell("little is missing" if row["is_little"] else "one criterion left"),
    )


def _attained(attained: Decimal) -> str:
    """A share that is there; one that only rounding makes whole is none."""
    return "over 99.99 %" if attained == 1 else percent(attained)
