"""The part of a review's summary about what tiers rest on: which end and what keeps them, and the evidence."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.done import Part, more
from tierctl.cli.layout import align, beside_or_below, heading, number, plural
from tierctl.report.summary import OUTLOOKS, worst_outlooks

_MOST_AT_RISK: Final = 6
_ORDER_OF_OUTLOOKS: Final = ("at_risk", "cannot_by_pace", "on_pace")


def risk_lines(part: Part) -> list[Text]:
    """Whose tier ends, to what it falls and what is missing, the nearest misses first; nothing where no tier ends."""
    outlooks: Mapping[str, int] = part.counts["outlooks"]
    if not any(outlooks.values()):
        return []
    counted = " · ".join(f"{words.OUTLOOKS[word]} {number(outlooks[word])}" for word in OUTLOOKS if outlooks[word])
    result = heading("Requalification", counted, part.width)
    worst = worst_outlooks(part.named("requalification"), part.rows("standing"))
    # The nearest misses come first: there a call still makes a difference.
    risky = pl.concat(
        worst.filter((pl.col("outlook") == word) & pl.col("falls_on").is_not_null()) for word in _ORDER_OF_OUTLOOKS
    )
    rows = list(risky.head(_MOST_AT_RISK).iter_rows(named=True))
    if not rows:
        return result
    cells: list[list[str | Text]] = [
        [
            row["partner_id"],
            row["partner_name"] or "",
            Text(words.move(part.program, part.track, row["tier"], row["falls_to"]), style="yellow"),
            Text(f"on {row['falls_on']}", style="dim"),
        ]
        for row in rows
    ]
    aligned = align(cells, part.width, give=[1, 2], indent=2)
    for block in beside_or_below(aligned, [_misses(part, row) for row in rows], part.width, indent=4):
        result += block
    return [*result, *more(risky.height - _MOST_AT_RISK, part.done.file("requalification"))]


def _misses(part: Part, worst: Mapping[str, Any]) -> str:
    """The criterion of a tier that decides, and below it the other that is missed too; of several only how many."""
    rows = part.rows("requalification").filter(
        (pl.col("partner_id") == worst["partner_id"])
        & (pl.col("tier") == worst["tier"])
        & (pl.col("criterion") != worst["criterion"])
        & (pl.col("outlook") != "requalified")
    )
    others = [_miss(part, row) for row in rows.iter_rows(named=True)]
    if len(others) > 1:
        others = [f"and {number(len(others))} more criteria"]
    return "\n".join([_miss(part, worst), *others])


def _miss(part: Part, row: Mapping[str, Any]) -> str:
    what = words.metric_name(part.program, row["criterion"])
    text = f"{what}: {words.figure(row['value'])} of {words.figure(row['threshold'])}"
    if row["needed_per_month"] is not None:
        text += f"; {number(row['needed_per_month'])} a month needed"
    return f"{text}; {words.OUTLOOKS[row['outlook']]}{_past_years(part, row)}"


def _past_years(part: Part, row: Mapping[str, Any]) -> str:
    """Where past years say that a criterion goes; empty where there are none to go by."""
    same = pl.all_horizontal(pl.col(name) == row[name] for name in ("partner_id", "tier", "criterion"))
    told = part.rows("forecast").filter(same & pl.col("low").is_not_null()).to_dicts()
    bands = [" to ".join(dict.fromkeys((number(one["low"]), number(one["high"])))) for one in told]
    return "".join(f"; {band} as past years went" for band in bands)


def evidence_lines(part: Part) -> list[Text]:
    """Every criterion of the partners asked for, where no report holds it."""
    evidence = part.rows("evidence")
    if evidence.is_empty():
        return []
    result = heading("Evidence", plural(evidence["partner_id"].n_unique(), "partner"), part.width)
    looks = evidence.group_by("partner_id", "tier", "window_from", "window_through", maintain_order=True)
    for (partner, tier, first, last), rows in looks:
        name = words.tier_name(part.program, part.track, str(tier))
        result.append(Text.assemble(f"  {partner}  {name}", (f"  {first} to {last}", "dim")))
        cells = [_criterion(part, row) for row in rows.iter_rows(named=True)]
        result += align(cells, part.width, right={1, 3}, give=[0], indent=4)
    return result


def _criterion(part: Part, row: Mapping[str, Any]) -> list[str | Text]:
    # What a partner holds is met or not, without figures.
    is_measured = row["value"] is not None or row["threshold"] is not None
    return [
        words.metric_name(part.program, row["criterion"]),
        *([words.figure(row["value"]), words.plain(row["operator"])] if is_measured else ["", ""]),
        words.figure(row["threshold"]) if is_measured else "",
        Text(words.plain(row["outcome"]), style="green" if row["outcome"] == "met" else ""),
    ]
