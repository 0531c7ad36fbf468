"""What the programs in use say about single rows: the currencies they sum, the tracks and tiers they know.

A contract cannot know these, and a review would go wrong on them in silence: dollars and euros added up, a decision on
a tier that is none. So they become rules of ingest, and such rows are rejected with the others; so does a
decision that ends before it begins, since a contract judges cells one by one. Where a program has
several editions, what any of them knows is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

import polars as pl

from tierctl.contracts import export_contract
from tierctl.findings import Finding, error, warning
from tierctl.ingest import Export, RowCheck
from tierctl.program.model import Program
from tierctl.validation import did_you_mean

_DECISIONS = "decisions"


def row_checks(programs: Sequence[Program]) -> tuple[RowCheck, ...]:
    """The rules for rows of the exports that the programs read.

    Args:
        programs: every edition of every program that the workspace uses.
    """
    currencies = [_currency_check(*amounts, programs) for amounts in _summed_money(programs)]
    return (*currencies, *_decision_checks(_ladders(programs))) if programs else ()


def other_programs(exports: Mapping[str, Export], programs: Sequence[Program]) -> list[Finding]:
    """A warning if there are decisions on programs that the workspace does not use: nothing reads them.

    Args:
        exports: the exports that were read.
        programs: every edition of every program that the workspace uses.
    """
    if _DECISIONS not in exports or not programs:
        return []
    known = sorted({program.id for program in programs})
    counts = (
        pl.concat(exports[_DECISIONS].parts)
        .filter(~pl.col("program").is_in(known))
        .group_by("program")
        .len("rows")
        .sort("program")
        .collect()
    )
    if counts.is_empty():
        return []
    met = ", ".join(f"{program!r} ({rows} row{'s' if rows > 1 else ''})" for program, rows in counts.rows())
    message = f"there are decisions on programs that are not in use: {met}; in use: {', '.join(known)}"
    hint = next(filter(None, (did_you_mean(program, known) for program in counts["program"])), "")
    return [warning("decision-other-program", _DECISIONS, "program", message, hint)]


def mixed_currencies(programs: Sequence[Program]) -> list[Finding]:
    """An error for each amount that programs of different currencies sum: each would add the other's as its own.

    Args:
        programs: every edition of every program that the workspace uses.
    """
    findings = []
    for export, amount in _summed_money(programs):
        summing = _currencies(export, amount, programs)
        if len(summing) > 1:
            message = f"programs in {' and '.join(summing)} sum {export}.{amount}, and no rates of exchange are applied"
            hint = "review them in workspaces of their own, each with the rows in its currency"
            findings.append(error("currencies-differ", "tierctl.toml", "programs", message, hint))
    return findings


def _summed_money(programs: Sequence[Program]) -> list[tuple[str, str]]:
    """Export and column of every amount of money that some metric sums."""
    summed = {(metric.from_, metric.sum) for program in programs for metric in program.metrics.values() if metric.sum}
    return sorted((name, column) for name, column in summed if export_contract(name).field(column).is_money)


def _currencies(export: str, amount: str, programs: Sequence[Program]) -> list[str]:
    summing = (
        program.currency
        for program in programs
        if any(metric.from_ == export and metric.sum == amount for metric in program.metrics.values())
    )
    return sorted(set(summing))


def _currency_check(export: str, amount: str, programs: Sequence[Program]) -> RowCheck:
    """Amounts are only summed in the currency of a program that sums them; a row without an amount adds nothing."""
    summing = _currencies(export, amount, programs)
    allowed = " or ".join(summing)
    return RowCheck(
        export=export,
        column="currency",
        rule="other-currency",
        is_fault=pl.col(amount).is_not_null() & ~pl.col("currency").is_in(summing),
        allowed=allowed,
        hint=f"no rates of exchange are applied: give {amount} in {allowed} at its source, or leave such rows out",
    )


def _ladders(programs: Sequence[Program]) -> dict[str, dict[str, list[str]]]:
    """Program id → track → its tiers, of all editions, in the order in which they are first named."""
    ladders: dict[str, dict[str, list[str]]] = {}
    for program in programs:
        tracks = ladders.setdefault(program.id, {})
        for name, track in program.tracks.items():
            tiers = tracks.setdefault(name, [])
            tiers += [tier.id for tier in track.tiers if tier.id not in tiers]
    return ladders


def _decision_checks(ladders: Mapping[str, Mapping[str, list[str]]]) -> list[RowCheck]:
    named = "; ".join(f"{program} has {', '.join(tracks)}" for program, tracks in ladders.items())
    rungs = "; ".join(
        f"{program} {track} has {', '.join(tiers)}"
        for program, tracks in ladders.items()
        for track, tiers in tracks.items()
    )
    return [
        RowCheck(
            export=_DECISIONS,
            column="track",
            rule="unknown-track",
            is_fault=_any(_in(program) & ~pl.col("track").is_in(list(tracks)) for program, tracks in ladders.items()),
            allowed=named,
            hint=f"correct the cell at its source, or map it {_mapped('track')}",
        ),
        RowCheck(
            export=_DECISIONS,
            column="tier",
            rule="unknown-tier",
            is_fault=_any(_in(program) & ~_has_tier(tracks) for program, tracks in ladders.items()),
            allowed=rungs,
            hint=f"correct the cell at its source, or map it {_mapped('tier')}",
        ),
        RowCheck(
            export=_DECISIONS,
            column="through",
            rule="ends-before-it-begins",
            is_fault=pl.col("through") < pl.col("effective_on"),
            allowed="effective_on",
            hint="correct one of the two days at its source; leave through empty where no end was decided",
        ),
    ]


def _mapped(column: str) -> str:
    return f"under [exports.{_DECISIONS}.values.{column}]"


def _in(program: str) -> pl.Expr:
    return pl.col("program") == program


def _has_tier(tracks: Mapping[str, list[str]]) -> pl.Expr:
    """Whether the tier is one of its track's, or of any track where none is named; null for a track that is none."""
    tier = pl.col("tier")
    every = sorted({tier for tiers in tracks.values() for tier in tiers})
    without = pl.when(pl.col("track").is_null()).then(tier.is_in(every))
    branches = [pl.when(pl.col("track") == track).then(tier.is_in(tiers)) for track, tiers in tracks.items()]
    return pl.coalesce(without, *branches)


def _any(faults: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(or_, faults)
