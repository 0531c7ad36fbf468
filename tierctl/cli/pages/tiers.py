"""How the partners stand: the headline figures of a track, its tiers now and before, who went where, and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from tierctl.cli import words
from tierctl.cli.layout import number, plural, signed
from tierctl.cli.pages.drawing import Bar, Bars, draw
from tierctl.cli.pages.held import ending, unsupported
from tierctl.cli.pages.parts import (
    MOST_ROWS,
    NOTHING,
    Cell,
    Chart,
    Column,
    Figure,
    Section,
    Table,
    count_cell,
    cut,
    date_cell,
)
from tierctl.cli.pages.view import CHANGES, DOWN, MARKS, UP, Ladder, ranked


def headline(ladders: Sequence[Ladder]) -> list[Figure]:
    """The figures that come first: of one track, or of several together."""
    changes = {change: sum(each.counts["changes"][change] for each in ladders) for change in CHANGES}
    ups, downs = (sum(changes[change] for change in of) for of in (UP, DOWN))
    days = [day for each in ladders for day in each.at_risk["falls_on"]]
    without = sum(each.counts["without_tier"] for each in ladders)
    partners = pl.concat([each.standing.select("partner_id") for each in ladders])["partner_id"].n_unique()
    return [
        Figure("Partners", number(partners), f"{number(without)} without a tier" if without else ""),
        Figure("Moved up", number(ups), _told(changes, UP), "up" if ups else ""),
        Figure("Moved down", number(downs), _told(changes, DOWN), "down" if downs else ""),
        *_ahead(ladders, days),
    ]


def _ahead(ladders: Sequence[Ladder], days: Sequence[date]) -> Iterator[Figure]:
    """Who falls as things go, and, apart from them, what ends with an enrollment and what no evidence supports."""
    ends = [day for each in ladders for day in ending(each)["ends_on"]]
    doubtful = sum(unsupported(each).height for each in ladders)
    if days or not (ends or doubtful):
        yield Figure("At risk", number(len(days)), f"first on {min(days)}" if days else "", "warn" if days else "")
    if ends:
        yield Figure("End with the enrollment", number(len(ends)), f"first on {min(ends)}", "warn")
    if doubtful:
        yield Figure("Without evidence", number(doubtful), "held by placement or decision", "warn")


def tiers_section(ladder: Ladder) -> Section:
    """How many partners stand on each tier, now and the month before, and from where to where they went."""
    tiers = list(reversed(ladder.counts["tiers"].items()))
    before_known = _has_before(ladder)
    changed = [
        f"{ladder.tier(tier)} {signed(of['partners'] - of['previous'])}"
        for tier, of in tiers
        if before_known and of["partners"] != of["previous"]
    ]
    if not ladder.counts["partners"]:
        return Section(f"{ladder.id}-tiers", "Tiers", "Nobody is on this track yet.")
    largest = max(tiers, key=lambda each: each[1]["partners"])
    said = f"Most stand on {ladder.tier(largest[0])}: {number(largest[1]['partners'])} of {_partners(ladder)}."
    lead = said
    if before_known:
        lead = f"Against the month before: {', '.join(changed) or 'as many on every tier'}."
    return Section(
        f"{ladder.id}-tiers",
        "Tiers",
        lead,
        charts=(_chart(ladder, said),),
        beside=tuple(_matrix(ladder)) if before_known else (),
    )


def movement_section(ladder: Ladder) -> Section:
    """Who moved, and why."""
    changes = ladder.counts["changes"]
    told = [f"{number(changes[change])} {change}" for change in CHANGES if changes[change]]
    retained = f"{number(changes['retained'])} stay where they were."
    moved = ladder.standing.filter(pl.col("change").is_in(CHANGES))
    lead = f"{', '.join(told)}; {retained}" if told else f"Nobody moved; {retained}"
    order = pl.col("change").cast(pl.String).replace_strict({word: at for at, word in enumerate(CHANGES)})
    place = ranked(ladder, moved["partner_id"].to_list()).with_columns(order=order).sort("order", maintain_order=True)
    table = Table(
        f"{ladder.id}-moved",
        "From where to where, until when, and why",
        (
            Column("Partner"),
            Column("Change", is_choice=True),
            Column("From → to"),
            Column("Through", "date"),
            Column("Why"),
            Column("Clause"),
        ),
        tuple(_movers(ladder, place.head(MOST_ROWS))),
    )
    tables = () if moved.is_empty() else (cut(table, ladder.page.file("standing"), moved.height).told,)
    return Section(f"{ladder.id}-movement", "Who moved and why", lead, tables=tables)


def _movers(ladder: Ladder, rows: pl.DataFrame) -> Iterator[tuple[Cell, ...]]:
    for row in rows.iter_rows(named=True):
        mark, style = MARKS[row["change"]]
        is_new = row["change"] == "enrolled"
        move = words.move(ladder.program, ladder.name, row["tier"] if is_new else row["previous_tier"], row["tier"])
        concerned = row["tier"] if row["change"] in {*UP, "requalified", "enrolled"} else row["previous_tier"]
        status = "" if row["status"] == "active" else words.plain(row["status"])
        yield (
            ladder.partner(row["partner_id"]),
            Cell(f"{mark} {row['change']}", row["change"], status if status != row["change"] else "", style),
            Cell(move),
            date_cell(row["valid_through"]),
            Cell(ladder.said(row["reason"])),
            Cell(ladder.clauses(concerned)),
        )


def _chart(ladder: Ladder, said: str) -> Chart:
    groups, has_before = [], _has_before(ladder)
    for tier, of in reversed(ladder.counts["tiers"].items()):
        bars = [Bar(of["partners"], f"{number(of['partners'])} now", "now")]
        bars += [Bar(of["previous"], f"{number(of['previous'])} the month before", "before")] if has_before else []
        groups.append(Bars(ladder.tier(tier), tuple(bars)))
    without = ladder.counts["without_tier"]
    if without:
        before = ladder.standing.filter(~pl.col("change").is_in(["enrolled"]))["previous_tier"].null_count()
        bars = [Bar(without, f"{number(without)} now", "now")]
        bars += [Bar(before, f"{number(before)} the month before", "before")] if has_before else []
        groups.append(Bars(words.NO_TIER.capitalize(), tuple(bars)))
    return Chart("Partners by tier", draw(groups), said)


def _matrix(ladder: Ladder) -> Iterator[Table]:
    """From which tier to which: those who came this month stand in no row."""
    rungs = [*(tier.id for tier in reversed(ladder.track.tiers)), None]
    was = ladder.standing.filter(pl.col("change") != "enrolled")
    counted = was.group_by("previous_tier", "tier").len().iter_rows()
    counts = {(before, now): count for before, now, count in counted}
    used = [rung for rung in rungs if rung is not None or any(rung in pair for pair in counts)]
    rows = []
    for before in used:
        cells = [
            Cell(number(count) if count else NOTHING, str(count), style=_moved(rungs, before, now, count))
            for now in used
            for count in (counts.get((before, now), 0),)
        ]
        total = sum(counts.get((before, now), 0) for now in used)
        rows.append((Cell(ladder.tier(before).capitalize() if before is None else ladder.tier(before)), *cells))
        rows[-1] = (*rows[-1], count_cell(total))
    sums = tuple(count_cell(sum(counts.get((before, now), 0) for before in used)) for now in used)
    heads = [Column(ladder.tier(now).capitalize() if now is None else ladder.tier(now), "number") for now in used]
    yield Table(
        f"{ladder.id}-matrix",
        "From where to where: a row is the tier of the month before, a column the tier now",
        (Column("Month before"), *heads, Column("All", "number")),
        tuple(rows),
        ((Cell("Now"), *sums, count_cell(was.height)),),
        note="Who came this month is in no row." if was.height < ladder.standing.height else "",
        is_fixed=True,
    )


def _moved(rungs: list[str | None], before: str | None, now: str | None, count: int) -> str:
    if before == now:
        return "stay"
    if not count:
        return ""
    return "up" if rungs.index(now) < rungs.index(before) else "down"


def _has_before(ladder: Ladder) -> bool:
    """Whether anybody stood on a tier the month before."""
    return any(of["previous"] for of in ladder.counts["tiers"].values())


def _partners(ladder: Ladder) -> str:
    return plural(ladder.counts["partners"], "partner")


def _told(counts: Mapping[str, int], changes: tuple[str, ...]) -> str:
    return ", ".join(f"{number(counts[change])} {change}" for change in changes if counts[change])
