"""summary.json: a review in counts, for people and dashboards; no clock and no timing is in it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tierctl.contracts import report_contract
from tierctl.report.manifest import describe_month
from tierctl.report.money import summarize_money
from tierctl.report.opening import summarize_opening

if TYPE_CHECKING:
    from tierctl.ingest import Export, Ingested
    from tierctl.program.model import Program, Track
    from tierctl.reviewed import Review

# From the best to the worst: a tier with several criteria is as likely to be kept as the least likely of them.
OUTLOOKS: Final = ("requalified", "on_pace", "at_risk", "cannot_by_pace")


def summarize(
    review: "Review", programs: "Sequence[Program]", ingested: "Ingested", *, opening: str | None = None
) -> dict[str, Any]:
    """The content of summary.json: by program and track, and by export; of programs with rules their money too.

    Where earlier months are closed, it also says what was done about them.

    Args:
        review: the tables standing, requalification, benefits, actions and statements, and the totals of the lines.
        programs: the editions in force, in the order in which they shall stand.
        ingested: what was read, and what was left out of it.
        opening: the label of the last closed month before the one under review; None: none is closed.
    """
    return {
        "month": describe_month(review.month),
        **({} if opening is None else {"opening": summarize_opening(review, opening)}),
        "partners": review.tables["standing"]["partner_id"].n_unique(),
        "programs": {
            program.id: {
                "name": program.name,
                "effective_from": str(program.effective_from),
                "tracks": {
                    id_: _summarize_track(review, program.id, id_, track) for id_, track in program.tracks.items()
                },
                **({"money": money} if (money := summarize_money(review, program)) else {}),
            }
            for program in programs
        },
        "exports": {name: summarize_export(export) for name, export in sorted(ingested.exports.items())},
        "rejects": count_rejects(ingested.rejects),
    }


def worst_outlooks(requalification: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """One row per partner whose standing tier ends: the requalification row of that tier's least likely criterion.

    The grants of lower tiers, which stand behind the one that is shown, are left out. Sorted by the worst outlook
    first, then by the share of the threshold that is missing, nearest first (unknown last), then by key.
    """
    keys = ["program", "track", "partner_id", "tier"]
    requalification = requalification.join(standing, on=keys, how="semi", maintain_order="left")
    share = pl.col("missing").cast(pl.Float64) / pl.col("threshold").cast(pl.Float64)
    ranked = requalification.with_columns(
        rank=pl.col("outlook").replace_strict({word: rank for rank, word in enumerate(OUTLOOKS)}, return_dtype=pl.Int8),
        share=pl.when(pl.col("threshold") != 0).then(share),
    )
    # The order below shows rows to people and counts them by outlook; no bound is tested with the float.
    worst = ranked.sort("rank", "share", "criterion", descending=[True, True, False], nulls_last=True)
    worst = worst.unique(keys, keep="first", maintain_order=True)
    return worst.sort("rank", "share", *keys, descending=[True, False, *[False] * len(keys)], nulls_last=True).drop(
        "rank", "share"
    )


def summarize_export(export: "Export") -> dict[str, int]:
    """What became of an export's rows."""
    return {
        "rows_read": export.rows_read,
        "rejected": export.rejected,
        "duplicates": export.duplicates,
        "ignored": export.ignored,
    }


def count_rejects(rejects: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Faults by export, column and rule; a row with several faults counts once for each."""
    keys = ["export", "column", "rule"]
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for export, column, rule, number in rejects.group_by(keys).len().sort(keys).iter_rows():
        counts.setdefault(export, {}).setdefault(column, {})[rule] = number
    return counts


def _summarize_track(review: "Review", program: str, track_id: str, track: "Track") -> dict[str, Any]:
    here = (pl.col("program") == program) & (pl.col("track") == track_id)
    standing, requalification, benefits, actions = (
        review.tables[name].filter(here) for name in ("standing", "requalification", "benefits", "actions")
    )
    tiers = [tier.id for tier in track.tiers]
    now, before = _count(standing["tier"], tiers), _count(standing["previous_tier"], tiers)
    return {
        "partners": standing.height,
        "tiers": {tier: {"partners": now[tier], "previous": before[tier]} for tier in tiers},
        "without_tier": standing["tier"].null_count(),
        "changes": _count(standing["change"], _words("standing", "change")),
        "statuses": _count(standing["status"], _words("standing", "status")),
        "outlooks": _count(worst_outlooks(requalification, standing)["outlook"], OUTLOOKS),
        "benefits": _count(benefits["change"], _words("benefits", "change")),
        "actions": _count(actions["action"], sorted(actions["action"].unique())),
    }


def _words(table: str, column: str) -> tuple[str, ...]:
    return report_contract(table).field(column).enum


def _count(cells: pl.Series, words: Sequence[str]) -> dict[str, int]:
    """How often each of the words stands in the column: every word, in the order given."""
    found: Mapping[str, int] = dict(cells.value_counts(name="rows").iter_rows())
    return {word: found.get(word, 0) for word in words}
